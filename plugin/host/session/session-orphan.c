/* SPDX-License-Identifier: MIT */
/* The output of a command that ran when the host process before this one died: its relay is still there, and what it
 * carries goes to the client that receives. Called by session-restore.c and session.c. What the old process had
 * confirmed is gone, so the beginning may be missing; the marks (remote/PROTOCOL.md, "Invocations") are no output. */
#include <string.h>

#include "host/session/private.h"
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
	PssSession *session;
	PssChannel *channel;
	char *begin;
	Side sides[2];
	guint source;
};

static void on_plain(gpointer user, const void *data, gsize n)
{
	const Side *side = user;
	pss_record_orphan(side->owner->session->record, side->is_stderr, data, n);
}

static void free_orphan(PssOrphan *orphan)
{
	g_clear_handle_id(&orphan->source, g_source_remove);
	for (int i = 0; i < 2; i++) {
		g_byte_array_unref(orphan->sides[i].early);
		g_array_unref(orphan->sides[i].segments);
	}
	g_free(orphan->begin);
	g_free(orphan);
}

static gboolean on_over(gpointer user)
{
	PssOrphan *orphan = user;
	PssSession *session = orphan->session;

	orphan->source = 0;
	session->holder.orphan = NULL;
	session->holder.orphan_child = 0;
	pss_channel_close(orphan->channel);
	free_orphan(orphan);
	pss_session_tell_holder(session);
	pss_record_settle(session->record);
	return G_SOURCE_REMOVE;
}

static void end_within(PssOrphan *orphan, guint milliseconds)
{
	g_clear_handle_id(&orphan->source, g_source_remove);
	orphan->source = g_timeout_add(milliseconds, on_over, orphan);
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
	PssTransport *transport = side->owner->session->transport;
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
	const Segment segment = { pss_transport_held_place_of(orphan->session->transport, data, n), n };
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

void pss_session_adopt_orphan(PssSession *session, guint child)
{
	static const PssChannelEvents events = { .on_data = on_data, .on_drained = on_drained, .on_closed = on_closed };
	PssOrphan *orphan = g_new0(PssOrphan, 1);
	g_autofree char *end = pss_remote_old_mark(session->remote, '>');
	g_autofree char *mark = pss_remote_relay_mark(session->remote);

	orphan->session = session;
	orphan->begin = pss_remote_old_mark(session->remote, '<');
	for (int i = 0; i < 2; i++) {
		orphan->sides[i] = (Side){ .owner = orphan,
					   .is_stderr = i,
					   .early = g_byte_array_new(),
					   .segments = g_array_new(FALSE, FALSE, sizeof(Segment)) };
		pss_stream_expect(&orphan->sides[i].start, orphan->begin);
		pss_stream_expect(&orphan->sides[i].end, end);
		pss_signs_expect(&orphan->sides[i].signs, mark);
	}
	orphan->channel = pss_transport_held_adopt(session->transport, child, FALSE, &events, orphan);
	session->holder.orphan = orphan;
}

/* Where no beginning has come by now, the old process had it, or the shell has not come to it. */
void pss_session_orphan_caught_up(PssSession *session)
{
	for (int i = 0; session->holder.orphan && i < 2; i++) {
		Side *side = &session->holder.orphan->sides[i];
		if (side->inside)
			continue;
		side->may_begin = TRUE;
		go_inside(side, 0);
	}
}

void pss_session_orphan_at_prompt(PssSession *session)
{
	if (session->holder.orphan && !session->holder.orphan->source)
		end_within(session->holder.orphan, LAST_BYTES_MS);
}

void pss_session_pause_orphan(PssSession *session, gboolean paused)
{
	if (session->holder.orphan)
		pss_channel_pause(session->holder.orphan->channel, paused);
}

PssChannel *pss_session_orphan_channel(const PssSession *session)
{
	return session->holder.orphan ? session->holder.orphan->channel : NULL;
}

void pss_session_forget_orphan(PssSession *session)
{
	if (session->holder.orphan)
		free_orphan(g_steal_pointer(&session->holder.orphan));
}
