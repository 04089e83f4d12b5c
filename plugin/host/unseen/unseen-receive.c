/* SPDX-License-Identifier: MIT */
/* receive-pssession: a run whose source is the ring of a session's unseen output. Called by the session, and by
 * unseen-output.c when there is more to hand out. It never stops a command, only the bytes that come of it. */
#include "base/error.h"
#include "host/unseen/private.h"

#define PART_MAX (64u * 1024u)

/* Does anything run whose output would come here? */
static gboolean is_busy(const PssRecord *record)
{
	const PssRecordSession session = pss_unseen_session(record);

	return record->jobs->len > 0 || session.has_orphan || session.is_busy;
}

/* What comes from now on waits for the next one. */
static void take_off(PssReceiver *receiver)
{
	PssRecord *record = receiver->record;

	g_clear_handle_id(&receiver->idle, g_source_remove);
	receiver->record = NULL;
	record->receiver = NULL;
	pss_unseen_balance(record);
}

static void end_receiver(PssReceiver *receiver, int status, const GError *error)
{
	pss_unseen_tell_seen(receiver->record);
	take_off(receiver);
	receiver->base.events->on_done(receiver->base.user, status, error);
}

static void tell_dropped(PssReceiver *receiver, PssRing *ring)
{
	if (ring->dropped == 0)
		return;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", ring->dropped);
	ring->dropped = 0;
	receiver->options.on_note(receiver->base.user, PSS_NOTE_WARNING, text);
}

static void hand_out(PssReceiver *receiver, PssRingStream stream, const guint8 *data, gsize n)
{
	gboolean is_stderr = stream == PSS_RING_ERR;
	const PssRunEvents *events = receiver->base.events;

	if (!(receiver->options.terminal & (is_stderr ? PSS_SAFE_STDERR : PSS_SAFE_STDOUT))) {
		events->on_data(receiver->base.user, is_stderr, data, n);
		return;
	}
	g_autoptr(GByteArray) safe = g_byte_array_new();
	pss_unseen_append_safe(&receiver->replays[is_stderr], data, n, safe);
	if (safe->len > 0)
		events->on_data(receiver->base.user, is_stderr, safe->data, safe->len);
}

void pss_record_settle(PssRecord *record)
{
	PssReceiver *receiver = record->receiver;
	PssRing *ring = pss_unseen_source(record);
	PssRingStream stream;
	const guint8 *data;
	gsize n;

	while (receiver && !receiver->paused && pss_ring_peek(ring, &stream, &data, &n)) {
		g_autoptr(GBytes) part = g_bytes_new(data, MIN(n, PART_MAX));
		tell_dropped(receiver, ring);
		pss_ring_advance(ring, g_bytes_get_size(part));
		if (stream != PSS_RING_GREETING)
			hand_out(receiver, stream, g_bytes_get_data(part, NULL), g_bytes_get_size(part));
	}
	pss_unseen_balance(record);
	if (!receiver || receiver->paused || !pss_ring_is_empty(ring) || receiver->idle)
		return;
	tell_dropped(receiver, ring);
	if (receiver->options.wait && is_busy(record))
		return;
	if (pss_unseen_session(record).awaits_link)
		return;
	if (record->jobs->len > 0)
		end_receiver(receiver, 0, NULL);
	else
		end_receiver(receiver, record->status, record->error);
}

/* Outside of whatever has brought the run to it. */
static gboolean on_pump_idle(gpointer user)
{
	PssReceiver *receiver = user;

	receiver->idle = 0;
	pss_record_settle(receiver->record);
	return G_SOURCE_REMOVE;
}

static void pump_soon(PssReceiver *receiver)
{
	if (receiver->record && !receiver->idle)
		receiver->idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_pump_idle, receiver, NULL);
}

static void receiver_start(PssRun *base)
{
	pump_soon((PssReceiver *)base);
}

static void receiver_input(PssRun *base, const void *data, gsize n)
{
}

static void receiver_interrupt(PssRun *base)
{
	PssReceiver *receiver = (PssReceiver *)base;
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "the receiving was interrupted; the command goes on");

	if (receiver->record)
		end_receiver(receiver, 0, error);
}

static void receiver_pause(PssRun *base, gboolean paused)
{
	PssReceiver *receiver = (PssReceiver *)base;

	receiver->paused = paused;
	if (!paused)
		pump_soon(receiver);
}

static void receiver_free(PssRun *base)
{
	PssReceiver *receiver = (PssReceiver *)base;

	if (receiver->record)
		take_off(receiver);
	pss_ring_finish(&receiver->copy);
	g_free(receiver);
}

void pss_unseen_let_receiver_go(PssRecord *record)
{
	PssReceiver *receiver = record->receiver;

	if (!receiver || !receiver->base.events->on_let_go)
		return;
	pss_unseen_tell_seen(record);
	take_off(receiver);
	receiver->base.events->on_let_go(receiver->base.user);
	receiver_free(&receiver->base);
}

PssRun *pss_record_receive(PssRecord *record, const PssReceiveOptions *options, const PssRunEvents *events,
			   gpointer user, GError **error)
{
	static const PssRunOps ops = {
		.start = receiver_start,
		.input = receiver_input,
		.interrupt = receiver_interrupt,
		.pause = receiver_pause,
		.free = receiver_free,
	};
	if (record->receiver) {
		g_set_error(error, PSS_ERROR, PSS_BUSY, "session %s is being received from already",
			    pss_unseen_session(record).name);
		return NULL;
	}
	PssReceiver *receiver = g_new0(PssReceiver, 1);
	receiver->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	receiver->record = record;
	receiver->options = *options;
	if (record->buffering == PSS_BUFFERING_DROP)
		pss_ring_cut(&record->ring);
	pss_ring_init(&receiver->copy, record->ring.limit);
	receiver->copy.dropped = record->ring.dropped;
	if (options->keep)
		pss_ring_append_ring(&receiver->copy, &record->ring, TRUE);
	record->receiver = receiver;
	return &receiver->base;
}
