/* SPDX-License-Identifier: MIT */
/* Commands beside the terminal of one session, one at a time, in the session's own shell. Called by the session. What
 * carries them stands in command-relays.c and command-runspace.c. A terminal that has entered the session and edits a
 * line must notice nothing: its line waits. */
#include "host/queue/command-queue.h"

#include <string.h>

#include "base/error.h"
#include "host/commands/command-channel.h"
#include "host/queue/private.h"

PssInvokerSession pss_queue_session(const PssInvoker *invoker)
{
	PssInvokerSession session;

	invoker->owner->look(invoker->user, &session);
	return session;
}

/* ---- runs */

static void free_run(PssQueuedRun *run)
{
	pss_command_clear(&run->command);
	g_byte_array_unref(run->early);
	g_free(run);
}

static void tell_done(PssQueuedRun *run, int status, const GError *error)
{
	run->owner = NULL;
	run->base.events->on_done(run->base.user, status, error);
}

void pss_queue_fail_waiting(PssInvoker *invoker, const GError *error)
{
	PssQueuedRun *run;
	while ((run = g_queue_pop_head(&invoker->waiting)))
		tell_done(run, 0, error);
}

/* ---- running */

void pss_queue_on_begun(PssInvoker *invoker)
{
	invoker->begun = TRUE;
	invoker->owner->on_begun(invoker->user);
}

void pss_queue_on_stream(PssInvoker *invoker, gboolean is_stderr, const void *data, gsize n)
{
	if (invoker->current)
		invoker->current->base.events->on_data(invoker->current->base.user, is_stderr, data, n);
}

/* What the terminal sent meanwhile, or a new prompt for one that waits for it. */
static void serve_terminal(PssInvoker *invoker)
{
	const PssInvokerSession session = pss_queue_session(invoker);
	g_autoptr(GByteArray) line = g_steal_pointer(&invoker->line);
	g_autoptr(GByteArray) keys = g_steal_pointer(&invoker->keys);
	g_autoptr(GError) error = NULL;

	if (line && !invoker->owner->line(invoker->user, line->data, line->len, &error))
		invoker->owner->on_warning(invoker->user, error->message);
	else if (line && keys)
		invoker->owner->keys(invoker->user, keys->data, keys->len);
	else if (!line && session.is_entered && !session.edits)
		pss_invoker_refresh(invoker);
}

PssQueuedRun *pss_queue_take_current(PssInvoker *invoker)
{
	invoker->running = FALSE;
	return g_steal_pointer(&invoker->current);
}

void pss_queue_take_back(PssInvoker *invoker, PssQueuedRun *run, const GError *error)
{
	if (run && error)
		tell_done(run, 0, error);
	else if (run)
		g_queue_push_head(&invoker->waiting, run);
	serve_terminal(invoker);
	pss_queue_start_next(invoker);
}

void pss_queue_finish(PssInvoker *invoker, PssQueuedRun *run, int status, const GError *error)
{
	invoker->owner->on_status(invoker->user, status);
	if (run)
		tell_done(run, status, error);
	serve_terminal(invoker);
	pss_queue_start_next(invoker);
	invoker->owner->on_over(invoker->user);
}

static void begin(PssInvoker *invoker, PssQueuedRun *run)
{
	g_autoptr(GError) error = NULL;

	invoker->running = TRUE;
	invoker->begun = FALSE;
	invoker->current = run;
	if (!invoker->carrier->begin(invoker, run, &error)) {
		tell_done(pss_queue_take_current(invoker), 0, error);
		pss_queue_start_next(invoker);
		return;
	}
	if (run->early->len > 0)
		invoker->carrier->write(invoker, run->early->data, run->early->len);
	g_byte_array_set_size(run->early, 0);
	if (run->early_end)
		invoker->carrier->write(invoker, NULL, 0);
	invoker->owner->on_given(invoker->user);
}

void pss_queue_start_next(PssInvoker *invoker)
{
	if (!invoker->running && !g_queue_is_empty(&invoker->waiting) &&
	    pss_queue_session(invoker).state == PSS_REMOTE_IDLE && invoker->carrier->is_ready(invoker))
		begin(invoker, g_queue_pop_head(&invoker->waiting));
}

/* ---- what its owner does with a run */

static void run_input(PssRun *base, const void *data, gsize n)
{
	PssQueuedRun *run = (PssQueuedRun *)base;

	if (!run->owner || !run->input)
		return;
	if (run->owner->current == run)
		run->owner->carrier->write(run->owner, data, n);
	else if (n == 0)
		run->early_end = TRUE;
	else
		g_byte_array_append(run->early, data, (guint)n);
}

