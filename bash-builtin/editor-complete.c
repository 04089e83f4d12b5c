/* SPDX-License-Identifier: MIT */
/* Completion in bash's editor: readline's own commands (complete, menu-complete, possible-completions,
 * insert-completions, …) over what the remote offers. Where the word begins is the remote's to say, and its words are
 * quoted already. readline must look at no local file: it would stat, mark and quote what only lies on this machine. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <errno.h>

#include "bash-builtin/adapter.h"
#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"

static struct {
	const struct pss_read_request *request;
	void (*on_over)(void); /* the editing is over */
	struct pss_completion answer;
	bool is_asked; /* `answer` is that of the line as it stands */
} completion;

static bool is_on(const char *variable)
{
	const char *value = rl_variable_value(variable);

	return value && strcmp(value, "on") == 0;
}

static void ask(void)
{
	int rc = -ENOTSUP;

	pss_completion_finish(&completion.answer);
	completion.answer.start = (size_t)rl_point;
	completion.is_asked = true;
	if (completion.request && completion.request->complete)
		rc = completion.request->complete(completion.request->user, rl_line_buffer, (size_t)rl_end,
						  (size_t)rl_point, &completion.answer);
	if (rc == -ECONNRESET)
		completion.on_over();
}

/* HACK(readline 8.1 to 8.3): readline calls this first when it looks for the word under the cursor, and goes on from
 * wherever rl_point is then: back to a break character if it has not moved, else it takes that for the word's start. So
 * the remote is asked here. Where the word is empty, the character in front of it is made the break. */
static char *find_word(void)
{
	static char breaks[2];
	size_t point = (size_t)rl_point;

	ask();
	breaks[0] = '\001';
	if (completion.answer.start < point)
		rl_point = (int)completion.answer.start;
	else
		breaks[0] = rl_line_buffer[point - 1];
	return breaks;
}

static size_t common_length(const char *a, const char *b, bool fold)
{
	size_t n = 0;

	while (a[n] && (fold ? strncasecmp(a + n, b + n, 1) == 0 : a[n] == b[n]))
		n++;
	while (n > 0 && ((unsigned char)a[n] & 0xc0) == 0x80)
		n--; /* not inside a character */
	return n;
}

/* What all words begin with; never less than nothing, and never another text than the one typed. */
static char *common_start(const struct pss_completion *answer)
{
	bool fold = is_on("completion-ignore-case");
	size_t n = strlen(answer->words[0]);

	for (size_t i = 1; i < answer->n; i++) {
		size_t same = common_length(answer->words[0], answer->words[i], fold);
		if (same < n)
			n = same;
	}
	return strndup(answer->words[0], n);
}

/* readline takes the typed text away where the common start is empty. */
static char *start_or_text(const struct pss_completion *answer, const char *text)
{
	char *start = common_start(answer);

	if (start && !*start && *text) {
		free(start);
		start = strdup(text);
	}
	return start;
}

static bool any_is_open(const struct pss_completion *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		size_t n = strlen(answer->words[i]);
		if (n > 0 && answer->words[i][n - 1] == '/')
			return true;
	}
	return false;
}

static void free_matches(char **matches, size_t n)
{
	for (size_t i = 0; matches && i < n; i++)
		free(matches[i]);
	free(matches);
}

/* As readline wants them: first what is inserted, then, if there are several, each one. */
static char **make_matches(const struct pss_completion *answer, const char *text)
{
	char **matches = calloc(answer->n + 2, sizeof(*matches));
	bool complete = matches != NULL;

	if (!matches)
		return NULL;
	matches[0] = start_or_text(answer, text);
	complete = matches[0] != NULL;
	for (size_t i = 0; complete && answer->n > 1 && i < answer->n; i++) {
		matches[i + 1] = strdup(answer->words[i]);
		complete = matches[i + 1] != NULL;
	}
	if (!complete) {
		free_matches(matches, answer->n + 1);
		return NULL;
	}
	return matches;
}

