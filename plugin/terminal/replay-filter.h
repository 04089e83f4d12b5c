/* SPDX-License-Identifier: MIT */
/* Output that is shown later than it was printed must not make the terminal answer: the answer would
 * be typed into whatever shell sits there. Queries and control strings are dropped, the rest kept. */
#pragma once

#include "terminal/tokenizer.h"

/* More than is kept back of what has come before: `CSI text final`, or a character. */
#define PSS_REPLAY_HELD (PSS_SEQUENCE_KEPT + 3)

/* A filter for bytes that come in pieces. All zero at the start; nothing to finish. */
struct pss_replay {
	struct pss_tokenizer tokenizer;
	unsigned char held[4]; /* of a character of UTF-8 that is not whole yet */
	size_t n_held, n_wanted;
};

/* Puts the safe part of the n bytes into `ret`, which has room for n + PSS_REPLAY_HELD, and returns how many there are.
 * A sequence without its end is kept back until that comes. */
size_t pss_replay_feed(struct pss_replay *replay, const void *data, size_t n, unsigned char *ret);
