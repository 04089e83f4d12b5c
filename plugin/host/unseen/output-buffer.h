/* SPDX-License-Identifier: MIT */
/* What a session printed while nobody took it: the last bytes of it in order, which stream each came on, and how many
 * were dropped. A queue of parts; what bookkeeping costs counts against the limit. */
#pragma once

#include <glib.h>

#define PSS_RING_DEFAULT_LIMIT (1024u * 1024u)

typedef enum { PSS_RING_GREETING, PSS_RING_TERMINAL, PSS_RING_OUT, PSS_RING_ERR } PssRingStream;

typedef struct {
	GByteArray *bytes; /* NULL: nothing is kept */
	GArray *parts;     /* of PssRingPart: whose the bytes are */
	gsize start;       /* bytes in front of it have been taken */
	guint first;       /* parts likewise */
	gsize limit;
	guint64 dropped;
	/* Or NULL: the oldest n bytes of that stream have been taken or dropped. */
	void (*on_gone)(gpointer user, PssRingStream stream, gsize n);
	gpointer user;
} PssRing;

void pss_ring_init(PssRing *ring, gsize limit);
void pss_ring_finish(PssRing *ring);

/* Grows up to twice the limit before its front is dropped; without any bound where `all` is to be kept: then the caller
 * stops the source when the ring is full. */
void pss_ring_append(PssRing *ring, PssRingStream stream, const void *data, gsize n, gboolean all);
/* How many of n bytes would not even be taken. */
gsize pss_ring_excess(const PssRing *ring, gsize n, gboolean all);
void pss_ring_append_ring(PssRing *ring, const PssRing *from, gboolean all);

/* Drops what is over the limit. */
void pss_ring_cut(PssRing *ring);

/* What it holds, bookkeeping included. */
gsize pss_ring_cost(const PssRing *ring);
gboolean pss_ring_is_empty(const PssRing *ring);

/* The oldest bytes of one stream, borrowed until the next call; FALSE: empty. */
gboolean pss_ring_peek(const PssRing *ring, PssRingStream *ret_stream, const guint8 **ret_data, gsize *ret_n);
/* Forgets the n oldest, of what peek has shown. */
void pss_ring_advance(PssRing *ring, gsize n);

/* Everything kept of one stream; the others stay. NULL: nothing. */
GByteArray *pss_ring_take_stream(PssRing *ring, PssRingStream stream);
