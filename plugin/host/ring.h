/* SPDX-License-Identifier: MIT */
/* What a session printed while nobody watched: the last bytes of it, and how many were dropped. */
#pragma once

#include <glib.h>

#define PSS_RING_DEFAULT_LIMIT (1024u * 1024u)

typedef struct {
	GByteArray *bytes; /* grows up to twice the limit before its front is cut */
	gsize limit;
	guint64 dropped;
} PssRing;

void pss_ring_init(PssRing *ring, gsize limit);
void pss_ring_finish(PssRing *ring);
void pss_ring_append(PssRing *ring, const void *data, gsize n);

/* Everything kept, oldest first, made safe to show to a terminal that was not there when it was
 * printed (see replay.h); the number dropped before it. The ring is empty afterwards. */
GByteArray *pss_ring_take(PssRing *ring, guint64 *ret_dropped);
gboolean pss_ring_is_empty(const PssRing *ring);
