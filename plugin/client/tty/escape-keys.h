/* SPDX-License-Identifier: MIT */
/* Escape keys, as ssh(1) has them: after a newline, `~.` and the like are for us and not for the remote.
 * Pure: bytes in, bytes and an action out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PSS_ESCAPE_KEYS_CHAR '~'

enum pss_escape_key {
	PSS_ESCAPE_KEY_NONE,
	PSS_ESCAPE_KEY_LEAVE,  /* `~.` */
	PSS_ESCAPE_KEY_DETACH, /* `~d` */
	PSS_ESCAPE_KEY_HELP,   /* `~?` */
};

struct pss_escape_keys {
	int character; /* -1: there are no escape keys */
	bool at_start; /* the last key was a newline, or there was none yet */
	bool held;     /* the escape character has been typed and not been passed on */
};

/* Takes keys until the first action or their end. What is for the remote goes to `ret_keys`, which has room for
 * n + 1 bytes. Returns how many of the n were taken. */
size_t pss_escape_keys_take(struct pss_escape_keys *escape, const char *keys, size_t n, char *ret_keys, size_t *ret_n,
			    enum pss_escape_key *ret_action);

/* -EscapeChar: one character, "^X" for a control character, or "none" in any case. 0, or -EINVAL. */
int pss_escape_keys_parse(const char *text, int *ret_character);

/* What `~?` shows, a line each ended by "\r\n". Heap; NULL when memory is short. */
char *pss_escape_keys_help(int character);
