/* SPDX-License-Identifier: MIT */
/* Carries the commands of command-queue.c where psrp/client drives the shell: each is a guest in the session's
 * runspace, and its streams come over the channel of the session itself (host/commands/command-psrp.h). */
#include "host/commands/command-psrp.h"
#include "host/queue/private.h"

static void on_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	pss_queue_on_stream(user, is_stderr, data, n);
}

static void on_taken(gpointer user, gsize n)
{
	const PssInvoker *invoker = user;
	if (invoker->current)
		invoker->current->base.events->on_taken(invoker->current->base.user, n);
}

/* The prompt has come with it. */
static void on_done(gpointer user, int status, const GError *error)
{
	PssInvoker *invoker = user;
	PssQueuedRun *run = pss_queue_take_current(invoker);

	pss_run_free(g_steal_pointer(&invoker->guest));
	invoker->owner->on_pause(invoker->user, FALSE);
	pss_queue_finish(invoker, run, status, error);
}

static void on_record(gpointer user, const void *data, gsize n, gboolean more)
{
	const PssInvoker *invoker = user;
	if (invoker->current)
		invoker->current->base.events->on_record(invoker->current->base.user, data, n, more);
}

static void on_question(gpointer user, PssQuestion *question)
{
	const PssInvoker *invoker = user;
	if (invoker->current)
		invoker->current->base.events->on_question(invoker->current->base.user, question);
}

/* As those of the run, which may become a job's: what that one does not hear of does not come. */
static void choose_events(PssInvoker *invoker)
{
	static const PssRunEvents with_all = {
		.on_data = on_data,
		.on_taken = on_taken,
		.on_done = on_done,
		.on_record = on_record,
		.on_question = on_question,
	};
	static const PssRunEvents with_streams = { .on_data = on_data, .on_taken = on_taken, .on_done = on_done };
	const PssRunEvents *events = invoker->current ? invoker->current->base.events : &with_streams;

	invoker->guest->events = events->on_record && events->on_question ? &with_all : &with_streams;
}

static gboolean runspace_is_ready(PssInvoker *invoker)
{
	return TRUE;
}

static void runspace_pause(PssInvoker *invoker, gboolean paused)
{
	choose_events(invoker);
	invoker->guest->ops->pause(invoker->guest, paused);
	invoker->owner->on_pause(invoker->user, paused);
}

static gboolean runspace_begin(PssInvoker *invoker, PssQueuedRun *run, GError **error)
{
	const PssRunChannelOptions options = {
		.command = &run->command,
		.input = run->input,
	};
	static const PssRunEvents events = { .on_data = on_data, .on_taken = on_taken, .on_done = on_done };

	invoker->guest = pss_run_psrp_new_guest(invoker->client, &options, &events, invoker, error);
	if (!invoker->guest)
		return FALSE;
	runspace_pause(invoker, run->paused);
	pss_queue_on_begun(invoker);
	return TRUE;
}

static void runspace_write(PssInvoker *invoker, const void *data, gsize n)
{
	invoker->guest->ops->input(invoker->guest, data, n);
}

static void runspace_interrupt(PssInvoker *invoker)
{
	invoker->guest->ops->interrupt(invoker->guest);
}

static void runspace_free(PssInvoker *invoker)
{
	pss_run_free(invoker->guest);
}

static const PssCarrierOps runspace = {
	.is_ready = runspace_is_ready,
	.begin = runspace_begin,
	.write = runspace_write,
	.interrupt = runspace_interrupt,
	.pause = runspace_pause,
	.free = runspace_free,
};

PssInvoker *pss_invoker_new_runspace(PssPsrp *client, const PssInvokerOwner *owner, gpointer user)
{
	PssInvoker *invoker = pss_queue_new(&runspace, owner, user);

	invoker->client = client;
	return invoker;
}
