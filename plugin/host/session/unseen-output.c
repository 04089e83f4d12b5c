/* SPDX-License-Identifier: MIT */
/* Jobs are invocations whose client end is a ring in this process; receiving is a run whose source is that ring. Called
 * by session.c (the terminal's unwatched output, prompts, the end) and by invocations.c through the session. Memory is
 * bounded: a full ring drops its oldest bytes, or stops what writes into it where it is to block or somebody receives
 * from it. */
#include "host/session/unseen-output.h"

#include "base/error.h"
#include "host/session/private.h"
#include "terminal/replay-filter.h"

#define PART_MAX (64u * 1024u)
/* What a holder keeps of what nobody has seen is this, and what is on its way when it is told to stop. */
#define HELD_MAX PSS_RING_DEFAULT_LIMIT

typedef struct {
	PssRecord *record;
	PssRun *run;
} Job;

typedef struct {
	PssRun base;
	PssRecord *record; /* NULL: over */
	PssReceiveOptions options;
	gboolean paused;
	guint idle;
	PssRing copy; /* with options.keep */
	struct pss_replay replays[2];
} Receiver;

struct PssRecord {
	PssSession *session;
	PssRing ring;
	enum pss_buffering buffering;
	GPtrArray *jobs; /* of Job */
	Receiver *receiver;
	int status; /* of what ended last */
	GError *error;
	gboolean stopped;         /* what writes into the ring */
	gboolean watcher_stopped; /* the terminal that is shown a job's output takes no more */
};

static void pump(PssRecord *record);

/* ---- back-pressure */

static PssRing *source_of(PssRecord *record)
{
	return record->receiver && record->receiver->options.keep ? &record->receiver->copy : &record->ring;
}

static void apply(PssRecord *record)
{
	gboolean stopped = record->stopped || record->watcher_stopped;

	for (guint i = 0; i < record->jobs->len; i++) {
		const Job *job = record->jobs->pdata[i];
		if (job->run)
			job->run->ops->pause(job->run, stopped);
	}
	pss_session_pause_orphan(record->session, stopped);
	if (!record->session->attached.events && record->session->terminal)
		pss_channel_pause(record->session->terminal, record->stopped);
}

static gboolean is_full(const PssRecord *record, const PssRing *ring)
{
	gsize limit = record->session->resilient ? MIN(ring->limit, HELD_MAX) : ring->limit;
	gsize cost = pss_ring_cost(ring);

	return record->stopped ? cost > limit / 2 : cost >= limit;
}

/* What is to block goes on for who waits for its end, even where that one lets all stay here; not for who looks what
 * there is by now. */
static void balance(PssRecord *record)
{
	const Receiver *receiver = record->receiver;
	gboolean blocks = record->buffering == PSS_BUFFERING_BLOCK && !(receiver && receiver->options.wait);
	gboolean stopped =
		(receiver && is_full(record, source_of(record))) || (blocks && is_full(record, &record->ring));

	if (stopped == record->stopped)
		return;
	record->stopped = stopped;
	apply(record);
}

void pss_record_stop_watcher(PssRecord *record, gboolean stopped)
{
	record->watcher_stopped = stopped;
	apply(record);
}

/* ---- what outlives this process: a holder keeps what nobody has seen */

G_STATIC_ASSERT(PSS_RING_ERR < PSS_HELD_KINDS);

static PssTransport *holder_of(const PssRecord *record)
{
	return record->session->resilient ? record->session->transport : NULL;
}

static void on_gone(gpointer user, PssRingStream stream, gsize n)
{
	PssTransport *holder = holder_of(user);

	if (holder)
		pss_transport_held_forget(holder, stream, n);
}

/* What was handed out or shown just now is not to be shown again, whatever comes. */
static void tell_seen(const PssRecord *record)
{
	PssTransport *holder = holder_of(record);

	if (holder)
		pss_transport_held_confirm(holder);
}

/* ---- what comes in */

/* `is_held`: the holder keeps it already. */
static void append(PssRecord *record, PssRingStream stream, const void *data, gsize n, gboolean is_held)
{
	gboolean blocks = record->buffering == PSS_BUFFERING_BLOCK;
	gboolean keeps = record->receiver && record->receiver->options.keep;
	gboolean all = blocks || (record->receiver && !keeps);
	gsize excess = pss_ring_excess(&record->ring, n, all);
	PssTransport *holder = is_held ? NULL : holder_of(record);

	if (holder)
		pss_transport_held_keep(holder, stream, (const guint8 *)data + excess, n - excess);
	pss_ring_append(&record->ring, stream, data, n, all);
	if (is_held && excess > 0)
		on_gone(record, stream, excess);
	if (keeps)
		pss_ring_append(&record->receiver->copy, stream, data, n, TRUE);
	pump(record);
}

