/* SPDX-License-Identifier: MIT */
/* The bounded memory of output that nobody has taken. Memory stays below twice the limit under an endless flood, also
 * where the streams alternate byte by byte; cutting and taking cost one move per half of what is kept. */
#include "host/unseen/output-buffer.h"

typedef struct {
	guint32 stream, n;
} PssRingPart;

#define PART_MAX (1u << 30)

void pss_ring_init(PssRing *ring, gsize limit)
{
	*ring = (PssRing){ .limit = limit };
}

void pss_ring_finish(PssRing *ring)
{
	g_clear_pointer(&ring->bytes, g_byte_array_unref);
	g_clear_pointer(&ring->parts, g_array_unref);
	ring->start = ring->first = 0;
}

gsize pss_ring_cost(const PssRing *ring)
{
	if (!ring->bytes)
		return 0;
	return ring->bytes->len - ring->start + (ring->parts->len - ring->first) * sizeof(PssRingPart);
}

gboolean pss_ring_is_empty(const PssRing *ring)
{
	return !ring->bytes;
}

static PssRingPart *part_at(const PssRing *ring, guint i)
{
	return &g_array_index(ring->parts, PssRingPart, i);
}

void pss_ring_advance(PssRing *ring, gsize n)
{
	PssRingPart *part = part_at(ring, ring->first);

	if (ring->on_gone)
		ring->on_gone(ring->user, (PssRingStream)part->stream, n);
	ring->start += n;
	part->n -= (guint32)n;
	ring->first += part->n == 0;
	if (ring->first == ring->parts->len) {
		pss_ring_finish(ring);
		return;
	}
	if (ring->start > ring->bytes->len / 2) {
		g_byte_array_remove_range(ring->bytes, 0, (guint)ring->start);
		ring->start = 0;
	}
	if (ring->first > ring->parts->len / 2) {
		g_array_remove_range(ring->parts, 0, ring->first);
		ring->first = 0;
	}
}

static void drop(PssRing *ring, gsize n)
{
	ring->dropped += n;
	pss_ring_advance(ring, n);
}

void pss_ring_cut(PssRing *ring)
{
	gsize cost;

	while ((cost = pss_ring_cost(ring)) > ring->limit)
		drop(ring, MIN(cost - ring->limit, part_at(ring, ring->first)->n));
}

gsize pss_ring_excess(const PssRing *ring, gsize n, gboolean all)
{
	gsize room = ring->limit - MIN(ring->limit, sizeof(PssRingPart));
	return all || n <= room ? 0 : n - room;
}

void pss_ring_append(PssRing *ring, PssRingStream stream, const void *data, gsize n, gboolean all)
{
	gsize excess = pss_ring_excess(ring, n, all);

	/* What is older than that goes first. */
	while (excess > 0 && ring->bytes)
		drop(ring, part_at(ring, ring->first)->n);
	ring->dropped += excess;
	data = (const guint8 *)data + excess;
	n -= excess;
	if (n == 0)
		return;
	if (!ring->bytes) {
		ring->bytes = g_byte_array_new();
		ring->parts = g_array_new(FALSE, FALSE, sizeof(PssRingPart));
	}
	g_byte_array_append(ring->bytes, data, (guint)n);
	PssRingPart *last = ring->parts->len > ring->first ? part_at(ring, ring->parts->len - 1) : NULL;
	if (last && last->stream == stream && last->n + n < PART_MAX) {
		last->n += (guint32)n;
	} else {
		PssRingPart part = { .stream = stream, .n = (guint32)n };
		g_array_append_val(ring->parts, part);
	}
	if (!all && pss_ring_cost(ring) > 2 * ring->limit)
		pss_ring_cut(ring);
}

gboolean pss_ring_peek(const PssRing *ring, PssRingStream *ret_stream, const guint8 **ret_data, gsize *ret_n)
{
	if (!ring->bytes)
		return FALSE;
	const PssRingPart *part = part_at(ring, ring->first);
	*ret_stream = (PssRingStream)part->stream;
	*ret_data = ring->bytes->data + ring->start;
	*ret_n = part->n;
	return TRUE;
}

void pss_ring_append_ring(PssRing *ring, const PssRing *from, gboolean all)
{
	gsize at = from->start;

	for (guint i = from->first; from->bytes && i < from->parts->len; i++) {
		const PssRingPart *part = part_at(from, i);
		pss_ring_append(ring, (PssRingStream)part->stream, from->bytes->data + at, part->n, all);
		at += part->n;
	}
}

GByteArray *pss_ring_take_stream(PssRing *ring, PssRingStream stream)
{
	GByteArray *taken = NULL;
	PssRing rest = { .limit = ring->limit, .dropped = ring->dropped, .on_gone = ring->on_gone, .user = ring->user };
	gsize at = ring->start;

	for (guint i = ring->first; ring->bytes && i < ring->parts->len; i++) {
		const PssRingPart *part = part_at(ring, i);
		const guint8 *data = ring->bytes->data + at;
		at += part->n;
		if (part->stream != stream) {
			pss_ring_append(&rest, (PssRingStream)part->stream, data, part->n, TRUE);
			continue;
		}
		taken = taken ? taken : g_byte_array_new();
		g_byte_array_append(taken, data, part->n);
	}
	pss_ring_finish(ring);
	*ring = rest;
	if (taken && ring->on_gone)
		ring->on_gone(ring->user, stream, taken->len);
	return taken;
}
