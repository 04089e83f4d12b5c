/* SPDX-License-Identifier: MIT */
/* Output that is shown later than it was printed must not make the terminal answer: the answer would
 * be typed into whatever shell sits there. Queries and control strings are dropped, the rest kept. */
#pragma once

#include <glib.h>

#define PSS_REPLAY_HELD 256

/* A filter for bytes that come in pieces. All zero at the start; nothing to finish. */
typedef struct {
	int state;
	guint n_held, n_wanted;
	guint8 held[PSS_REPLAY_HELD]; /* of a sequence that is not whole yet */
} PssReplay;

/* Appends the safe part of the n bytes to `out`. A sequence without its end is kept back until that comes. */
void pss_replay_feed(PssReplay *replay, const guint8 *data, gsize n, GByteArray *out);

/* The same for bytes that are whole: a sequence without its end is dropped. */
void pss_replay_filter(const guint8 *data, gsize n, GByteArray *out);
