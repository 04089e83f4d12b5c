/* SPDX-License-Identifier: MIT */
/* The output of a command that ran when the host process before this one died: its relay is still there, and what it
 * carries goes to the client that receives. Called by the session. What the old process had confirmed is gone, so the
 * beginning may be missing; the marks (remote/PROTOCOL.md, "Invocations") are no output. */
#include "host/unseen/orphan.h"

#include <string.h>

#include "link/resilient/transport-resilient.h"
#include "remote/protocol/stream.h"

#define LAST_BYTES_MS 2000 /* behind the prompt */
/* More than a holder keeps: a mark that has not come by then was confirmed by the old process. */
#define EARLY_MAX (1024u * 1024u)

/* Of early bytes. */
typedef struct {
	PssResilientPlace place;
	gsize n;
} Segment;

typedef struct {
	PssOrphan *owner;
	gboolean is_stderr;
	gboolean inside, done;
	gboolean may_begin; /* inside for all that is known, but the beginning may be yet to come */
	GByteArray *early;  /* until it is known whether it belongs to the command */
	GArray *segments;   /* of Segment: where that was */
	PssStream start, end;
	PssSigns signs; /* of the relay */
} Side;

struct PssOrphan {
	PssTransport *transport;
	PssRecord *record;
	PssOrphanFunc on_over;
	gpointer user;
	PssChannel *channel;
	char *begin;
	Side sides[2];
	guint source;
};

static void on_plain(gpointer user, const void *data, gsize n)
{
	const Side *side = user;
	pss_record_orphan(side->owner->record, side->is_stderr, data, n);
}

void pss_orphan_free(PssOrphan *orphan)
{
	if (!orphan)
		return;
	g_clear_handle_id(&orphan->source, g_source_remove);
	for (int i = 0; i < 2; i++) {
		g_byte_array_unref(orphan->sides[i].early);
		g_array_unref(orphan->sides[i].segments);
	}
	g_free(orphan->begin);
	g_free(orphan);
}

static gboolean on_end(gpointer user)
{
	PssOrphan *orphan = user;

	orphan->source = 0;
	orphan->on_over(orphan->user);
	return G_SOURCE_REMOVE;
}

static void end_within(PssOrphan *orphan, guint milliseconds)
{
	g_clear_handle_id(&orphan->source, g_source_remove);
	orphan->source = g_timeout_add(milliseconds, on_end, orphan);
}

static void take_to_end(gpointer user, const void *data, gsize n)
{
	Side *side = user;
	PssOrphan *orphan = side->owner;
	const char *at = data;

	side->done = side->done || pss_stream_feed(&side->end, &at, &n, on_plain, side);
	if (orphan->sides[0].done && orphan->sides[1].done)
		end_within(orphan, 0);
}

static void take_inside(Side *side, const void *data, gsize n)
{
	const char *at = data;

	if (side->may_begin)
		side->may_begin = !pss_stream_feed(&side->start, &at, &n, take_to_end, side);
	if (n > 0)
		take_to_end(side, at, n);
}

/* It begins behind so many early bytes. */
static void go_inside(Side *side, gsize start)
{
	PssTransport *transport = side->owner->transport;
	const PssResilientPlace now = pss_transport_held_set_place(transport, NULL);
	const guint8 *at = side->early->data;

	side->inside = TRUE;
	for (guint i = 0; i < side->segments->len; i++) {
		const Segment *segment = &g_array_index(side->segments, Segment, i);
		PssResilientPlace place = segment->place;
		gsize skipped = MIN(start, segment->n);
		place.data = at;
		pss_transport_held_set_place(transport, &place);
		if (skipped < segment->n)
			take_inside(side, at + skipped, segment->n - skipped);
		start -= skipped;
		at += segment->n;
	}
	pss_transport_held_set_place(transport, &now);
	g_byte_array_set_size(side->early, 0);
	g_array_set_size(side->segments, 0);
}

static void on_carried(gpointer user, const void *data, gsize n)
{
	Side *side = user;
	const PssOrphan *orphan = side->owner;
	gsize n_begin = strlen(orphan->begin);

	if (side->inside) {
		take_inside(side, data, n);
		return;
	}
	const Segment segment = { pss_transport_held_place_of(orphan->transport, data, n), n };
	g_byte_array_append(side->early, data, (guint)n);
	g_array_append_val(side->segments, segment);
	const guint8 *at = memmem(side->early->data, side->early->len, orphan->begin, n_begin);
	if (at) {
		go_inside(side, (gsize)(at + n_begin - side->early->data));
	} else if (side->early->len > EARLY_MAX ||
		   memmem(side->early->data, side->early->len, side->end.mark, side->end.n_mark)) {
		go_inside(side, 0);
	}
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Side *side = &((PssOrphan *)user)->sides[is_stderr];
	const char *at = data;

	while (n > 0)
		pss_signs_feed(&side->signs, &at, &n, on_carried, side);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	end_within(user, 0);
}

PssOrphan *pss_orphan_adopt(PssTransport *transport, guint child, const PssOrphanMarks *marks, PssRecord *record,
			    PssOrphanFunc on_over, gpointer user)
{
	static const PssChannelEvents events = { .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed };
	PssOrphan *orphan = g_new0(PssOrphan, 1);

	orphan->transport = transport;
	orphan->record = record;
	orphan->on_over = on_over;
	orphan->user = user;
	orphan->begin = g_strdup(marks->begin);
	for (int i = 0; i < 2; i++) {
		orphan->sides[i] = (Side){ .owner = orphan,
					   .is_stderr = i,
					   .early = g_byte_array_new(),
					   .segments = g_array_new(FALSE, FALSE, sizeof(Segment)) };
		pss_stream_expect(&orphan->sides[i].start, orphan->begin);
		pss_stream_expect(&orphan->sides[i].end, marks->end);
		pss_signs_expect(&orphan->sides[i].signs, marks->relay);
	}
	orphan->channel = pss_transport_held_adopt(transport, child, FALSE, &events, orphan);
	return orphan;
}

void pss_orphan_end(PssOrphan *orphan)
{
	pss_channel_close(orphan->channel);
	pss_orphan_free(orphan);
}

/* Where no beginning has come by now, the old process had it, or the shell has not come to it. */
void pss_orphan_caught_up(PssOrphan *orphan)
{
	for (int i = 0; orphan && i < 2; i++) {
		Side *side = &orphan->sides[i];
		if (side->inside)
			continue;
		side->may_begin = TRUE;
		go_inside(side, 0);
	}
}

void pss_orphan_at_prompt(PssOrphan *orphan)
{
	if (orphan && !orphan->source)
		end_within(orphan, LAST_BYTES_MS);
}

void pss_orphan_pause(PssOrphan *orphan, gboolean paused)
{
	if (orphan)
		pss_channel_pause(orphan->channel, paused);
}

PssChannel *pss_orphan_channel(const PssOrphan *orphan)
{
	return orphan ? orphan->channel : NULL;
}