void pss_record_terminal(PssRecord *record, const void *data, gsize n)
{
	/* What start-up files print is for who enters, no output of a command. */
	append(record, record->session->was_opened ? PSS_RING_TERMINAL : PSS_RING_GREETING, data, n, FALSE);
}

/* A job's newlines on a terminal that is raw. */
static void show_raw(PssSession *session, const guint8 *data, gsize n)
{
	g_autoptr(GByteArray) text = g_byte_array_new();

	for (gsize i = 0; i < n; i++) {
		if (data[i] == '\n')
			g_byte_array_append(text, (const guint8 *)"\r", 1);
		g_byte_array_append(text, data + i, 1);
	}
	session->attached.events->on_output(session->attached.user, text->data, text->len);
}

/* It is shown once: to who receives, else on a terminal. One that edits a line notices nothing of it, as of other
 * commands beside it. */
static void take_output(PssRecord *record, gboolean is_stderr, const void *data, gsize n)
{
	PssSession *session = record->session;

	if (session->attached.events && !session->attached.at_prompt && !record->receiver)
		show_raw(session, data, n);
	else
		append(record, is_stderr ? PSS_RING_ERR : PSS_RING_OUT, data, n, FALSE);
}

static void on_job_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	const Job *job = user;
	take_output(job->record, is_stderr, data, n);
}

void pss_record_orphan(PssRecord *record, gboolean is_stderr, const void *data, gsize n)
{
	take_output(record, is_stderr, data, n);
}

static void on_job_taken(gpointer user, gsize n)
{
}

static void set_outcome(PssRecord *record, int status, const GError *error)
{
	record->status = status;
	g_clear_error(&record->error);
	record->error = error ? g_error_copy(error) : NULL;
}

static void on_job_done(gpointer user, int status, const GError *error)
{
	Job *job = user;
	PssRecord *record = job->record;

	set_outcome(record, status, error);
	g_ptr_array_remove_fast(record->jobs, job);
	pss_run_free(job->run);
	g_free(job);
	pss_record_settle(record);
}

void pss_record_prompt(PssRecord *record, int status)
{
	set_outcome(record, status, NULL);
	pss_record_settle(record);
}

static const PssRunEvents job_events = { .on_data = on_job_data, .on_taken = on_job_taken, .on_done = on_job_done };

gboolean pss_record_run(PssRecord *record, const PssCommand *command, gboolean wait, GError **error)
{
	Job *job = g_new0(Job, 1);

	job->record = record;
	job->run = pss_session_run(record->session, command, FALSE, wait, &job_events, job, error);
	if (!job->run) {
		g_free(job);
		return FALSE;
	}
	g_ptr_array_add(record->jobs, job);
	if (record->stopped)
		job->run->ops->pause(job->run, TRUE);
	if (job->run->ops->start)
		job->run->ops->start(job->run);
	pss_session_choose_dropped(record->session);
	return TRUE;
}

/* What a client had run is a job now, if the client can do without it. */
static void take_as_job(PssRun *run, gpointer user)
{
	PssRecord *record = user;
	const PssRunEvents *events = run->events;

	if (!events->on_let_go)
		return;
	Job *job = g_new0(Job, 1);
	*job = (Job){ .record = record, .run = run };
	g_ptr_array_add(record->jobs, job);
	events->on_let_go(run->user);
	run->events = &job_events;
	run->user = job;
	run->ops->pause(run, record->stopped);
}

gboolean pss_record_has_job(const PssRecord *record, const PssRun *run)
{
	for (guint i = 0; run && i < record->jobs->len; i++)
		if (((const Job *)record->jobs->pdata[i])->run == run)
			return TRUE;
	return FALSE;
}

void pss_record_note_dropped(PssRecord *record, guint64 n)
{
	source_of(record)->dropped += n;
}

guint pss_record_jobs(const PssRecord *record)
{
	return record->jobs->len;
}

/* ---- what goes out: to a receiver */

