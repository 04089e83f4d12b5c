/* SPDX-License-Identifier: MIT */
/* Commands beside the terminal of one session, one at a time, in the session's own shell. Called by the session and
 * by invocations.c. A relay (relay.h) carries the streams of one command after another, and is replaced ahead of
 * time once its input has been used or a command left a job behind that may still write to it. A terminal that has
 * entered the session and edits a line must notice nothing: its line waits. */
#include "host/session/command-queue.h"

#include <string.h>

#include "base/error.h"
#include "host/commands/command-channel.h"
#include "host/session/private.h"
#include "host/session/relay.h"

typedef struct {
	PssRun base;
	PssInvoker *owner;
	PssCommand command; /* with texts of its own */
	gboolean input;
	gboolean paused;
	GByteArray *early; /* input that came before it was begun */
	gboolean early_end;
} Run;

struct PssInvoker {
	PssSession *session;
	PssRemote *remote;
	GQueue waiting;          /* of Run */
	GPtrArray *elsewhere;    /* runs on channels of their own, where the shell is not ours to drive */
	gboolean running, begun; /* begun: the shell has taken it */
	Run *current;            /* what runs; NULL while running: nobody wants to hear of it any more */
	PssRelay *relay, *next;  /* in use or to be used; opened ahead */
	guint last_relay;
	gboolean stale;          /* the last prompt is older than the last command */
	GByteArray *line, *keys; /* of the terminal, kept back; NULL: none */
};

static void start_next(PssInvoker *invoker);

/* ---- runs */

static void free_run(Run *run)
{
	pss_command_clear(&run->command);
	g_byte_array_unref(run->early);
	g_free(run);
}

static void tell_done(Run *run, int status, const GError *error)
{
	run->owner = NULL;
	run->base.events->on_done(run->base.user, status, error);
}

static void fail_waiting(PssInvoker *invoker, const GError *error)
{
	Run *run;
	while ((run = g_queue_pop_head(&invoker->waiting)))
		tell_done(run, 0, error);
}

/* ---- relays */

static void on_relay_ready(gpointer user, PssRelay *relay)
{
	start_next(user);
}

static void on_relay_taken(gpointer user, PssRelay *relay, gsize n)
{
	const PssInvoker *invoker = user;
	Run *run = relay == invoker->relay ? invoker->current : NULL;

	if (run)
		run->base.events->on_taken(run->base.user, n);
}

static void on_relay_closed(gpointer user, PssRelay *relay, const GError *error)
{
	PssInvoker *invoker = user;

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
		start_next(invoker);
		return;
	}
	g_autoptr(GError) cause = g_error_new(PSS_ERROR, PSS_FAILED, "no channel for the command's streams: %s",
					      error ? error->message : "the remote shell did not start it");
	if (!invoker->relay && !invoker->next)
		fail_waiting(invoker, cause);
}

static PssRelay *open_relay(PssInvoker *invoker)
{
	static const PssRelayEvents events = {
		.on_ready = on_relay_ready,
		.on_taken = on_relay_taken,
		.on_closed = on_relay_closed,
	};
	return pss_relay_open(invoker->session->transport, invoker->remote, ++invoker->last_relay, &events, invoker);
}

/* The one in use will be used up. */
static void open_next(PssInvoker *invoker)
{
	if (!invoker->next)
		invoker->next = open_relay(invoker);
}

/* ---- running */

static void write_input(PssInvoker *invoker, const void *data, gsize n)
{
	if (!pss_relay_channel(invoker->relay))
		return;
	open_next(invoker);
	pss_relay_write(invoker->relay, data, n);
}

static void on_begun(gpointer user)
{
	PssInvoker *invoker = user;

	invoker->begun = TRUE;
	pss_session_tell_begun(invoker->session);
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	PssInvoker *invoker = user;
	if (invoker->current)
		invoker->current->base.events->on_data(invoker->current->base.user, is_stderr, data, n);
}

static gboolean on_silence(gpointer user)
{
	PssInvoker *invoker = user;
	return invoker->current && invoker->current->paused;
}

/* What the terminal sent meanwhile, or a new prompt for one that waits for it. */
static void serve_terminal(PssInvoker *invoker)
{
	PssSession *session = invoker->session;
	g_autoptr(GByteArray) line = g_steal_pointer(&invoker->line);
	g_autoptr(GByteArray) keys = g_steal_pointer(&invoker->keys);
	g_autoptr(GError) error = NULL;

	if (line && !pss_remote_line(invoker->remote, line->data, line->len, &error))
		session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, error->message);
	else if (line && keys)
		pss_remote_keys(invoker->remote, keys->data, keys->len);
	else if (!line && session->attached.events && !session->attached.at_prompt)
		pss_invoker_refresh(invoker);
}

