/* SPDX-License-Identifier: MIT */
/* The remote's words in zsh's completion code, which takes words from `compadd` in a shell function and from nowhere
 * else (callcompfunc() in Zle/compcore.c). So for the time of one completion there are a function and a builtin
 * more; they are not visible before or after. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor.h"

#define FUNCTION "_pssession-complete"
#define BUILTIN_NAME "_pssession-candidates"
#define SHOWN "_pssession_shown"
#define STYLE "_pssession_style"

static struct {
	const struct pss_completion *answer; /* NULL: nothing is being completed */
	const char *typed;
	size_t n_typed;
	bool selects; /* MENUSELECT is ours */
} candidates;

static int run_builtin(const char *name, const char *const *arguments)
{
	Builtin builtin = (Builtin)builtintab->getnode2(builtintab, name);
	struct options none = { 0 };
	char copy[32];

	if (!builtin || !builtin->handlerfunc)
		return 1;
	snprintf(copy, sizeof copy, "%s", name);
	return builtin->handlerfunc(copy, (char **)arguments, &none, 0);
}

/* ---- what is shown */

static bool all_begin_with(const struct pss_completion *answer, const char *start, size_t n)
{
	for (size_t i = 0; i < answer->n; i++) {
		if (strncmp(answer->words[i], start, n) != 0 || !answer->words[i][n])
			return false;
	}
	return true;
}

/* The directory that all words lie in says nothing new. */
static size_t shown_from(const struct pss_completion *answer)
{
	const char *word = answer->words[0];
	size_t from = 0;

	for (size_t i = 0; word[i]; i++) {
		if (word[i] == '/' && all_begin_with(answer, word, i + 1))
			from = i + 1;
	}
	return from;
}

static size_t widest(const struct pss_completion *answer, size_t from)
{
	size_t width = 0;

	for (size_t i = 0; i < answer->n; i++) {
		size_t n = strlen(answer->words[i] + from);
		width = n > width && n < 40 ? n : width;
	}
	return width;
}

static bool any_is_described(const struct pss_completion *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		if (answer->descriptions[i])
			return true;
	}
	return false;
}

static char *metafied(const char *text)
{
	return pss_zsh_metafied(text, strlen(text));
}

static char *shown(const char *word, const char *description, size_t width)
{
	if (!description)
		return metafied(word);
	size_t size = strlen(word) + width + strlen(description) + 8;
	char *text = zshcalloc(size), *result;

	snprintf(text, size, "%-*s -- %s", (int)width, word, description);
	result = metafied(text);
	zfree(text, size);
	return result;
}

/* ---- the words */

static bool is_open(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && word[n - 1] == '/';
}

/* compadd's arguments are in front of the words. Words that stand together and end alike are one call. */
static void add_run(size_t first, size_t n, size_t from, size_t width, bool no_space)
{
	const struct pss_completion *answer = candidates.answer;
	const char *const options[] = { "-U",
					"-Q",
					"-J",
					"pssession",
					"-d",
					SHOWN,
					width ? "-l" : "-Q",
					no_space ? "-S" : "-Q",
					no_space ? "" : "-Q",
					"--" };
	size_t n_options = sizeof options / sizeof *options;
	const char **arguments = zshcalloc((n_options + n + 1) * sizeof *arguments);
	char **texts = zshcalloc((n + 1) * sizeof *texts);

	memcpy(arguments, options, sizeof options);
	for (size_t i = 0; i < n; i++) {
		const char *word = answer->words[first + i];
		arguments[n_options + i] = metafied(word);
		texts[i] = shown(word + from, answer->descriptions[first + i], width);
	}
	assignaparam((char *)SHOWN, texts, 0);
	run_builtin("compadd", arguments);
	unsetparam((char *)SHOWN);
	for (size_t i = 0; i < n; i++)
		zsfree((char *)arguments[n_options + i]);
	zfree(arguments, (n_options + n + 1) * sizeof *arguments);
}

static void say_how_many_more(void)
{
	char text[48];
	const char *const arguments[] = { "-J", "pssession", "-x", text, NULL };

	snprintf(text, sizeof text, "%zu more", candidates.answer->n_more);
	run_builtin("compadd", arguments);
}

