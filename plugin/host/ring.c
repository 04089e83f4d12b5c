/* SPDX-License-Identifier: MIT */
/* The bounded memory of unwatched output. Memory stays below twice the limit under an endless flood,
 * and cutting costs one move per `limit` bytes. */
#include "host/ring.h"

#include "host/replay.h"

void pss_ring_init(PssRing *ring, gsize limit)
{
	*ring = (PssRing){ .limit = limit };
}

void pss_ring_finish(PssRing *ring)
{
	g_clear_pointer(&ring->bytes, g_byte_array_unref);
}

static void cut_front(PssRing *ring)
{
	gsize surplus = ring->bytes->len - ring->limit;
	ring->dropped += surplus;
	g_byte_array_remove_range(ring->bytes, 0, surplus);
}

void pss_ring_append(PssRing *ring, const void *data, gsize n)
{
	if (n > ring->limit) {
		ring->dropped += n - ring->limit;
		data = (const guint8 *)data + (n - ring->limit);
		n = ring->limit;
	}
	if (!ring->bytes)
		ring->bytes = g_byte_array_new();
	g_byte_array_append(ring->bytes, data, n);
	if (ring->bytes->len > 2 * ring->limit)
		cut_front(ring);
}

GByteArray *pss_ring_take(PssRing *ring, guint64 *ret_dropped)
{
	GByteArray *safe = g_byte_array_new();

	if (ring->bytes && ring->bytes->len > ring->limit)
		cut_front(ring);
	if (ring->bytes)
		pss_replay_filter(ring->bytes->data, ring->bytes->len, safe);
	*ret_dropped = ring->dropped;
	ring->dropped = 0;
	g_clear_pointer(&ring->bytes, g_byte_array_unref);
	return safe;
}

gboolean pss_ring_is_empty(const PssRing *ring)
{
	return !ring->bytes;
}
