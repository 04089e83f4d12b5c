/* SPDX-License-Identifier: MIT */
/* The prompt as readline wants it: what moves no cursor stands between two bytes of its own. readline knows no prompt
 * at the right margin: such a one is painted from within the first line of the other, as if it took no room. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"
#include "client/command/shell.h"
#include "client/base/strings.h"
#include "terminal/clean-text.h"
#include "terminal/width.h"
#include "wire/cleanup.h"

#define GAP 2 /* columns between the two prompts, at least */

static char *mark_prompt(const char *prompt)
{
	char *marked = malloc(3 * strlen(prompt) + 1), *to = marked;

	while (marked && *prompt) {
		size_t n = *prompt == '\033' ? strcspn(prompt, "m") : 0;

		if (n == 0 || !prompt[n]) {
			*to++ = *prompt++;
			continue;
		}
		*to++ = '\001';
		memcpy(to, prompt, n + 1);
		to += n + 1;
		*to++ = '\002';
		prompt += n + 1;
	}
	if (marked)
		*to = '\0';
	return marked;
}

/* Columns of the first n bytes, attributes left out. */
static unsigned width_of(const char *text, size_t n)
{
	_cleanup_(pss_free_pointer) char *plain = pss_clean_text(text, n, PSS_CLEAN_PLAIN);

	return plain ? pss_width(plain) : 0;
}

/* Paints it from where the prompt begins, and comes back. NULL: it does not fit, or memory is short. */
static char *paint_right(const char *right, const char *prompt)
{
	unsigned width = width_of(right, strlen(right)), taken = width_of(prompt, strcspn(prompt, "\n"));
	int rows, columns;

	rl_get_screen_size(&rows, &columns);
	if (width == 0 || columns <= 0 || taken + GAP + width >= (unsigned)columns)
		return NULL;
	/* The last column stays free: a terminal that has written there is about to wrap. */
	return pss_format("\001\0337\033[%uG%s\033[m\0338\002", (unsigned)columns - width, right);
}

static char *of_no_width(const char *text)
{
	return *text ? pss_format("\001%s\002", text) : strdup("");
}

char *pss_bash_editor_prompt(const struct pss_read_request *request)
{
	const char *prompt = request->prompt, *right = request->right;
	_cleanup_(pss_free_pointer) char *painted = right ? paint_right(right, prompt) : NULL;
	_cleanup_(pss_free_pointer) char *marked = mark_prompt(prompt);
	_cleanup_(pss_free_pointer) char *before = of_no_width(request->before), *behind = of_no_width(request->behind);

	if (!marked || !before || !behind)
		return NULL;
	return pss_format("%s%s%s%s", before, painted ? painted : "", marked, behind);
}

unsigned pss_bash_editor_prompt_rows(const char *prompt)
{
	unsigned n_rows = 0;
	int rows, columns;

	rl_get_screen_size(&rows, &columns);
	for (const char *end; columns > 0 && prompt && (end = strchr(prompt, '\n')); prompt = end + 1) {
		unsigned width = width_of(prompt, (size_t)(end - prompt));

		n_rows += width == 0 ? 1 : (width + (unsigned)columns - 1) / (unsigned)columns;
	}
	return n_rows;
}
