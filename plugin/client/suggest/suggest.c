/* SPDX-License-Identifier: MIT */
/* Where on the line is the cursor, and which parameters or values could stand there? verb.c calls it for the hidden
 * query that the completion functions send. The line is unfinished and may be wrong: what is not understood is passed
 * over, and the parser has its say when the line is run. */
#include "client/suggest/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wire/cleanup.h"

struct line {
	struct pss_call *call;
	struct pss_parameter_group groups[PSS_GROUPS_MAX];
	size_t n_groups;
	const char *const *words;
	size_t n_words; /* the last one is being typed */
	/* where its words before the last lead to */
	const struct pss_parameter *pending; /* wants the last word as its value */
	size_t n_unnamed;
	bool only_unnamed; /* "--" has been */
};

/* -- the answer */

/* -- rows */

static struct pss_value *value_of(const struct line *line, const struct pss_parameter *row)
{
	for (size_t i = 0; i < line->n_groups; i++)
		if (row >= line->groups[i].rows && row < line->groups[i].rows + line->groups[i].n_rows)
			return &line->groups[i].values[row - line->groups[i].rows];
	return NULL;
}

/* The next row after `row` (NULL: the first), or NULL. */
static const struct pss_parameter *next_row(const struct line *line, const struct pss_parameter *row)
{
	for (size_t i = 0; i < line->n_groups; i++) {
		const struct pss_parameter *rows = line->groups[i].rows;
		size_t n_rows = line->groups[i].n_rows;
		if (!row && n_rows > 0)
			return rows;
		if (row && row >= rows && row < rows + n_rows) {
			if (row + 1 < rows + n_rows)
				return row + 1;
			row = NULL;
		}
	}
	return NULL;
}

#define FOR_EACH_ROW(line, row) \
	for (const struct pss_parameter *row = next_row((line), NULL); row; row = next_row((line), row))

static const struct pss_parameter *find_row(const struct line *line, const char *name, size_t n)
{
	const struct pss_parameter *found = NULL;
	size_t n_found = 0;

	FOR_EACH_ROW(line, row)
	{
		int result = pss_parameter_compare(row, name, n);
		if (result == 2)
			return row;
		if (result == 1) {
			found = row;
			n_found++;
		}
	}
	return n_found == 1 ? found : NULL;
}

static bool set_is_taken(const struct line *line, const struct pss_parameter *by)
{
	FOR_EACH_ROW(line, row)
	{
		if (by->set && row != by && row->set == by->set && value_of(line, row)->given)
			return true;
	}
	return false;
}

/* -- the words before the last */

static void pass_parameter(struct line *line, const char *word)
{
	const char *name = word + 1 + (word[1] == '-');
	size_t n = strcspn(name, ":=");
	const struct pss_parameter *row = find_row(line, name, n);
	const char *long_name = row ? NULL : pss_parameter_of_letter(word);

	if (long_name)
		row = find_row(line, long_name, strlen(long_name));
	if (!row)
		return;
	value_of(line, row)->given = true;
	value_of(line, row)->text = name[n] ? name + n + 1 : NULL;
	if (row->kind != PSS_KIND_SWITCH && (!name[n] || (name[n] == ':' && !name[n + 1])))
		line->pending = row;
}

static void pass_word(struct line *line, const char *word)
{
	if (line->only_unnamed) {
		line->n_unnamed++;
	} else if (strcmp(word, "--") == 0) {
		line->only_unnamed = true;
	} else if (pss_parameter_looks_like(word)) {
		line->pending = NULL;
		pass_parameter(line, word);
	} else if (line->pending) {
		value_of(line, line->pending)->text = word;
		line->pending = NULL;
	} else {
		line->n_unnamed++;
	}
}

/* Which row takes the unnamed word after n others? The ones on the way are given then. */
static const struct pss_parameter *row_of_unnamed(const struct line *line, size_t n)
{
	for (unsigned position = 1;; position++) {
		const struct pss_parameter *taker = NULL;
		bool exists = false;
		FOR_EACH_ROW(line, row)
		{
			exists = exists || row->position == position;
			if (row->position == position && !value_of(line, row)->given && !set_is_taken(line, row))
				taker = row;
		}
		if (!exists)
			return NULL;
		if (!taker)
			continue;
		if (n == 0)
			return taker;
		value_of(line, taker)->given = true;
		if (taker->rest)
			return taker;
		n--;
	}
}

/* -- the last word */

