/* SPDX-License-Identifier: MIT */
/* Carries the commands of command-queue.c where remote/engine drives the shell. A relay (relay.h) carries the streams
 * of one command after another, and is replaced ahead of time once its input has been used or a command left a job
 * behind that may still write to it. */
#include "base/error.h"
#include "host/queue/private.h"

/* ---- relays */

static void on_relay_ready(gpointer user, PssRelay *relay)
{
	pss_queue_start_next(user);
}

static void on_relay_taken(gpointer user, PssRelay *relay, gsize n)
{
	const PssInvoker *invoker = user;
	PssQueuedRun *run = relay == invoker->relay ? invoker->current : NULL;

	if (run)
		run->base.events->on_taken(run->base.user, n);
}

static GError *cause_of(const GError *error)
{
	if (g_error_matches(error, PSS_ERROR, PSS_NOT_OPEN))
		return g_error_new_literal(PSS_ERROR, PSS_FAILED, error->message);
	return g_error_new(PSS_ERROR, PSS_FAILED, "the server opens no channel for the streams of the command: %s",
			   error ? error->message : "the remote shell did not start the command");
}

static void on_relay_closed(gpointer user, PssRelay *relay, const GError *error)
{
	PssInvoker *invoker = user;

	if (invoker->running && relay == invoker->relay && invoker->is_waiting && !pss_relay_is_ready(relay)) {
		invoker->missing = cause_of(error);
		if (g_error_matches(error, PSS_ERROR, PSS_NOT_OPEN))
			invoker->owner->on_unable(invoker->user, error->message);
		pss_remote_relay_missing(invoker->remote, pss_relay_number(relay));
		return;
	}
	if (invoker->running && relay == invoker->relay) {
		/* A command that waits for its streams would wait for ever. */
		pss_remote_interrupt(invoker->remote);
		pss_remote_relay_closed(invoker->remote, pss_relay_number(relay));
		return;
	}
	gboolean was_ready = pss_relay_is_ready(relay);
	if (relay == invoker->relay)
		invoker->relay = NULL;
	else
		invoker->next = NULL;
	pss_relay_end(relay); /* where it was killed, something of it is left */
	if (was_ready) {
		pss_queue_start_next(invoker);
		return;
	}
	g_autoptr(GError) cause = cause_of(error);
	if (g_error_matches(error, PSS_ERROR, PSS_NOT_OPEN))
		invoker->owner->on_unable(invoker->user, error->message);
	if (!invoker->relay && !invoker->next)
		pss_queue_fail_waiting(invoker, cause);
}

static PssRelay *open_relay(PssInvoker *invoker)
{
	static const PssRelayEvents events = {
		.on_ready = on_relay_ready,
		.on_taken = on_relay_taken,
		.on_closed = on_relay_closed,
	};
	return pss_relay_open(pss_queue_session(invoker).transport, invoker->remote, ++invoker->last_relay, &events,
			      invoker);
}

/* The one in use will be used up. */
static void open_next(PssInvoker *invoker)
{
	if (!invoker->next)
		invoker->next = open_relay(invoker);
}

/* ---- the engine's events */

static void on_begun(gpointer user)
{
	PssInvoker *invoker = user;

	invoker->is_waiting = FALSE;
	if (invoker->relay)
		pss_relay_confirm(invoker->relay);
	pss_queue_on_begun(invoker);
}

/* The shell has not waited so long for the relay. The command is the next one again, when that is ready. */
static void on_late(gpointer user)
{
	PssInvoker *invoker = user;
	PssQueuedRun *run = pss_queue_take_current(invoker);
	g_autoptr(GError) error = g_steal_pointer(&invoker->missing);

	if (run && pss_relay_take_back(invoker->relay, run->early))
		run->early_end = TRUE;
	if (!pss_relay_channel(invoker->relay))
		pss_relay_free(g_steal_pointer(&invoker->relay));
	if (error) {
		pss_queue_fail_waiting(invoker, error);
	} else if (invoker->is_interrupted) {
		error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "interrupted while it waited");
	}
	invoker->is_waiting = invoker->is_interrupted = FALSE;
	pss_queue_take_back(invoker, run, error);
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	pss_queue_on_stream(user, is_stderr, data, n);
}