static void run_interrupt(PssRun *base)
{
	PssQueuedRun *run = (PssQueuedRun *)base;

	if (!run->owner)
		return;
	if (run->owner->current == run) {
		run->owner->carrier->interrupt(run->owner);
		return;
	}
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "interrupted while it waited");
	g_queue_remove(&run->owner->waiting, run);
	tell_done(run, 0, error);
}

static void run_pause(PssRun *base, gboolean paused)
{
	PssQueuedRun *run = (PssQueuedRun *)base;

	run->paused = paused;
	if (run->owner && run->owner->current == run)
		run->owner->carrier->pause(run->owner, paused);
}

static void run_free(PssRun *base)
{
	PssQueuedRun *run = (PssQueuedRun *)base;
	PssInvoker *invoker = run->owner;

	if (invoker && invoker->current == run) {
		/* It goes on without a listener, and is asked to end. */
		invoker->current = NULL;
		invoker->carrier->pause(invoker, FALSE);
		if (run->input)
			invoker->carrier->write(invoker, NULL, 0);
		invoker->carrier->interrupt(invoker);
	} else if (invoker) {
		g_queue_remove(&invoker->waiting, run);
	}
	free_run(run);
}

static void run_start(PssRun *base)
{
	pss_queue_start_next(((PssQueuedRun *)base)->owner);
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
	return pss_run_channel_new(pss_queue_session(invoker).transport, &options, events, user);
}

PssRun *pss_invoker_run(PssInvoker *invoker, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error)
{
	const PssInvokerSession session = pss_queue_session(invoker);

	if (session.state == PSS_REMOTE_RAW)
		return run_elsewhere(invoker, command, input, events, user);
	if (!wait && (session.state != PSS_REMOTE_IDLE || invoker->running || !g_queue_is_empty(&invoker->waiting))) {
		g_set_error(error, PSS_ERROR, PSS_BUSY, "session %s is busy; -Wait waits for it", session.name);
		return NULL;
	}
	PssQueuedRun *run = g_new0(PssQueuedRun, 1);
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
	pss_queue_start_next(invoker);
}

const PssRun *pss_invoker_current_run(PssInvoker *invoker)
{
	return invoker->current ? &invoker->current->base : NULL;
}

const PssCommand *pss_invoker_current_command(PssInvoker *invoker)
{
	return invoker->current ? &invoker->current->command : NULL;
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
		func(&((PssQueuedRun *)at->data)->base, user);
	for (guint i = 0; i < invoker->elsewhere->len; i++)
		func(invoker->elsewhere->pdata[i], user);
}

void pss_invoker_end(PssInvoker *invoker, enum pss_status status, const char *cause)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, (int)status, cause);
	PssQueuedRun *run = g_steal_pointer(&invoker->current);

	if (run)
		tell_done(run, 0, error);
	pss_queue_fail_waiting(invoker, error);
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
	PssRemotePrompt prompt;

	pss_invoker_drop_line(invoker);
	if (!invoker->owner->last_prompt(invoker->user, &prompt))
		return;
	prompt.status = 130;
	prompt.fresh = FALSE;
	invoker->owner->on_prompt(invoker->user, &prompt);
}

gboolean pss_invoker_holds_keys(PssInvoker *invoker, const void *data, gsize n)
{
	const PssInvokerSession session = pss_queue_session(invoker);

	if (!invoker->running || !session.is_entered || !session.edits)
		return FALSE;
	gboolean interrupt = memchr(data, '\003', n) != NULL;
	if (invoker->line && interrupt) {
		give_line_up(invoker);
	} else if (invoker->line) {
		invoker->keys = invoker->keys ? invoker->keys : g_byte_array_new();
		g_byte_array_append(invoker->keys, data, (guint)n);
	} else if (!interrupt) {
		invoker->owner->on_typed(invoker->user, data, n);
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
	return invoker->owner->line(invoker->user, "", 0, NULL);
}

PssInvoker *pss_queue_new(const PssCarrierOps *carrier, const PssInvokerOwner *owner, gpointer user)
{
	PssInvoker *invoker = g_new0(PssInvoker, 1);

	invoker->owner = owner;
	invoker->user = user;
	invoker->carrier = carrier;
	invoker->elsewhere = g_ptr_array_new();
	g_queue_init(&invoker->waiting);
	return invoker;
}

void pss_invoker_free(PssInvoker *invoker)
{
	if (!invoker)
		return;
	pss_invoker_drop_line(invoker);
	invoker->carrier->free(invoker);
	g_ptr_array_unref(invoker->elsewhere);
	g_free(invoker);
}
