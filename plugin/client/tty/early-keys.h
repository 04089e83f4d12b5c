/* SPDX-License-Identifier: MIT */
/* Escape keys while connecting, logging in and attaching, before the remote has the terminal. */
#pragma once

#include "client/base/poll.h"
#include "client/tty/escape-keys.h"
#include "client/tty/tty.h"
#include "wire/buffer.h"

struct pss_opening_keys {
	struct pss_beside beside; /* for the connection that is waited on */
	struct pss_tty tty;
	struct pss_escape_keys escape;
	struct pss_buffer typed;   /* what was typed and was not for us, as it was typed; the remote's */
	enum pss_escape_key asked; /* PSS_ESCAPE_KEY_LEAVE or _DETACH: a wait has ended with -ECANCELED for it */
	bool on;                   /* the terminal is in our mode */
};

/* Takes the terminal key by key, as far as there is one and this process is in its foreground; Ctrl-C and Ctrl-Z stay
 * signals. `escape_character` -1: nothing happens here or below. Process-wide: one at a time. */
void pss_opening_keys_begin(struct pss_opening_keys *keys, int escape_character, const char *term);
/* Nothing will be entered: what has been typed for it, and lies in the terminal unread, shall not run here. */
void pss_opening_keys_drop(struct pss_opening_keys *keys);
/* The terminal is as it was. `typed` stays, for the relay. Idempotent. */
void pss_opening_keys_end(struct pss_opening_keys *keys);
void pss_opening_keys_finish(struct pss_opening_keys *keys); /* ends, and wipes what was typed */

/* For the time of a question, which takes the terminal line by line. What was typed before is forgotten, as ssh forgets
 * it: it may be the answer to this question, or to the next one, and that must not become a line. */
void pss_opening_keys_pause(struct pss_opening_keys *keys);
void pss_opening_keys_resume(struct pss_opening_keys *keys);

/* A line that answers a question: is it an escape key and nothing else? Nobody's password is `~.`. */
enum pss_escape_key pss_opening_keys_answer(const struct pss_opening_keys *keys, const char *answer);

/* Detaching cannot be: says why, and goes on. */
void pss_opening_keys_refuse(struct pss_opening_keys *keys, const char *why);
void pss_opening_keys_help(struct pss_opening_keys *keys);