/* Does anything run whose output would come here? */
static gboolean is_busy(const PssRecord *record)
{
	const PssSession *session = record->session;

	if (record->jobs->len > 0 || session->holder.orphan)
		return TRUE;
	if (session->attached.events || !session->remote || session->state.life != PSS_LIFE_OPEN)
		return FALSE;
	/* Of a plain terminal nobody knows. */
	PssRemoteState state = pss_remote_state(session->remote);
	return state == PSS_REMOTE_BUSY || state == PSS_REMOTE_BOOT;
}

static gboolean awaits_link(const PssSession *session)
{
	const PssSessionLink link = session->state.link;

	return (link == PSS_LINK_IS_LOST || link == PSS_LINK_IS_RELEASED) && session->transport &&
	       !pss_session_state_is_over(&session->state);
}

/* What comes from now on waits for the next one. */
static void take_off(Receiver *receiver)
{
	PssRecord *record = receiver->record;

	g_clear_handle_id(&receiver->idle, g_source_remove);
	receiver->record = NULL;
	record->receiver = NULL;
	balance(record);
}

static void end_receiver(Receiver *receiver, int status, const GError *error)
{
	tell_seen(receiver->record);
	take_off(receiver);
	receiver->base.events->on_done(receiver->base.user, status, error);
}

static void tell_dropped(Receiver *receiver, PssRing *ring)
{
	if (ring->dropped == 0)
		return;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", ring->dropped);
	ring->dropped = 0;
	receiver->options.on_note(receiver->base.user, PSS_NOTE_WARNING, text);
}

/* Appends what of the bytes may be shown later than they were printed. */
static void append_safe(struct pss_replay *replay, const guint8 *data, gsize n, GByteArray *out)
{
	guint before = out->len;

	g_byte_array_set_size(out, before + (guint)n + PSS_REPLAY_HELD);
	g_byte_array_set_size(out, before + (guint)pss_replay_feed(replay, data, n, out->data + before));
}

static void hand_out(Receiver *receiver, PssRingStream stream, const guint8 *data, gsize n)
{
	gboolean is_stderr = stream == PSS_RING_ERR;
	const PssRunEvents *events = receiver->base.events;

	if (!(receiver->options.terminal & (is_stderr ? PSS_SAFE_STDERR : PSS_SAFE_STDOUT))) {
		events->on_data(receiver->base.user, is_stderr, data, n);
		return;
	}
	g_autoptr(GByteArray) safe = g_byte_array_new();
	append_safe(&receiver->replays[is_stderr], data, n, safe);
	if (safe->len > 0)
		events->on_data(receiver->base.user, is_stderr, safe->data, safe->len);
}

static void pump(PssRecord *record)
{
	Receiver *receiver = record->receiver;
	PssRing *ring = source_of(record);
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
	balance(record);
	if (!receiver || receiver->paused || !pss_ring_is_empty(ring) || receiver->idle)
		return;
	tell_dropped(receiver, ring);
	if (receiver->options.wait && is_busy(record))
		return;
	/* What the holder has kept is on its way. */
	if (awaits_link(record->session))
		return;
	if (record->jobs->len > 0)
		end_receiver(receiver, 0, NULL);
	else
		end_receiver(receiver, record->status, record->error);
}

void pss_record_settle(PssRecord *record)
{
	pump(record);
}

/* Outside of whatever has brought the run to it. */
static gboolean on_pump_idle(gpointer user)
{
	Receiver *receiver = user;

	receiver->idle = 0;
	pump(receiver->record);
	return G_SOURCE_REMOVE;
}

static void pump_soon(Receiver *receiver)
{
	if (receiver->record && !receiver->idle)
		receiver->idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_pump_idle, receiver, NULL);
}

static void receiver_start(PssRun *base)
{
	pump_soon((Receiver *)base);
}

static void receiver_input(PssRun *base, const void *data, gsize n)
{
}

static void receiver_interrupt(PssRun *base)
{
	Receiver *receiver = (Receiver *)base;
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "the receiving was interrupted; the command goes on");

	if (receiver->record)
		end_receiver(receiver, 0, error);
}

static void receiver_pause(PssRun *base, gboolean paused)
{
	Receiver *receiver = (Receiver *)base;

	receiver->paused = paused;
	if (!paused)
		pump_soon(receiver);
}

static void receiver_free(PssRun *base)
{
	Receiver *receiver = (Receiver *)base;

	if (receiver->record)
		take_off(receiver);
	pss_ring_finish(&receiver->copy);
	g_free(receiver);
}

