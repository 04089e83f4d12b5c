/* SPDX-License-Identifier: MIT */
/* Recognises the lines that leave a session, and turns keys that were pressed ahead into text for the
 * editor. Used by the entered loop. Runs nothing and decides nothing about sessions. */
#include "client/entered-line.h"

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

/* The length of the key sequence at an ESC: CSI, SS3, or Meta and a key. */
static size_t key_sequence_length(const unsigned char *at, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return n;
	if (at[1] == 'O')
		return n < 3 ? n : 3;
	if (at[1] != '[')
		return at[1] >= 0x20 && at[1] < 0x7f ? 2 : 1;
	while (i < n && at[i] >= 0x20 && at[i] < 0x40)
		i++;
	return i < n ? i + 1 : i;
}

static size_t without_last_character(const char *text, size_t n)
{
	if (n == 0)
		return 0;
	n--;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static size_t without_last_word(const char *text, size_t n)
{
	while (n > 0 && text[n - 1] == ' ')
		n--;
	while (n > 0 && text[n - 1] != ' ' && text[n - 1] != '\n')
		n--;
	return n;
}

char *pss_typed_text(const void *keys, size_t n)
{
	const unsigned char *at = keys, *end = at ? at + n : at;
	char *text = malloc(n + 1);
	size_t length = 0;

	if (!text)
		return NULL;
	while (at < end) {
		if (*at == 0x1b) {
			at += key_sequence_length(at, (size_t)(end - at));
			continue;
		}
		if (*at == '\r' || *at == '\n')
			text[length++] = '\n';
		else if (*at == 0x7f || *at == '\b')
			length = without_last_character(text, length);
		else if (*at == 0x17) /* Ctrl-W */
			length = without_last_word(text, length);
		else if (*at == 0x15 || *at == 0x03) /* Ctrl-U, Ctrl-C */
			length = 0;
		else if (*at >= 0x20)
			text[length++] = (char)*at;
		at++;
	}
	while (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return text;
}
