/* SPDX-License-Identifier: MIT */
/* Jobs are invocations whose client end is a ring in this process; receiving is a run whose source is that ring. Called
 * by the session (the terminal's unwatched output, prompts, the end), and through it by who receives. Memory is
 * bounded: a full ring drops its oldest bytes, or stops what writes into it where it is to block or somebody receives
 * from it. */
#include "host/unseen/unseen-output.h"

#include "host/unseen/private.h"
#include "link/resilient/transport-resilient.h"

/* What a holder keeps of what nobody has seen is this, and what is on its way when it is asked to stop. */
#define HELD_MAX PSS_RING_DEFAULT_LIMIT

typedef struct {
	PssRecord *record;
	PssRun *run;
} Job;

PssRecordSession pss_unseen_session(const PssRecord *record)
{
	PssRecordSession session;

	record->owner->look(record->user, &session);
	return session;
}

/* ---- back-pressure */

PssRing *pss_unseen_source(PssRecord *record)
{
	return record->receiver && record->receiver->options.keep ? &record->receiver->copy : &record->ring;
}

void pss_unseen_apply(PssRecord *record)
{
	gboolean stopped = record->stopped || record->watcher_stopped;

	for (guint i = 0; i < record->jobs->len; i++) {
		const Job *job = record->jobs->pdata[i];
		if (job->run)
			job->run->ops->pause(job->run, stopped);
	}
	record->owner->stop(record->user, stopped, record->stopped);
}

static gboolean is_full(const PssRecord *record, const PssRing *ring)
{
	gsize limit = pss_unseen_session(record).is_resilient ? MIN(ring->limit, HELD_MAX) : ring->limit;
	gsize cost = pss_ring_cost(ring);

	return record->stopped ? cost > limit / 2 : cost >= limit;
}

/* What is to block goes on for who waits for its end, even where that one lets all stay here; not for who looks what
 * there is by now. */
void pss_unseen_balance(PssRecord *record)
{
	const PssReceiver *receiver = record->receiver;
	gboolean blocks = record->buffering == PSS_BUFFERING_BLOCK && !(receiver && receiver->options.wait);
	gboolean stopped =
		(receiver && is_full(record, pss_unseen_source(record))) || (blocks && is_full(record, &record->ring));

	if (stopped == record->stopped)
		return;
	record->stopped = stopped;
	pss_unseen_apply(record);
}

void pss_record_stop_watcher(PssRecord *record, gboolean stopped)
{
	record->watcher_stopped = stopped;
	pss_unseen_apply(record);
}

/* ---- what outlives this process: a holder keeps what nobody has seen */

G_STATIC_ASSERT(PSS_RING_ERR < PSS_RESILIENT_KINDS);

static PssTransport *holder_of(const PssRecord *record)
{
	return pss_unseen_session(record).holder;
}

static void on_gone(gpointer user, PssRingStream stream, gsize n)
{
	PssTransport *holder = holder_of(user);

	if (holder)
		pss_transport_held_forget(holder, stream, n);
}

/* What was handed out or shown just now is not to be shown again, whatever comes. */
void pss_unseen_tell_seen(const PssRecord *record)
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
	pss_record_settle(record);
}

void pss_record_terminal(PssRecord *record, const void *data, gsize n)
{
	/* What start-up files print is for who enters, no output of a command. */
	append(record, pss_unseen_session(record).was_opened ? PSS_RING_TERMINAL : PSS_RING_GREETING, data, n, FALSE);
}

/* It is shown once: to who receives, else on a terminal. One that edits a line notices nothing of it, as of other
 * commands beside it. */
static void take_output(PssRecord *record, gboolean is_stderr, const void *data, gsize n)
{
	const PssRecordSession session = pss_unseen_session(record);

	if (session.is_entered && !session.edits && !record->receiver)
		pss_unseen_show_raw(record, data, n);
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
	job->run = record->owner->run(record->user, command, wait, &job_events, job, error);
	if (!job->run) {
		g_free(job);
		return FALSE;
	}
	g_ptr_array_add(record->jobs, job);
	if (record->stopped)
		job->run->ops->pause(job->run, TRUE);
	if (job->run->ops->start)
		job->run->ops->start(job->run);
	record->owner->on_job(record->user);
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

void pss_record_let_go(PssRecord *record)
{
	record->owner->each_run(record->user, take_as_job, record);
	pss_unseen_let_receiver_go(record);
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
	pss_unseen_source(record)->dropped += n;
}

guint pss_record_jobs(const PssRecord *record)
{
	return record->jobs->len;
}

void pss_record_restore(PssRecord *record, guint stream, const void *data, gsize n)
{
	append(record, (PssRingStream)stream, data, n, TRUE);
	if (pss_unseen_session(record).is_entered)
		pss_unseen_show(record);
}

/* ---- */

void pss_record_set_buffering(PssRecord *record, enum pss_buffering buffering, gsize limit)
{
	record->buffering = buffering;
	if (limit > 0)
		record->ring.limit = limit;
	if (buffering == PSS_BUFFERING_DROP)
		pss_ring_cut(&record->ring);
	pss_unseen_balance(record);
}

enum pss_buffering pss_record_buffering(const PssRecord *record)
{
	return record->buffering;
}

gsize pss_record_limit(const PssRecord *record)
{
	return record->ring.limit;
}

PssRecord *pss_record_new(const PssRecordOwner *owner, gpointer user)
{
	PssRecord *record = g_new0(PssRecord, 1);

	record->owner = owner;
	record->user = user;
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
