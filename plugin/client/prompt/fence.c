/* SPDX-License-Identifier: MIT */
/* Finds a line in a text that a shell is about to evaluate. Used by the editors; it knows no more of the shell's
 * grammar than where a command may begin. */
#include "client/prompt/fence.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"
#define OPERATORS ";&|({!`\n" /* a command may stand behind them */
#define ENDS ";&|)}<>`\n"     /* they end a command's words */

static const char *const leading_words[] = {
	"--",   "builtin", "command",   "coproc", "do",   "elif", "else", "exec",  "if",
	"nice", "nohup",   "nocorrect", "noglob", "then", "time", "sudo", "until", "while",
};

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

/* Behind a blank. */
static bool is_no_word(const char *text)
{
	const char *behind = text + strspn(text, "0123456789");

	return *text == '\0' || *text == '#' || strchr(ENDS, *text) || *behind == '<' || *behind == '>';
}

/* Is what stands in front of `after` a command as it is? A single word is the beginning of many another one; several
 * words that stand in the text are the line, whatever is added to them. */
static bool ends_command(const char *after, bool one_word)
{
	if (*after != '\0' && !strchr(BLANKS ENDS, *after))
		return false;
	return !one_word || is_no_word(after + strspn(after, " \t"));
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
	bool runs = !wanted, one_word = strcspn(line + from, BLANKS) == n;

	while (wanted && !runs && (found = strstr(found, wanted))) {
		runs = begins_command(text, (size_t)(found - text)) && ends_command(found + n, one_word);
		found++;
	}
	free(wanted);
	return runs;
}