static char **give_matches(const char *text, int start, int end)
{
	const struct pss_completion *answer = &completion.answer;

	rl_attempted_completion_over = 1; /* or readline goes on with local file names */
	rl_filename_completion_desired = rl_filename_quoting_desired = 0;
	if (!completion.is_asked) /* at the line's start readline looks for no word */
		ask();
	completion.is_asked = false;
	if (answer->n == 0 || answer->start != (size_t)start)
		return NULL;
	/* readline ends every word of a menu alike; a directory among them stays open. */
	rl_completion_suppress_append = answer->no_space || (answer->n > 1 && any_is_open(answer));
	rl_completion_append_character = ' ';
	return make_matches(answer, text);
}

/* ---- the list */

/* The directory that all words lie in says nothing new. */
static size_t shown_from(char *const *matches, int n)
{
	size_t from = 0;

	if (n < 1)
		return 0;
	for (size_t i = 0; matches[0][i]; i++) {
		if (matches[0][i] == '/')
			from = i + 1;
	}
	for (int i = 1; i <= n; i++) {
		if (strncmp(matches[i], matches[0], from) != 0 || !matches[i][from])
			return 0;
	}
	return from;
}

static const char *description_of(const char *word)
{
	for (size_t i = 0; i < completion.answer.n; i++) {
		if (completion.answer.descriptions[i] && strcmp(completion.answer.words[i], word) == 0)
			return completion.answer.descriptions[i];
	}
	return NULL;
}

static char *shown(const char *word, size_t from, size_t width)
{
	const char *description = description_of(word);
	size_t size = strlen(word) + width + (description ? strlen(description) : 0) + 8;
	char *text = malloc(size);

	if (text && description)
		snprintf(text, size, "%-*s -- %s", (int)width, word + from, description);
	else if (text)
		snprintf(text, size, "%s", word + from);
	return text;
}

static bool wants_list(int n)
{
	if (rl_completion_query_items <= 0 || n < rl_completion_query_items)
		return true;
	fprintf(rl_outstream, "Display all %d possibilities? (y or n)", n);
	fflush(rl_outstream);
	for (;;) {
		int key = rl_read_key();
		if (key == 'y' || key == 'Y' || key == ' ')
			return true;
		if (key == 'n' || key == 'N' || key == 0x7f || key < 0 || key == '\a' || key == 3)
			return false;
	}
}

/* rl_completion_display_matches_hook: as readline lists them, without the directory, with what they mean. */
static void list_matches(char **matches, int n, int longest)
{
	size_t from = shown_from(matches, n), width = 0;
	char **texts = calloc((size_t)n + 2, sizeof(*texts));
	int widest = 0;

	rl_crlf();
	if (texts && wants_list(n)) {
		for (int i = 1; i <= n; i++) {
			size_t length = strlen(matches[i] + from);
			width = length > width && length < 40 ? length : width;
		}
		texts[0] = strdup(matches[0] + from);
		for (int i = 1; i <= n && texts[i - 1]; i++) {
			texts[i] = shown(matches[i], from, width);
			if (texts[i] && (int)strlen(texts[i]) > widest)
				widest = (int)strlen(texts[i]);
		}
		if (texts[n])
			rl_display_match_list(texts, n, widest);
		if (completion.answer.n_more > 0)
			fprintf(rl_outstream, "%zu more\n", completion.answer.n_more);
	} else {
		rl_crlf();
	}
	if (texts)
		free_matches(texts, (size_t)n + 1);
	rl_forced_update_display();
	rl_display_fixed = 1;
}

static char *generate_nothing(const char *text, int state)
{
	return NULL;
}

void pss_bash_editor_hook_completion(const struct pss_read_request *request, void (*on_over)(void))
{
	pss_completion_finish(&completion.answer);
	completion.request = request;
	completion.on_over = on_over;
	completion.is_asked = false;
	rl_attempted_completion_function = give_matches;
	rl_completion_entry_function = generate_nothing;
	rl_completion_word_break_hook = find_word;
	rl_completion_display_matches_hook = list_matches;
	rl_completer_quote_characters = NULL;
	rl_special_prefixes = NULL;
	rl_directory_completion_hook = NULL;
	rl_directory_rewrite_hook = NULL;
	rl_filename_stat_hook = NULL;
	rl_filename_rewrite_hook = NULL;
	rl_ignore_some_completions_function = NULL;
}