/* "ComputerName" as "--computer-name". */
static char *gnu_name(const char *name)
{
	char *text = malloc(2 * strlen(name) + 3), *at = text;

	if (!text)
		return NULL;
	at = stpcpy(at, "--");
	for (const char *c = name; *c; c++) {
		if (c > name && isupper((unsigned char)*c))
			*at++ = '-';
		*at++ = (char)tolower((unsigned char)*c);
	}
	*at = '\0';
	return text;
}

static void add_name(struct pss_suggestions *suggestions, const char *name, const char *help)
{
	bool gnu = strncmp(suggestions->wanted, "--", 2) == 0;
	_cleanup_(pss_free_pointer) char *word = gnu ? gnu_name(name) : pss_format("-%s", name);

	if (word)
		pss_suggestions_add(suggestions, word, help);
}

static void add_aliases(struct pss_suggestions *suggestions, const struct pss_parameter *row)
{
	_cleanup_(pss_free_pointer) char *aliases = strdup(row->aliases ? row->aliases : "");
	char *rest = NULL;

	for (char *alias = aliases ? strtok_r(aliases, " ", &rest) : NULL; alias; alias = strtok_r(NULL, " ", &rest))
		add_name(suggestions, alias, row->help);
}

static bool may_follow(const struct line *line, const struct pss_parameter *row)
{
	bool again = !value_of(line, row)->given || pss_parameter_repeats(row->kind);
	return row->name && row->kind != PSS_KIND_REFUSED && again && !set_is_taken(line, row);
}

/* Aliases only where no name is what is being typed. */
static void suggest_names(const struct line *line, struct pss_suggestions *suggestions)
{
	FOR_EACH_ROW(line, row)
	{
		if (may_follow(line, row))
			add_name(suggestions, row->name, row->help);
	}
	bool found = suggestions->words.n_items > 0;
	FOR_EACH_ROW(line, row)
	{
		if (!found && may_follow(line, row))
			add_aliases(suggestions, row);
	}
	if (strncmp(suggestions->wanted, "--", 2) == 0) {
		pss_suggestions_add(suggestions, "--help", "show the parameters");
		pss_suggestions_add(suggestions, "--version", "show the version");
	}
}

/* "-Name:value" and "--name=value" */
static void suggest_inline(const struct line *line, struct pss_suggestions *suggestions)
{
	const char *word = suggestions->wanted, *name = word + 1 + (word[1] == '-');
	size_t n = strcspn(name, ":=");
	const struct pss_parameter *row = find_row(line, name, n);

	pss_suggestions_keep(suggestions, (size_t)(name - word) + n + 1);
	if (row)
		pss_suggest_values(line->call, row, suggestions);
}

static void suggest_last(struct line *line, struct pss_suggestions *suggestions)
{
	const char *word = suggestions->wanted;
	const struct pss_parameter *taker = line->pending ? line->pending : row_of_unnamed(line, line->n_unnamed);

	if (!line->only_unnamed && word[0] == '-' && word[1] != '\0' && word[strcspn(word, ":=")] != '\0')
		suggest_inline(line, suggestions);
	else if (!line->only_unnamed && word[0] == '-')
		suggest_names(line, suggestions);
	else if (!(taker && pss_suggest_values(line->call, taker, suggestions)) && !line->pending &&
		 !line->only_unnamed && word[0] == '\0')
		suggest_names(line, suggestions);
}

static void answer(struct pss_call *call, const char *array, const struct pss_suggestions *suggestions)
{
	const struct pss_texts *words = &suggestions->words;
	_cleanup_(pss_free_pointer) const char **values = calloc(words->n_items + 2, sizeof *values);

	if (!values)
		return;
	values[0] = suggestions->kind;
	values[1] = suggestions->kept ? suggestions->kept : "";
	for (size_t i = 0; i < words->n_items; i++)
		values[i + 2] = words->items[i];
	call->shell->set_array(array, values, words->n_items + 2, false);
}

int pss_suggest(struct pss_call *call, const char *const *arguments)
{
	struct line line = { .call = call, .words = arguments + 1 };

	if (!arguments[0] || !arguments[1] || call->shell->check_array(arguments[0]) < 0) {
		pss_call_usage(call, PSS_SUGGEST " wants the name of an array and the words of a line");
		return call->status;
	}
	while (line.words[line.n_words])
		line.n_words++;
	struct pss_suggestions suggestions = { .kind = "words", .wanted = line.words[line.n_words - 1] };
	line.n_groups = pss_verb_groups(call->verb, call, line.groups);
	for (size_t i = 0; i + 1 < line.n_words; i++)
		pass_word(&line, line.words[i]);
	suggest_last(&line, &suggestions);
	answer(call, arguments[0], &suggestions);
	pss_texts_finish(&suggestions.words);
	free(suggestions.kept);
	return 0;
}
