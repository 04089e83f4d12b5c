/* SPDX-License-Identifier: MIT */
/* Finds one mark in a stream of any bytes (PROTOCOL.md, "Invocations"). A mark begins with RS and holds no other. */
#pragma once

#include <glib.h>

#define PSS_STREAM_MARK_MAX 48

typedef void (*PssStreamFunc)(gpointer user, const void *data, gsize n);

typedef struct {
	char mark[PSS_STREAM_MARK_MAX + 1];
	gsize n_mark;
	gsize n_held; /* so many first bytes of the mark have been seen and are kept back */
} PssStream;

/* Looks for this one from now on. */
void pss_stream_expect(PssStream *stream, const char *mark);

/* Takes bytes until the mark is complete or they are used up; moves *data and *n behind what was taken. What precedes
 * the mark goes to `on_plain`, or nowhere if that is NULL. TRUE: the mark was found. */
gboolean pss_stream_feed(PssStream *stream, const char **data, gsize *n, PssStreamFunc on_plain, gpointer user);

/* What a relay says of itself among what it carries: a mark and one letter. */
typedef struct {
	PssStream stream;
	gboolean marked; /* the letter follows */
} PssSigns;

void pss_signs_expect(PssSigns *signs, const char *mark);

/* Takes bytes up to the next letter, which it returns, or all of them (0). What is no sign goes to `on_plain`. */
char pss_signs_feed(PssSigns *signs, const char **data, gsize *n, PssStreamFunc on_plain, gpointer user);