static void on_invoked(gpointer user, int status, gboolean background, gboolean whole)
{
	PssInvoker *invoker = user;
	Run *run = g_steal_pointer(&invoker->current);
	PssRelay *relay = invoker->relay;

	invoker->running = FALSE;
	invoker->stale = TRUE;
	pss_session_tell_holder(invoker->session);
	if (pss_relay_is_spent(relay) || background || !whole) {
		pss_relay_end(relay);
		invoker->relay = invoker->next ? g_steal_pointer(&invoker->next) : open_relay(invoker);
	} else {
		pss_relay_pause(relay, FALSE);
	}
	g_autoptr(GError) error =
		whole ? NULL
		      : g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the end of the command's output was lost");
	pss_session_note_status(invoker->session, status);
	if (run)
		tell_done(run, status, error);
	serve_terminal(invoker);
	start_next(invoker);
	pss_session_tell_begun(invoker->session);
	pss_record_settle(invoker->session->record);
}

static const PssInvokeEvents invoke_events = {
	.on_begun = on_begun,
	.on_stream = on_stream,
	.on_silence = on_silence,
	.on_done = on_invoked,
};

static void begin(PssInvoker *invoker, Run *run)
{
	g_autoptr(GError) error = NULL;

	guint input = run->input ? pss_relay_next_input(invoker->relay) : 0;
	invoker->running = TRUE;
	invoker->begun = FALSE;
	invoker->current = run;
	if (!pss_remote_invoke(invoker->remote, &run->command, pss_relay_number(invoker->relay), input, &invoke_events,
			       invoker, &error)) {
		invoker->running = FALSE;
		invoker->current = NULL;
		tell_done(run, 0, error);
		start_next(invoker);
		return;
	}
	pss_relay_begin(invoker->relay, input);
	pss_relay_pause(invoker->relay, run->paused);
	if (pss_relay_is_last(invoker->relay))
		open_next(invoker);
	if (run->early->len > 0)
		write_input(invoker, run->early->data, run->early->len);
	g_byte_array_set_size(run->early, 0);
	if (run->early_end)
		write_input(invoker, NULL, 0);
	pss_session_choose_dropped(invoker->session);
	pss_session_park_if_settled(invoker->session);
}

static void start_next(PssInvoker *invoker)
{
	if (invoker->running || g_queue_is_empty(&invoker->waiting) ||
	    pss_remote_state(invoker->remote) != PSS_REMOTE_IDLE)
		return;
	if (!invoker->relay)
		invoker->relay = invoker->next ? g_steal_pointer(&invoker->next) : open_relay(invoker);
	if (invoker->relay && pss_relay_is_ready(invoker->relay)) {
		begin(invoker, g_queue_pop_head(&invoker->waiting));
	} else if (!invoker->relay) {
		g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_UNSUPPORTED,
							      "the remote shell's private directory is not known");
		fail_waiting(invoker, error);
	}
}

/* ---- what its owner does with a run */

static void run_input(PssRun *base, const void *data, gsize n)
{
	Run *run = (Run *)base;

	if (!run->owner || !run->input)
		return;
	if (run->owner->current == run)
		write_input(run->owner, data, n);
	else if (n == 0)
		run->early_end = TRUE;
	else
		g_byte_array_append(run->early, data, (guint)n);
}

static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (!run->owner)
		return;
	if (run->owner->current == run) {
		pss_remote_interrupt(run->owner->remote);
		return;
	}
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "interrupted while it waited");
	g_queue_remove(&run->owner->waiting, run);
	tell_done(run, 0, error);
}

static void run_pause(PssRun *base, gboolean paused)
{
	Run *run = (Run *)base;

	run->paused = paused;
	if (run->owner && run->owner->current == run)
		pss_relay_pause(run->owner->relay, paused);
}

static void run_free(PssRun *base)
{
	Run *run = (Run *)base;
	PssInvoker *invoker = run->owner;

	if (invoker && invoker->current == run) {
		/* It goes on without a listener, and is asked to end. */
		invoker->current = NULL;
		pss_relay_pause(invoker->relay, FALSE);
		if (run->input)
			write_input(invoker, NULL, 0);
		pss_remote_interrupt(invoker->remote);
	} else if (invoker) {
		g_queue_remove(&invoker->waiting, run);
	}
	free_run(run);
}

static void run_start(PssRun *base)
{
	start_next(((Run *)base)->owner);
}

static const PssRunOps run_ops = {
	.start = run_start,
	.input = run_input,
	.interrupt = run_interrupt,
	.pause = run_pause,
	.free = run_free,
};

static PssRun *run_elsewhere(PssInvoker *invoker, const PssCommand *command, gboolean input, const PssRunEvents *events,
			     gpointer user)
{
	const PssRunChannelOptions options = { .command = command, .input = input, .siblings = invoker->elsewhere };
	return pss_run_channel_new(invoker->session->transport, &options, events, user);
}

