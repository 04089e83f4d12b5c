/* SPDX-License-Identifier: MIT */
/* Recognises the lines that leave a session. Used by the entered loop. Runs nothing and decides nothing about
 * sessions. */
#include "client/entered/entered-line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

static const struct {
	const char *word;
	bool takes_status;
	enum pss_leaving leaving;
} leaving_words[] = {
	{ "exit", true, PSS_LEAVING_EXIT },
	{ "logout", true, PSS_LEAVING_EXIT },
	{ "exit-pssession", false, PSS_LEAVING_PSSESSION },
};

/* A status as shells take it: -1 is 255. */
static bool parse_status(const char *text, size_t n, int *ret)
{
	size_t i = n > 1 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
	unsigned value = 0;

	if (n - i > 9)
		return false;
	for (; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*ret = (int)((text[0] == '-' ? 0u - value : value) & 0xff);
	return true;
}

enum pss_leaving pss_line_leaves(const char *line, int *ret_status)
{
	const char *word = line + strspn(line, BLANKS);
	size_t n_word = strcspn(word, BLANKS);
	const char *argument = word + n_word + strspn(word + n_word, BLANKS);
	size_t n_argument = strcspn(argument, BLANKS);
	int status = -1;

	if (argument[n_argument + strspn(argument + n_argument, BLANKS)] != '\0')
		return PSS_LEAVING_NOT;
	for (size_t i = 0; i < sizeof(leaving_words) / sizeof(leaving_words[0]); i++) {
		const char *candidate = leaving_words[i].word;

		if (n_word != strlen(candidate) || strncasecmp(word, candidate, n_word) != 0)
			continue;
		if (n_argument > 0 && (!leaving_words[i].takes_status || !parse_status(argument, n_argument, &status)))
			return PSS_LEAVING_NOT;
		*ret_status = status;
		return leaving_words[i].leaving;
	}
	return PSS_LEAVING_NOT;
}
