/* SPDX-License-Identifier: MIT */
/* The channels of a resilient transport: the holder's frames become their events. What comes during a pause is kept,
 * and stays unconfirmed until it has been handed out. Called by link.c with frames, and by transport-resilient.c. */
#include <string.h>

#include "link/resilient/private.h"

/* So much may be under way when more is wanted: small amounts that were taken are reported late. */
#define DRAINED_BYTES (256u * 1024u)
#define KEPT_MAX (256u * 1024u) /* of a paused channel, before the holder is asked to stop */
/* What may come behind that: all that a holder keeps, in the smallest frames. */
#define KEPT_LIMIT (32u * 1024u * 1024u)
#define KEPT_COST 128u                        /* of a part, beside its bytes */
#define BROUGHT_BACK_MAX (4u * 1024u * 1024u) /* more than a holder keeps of what nobody has seen */

static void free_channel(gpointer data)
{
	PssResilientChannel *channel = data;

	g_clear_handle_id(&channel->refusing, g_source_remove);
	g_clear_error(&channel->refusal);
	g_queue_clear_full(&channel->kept, g_free);
	pss_resilient_forget_plain_request(channel);
}

void pss_resilient_channel_unref(gpointer channel)
{
	g_rc_box_release_full(channel, free_channel);
}

static PssResilientChannel *find(PssResilient *resilient, guint number)
{
	for (guint i = 0; i < resilient->channels->len; i++) {
		PssResilientChannel *channel = resilient->channels->pdata[i];
		if (channel->number == number && !channel->plain)
			return channel;
	}
	return NULL;
}

PssResilient *pss_resilient_of(const PssResilientChannel *channel)
{
	return (PssResilient *)channel->base.transport;
}

void pss_resilient_channel_say(PssResilientChannel *channel, const char *head, const void *data, gsize n)
{
	pss_resilient_say(pss_resilient_of(channel), head, data, n);
}

void pss_resilient_channel_say_short(PssResilientChannel *channel, const char *word, const char *argument)
{
	g_autofree char *head = g_strdup_printf("%s %u%s%s", word, channel->number, *argument ? " " : "", argument);
	pss_resilient_channel_say(channel, head, NULL, 0);
}

/* Its process has ended, and all that it printed has been delivered. */
static void finish_if_ended(PssResilientChannel *channel)
{
	const PssChannelEvents *events = channel->events;

	if (!channel->ended || !events || !g_queue_is_empty(&channel->kept))
		return;
	channel->events = NULL;
	events->on_closed(channel->user, channel->exit_status, NULL);
}

static void set_stopped(PssResilientChannel *channel, gboolean stopped)
{
	if (channel->stopped == stopped || channel->ended)
		return;
	channel->stopped = stopped;
	pss_resilient_channel_say_short(channel, "z", stopped ? "1" : "0");
}

/* During a pause. FALSE: it is more than can have been on its way. */
static gboolean count_kept(PssResilientChannel *channel, gsize n)
{
	if (channel->n_kept > KEPT_LIMIT) {
		pss_resilient_distrust_soon(pss_resilient_of(channel), "it sends more than it was allowed to");
		return FALSE;
	}
	channel->n_kept += n + KEPT_COST;
	return TRUE;
}

static void keep(PssResilientChannel *channel, const PssResilientPlace *place)
{
	PssResilientPart *part;

	if (!count_kept(channel, place->n))
		return;
	part = g_malloc(sizeof *part + place->n);
	part->place = *place;
	part->place.data = memcpy(part->bytes, place->data, place->n);
	part->boundary = pss_resilient_of(channel)->numbered.boundary;
	g_queue_push_tail(&channel->kept, part);
	if (channel->n_kept > KEPT_MAX)
		set_stopped(channel, TRUE);
}

static gboolean holds_back(const PssResilientChannel *channel)
{
	return channel->paused && !channel->passes_on;
}

static void deliver(PssResilientChannel *channel, const PssResilientPlace *place)
{
	PssTransport *transport = channel->base.transport;
	const PssResilientPlace before = pss_transport_held_set_place(transport, place);

	channel->events->on_data(channel->user, place->data, place->n, place->is_stderr);
	pss_transport_held_set_place(transport, &before);
}

