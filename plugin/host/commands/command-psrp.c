/* SPDX-License-Identifier: MIT */
/* Runs one command in a PowerShell of its own: powershell.c opens the channel, the client of plugin/psrp speaks over
 * it, and the command is a guest of that (command-guest.c). Called by command-computer.c, which frees a run from the
 * main loop: never from inside of the client's events. */
#include "host/commands/command-psrp.h"

#include <string.h>

#include "base/error.h"
#include "host/commands/powershell.h"

typedef struct {
	PssRun base;
	PssChannel *channel; /* NULL: it has ended */
	PssPsrp *client;
	PssRun *guest; /* NULL: the command has not begun, or is over */
	PssCommand command;
	PssRunChannelOptions options;
	char *subsystem;   /* or NULL */
	GByteArray *early; /* input that came before the command was begun */
	gboolean early_ends;
	gboolean paused, is_done;
} Run;

static void done(Run *run, int status, const GError *error)
{
	if (run->is_done)
		return;
	run->is_done = TRUE;
	run->base.events->on_done(run->base.user, status, error);
}

static void fail(Run *run, enum pss_status code, const char *message)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, (int)code, message);
	done(run, 0, error);
}

/* ---- what the guest gives */

static void on_guest_data(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
	Run *run = user;
	run->base.events->on_data(run->base.user, is_stderr, data, n);
}

static void on_guest_taken(gpointer user, gsize n)
{
	Run *run = user;
	run->base.events->on_taken(run->base.user, n);
}

static void on_guest_done(gpointer user, int status, const GError *error)
{
	done(user, status, error);
}

static void on_guest_record(gpointer user, const void *data, gsize n, gboolean more)
{
	Run *run = user;
	run->base.events->on_record(run->base.user, data, n, more);
}

static void on_guest_question(gpointer user, PssQuestion *question)
{
	Run *run = user;
	run->base.events->on_question(run->base.user, question);
}

/* As the owner's events are: what that one does not hear of does not come. */
static const PssRunEvents *events_of(const Run *run)
{
	static const PssRunEvents with_all = {
		.on_data = on_guest_data,
		.on_taken = on_guest_taken,
		.on_done = on_guest_done,
		.on_record = on_guest_record,
		.on_question = on_guest_question,
	};
	static const PssRunEvents with_streams = {
		.on_data = on_guest_data,
		.on_taken = on_guest_taken,
		.on_done = on_guest_done,
	};

	return run->base.events->on_record && run->base.events->on_question ? &with_all : &with_streams;
}

static void begin(Run *run)
{
	g_autoptr(GError) error = NULL;

	run->guest = pss_run_psrp_new_guest(run->client, &run->options, events_of(run), run, &error);
	if (!run->guest) {
		done(run, 0, error);
		return;
	}
	run->guest->ops->pause(run->guest, run->paused);
	if (run->early->len > 0)
		run->guest->ops->input(run->guest, run->early->data, run->early->len);
	if (run->early_ends)
		run->guest->ops->input(run->guest, NULL, 0);
	g_byte_array_set_size(run->early, 0);
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	Run *run = user;

	if (!run->is_done && !run->guest) /* else given up while it was opening */
		begin(run);
}

/* ---- the client's other events */

static void send(gpointer user, const void *data, gsize n)
{
	Run *run = user;
	if (run->channel)
		pss_channel_write(run->channel, data, n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
}

static void on_busy(gpointer user)
{
}

static void on_notice(gpointer user, const char *text)
{
	Run *run = user;
	g_autofree char *line = g_strdup_printf("%s\n", text);

	if (!run->is_done)
		run->base.events->on_data(run->base.user, TRUE, line, strlen(line));
}

static void on_leave(gpointer user, int status)
{
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	Run *run = user;
	g_autofree char *message = run->guest ? g_strdup(cause) : pss_powershell_failure(run->subsystem, cause);

	fail(run, PSS_FAILED, message);
}

static const PssPsrpEvents client_events = {
	.send = send,
	.on_output = on_bytes,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_bytes,
	.on_notice = on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

/* ---- the channel's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Run *run = user;
	pss_psrp_data(run->client, data, n, is_stderr);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	Run *run = user;

	pss_channel_close(g_steal_pointer(&run->channel));
	if (g_error_matches(error, PSS_ERROR, PSS_UNSUPPORTED))
		on_ended(run, PSS_PSRP_HUNG_UP, error->message);
	else if (error)
		done(run, 0, error);
	else
		pss_psrp_closed(run->client, exit_status);
}

/* ---- what its owner does with it */

static void run_input(PssRun *base, const void *data, gsize n)
{
	Run *run = (Run *)base;

	if (run->guest)
		run->guest->ops->input(run->guest, data, n);
	else if (n > 0)
		g_byte_array_append(run->early, data, (guint)n);
	else
		run->early_ends = TRUE;
}

static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (run->guest)
		run->guest->ops->interrupt(run->guest);
	else
		fail(run, PSS_INTERRUPTED, "interrupted while PowerShell was starting");
}

static void run_pause(PssRun *base, gboolean paused)
{
	Run *run = (Run *)base;

	run->paused = paused;
	if (run->guest)
		run->guest->ops->pause(run->guest, paused);
	if (run->channel)
		pss_channel_pause(run->channel, paused);
}

static void run_free(PssRun *base)
{
	Run *run = (Run *)base;

	run->is_done = TRUE;
	if (run->channel)
		pss_channel_close(g_steal_pointer(&run->channel)); /* what runs is stopped by that */
	pss_run_free(run->guest);
	pss_psrp_free(run->client);
	pss_command_clear(&run->command);
	g_free(run->subsystem);
	g_byte_array_unref(run->early);
	g_free(run);
}

static const PssRunOps ops = {
	.input = run_input,
	.interrupt = run_interrupt,
	.pause = run_pause,
	.free = run_free,
};

PssRun *pss_run_psrp_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			 gpointer user)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};
	const PssPsrpOptions client_options = { .columns = options->columns, .rows = options->rows };
	Run *run = g_new0(Run, 1);

	run->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	pss_command_copy(&run->command, options->command);
	run->options = (PssRunChannelOptions){
		.command = &run->command,
		.input = options->input,
		.tty = options->tty,
	};
	run->early = g_byte_array_new();
	run->client = pss_psrp_new(&client_options, &client_events, run);
	run->subsystem = g_strdup(options->subsystem);
	run->channel = pss_powershell_open(transport, options->subsystem, &channel_events, run);
	pss_psrp_begin(run->client);
	return &run->base;
}
