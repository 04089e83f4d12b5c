/* SPDX-License-Identifier: MIT */
/* Typeahead: the keys that the user has typed and that are still unread, in their order. The shell's editor reads
 * them in front of the terminal's; what it leaves goes to the next command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "wire/buffer.h"

struct pss_typed {
	struct pss_buffer keys;
	size_t n_passed;          /* of them: they have been looked through for escape keys, and came back */
	bool position_asked;      /* a program has asked for the cursor's position: answers.h */
	unsigned n_answers;       /* were left out so far */
	bool last_answered;       /* … among them one that comes behind all others: pss_answer_is_last() */
	unsigned char forgets[3]; /* keys that make a terminal forget what was typed before them */
	size_t n_forgets;
};

/* `modes` are the terminal's, for the keys that interrupt. */
void pss_typed_init(struct pss_typed *typed, const struct termios *modes);
void pss_typed_finish(struct pss_typed *typed);

/* Keys that came back from the remote, and keys that were read here, which come after them. What a terminal answered is
 * left out; Ctrl-C drops itself and all before it. 0 or -ENOMEM. */
int pss_typed_came_back(struct pss_typed *typed, const void *keys, size_t n);
int pss_typed_read(struct pss_typed *typed, const void *keys, size_t n);

/* Does it end within what may be an answer? */
bool pss_typed_is_cut(const struct pss_typed *typed);

/* The next key: a byte. False: there is none. */
bool pss_typed_next(struct pss_typed *typed, unsigned char *ret_key);

/* The first n keys have been taken, from pss_buffer_bytes(&typed->keys). */
void pss_typed_take(struct pss_typed *typed, size_t n);
void pss_typed_forget(struct pss_typed *typed);
