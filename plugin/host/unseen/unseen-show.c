/* SPDX-License-Identifier: MIT */
/* Unseen output, shown on a terminal that has entered the session. What would make the terminal answer is left out, as
 * the program that asked has long gone on (terminal/replay-filter.h). Called by the session and unseen-output.c. */
#include "host/unseen/private.h"

/* Appends what of the bytes may be shown later than they were printed. */
void pss_unseen_append_safe(struct pss_replay *replay, const guint8 *data, gsize n, GByteArray *out)
{
	guint before = out->len;

	g_byte_array_set_size(out, before + (guint)n + PSS_REPLAY_HELD);
	g_byte_array_set_size(out, before + (guint)pss_replay_feed(replay, data, n, out->data + before));
}

/* A job's newlines on a terminal that is raw. */
void pss_unseen_show_raw(PssRecord *record, const guint8 *data, gsize n)
{
	g_autoptr(GByteArray) text = g_byte_array_new();

	for (gsize i = 0; i < n; i++) {
		if (data[i] == '\n')
			g_byte_array_append(text, (const guint8 *)"\r", 1);
		g_byte_array_append(text, data + i, 1);
	}
	record->owner->on_output(record->user, text->data, text->len);
}

static void show_missed(PssRecord *record, PssRingStream stream)
{
	guint64 dropped = record->ring.dropped;
	struct pss_replay replay = { 0 };
	g_autoptr(GByteArray) missed = pss_ring_take_stream(&record->ring, stream);
	g_autoptr(GByteArray) safe = g_byte_array_new();

	if (!missed)
		return;
	pss_unseen_append_safe(&replay, missed->data, missed->len, safe);
	record->owner->on_busy(record->user);
	if (dropped > 0) {
		g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", dropped);
		record->ring.dropped = 0;
		record->owner->on_note(record->user, PSS_NOTE_WARNING, text);
	}
	record->owner->on_output(record->user, safe->data, safe->len);
}

/* What else there is. */
static void show_jobs(PssRecord *record)
{
	struct pss_replay replay = { 0 };
	PssRingStream stream;
	const guint8 *data;
	gsize n;
	g_autoptr(GByteArray) safe = g_byte_array_new();

	for (; pss_ring_peek(&record->ring, &stream, &data, &n); pss_ring_advance(&record->ring, n))
		pss_unseen_append_safe(&replay, data, n, safe);
	record->owner->on_busy(record->user);
	pss_unseen_show_raw(record, safe->data, safe->len);
}

void pss_unseen_show(PssRecord *record)
{
	show_missed(record, PSS_RING_GREETING);
	if (record->receiver)
		return;
	show_missed(record, PSS_RING_TERMINAL);
	if ((record->jobs->len > 0 || pss_unseen_session(record).has_orphan) && !pss_ring_is_empty(&record->ring))
		show_jobs(record);
}

/* Of jobs that are over. */
static void tell_waiting(PssRecord *record)
{
	const PssRecordSession session = pss_unseen_session(record);

	if (!session.is_entered || record->receiver || pss_ring_is_empty(&record->ring))
		return;
	g_autofree char *text = g_strdup_printf("the output of a job waits: receive-pssession -Id %u", session.id);
	record->owner->on_note(record->user, PSS_NOTE_WARNING, text);
}

void pss_record_caught_up(PssRecord *record)
{
	tell_waiting(record);
	pss_unseen_tell_seen(record);
}

void pss_record_show(PssRecord *record)
{
	if (record->buffering == PSS_BUFFERING_DROP)
		pss_ring_cut(&record->ring);
	pss_unseen_show(record);
	tell_waiting(record);
	pss_unseen_tell_seen(record);
	record->stopped = FALSE;
	record->watcher_stopped = FALSE;
	pss_record_settle(record);
	pss_unseen_apply(record);
}
