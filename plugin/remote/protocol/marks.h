/* SPDX-License-Identifier: MIT */
/* The marks in the terminal's output (PROTOCOL.md, "Marks"): told from plain output by a nonce. */
#pragma once

#include <glib.h>

#define PSS_NONCE_LENGTH 32 /* hexadecimal digits: 128 bits */

enum {
	PSS_MARK_ARGUMENT_MAX = 8,
	/* ESC ] 7337 ; NONCE ; kind ; argument BEL */
	PSS_MARK_MAX = 7 + PSS_NONCE_LENGTH + 1 + 2 + PSS_MARK_ARGUMENT_MAX + 1,
	PSS_MARK_NONCES = 2,
};

typedef struct {
	void (*on_plain)(gpointer user, const void *data, gsize n);
	/* `argument` is what followed the kind: digits, possibly none. `nonce` is the slot of pss_marks_expect(). */
	void (*on_mark)(gpointer user, guint slot, char kind, const char *argument);
} PssMarksEvents;

typedef struct {
	char expected[PSS_MARK_NONCES][8 + PSS_NONCE_LENGTH + 1]; /* "ESC ] 7337 ; NONCE ;", or "" */
	char held[PSS_MARK_MAX + 1];                              /* bytes that may become a mark */
	gsize n_held;
	gboolean drops_others; /* marks with any other nonce are another engine's, and no output */
} PssMarks;

void pss_marks_init(PssMarks *marks);

/* From now on marks with this nonce count in that slot; NULL: none do. */
void pss_marks_expect(PssMarks *marks, guint slot, const char *nonce);

/* Splits what arrived. At the end of a chunk only bytes are kept back that are the start of an expected
 * mark. The handlers may call pss_marks_expect(). */
void pss_marks_feed(PssMarks *marks, const void *data, gsize n, const PssMarksEvents *events, gpointer user);

/* Hands out what is kept back: nothing more comes. */
void pss_marks_flush(PssMarks *marks, const PssMarksEvents *events, gpointer user);
