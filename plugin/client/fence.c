/* SPDX-License-Identifier: MIT */
/* Finds a line in a text that a shell is about to evaluate. Used by the editors; it knows no more of the shell's
 * grammar than where a command may begin. */
#include "client/fence.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"
#define OPERATORS ";&|({!\n" /* a command may stand behind them */

static const char *const leading_words[] = { "--", "builtin", "command", "do", "else", "exec", "then", "time" };

/* Would a shell take what follows `text[n]` for a command? */
static bool begins_command(const char *text, size_t n)
{
	while (n > 0 && strchr(" \t", text[n - 1]))
		n--;
	if (n == 0 || strchr(OPERATORS, text[n - 1]))
		return true;
	for (size_t i = 0; i < sizeof(leading_words) / sizeof(leading_words[0]); i++) {
		size_t length = strlen(leading_words[i]);

		if (n >= length && memcmp(text + n - length, leading_words[i], length) == 0 &&
		    begins_command(text, n - length))
			return true;
	}
	return false;
}

static bool ends_word(char c)
{
	return c == '\0' || strchr(BLANKS ";&|)}<>", c);
}

bool pss_text_runs_line(const char *text, const char *line)
{
	size_t from = strspn(line, BLANKS), n = strlen(line + from);
	const char *found = text;

	while (n > 0 && strchr(BLANKS, line[from + n - 1]))
		n--;
	if (n == 0)
		return false;
	char *wanted = strndup(line + from, n);
	bool runs = !wanted;

	while (wanted && !runs && (found = strstr(found, wanted))) {
		runs = begins_command(text, (size_t)(found - text)) && ends_word(found[n]);
		found++;
	}
	free(wanted);
	return runs;
}
