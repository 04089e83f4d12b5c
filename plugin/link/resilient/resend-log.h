/* SPDX-License-Identifier: MIT */
/* The two numbered streams between a client and a holder (remote/PROTOCOL.md, "Holders"), without any link: what
 * must be said again when there is a new one, and how much has come. */
#pragma once

#include <glib.h>

typedef struct {
	void (*on_bytes)(gpointer user, guint child, gboolean is_stderr, const void *data, gsize n);
	void (*on_taken)(gpointer user, guint child, guint64 n);
	void (*on_ended)(gpointer user, guint child, int status);
	void (*on_dropped)(gpointer user, guint child, guint64 n); /* bytes of its output */
	/* What the client before had, and nobody has seen. */
	void (*on_unseen)(gpointer user, guint kind, const void *data, gsize n);
} PssNumberedEvents;

typedef struct {
	/* up */
	GQueue lines;  /* that have not been obeyed as far as we know */
	gsize n_bytes; /* what they cost */
	guint64 last;  /* the number of the last one made */
	/* down */
	guint64 count;    /* bytes that have come */
	guint64 boundary; /* of them, to the end of the last frame that is whole */
	char header[64];
	guint n_header;
	guint child; /* of an unseen one its kind */
	gboolean is_stderr, is_unseen;
	guint64 left; /* bytes of the frame under way */
} PssNumbered;

void pss_numbered_init(PssNumbered *numbered);
void pss_numbered_finish(PssNumbered *numbered);

/* Makes the next line: "N HEAD", and where `data` is not NULL a blank and its bytes escaped. Borrowed until it is
 * obeyed. */
const GString *pss_numbered_add(PssNumbered *numbered, const char *head, const void *data, gsize n);

/* The same with the bytes as they are behind the line, which says how many. */
const GString *pss_numbered_add_raw(PssNumbered *numbered, const char *head, const void *data, gsize n);

/* All lines up to this one have been obeyed. FALSE: there has never been such a one. */
gboolean pss_numbered_obeyed(PssNumbered *numbered, guint64 number) G_GNUC_WARN_UNUSED_RESULT;

/* Goes on where another client was: the lines there are get their numbers behind `last`. */
void pss_numbered_take_over(PssNumbered *numbered, guint64 last, guint64 count);

/* What has to be said (again), in order. */
void pss_numbered_append(const PssNumbered *numbered, GString *out);

/* Bytes of the down stream. FALSE: malformed; the rest of the stream is unusable. */
gboolean pss_numbered_feed(PssNumbered *numbered, const void *data, gsize n, const PssNumberedEvents *events,
			   gpointer user) G_GNUC_WARN_UNUSED_RESULT;
