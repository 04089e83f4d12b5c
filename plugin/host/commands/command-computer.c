/* SPDX-License-Identifier: MIT */
/* Connects, runs one command on one channel, and ends the connection. What comes for it before the login is over is
 * buffered, bounded by what the client may send. Called by invocation.c. */
#include "host/commands/command-computer.h"

#include "base/error.h"
#include "host/commands/command-psrp.h"
#include "host/commands/powershell.h"
#include "link/login/room.h"

enum state {
	CONNECTS,
	RUNS,
	DONE, /* its owner hears nothing more, and frees it */
};

typedef struct {
	PssRun base;
	const PssRunLinkEvents *link_events;
	PssTransport *transport;
	enum state state;
	PssRun *channel; /* NULL before the login */
	PssCommand command;
	PssRunChannelOptions options;
	gboolean is_powershell; /* by remoting; known when it runs */
	GByteArray *early;      /* input, while it connects */
	gboolean early_end;
	gboolean paused;
} Run;

static void done(Run *run, int status, const GError *error)
{
	if (run->state == DONE)
		return;
	run->state = DONE;
	run->base.events->on_done(run->base.user, status, error);
}

/* ---- the channel's events */

static void on_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	Run *run = user;
	run->base.events->on_data(run->base.user, is_stderr, data, n);
}

static void on_taken(gpointer user, gsize n)
{
	Run *run = user;
	run->base.events->on_taken(run->base.user, n);
}

static void on_channel_done(gpointer user, int status, const GError *error)
{
	done(user, status, error);
}

static void on_record(gpointer user, const void *data, gsize n, gboolean more)
{
	Run *run = user;
	run->base.events->on_record(run->base.user, data, n, more);
}

static void on_command_question(gpointer user, PssQuestion *question)
{
	Run *run = user;
	run->base.events->on_question(run->base.user, question);
}

static const PssRunEvents channel_events = {
	.on_data = on_data,
	.on_taken = on_taken,
	.on_done = on_channel_done,
	.on_record = on_record,
	.on_question = on_command_question,
};

/* ---- the link's events */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Run *run = user;
	g_autoptr(GError) error = NULL;

	if (run->state == DONE) /* given up in the turn of the main loop in which the login ended */
		return;
	run->is_powershell = pss_speaks_powershell(run->transport, run->options.shell);
	if (!pss_check_configuration(run->transport, run->options.shell, &error)) {
		done(run, 0, error);
		return;
	}
	run->state = RUNS;
	pss_room_hold();
	run->options.user = remote_user; /* for as long as this takes */
	run->channel = (run->is_powershell ? pss_run_psrp_new : pss_run_channel_new)(run->transport, &run->options,
										     &channel_events, run);
	run->options.user = NULL;
	run->channel->ops->pause(run->channel, run->paused);
	if (run->early->len > 0)
		run->channel->ops->input(run->channel, run->early->data, run->early->len);
	g_byte_array_set_size(run->early, 0);
	if (run->early_end)
		run->channel->ops->input(run->channel, NULL, 0);
}

static void on_question(gpointer user, PssQuestion *question)
{
	Run *run = user;
	if (run->state == DONE)
		pss_question_answer(question, NULL);
	else
		run->link_events->on_question(run->base.user, question);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	Run *run = user;
	if (run->state != DONE)
		run->link_events->on_note(run->base.user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	done(user, 0, error);
}

static const PssTransportEvents transport_events = {
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = on_note,
	.on_lost = on_lost,
};

/* ---- what its owner does with it */

static void run_input(PssRun *base, const void *data, gsize n)
{
	Run *run = (Run *)base;

	if (run->channel)
		run->channel->ops->input(run->channel, data, n);
	else if (n == 0)
		run->early_end = TRUE;
	else
		g_byte_array_append(run->early, data, (guint)n);
}

static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (run->channel) {
		run->channel->ops->interrupt(run->channel);
		return;
	}
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "interrupted while connecting");
	done(run, 0, error);
}

static void run_pause(PssRun *base, gboolean paused)
{
	Run *run = (Run *)base;

	run->paused = paused;
	if (run->channel)
		run->channel->ops->pause(run->channel, paused);
}

static gboolean on_free_idle(gpointer user)
{
	Run *run = user;

	gboolean has_run = run->channel != NULL;

	pss_run_free(run->channel);
	pss_transport_free(run->transport);
	if (has_run)
		pss_room_release();
	pss_command_clear(&run->command);
	g_free((char *)run->options.shell);
	g_free((char *)run->options.subsystem);
	g_free((char *)run->options.term);
	g_byte_array_unref(run->early);
	g_free(run);
	return G_SOURCE_REMOVE;
}

static void on_late_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
}

static void on_late_taken(gpointer user, gsize n)
{
}

static void on_late_done(gpointer user, int status, const GError *error)
{
}

static void on_late_record(gpointer user, const void *data, gsize n, gboolean more)
{
}

static void on_late_question(gpointer user, PssQuestion *question)
{
	pss_question_answer(question, NULL);
}

/* A transport is not freed inside one of its callbacks. */
static void run_free(PssRun *base)
{
	static const PssRunEvents ignored = { .on_data = on_late_data,
					      .on_taken = on_late_taken,
					      .on_done = on_late_done,
					      .on_record = on_late_record,
					      .on_question = on_late_question };
	Run *run = (Run *)base;

	run->state = DONE;
	run->base.events = &ignored;
	g_idle_add_full(G_PRIORITY_HIGH, on_free_idle, run, NULL);
}

void pss_run_computer_resize(PssRun *base, guint columns, guint rows)
{
	Run *run = (Run *)base;

	run->options.columns = columns;
	run->options.rows = rows;
	if (run->channel && !run->is_powershell)
		pss_run_channel_resize(run->channel, columns, rows);
}

PssRun *pss_run_computer_new(PssTransportNewFunc new_transport, PssTarget *target, const PssRunChannelOptions *options,
			     const PssRunEvents *events, const PssRunLinkEvents *link_events, gpointer user)
{
	static const PssRunOps ops = {
		.input = run_input,
		.interrupt = run_interrupt,
		.pause = run_pause,
		.free = run_free,
	};
	Run *run = g_new0(Run, 1);
	const PssCommand *command = options->command;

	run->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	run->link_events = link_events;
	pss_command_copy(&run->command, command);
	run->options = *options;
	run->options.command = &run->command;
	run->options.shell = g_strdup(options->shell);
	run->options.subsystem = g_strdup(target->subsystem);
	run->options.term = g_strdup(options->term);
	run->options.siblings = NULL;
	run->options.with_environment = TRUE;
	target->share = MIN(target->share, 1); /* the command's own channel */
	run->early = g_byte_array_new();
	run->transport = new_transport(target, &transport_events, run);
	pss_transport_connect(run->transport);
	return &run->base;
}
