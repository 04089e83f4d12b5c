/* SPDX-License-Identifier: MIT */
/* One command, one channel: text in its request, what must not stand in an argv in its first bytes, streams as they
 * come. Used for computers (command-computer.c) and for sessions whose shell cannot be driven (command-queue.c). */
#include "host/commands/command-channel.h"

#include <string.h>

#include "base/error.h"
#include "wire/buffer.h"

typedef struct {
	PssRun base;
	PssChannel *channel; /* NULL: done */
	gboolean tty;
	gsize n_queued, n_first;
	GPtrArray *siblings;
	guint refusing; /* source; 0: none */
} Run;

static void done(Run *run, int status, const GError *error)
{
	if (run->siblings)
		g_ptr_array_remove_fast(run->siblings, run);
	run->siblings = NULL;
	g_clear_handle_id(&run->refusing, g_source_remove);
	run->base.events->on_done(run->base.user, status, error);
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Run *run = user;
	run->base.events->on_data(run->base.user, is_stderr, data, n);
}

static void on_drained(gpointer user)
{
	Run *run = user;
	gsize n = run->n_queued;

	run->n_queued = 0;
	if (n > 0)
		run->base.events->on_taken(run->base.user, n);
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	Run *run = user;
	g_autoptr(GError) lost = NULL;

	pss_channel_close(g_steal_pointer(&run->channel));
	if (!error && exit_status < 0)
		error = lost =
			g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, "the server gave no status of the command");
	done(run, exit_status, error);
}

/* A terminal has no end of input but the key for it; and a channel that has ended takes no Ctrl-C any more. */
static void end_input(const Run *run)
{
	if (!run->tty)
		pss_channel_eof(run->channel);
}

static void run_input(PssRun *base, const void *data, gsize n)
{
	Run *run = (Run *)base;

	if (!run->channel)
		return;
	run->n_queued += n;
	if (n > 0)
		pss_channel_write(run->channel, data, n);
	else
		end_input(run);
}

static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (run->channel && run->tty)
		pss_channel_write(run->channel, "\003", 1);
	else if (run->channel)
		pss_channel_signal(run->channel, "INT");
}

static void run_pause(PssRun *base, gboolean paused)
{
	Run *run = (Run *)base;
	if (run->channel)
		pss_channel_pause(run->channel, paused);
}

static void run_free(PssRun *base)
{
	Run *run = (Run *)base;

	g_clear_handle_id(&run->refusing, g_source_remove);
	if (run->siblings)
		g_ptr_array_remove_fast(run->siblings, run);
	if (run->channel) {
		pss_channel_signal(run->channel, "HUP");
		pss_channel_close(run->channel);
	}
	g_free(run);
}

void pss_run_channel_resize(PssRun *base, guint columns, guint rows)
{
	Run *run = (Run *)base;
	if (run->channel && run->tty)
		pss_channel_resize(run->channel, columns, rows);
}

void pss_run_channels_end(GPtrArray *runs, const GError *error)
{
	while (runs->len > 0) {
		Run *run = runs->pdata[0];
		g_clear_pointer(&run->channel, pss_channel_close); /* the link may live on for a while */
		done(run, 0, error);
	}
}

static gboolean on_windows(gpointer user)
{
	Run *run = user;
	g_autoptr(GError) error = g_error_new_literal(
		PSS_ERROR, PSS_UNSUPPORTED,
		"without PowerShell remoting a Windows computer takes a command as one text alone: no arguments, "
		"variables, scripts and words");

	run->refusing = 0;
	done(run, 0, error);
	return G_SOURCE_REMOVE;
}

/* What a login shell that is none of POSIX can take. */
static gboolean is_plain(const PssCommand *command, const char *executed)
{
	return command->text && strlen(executed) == command->n_text &&
	       memcmp(executed, command->text, command->n_text) == 0;
}

static void open_channel(Run *run, PssTransport *transport, const PssChannelRequest *request, gboolean has_input)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};

	run->channel = pss_channel_open(transport, request, &channel_events, run);
	if (!has_input)
		end_input(run);
}

PssRun *pss_run_channel_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			    gpointer user)
{
	static const PssRunOps ops = {
		.input = run_input,
		.interrupt = run_interrupt,
		.pause = run_pause,
		.free = run_free,
	};
	Run *run = g_new0(Run, 1);
	char *first = NULL;
	PssChannelRequest request = { .pty = options->tty,
				      .with_environment = options->with_environment,
				      .term = options->term ? options->term : "xterm-256color",
				      .columns = options->columns ? options->columns : 80,
				      .rows = options->rows ? options->rows : 24 };
	g_autofree char *command =
		pss_words_exec(options->command, options->shell, options->is_script, &first, &request.n_first_bytes);

	request.command = command;
	request.first_bytes = first;
	run->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	run->tty = options->tty;
	run->siblings = options->siblings;
	if (run->siblings)
		g_ptr_array_add(run->siblings, run);
	if (pss_transport_is_windows(transport) && !is_plain(options->command, command))
		run->refusing = g_idle_add(on_windows, run);
	else
		open_channel(run, transport, &request, options->input);
	if (first)
		pss_wipe(first, request.n_first_bytes);
	g_free(first);
	return &run->base;
}