static gboolean on_silence(gpointer user)
{
	const PssInvoker *invoker = user;
	return invoker->current && invoker->current->paused;
}

static void on_invoked(gpointer user, int status, gboolean background, gboolean whole)
{
	PssInvoker *invoker = user;
	PssQueuedRun *run = pss_queue_take_current(invoker);
	PssRelay *relay = invoker->relay;

	invoker->stale = TRUE;
	invoker->owner->on_ending(invoker->user);
	if (pss_relay_is_spent(relay) || background || !whole) {
		pss_relay_end(relay);
		invoker->relay = invoker->next ? g_steal_pointer(&invoker->next) : open_relay(invoker);
	} else {
		pss_relay_pause(relay, FALSE);
	}
	g_autoptr(GError) error =
		whole ? NULL
		      : g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the end of the command's output was lost");
	pss_queue_finish(invoker, run, status, error);
}

static const PssInvokeEvents invoke_events = {
	.on_begun = on_begun,
	.on_stream = on_stream,
	.on_silence = on_silence,
	.on_done = on_invoked,
	.on_late = on_late,
};

/* ---- what the queue does with it */

/* The command may go in the flight that starts the first relay: not over a link that is lost, as it could not be given
 * up any more. */
static gboolean may_wait(const PssInvoker *invoker)
{
	return !invoker->has_waited && !pss_queue_session(invoker).is_cut && pss_relay_channel(invoker->relay) &&
	       pss_remote_awaits_relay(invoker->remote, pss_relay_number(invoker->relay));
}

static gboolean relays_is_ready(PssInvoker *invoker)
{
	if (!invoker->relay)
		invoker->relay = invoker->next ? g_steal_pointer(&invoker->next) : open_relay(invoker);
	if (!invoker->relay) {
		g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_UNSUPPORTED,
							      "the remote shell's private directory is not known");
		pss_queue_fail_waiting(invoker, error);
		return FALSE;
	}
	return pss_relay_is_ready(invoker->relay) || may_wait(invoker);
}

static gboolean relays_begin(PssInvoker *invoker, PssQueuedRun *run, GError **error)
{
	guint input = run->input ? pss_relay_next_input(invoker->relay) : 0;
	const PssInvokeStreams streams = {
		.relay = pss_relay_number(invoker->relay),
		.input = input,
		.awaited = !pss_relay_is_ready(invoker->relay),
	};

	if (!pss_remote_invoke(invoker->remote, &run->command, &streams, &invoke_events, invoker, error))
		return FALSE;
	invoker->is_waiting = streams.awaited;
	invoker->has_waited = TRUE;
	pss_relay_begin(invoker->relay, input);
	pss_relay_pause(invoker->relay, run->paused);
	if (pss_relay_is_last(invoker->relay))
		open_next(invoker);
	return TRUE;
}

static void relays_write(PssInvoker *invoker, const void *data, gsize n)
{
	if (!pss_relay_channel(invoker->relay))
		return;
	open_next(invoker);
	pss_relay_write(invoker->relay, data, n);
}

static void relays_interrupt(PssInvoker *invoker)
{
	invoker->is_interrupted = invoker->is_waiting;
	pss_remote_interrupt(invoker->remote);
}

static void relays_pause(PssInvoker *invoker, gboolean paused)
{
	pss_relay_pause(invoker->relay, paused);
}

static void relays_free(PssInvoker *invoker)
{
	pss_relay_free(invoker->relay);
	pss_relay_free(invoker->next);
	g_clear_error(&invoker->missing);
}

static const PssCarrierOps relays = {
	.is_ready = relays_is_ready,
	.begin = relays_begin,
	.write = relays_write,
	.interrupt = relays_interrupt,
	.pause = relays_pause,
	.free = relays_free,
};

PssInvoker *pss_invoker_new_relays(PssRemote *remote, const PssInvokerOwner *owner, gpointer user)
{
	PssInvoker *invoker = pss_queue_new(&relays, owner, user);

	invoker->remote = remote;
	return invoker;
}

void pss_invoker_begin_at(PssInvoker *invoker, guint last_relay)
{
	invoker->last_relay = last_relay;
}

PssChannel *pss_invoker_current_channel(PssInvoker *invoker)
{
	return invoker && invoker->running && invoker->relay ? pss_relay_channel(invoker->relay) : NULL;
}
