/* SPDX-License-Identifier: MIT */
/* One command, one channel: text in its request, what must not stand in an argv in its first bytes, streams as they
 * come. Used for computers (command-computer.c) and for sessions whose shell cannot be driven (command-queue.c). */
#include "host/commands/command-channel.h"

#include <string.h>

#include "base/error.h"
#include "wire/buffer.h"

/* On a terminal: the first bytes, until the shell says that it takes them as they are, which a terminal does not do by
 * itself: it echoes, cuts long lines and makes signals of bytes. */
typedef struct {
	char *token; /* what it says */
	char *first; /* secrets perhaps */
	gsize n_first;
	GString *seen;    /* output that may be the begin of the token */
	GByteArray *keys; /* what is typed meanwhile */
} Start;

typedef struct {
	PssRun base;
	PssChannel *channel; /* NULL: done */
	gboolean tty;
	gsize n_queued;
	Start *start;     /* NULL: it has begun */
	gboolean is_deaf; /* a signal reaches nobody there */
	GPtrArray *siblings;
	guint ending; /* source that ends it from here; 0: none */
} Run;

static void done(Run *run, int status, const GError *error)
{
	if (run->siblings)
		g_ptr_array_remove_fast(run->siblings, run);
	run->siblings = NULL;
	g_clear_handle_id(&run->ending, g_source_remove);
	run->base.events->on_done(run->base.user, status, error);
}

/* ---- the begin on a terminal */

static Start *new_start(char *token)
{
	Start *start = g_new0(Start, 1);

	start->token = token;
	start->seen = g_string_new(NULL);
	start->keys = g_byte_array_new();
	return start;
}

static void free_start(Start *start)
{
	if (!start)
		return;
	if (start->first)
		pss_wipe(start->first, start->n_first);
	g_free(start->first);
	g_free(start->token);
	g_string_free(start->seen, TRUE);
	g_byte_array_unref(start->keys);
	g_free(start);
}

static void tell_output(const Run *run, const char *text, gsize n)
{
	if (n > 0)
		run->base.events->on_data(run->base.user, FALSE, text, n);
}

/* The terminal is ready: the first bytes, then the keys, and what it has shown around the token. */
static void begin(Run *run, const char *at)
{
	Start *start = g_steal_pointer(&run->start);
	gsize n_before = (gsize)(at - start->seen->str);
	gsize n_behind = start->seen->len - n_before - strlen(start->token);

	if (run->channel) {
		pss_channel_write(run->channel, start->first, start->n_first);
		if (start->keys->len > 0)
			pss_channel_write(run->channel, start->keys->data, start->keys->len);
	}
	tell_output(run, start->seen->str, n_before);
	tell_output(run, at + strlen(start->token), n_behind);
	free_start(start);
}

/* All but what may be the begin of the token is shown. */
static void look_for_token(Run *run, const void *data, gsize n)
{
	Start *start = run->start;
	gsize n_token = strlen(start->token), n_shown;
	const char *at;

	g_string_append_len(start->seen, data, (gssize)n);
	at = memmem(start->seen->str, start->seen->len, start->token, n_token);
	if (at) {
		begin(run, at);
		return;
	}
	n_shown = start->seen->len - MIN(start->seen->len, n_token - 1);
	tell_output(run, start->seen->str, n_shown);
	g_string_erase(start->seen, 0, (gssize)n_shown);
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Run *run = user;

	if (run->start)
		look_for_token(run, data, n);
	else
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
	if (run->start)
		tell_output(run, run->start->seen->str, run->start->seen->len);
	if (!error && exit_status < 0)
		error = lost = g_error_new_literal(
			PSS_ERROR, PSS_LINK_LOST,
			"the server gave no exit status of the command; whether it succeeded is not known");
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
	if (n > 0 && run->start)
		g_byte_array_append(run->start->keys, data, (guint)n);
	else if (n > 0)
		pss_channel_write(run->channel, data, n);
	else
		end_input(run);
}

static void leave(Run *run)
{
	pss_channel_signal(run->channel, "HUP");
	pss_channel_close(g_steal_pointer(&run->channel));
}

static gboolean on_left(gpointer user)
{
	Run *run = user;
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED,
				    "interrupted: its server passes no signal on, and the command may go on there");

	run->ending = 0;
	leave(run);
	done(run, 0, error);
	return G_SOURCE_REMOVE;
}

/* Where nothing can interrupt the command it is left, as ssh leaves it. */
static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (run->channel && run->tty)
		pss_channel_write(run->channel, "\003", 1);
	else if (run->channel && !run->is_deaf)
		pss_channel_signal(run->channel, "INT");
	else if (run->channel && !run->ending)
		run->ending = g_idle_add(on_left, run);
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

	g_clear_handle_id(&run->ending, g_source_remove);
	if (run->siblings)
		g_ptr_array_remove_fast(run->siblings, run);
	if (run->channel)
		leave(run);
	free_start(run->start);
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

	run->ending = 0;
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
	g_autofree char *token = options->tty ? g_uuid_string_random() : NULL;
	char *first = NULL;
	gsize n_first = 0;
	PssChannelRequest request = { .pty = options->tty,
				      .with_environment = options->with_environment,
				      .term = options->term ? options->term : "xterm-256color",
				      .columns = options->columns ? options->columns : 80,
				      .rows = options->rows ? options->rows : 24 };
	g_autofree char *command =
		pss_words_exec(options->command, options->shell, options->is_script, token, &first, &n_first);

	request.command = command;
	if (first && token) {
		run->start = new_start(g_steal_pointer(&token));
		run->start->first = g_steal_pointer(&first);
		run->start->n_first = n_first;
	} else if (first) {
		request.first_bytes = first;
		request.n_first_bytes = n_first;
	}
	run->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	run->tty = options->tty;
	run->is_deaf = pss_transport_drops_signals(transport, options->user);
	run->siblings = options->siblings;
	if (run->siblings)
		g_ptr_array_add(run->siblings, run);
	if (pss_transport_is_windows(transport) && !is_plain(options->command, command))
		run->ending = g_idle_add(on_windows, run);
	else
		open_channel(run, transport, &request, options->input);
	if (first)
		pss_wipe(first, n_first);
	g_free(first);
	return &run->base;
}