PssRun *pss_invoker_run(PssInvoker *invoker, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error)
{
	PssRemoteState state = pss_remote_state(invoker->remote);

	if (state == PSS_REMOTE_RAW)
		return run_elsewhere(invoker, command, input, events, user);
	if (!wait && (state != PSS_REMOTE_IDLE || invoker->running || !g_queue_is_empty(&invoker->waiting))) {
		g_set_error(error, PSS_ERROR, PSS_BUSY, "session %s is busy; -Wait waits for it",
			    invoker->session->name ? invoker->session->name : invoker->session->instance);
		return NULL;
	}
	Run *run = g_new0(Run, 1);
	run->base = (PssRun){ .ops = &run_ops, .events = events, .user = user };
	run->owner = invoker;
	pss_command_copy(&run->command, command);
	run->input = input;
	run->early = g_byte_array_new();
	g_queue_push_tail(&invoker->waiting, run);
	return &run->base;
}

/* ---- the session */

void pss_invoker_on_idle(PssInvoker *invoker)
{
	invoker->stale = FALSE;
	start_next(invoker);
}

void pss_invoker_begin_at(PssInvoker *invoker, guint last_relay)
{
	invoker->last_relay = last_relay;
}

const PssRun *pss_invoker_current_run(PssInvoker *invoker)
{
	return invoker->current ? &invoker->current->base : NULL;
}

const PssCommand *pss_invoker_current_command(PssInvoker *invoker)
{
	return invoker->current ? &invoker->current->command : NULL;
}

PssChannel *pss_invoker_current_channel(PssInvoker *invoker)
{
	return invoker && invoker->running && invoker->relay ? pss_relay_channel(invoker->relay) : NULL;
}

gboolean pss_invoker_has_begun(PssInvoker *invoker)
{
	return g_queue_is_empty(&invoker->waiting) && (!invoker->running || invoker->begun);
}

gboolean pss_invoker_is_settled(PssInvoker *invoker)
{
	return g_queue_is_empty(&invoker->waiting) && !invoker->line && invoker->elsewhere->len == 0;
}

void pss_invoker_each(PssInvoker *invoker, void (*func)(PssRun *run, gpointer user), gpointer user)
{
	if (invoker->current)
		func(&invoker->current->base, user);
	for (GList *at = invoker->waiting.head; at; at = at->next)
		func(&((Run *)at->data)->base, user);
	for (guint i = 0; i < invoker->elsewhere->len; i++)
		func(invoker->elsewhere->pdata[i], user);
}

void pss_invoker_end(PssInvoker *invoker, enum pss_status status, const char *cause)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, (int)status, cause);
	Run *run = g_steal_pointer(&invoker->current);

	if (run)
		tell_done(run, 0, error);
	fail_waiting(invoker, error);
	pss_run_channels_end(invoker->elsewhere, error);
	pss_invoker_drop_line(invoker);
}

gboolean pss_invoker_holds_line(PssInvoker *invoker, const void *data, gsize n)
{
	if (!invoker->running)
		return FALSE;
	invoker->line = invoker->line ? invoker->line : g_byte_array_new();
	g_byte_array_append(invoker->line, data, (guint)n);
	return TRUE;
}

/* Ctrl-C while its line waits: the line is dropped, and the prompt comes again. */
static void give_line_up(PssInvoker *invoker)
{
	PssSession *session = invoker->session;
	PssRemotePrompt prompt;

	pss_invoker_drop_line(invoker);
	if (!pss_remote_last_prompt(invoker->remote, &prompt))
		return;
	prompt.status = 130;
	prompt.fresh = FALSE;
	session->attached.events->on_prompt(session->attached.user, &prompt);
}

gboolean pss_invoker_holds_keys(PssInvoker *invoker, const void *data, gsize n)
{
	PssSession *session = invoker->session;

	if (!invoker->running || !session->attached.events || !session->attached.at_prompt)
		return FALSE;
	gboolean interrupt = memchr(data, '\003', n) != NULL;
	if (invoker->line && interrupt) {
		give_line_up(invoker);
	} else if (invoker->line) {
		invoker->keys = invoker->keys ? invoker->keys : g_byte_array_new();
		g_byte_array_append(invoker->keys, data, (guint)n);
	} else if (!interrupt) {
		session->attached.events->on_typed(session->attached.user, data, n);
	}
	return TRUE;
}

void pss_invoker_drop_line(PssInvoker *invoker)
{
	g_clear_pointer(&invoker->line, g_byte_array_unref);
	g_clear_pointer(&invoker->keys, g_byte_array_unref);
}

gboolean pss_invoker_refresh(PssInvoker *invoker)
{
	if (!invoker->stale || invoker->running)
		return FALSE;
	invoker->stale = FALSE;
	return pss_remote_line(invoker->remote, "", 0, NULL);
}

PssInvoker *pss_invoker_new(PssSession *session, PssRemote *remote)
{
	PssInvoker *invoker = g_new0(PssInvoker, 1);

	invoker->session = session;
	invoker->remote = remote;
	invoker->elsewhere = g_ptr_array_new();
	g_queue_init(&invoker->waiting);
	return invoker;
}

void pss_invoker_free(PssInvoker *invoker)
{
	if (!invoker)
		return;
	pss_invoker_drop_line(invoker);
	pss_relay_free(invoker->relay);
	pss_relay_free(invoker->next);
	g_ptr_array_unref(invoker->elsewhere);
	g_free(invoker);
}