void pss_record_let_go(PssRecord *record)
{
	Receiver *receiver = record->receiver;

	if (record->session->invoker)
		pss_invoker_each(record->session->invoker, take_as_job, record);
	if (!receiver || !receiver->base.events->on_let_go)
		return;
	tell_seen(record);
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
	const PssSession *session = record->session;

	if (record->receiver) {
		g_set_error(error, PSS_ERROR, PSS_BUSY, "session %s is being received from already",
			    session->name ? session->name : session->instance);
		return NULL;
	}
	Receiver *receiver = g_new0(Receiver, 1);
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

/* ---- what goes out: to a terminal that has entered */

static void show_missed(PssRecord *record, PssSession *session, PssRingStream stream)
{
	guint64 dropped = record->ring.dropped;
	struct pss_replay replay = { 0 };
	g_autoptr(GByteArray) missed = pss_ring_take_stream(&record->ring, stream);
	g_autoptr(GByteArray) safe = g_byte_array_new();

	if (!missed)
		return;
	append_safe(&replay, missed->data, missed->len, safe);
	session->attached.events->on_busy(session->attached.user);
	if (dropped > 0) {
		g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", dropped);
		record->ring.dropped = 0;
		session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, text);
	}
	session->attached.events->on_output(session->attached.user, safe->data, safe->len);
}

/* What else there is. */
static void show_jobs(PssRecord *record, PssSession *session)
{
	struct pss_replay replay = { 0 };
	PssRingStream stream;
	const guint8 *data;
	gsize n;
	g_autoptr(GByteArray) safe = g_byte_array_new();

	for (; pss_ring_peek(&record->ring, &stream, &data, &n); pss_ring_advance(&record->ring, n))
		append_safe(&replay, data, n, safe);
	session->attached.events->on_busy(session->attached.user);
	show_raw(session, safe->data, safe->len);
}

static void show_unseen(PssRecord *record, PssSession *session)
{
	show_missed(record, session, PSS_RING_GREETING);
	if (record->receiver)
		return;
	show_missed(record, session, PSS_RING_TERMINAL);
	if ((record->jobs->len > 0 || session->holder.orphan) && !pss_ring_is_empty(&record->ring))
		show_jobs(record, session);
}

/* Of jobs that are over. */
static void tell_waiting(PssRecord *record, PssSession *session)
{
	if (!session->attached.events || record->receiver || pss_ring_is_empty(&record->ring))
		return;
	g_autofree char *text = g_strdup_printf("the output of a job waits: receive-pssession -Id %u", session->id);
	session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, text);
}

void pss_record_restore(PssRecord *record, guint stream, const void *data, gsize n)
{
	append(record, (PssRingStream)stream, data, n, TRUE);
	if (record->session->attached.events)
		show_unseen(record, record->session);
}

void pss_record_caught_up(PssRecord *record)
{
	tell_waiting(record, record->session);
	tell_seen(record);
}

void pss_record_show(PssRecord *record)
{
	PssSession *session = record->session;

	if (record->buffering == PSS_BUFFERING_DROP)
		pss_ring_cut(&record->ring);
	show_unseen(record, session);
	tell_waiting(record, session);
	tell_seen(record);
	record->stopped = FALSE;
	record->watcher_stopped = FALSE;
	pss_record_settle(record);
	apply(record);
}

/* ---- */

void pss_record_set_buffering(PssRecord *record, enum pss_buffering buffering, gsize limit)
{
	record->buffering = buffering;
	if (limit > 0)
		record->ring.limit = limit;
	if (buffering == PSS_BUFFERING_DROP)
		pss_ring_cut(&record->ring);
	balance(record);
}

enum pss_buffering pss_record_buffering(const PssRecord *record)
{
	return record->buffering;
}

gsize pss_record_limit(const PssRecord *record)
{
	return record->ring.limit;
}

PssRecord *pss_record_new(PssSession *session)
{
	PssRecord *record = g_new0(PssRecord, 1);

	record->session = session;
	record->buffering = PSS_BUFFERING_DROP;
	record->jobs = g_ptr_array_new();
	pss_ring_init(&record->ring, PSS_RING_DEFAULT_LIMIT);
	record->ring.on_gone = on_gone;
	record->ring.user = record;
	return record;
}

void pss_record_free(PssRecord *record)
{
	if (!record)
		return;
	for (guint i = 0; i < record->jobs->len; i++) {
		Job *job = record->jobs->pdata[i];
		pss_run_free(job->run);
		g_free(job);
	}
	g_ptr_array_unref(record->jobs);
	g_clear_error(&record->error);
	pss_ring_finish(&record->ring);
	g_free(record);
}