/* All begin with what was typed, so that what they have in common is never less than that. */
static bool extends_what_was_typed(void)
{
	const struct pss_completion *answer = candidates.answer;

	for (size_t i = 0; i < answer->n; i++) {
		if (strncmp(answer->words[i], candidates.typed, candidates.n_typed) != 0)
			return false;
	}
	return true;
}

/* The body of the function. */
static int add_candidates(char *name, char **arguments, Options options, int unused)
{
	const struct pss_completion *answer = candidates.answer;
	char insert[] = "compstate[insert]"; /* assignsparam() takes it apart */

	if (!answer)
		return 1;
	size_t from = shown_from(answer), width = any_is_described(answer) ? widest(answer, from) : 0, n;
	for (size_t first = 0; first < answer->n; first += n) {
		bool open = is_open(answer->words[first]);
		for (n = 1; first + n < answer->n && is_open(answer->words[first + n]) == open;)
			n++;
		add_run(first, n, from, width, open || answer->no_space);
	}
	if (answer->n_more > 0)
		say_how_many_more();
	if (answer->n > 1 && !extends_what_was_typed())
		assignsparam(insert, ztrdup("menu"), 0);
	return 0;
}

/* ---- the function and the builtin */

static struct builtin builtin = BUILTIN((char *)BUILTIN_NAME, 0, add_candidates, 0, -1, 0, NULL, NULL);

static void add_function(void)
{
	Shfunc function = zshcalloc(sizeof *function);
	int old_noaliases = noaliases;
	char body[] = BUILTIN_NAME;

	noaliases = 1;
	function->funcdef = dupeprog(parse_string(body, 0), 0);
	noaliases = old_noaliases;
	builtintab->addnode(builtintab, ztrdup(BUILTIN_NAME), &builtin);
	shfunctab->addnode(shfunctab, ztrdup(FUNCTION), function);
}

static void remove_function(void)
{
	HashNode function = shfunctab->removenode(shfunctab, FUNCTION);
	HashNode ours = builtintab->removenode(builtintab, BUILTIN_NAME);

	if (function)
		shfunctab->freenode(function);
	if (ours)
		zsfree(ours->nam);
}

int pss_zsh_editor_with_candidates(const struct pss_completion *answer, const char *typed, size_t n_typed,
				   int (*collect)(void *user), void *user)
{
	char *old_function = *pss_zle.compfunc, **old_arguments = *pss_zle.cfargs;
	int old_debug = sigtrapped[SIGDEBUG], result;
	char name[] = FUNCTION;

	candidates.answer = answer;
	candidates.typed = typed;
	candidates.n_typed = n_typed;
	add_function();
	*pss_zle.compfunc = name;
	*pss_zle.cfargs = (char **)pss_zle.zlenoargs; /* compctl leaves it NULL, which callcompfunc() reads */
	sigtrapped[SIGDEBUG] = 0;
	result = collect(user);
	sigtrapped[SIGDEBUG] = old_debug;
	*pss_zle.cfargs = old_arguments;
	*pss_zle.compfunc = old_function;
	remove_function();
	candidates.answer = NULL;
	return result;
}

/* ---- menu selection */

/* The number of words that the style `menu` wants before a menu is shown to choose from: "select", "select=3". The
 * function of compsys that reads this style does not run while entered. NULL: no such wish. For zsfree(). */
static char *wanted_selection(void)
{
	const char *const arguments[] = { "-a", ":completion::complete:pssession::default", "menu", STYLE, NULL };
	char **value, *wanted = NULL;

	if (module_loaded("zsh/zutil") == 0 || module_loaded("zsh/complist") == 0)
		return NULL;
	if (run_builtin("zstyle", arguments) == 0 && (value = getaparam((char *)STYLE))) {
		for (; *value; value++) {
			if (strcmp(*value, "select") == 0)
				wanted = ztrdup("0");
			else if (strncmp(*value, "select=", 7) == 0 && idigit((*value)[7]))
				wanted = ztrdup(*value + 7);
		}
	}
	unsetparam((char *)STYLE);
	return wanted;
}

void pss_zsh_editor_candidates_begin(void)
{
	char *wanted = getsparam((char *)"MENUSELECT") ? NULL : wanted_selection();

	candidates.selects = wanted != NULL;
	if (wanted)
		assignsparam((char *)"MENUSELECT", wanted, 0);
}

void pss_zsh_editor_candidates_end(void)
{
	if (candidates.selects)
		unsetparam((char *)"MENUSELECT");
	candidates.selects = false;
}
