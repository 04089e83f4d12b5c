/* SPDX-License-Identifier: MIT */
/* The escape keys of an entered session: a state machine over the keys that are on their way to the remote. Used by
 * the relay while the terminal is the remote's; the editor's keys never come here. */
#include "client/tty/escape-keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/base/strings.h"

static const struct {
	char key;
	enum pss_escape_key action;
	const char *help;
} actions[] = {
	{ '.', PSS_ESCAPE_KEY_LEAVE, "leave at once; what runs in a kept session goes on" },
	{ 'd', PSS_ESCAPE_KEY_DETACH, "detach: leave, and keep the session with what runs in it" },
	{ '?', PSS_ESCAPE_KEY_HELP, "this list" },
};
#define N_ACTIONS (sizeof actions / sizeof *actions)

static enum pss_escape_key find_action(char key)
{
	for (size_t i = 0; i < N_ACTIONS; i++) {
		if (actions[i].key == key)
			return actions[i].action;
	}
	return PSS_ESCAPE_KEY_NONE;
}

static bool is_newline(char key)
{
	return key == '\r' || key == '\n';
}

size_t pss_escape_keys_take(struct pss_escape_keys *escape, const char *keys, size_t n, char *ret_keys, size_t *ret_n,
			    enum pss_escape_key *ret_action)
{
	*ret_n = 0;
	*ret_action = PSS_ESCAPE_KEY_NONE;
	for (size_t i = 0; i < n; i++) {
		bool is_escape = escape->character >= 0 && (unsigned char)keys[i] == escape->character;

		if (escape->held) {
			escape->held = false;
			*ret_action = find_action(keys[i]);
			if (*ret_action != PSS_ESCAPE_KEY_NONE) {
				escape->at_start = true;
				return i + 1;
			}
			if (!is_escape)
				ret_keys[(*ret_n)++] = (char)escape->character;
		} else if (escape->at_start && is_escape) {
			escape->held = true;
			continue;
		}
		ret_keys[(*ret_n)++] = keys[i];
		escape->at_start = is_newline(keys[i]);
	}
	return n;
}

int pss_escape_keys_parse(const char *text, int *ret_character)
{
	size_t n = strlen(text);

	if (strcasecmp(text, "none") == 0)
		*ret_character = -1;
	else if (n == 1)
		*ret_character = (unsigned char)*text;
	else if (n == 2 && text[0] == '^' && (text[1] & 0x7f) == text[1] && toupper(text[1]) >= '@')
		*ret_character = toupper(text[1]) & 0x1f;
	else
		return -EINVAL;
	return 0;
}

/* The character as it is typed: "~", "^B". */
static void name_character(int character, char ret_name[3])
{
	bool control = character < 0x20;

	ret_name[0] = control ? '^' : (char)character;
	ret_name[1] = control ? (char)(character | 0x40) : '\0';
	ret_name[2] = '\0';
}

char *pss_escape_keys_help(int character)
{
	char name[3];
	char *text;

	name_character(character, name);
	text = pss_format("Escape keys, after a newline:\r\n");
	for (size_t i = 0; text && i < N_ACTIONS; i++) {
		char *longer = pss_format("%s %s%c  %s\r\n", text, name, actions[i].key, actions[i].help);
		free(text);
		text = longer;
	}
	if (text) {
		char *longer = pss_format("%s %s%s  the escape character itself\r\n", text, name, name);
		free(text);
		text = longer;
	}
	return text;
}