/* A part stays in the queue, and so unconfirmed, until all of it has been handed out. */
static void deliver_kept(PssResilientChannel *channel)
{
	const PssResilientPart *part;

	if (channel->delivering)
		return;
	channel->delivering = TRUE;
	while (channel->events && !holds_back(channel) && (part = g_queue_peek_head(&channel->kept))) {
		channel->n_kept -= part->place.n + KEPT_COST;
		deliver(channel, &part->place);
		g_free(g_queue_pop_head(&channel->kept));
		pss_resilient_confirm_soon(pss_resilient_of(channel));
	}
	channel->delivering = FALSE;
	if (channel->events && !channel->paused) {
		channel->n_kept = 0;
		set_stopped(channel, FALSE);
	}
	if (channel->events && !holds_back(channel))
		finish_if_ended(channel);
}

/* A pause begins or ends, or what it means has changed. */
void pss_resilient_channel_mind_pause(PssResilientChannel *channel)
{
	g_rc_box_acquire(channel);
	if (channel->paused && channel->passes_on)
		set_stopped(channel, TRUE);
	if (!holds_back(channel))
		deliver_kept(channel);
	pss_resilient_channel_unref(channel);
}

/* ---- the holder's frames */

static void on_bytes(gpointer user, guint child, gboolean is_stderr, const void *data, gsize n)
{
	const PssResilient *resilient = user;
	PssResilientChannel *channel = find(user, child);

	if (!channel || !channel->events)
		return;
	const PssResilientPlace place = {
		.child = child,
		.is_stderr = is_stderr,
		.from = resilient->numbered.count - n,
		.before = channel->end[is_stderr],
		.data = data,
		.n = n,
	};
	channel->end[is_stderr] = resilient->numbered.count;
	if (holds_back(channel) || !g_queue_is_empty(&channel->kept))
		keep(channel, &place);
	else if (!channel->paused || count_kept(channel, n))
		deliver(channel, &place);
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	PssResilient *resilient = user;

	resilient->takeover.n_brought_back += n;
	if (kind >= PSS_RESILIENT_KINDS || resilient->takeover.stage != PSS_RESILIENT_SORTING ||
	    resilient->takeover.n_brought_back > BROUGHT_BACK_MAX)
		pss_resilient_distrust_soon(resilient, "it sends more than it can have kept");
	else if (resilient->events)
		resilient->events->on_unseen(resilient->user, kind, data, n);
}

static void on_taken(gpointer user, guint child, guint64 n)
{
	PssResilientChannel *channel = find(user, child);

	if (!channel)
		return;
	channel->n_taken += MIN(n, channel->n_sent - channel->n_taken);
	if (channel->n_sent - channel->n_taken > DRAINED_BYTES || !channel->drain_wanted || !channel->events)
		return;
	channel->drain_wanted = FALSE;
	channel->events->on_drained(channel->user);
}

static void on_ended(gpointer user, guint child, int status)
{
	PssResilientChannel *channel = find(user, child);

	if (!channel)
		return;
	channel->ended = TRUE;
	channel->exit_status = status;
	g_rc_box_acquire(channel);
	if (!holds_back(channel))
		finish_if_ended(channel);
	pss_resilient_channel_unref(channel);
}

static void on_dropped(gpointer user, guint child, guint64 n)
{
	const PssResilient *resilient = user;

	if (resilient->events)
		resilient->events->on_dropped(resilient->user, n);
}

const PssNumberedEvents pss_resilient_channel_events = {
	.on_dropped = on_dropped,
	.on_unseen = on_unseen,
	.on_bytes = on_bytes,
	.on_taken = on_taken,
	.on_ended = on_ended,
};

/* ---- all of them */

guint64 pss_resilient_waiting(const PssResilient *resilient)
{
	guint64 n = 0;

	for (guint i = 0; i < resilient->channels->len; i++) {
		const PssResilientChannel *channel = resilient->channels->pdata[i];
		n += channel->n_sent - channel->n_taken;
	}
	return n;
}

/* The client before may have stopped them. */
void pss_resilient_settle_stops(PssResilient *resilient)
{
	for (guint i = 0; i < resilient->channels->len; i++) {
		PssResilientChannel *channel = resilient->channels->pdata[i];
		if (channel->stopped == -1)
			set_stopped(channel, channel->paused);
	}
}

void pss_resilient_forget_channels(PssResilient *resilient)
{
	for (guint i = 0; i < resilient->channels->len; i++) {
		PssResilientChannel *channel = resilient->channels->pdata[i];
		channel->events = NULL;
		channel->plain = NULL; /* gone with its link */
	}
	g_clear_pointer(&resilient->channels, g_ptr_array_unref);
	resilient->channels = g_ptr_array_new_with_free_func(pss_resilient_channel_unref);
}
