/* SPDX-License-Identifier: MIT */
/* A shell on a terminal, driven by remote/engine. What comes from it: bytes of its two channels, which go to the
 * engine, and what the engine makes of them, which goes to the session. The ends of both are ends of the shell. Called
 * through driver.c. */
#include <stdio.h>

#include "base/error.h"
#include "host/driver/private.h"
#include "link/resilient/transport-resilient.h"

#define N_CHANNELS 3            /* a terminal, control, a relay */
#define REDRAW_DEADLINE_MS 1000 /* for the first output after a change of the size */

typedef struct {
	PssDriver base;
	PssRemote *remote;   /* NULL: ended */
	char *expected;      /* the family of the shell, or NULL */
	guint redraw_source; /* the terminal has been made a line shorter, for what runs to draw itself again */
} TerminalDriver;

static TerminalDriver *kind_of(PssDriver *driver)
{
	return (TerminalDriver *)driver;
}

static void end_redrawing(TerminalDriver *terminal);

/* ---- the channels' events */

static void on_control_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	const TerminalDriver *terminal = user;
	if (!is_stderr && terminal->remote)
		pss_remote_control_data(terminal->remote, data, n);
}

static void on_control_closed(gpointer user, int exit_status, const GError *error)
{
	TerminalDriver *terminal = user;
	PssDriver *driver = &terminal->base;

	terminal->base.control = NULL;
	if (driver->is_ended)
		return;
	if (error)
		driver->events->on_note(driver->user, PSS_NOTE_VERBOSE, error->message);
	pss_remote_control_closed(terminal->remote);
}

static void on_terminal_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	const TerminalDriver *terminal = user;
	if (terminal->remote)
		pss_remote_terminal_data(terminal->remote, data, n);
}

static void on_terminal_closed(gpointer user, int exit_status, const GError *error)
{
	TerminalDriver *terminal = user;
	PssDriver *driver = &terminal->base;

	if (pss_driver_on_channel_closed(driver))
		return;
	if (!error) {
		pss_remote_terminal_closed(terminal->remote, exit_status);
		/* What a command has printed comes when its relay ends, which the control script makes it do. */
		if (pss_remote_state(terminal->remote) != PSS_REMOTE_ENDED && terminal->base.control)
			pss_channel_eof(terminal->base.control);
		return;
	}
	if (pss_remote_terminal_refused(terminal->remote))
		return;
	const PssDriverEnd end = { .reason = PSS_LEFT_LOST, .status = 255, .error = error };
	driver->events->on_ended(driver->user, &end);
}

static void on_drained(gpointer user)
{
	const PssDriver *driver = user;
	driver->events->on_drained(driver->user);
}

static const PssChannelEvents control_events = {
	.on_data = on_control_data,
	.on_drained = on_drained,
	.on_closed = on_control_closed,
};
static const PssChannelEvents terminal_events = {
	.on_data = on_terminal_data,
	.on_drained = on_drained,
	.on_closed = on_terminal_closed,
};

/* NULL: the login shell. */
static PssChannel *open_terminal(TerminalDriver *terminal, const char *command)
{
	const PssDriverOptions *options = &terminal->base.options;
	const PssChannelRequest request = {
		.pty = TRUE,
		.with_environment = TRUE,
		.command = command,
		.term = options->term ? options->term : "xterm-256color",
		.columns = options->columns ? options->columns : 80,
		.rows = options->rows ? options->rows : 24,
	};
	return pss_channel_open(terminal->base.transport, &request, &terminal_events, terminal);
}

static PssChannel *open_control(TerminalDriver *terminal)
{
	PssChannelRequest request = { .command = pss_remote_control_command(terminal->remote) };
	request.first_bytes = pss_remote_control_script(terminal->remote, &request.n_first_bytes);
	return pss_channel_open(terminal->base.transport, &request, &control_events, terminal);
}

/* ---- the engine's events */

static void send_control(gpointer user, const void *data, gsize n)
{
	const TerminalDriver *terminal = user;
	if (terminal->base.control)
		pss_channel_write(terminal->base.control, data, n);
	terminal->base.events->on_request(terminal->base.user);
}

static void send_terminal(gpointer user, const void *data, gsize n)
{
	const PssDriver *driver = user;
	if (driver->channel)
		pss_channel_write(driver->channel, data, n);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	TerminalDriver *terminal = user;
	end_redrawing(terminal);
	terminal->base.events->on_output(terminal->base.user, data, n);
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	const PssDriver *driver = user;
	driver->events->on_prompt(driver->user, prompt);
}

static void on_busy(gpointer user)
{
	const PssDriver *driver = user;
	driver->events->on_busy(driver->user);
}

static void on_typed(gpointer user, const void *data, gsize n)
{
	const PssDriver *driver = user;
	driver->events->on_typed(driver->user, data, n);
}

static void on_motd(gpointer user, const char *text)
{
	const PssDriver *driver = user;
	driver->events->on_note(driver->user, PSS_NOTE_MOTD, text);
}

static void on_notice(gpointer user, const char *text)
{
	const PssDriver *driver = user;
	driver->events->on_note(driver->user, PSS_NOTE_WARNING, text);
}

static void on_kept_exit(gpointer user, int status)
{
	const PssDriver *driver = user;
	driver->events->on_leave(driver->user, status);
}

static void on_completion(gpointer user, const PssRemoteCompletion *completion)
{
	const PssDriver *driver = user;
	driver->events->on_completion(driver->user, completion);
}

/* In the place of the terminal that has ended. */
static void open_login_shell(gpointer user)
{
	TerminalDriver *terminal = user;
	terminal->base.channel = open_terminal(terminal, NULL);
}

/* Of a shell that was killed the ssh program says 255, and not by what. */
static char *make_cause_of_exit(const PssDriver *driver, int status)
{
	if (driver->options.by_program && status == 255)
		return g_strdup("the remote shell was killed, or exited with status 255: ssh does not say which");
	return g_strdup_printf("the remote shell exited with status %d", status);
}

static char *make_cause(const PssDriver *driver, PssRemoteEnd how, int status, const char *cause)
{
	static const char *const causes[] = {
		[PSS_REMOTE_HUNG_UP] = "the remote shell ended",
		[PSS_REMOTE_UNLED] = "the process there that passes commands on to the remote shell has ended",
		[PSS_REMOTE_SILENT] = "the remote shell does not answer any more",
	};

	if (how == PSS_REMOTE_REFUSED)
		return g_strdup(cause);
	if (how == PSS_REMOTE_EXITED)
		return make_cause_of_exit(driver, status);
	return g_strdup(causes[how]);
}

static enum pss_left_reason left_reason(PssRemoteEnd how)
{
	switch (how) {
	case PSS_REMOTE_UNLED:
	case PSS_REMOTE_SILENT:
		return PSS_LEFT_LOST;
	case PSS_REMOTE_REFUSED:
		return PSS_LEFT_REMOVED;
	default:
		return PSS_LEFT_EXIT;
	}
}

static void on_ended(gpointer user, PssRemoteEnd how, int status, const char *why)
{
	const PssDriver *driver = user;
	const gboolean lost = how == PSS_REMOTE_UNLED || how == PSS_REMOTE_SILENT;
	g_autofree char *cause = make_cause(driver, how, status, why);
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_FAILED, cause);
	const PssDriverEnd end = { .reason = left_reason(how), .status = lost ? 255 : status, .error = error };

	driver->events->on_ended(driver->user, &end);
}

static const PssRemoteEvents remote_events = {
	.send_control = send_control,
	.send_terminal = send_terminal,
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_typed,
	.on_motd = on_motd,
	.on_notice = on_notice,
	.on_kept_exit = on_kept_exit,
	.on_completion = on_completion,
	.open_login_shell = open_login_shell,
	.on_ended = on_ended,
};

/* ---- what the session does with it */

static PssInvoker *terminal_new_queue(PssDriver *driver, const PssInvokerOwner *owner, gpointer user)
{
	return pss_invoker_new_relays(kind_of(driver)->remote, owner, user);
}

/* A server that is not OpenSSH may have a limit of its own for commands (dropbear: 9000 bytes). */
static void hint(const TerminalDriver *terminal)
{
	const char *banner = pss_transport_banner(terminal->base.transport);
	const PssRemoteHints hints = {
		.takes_scripts = banner && g_str_has_prefix(banner, "SSH-2.0-OpenSSH"),
		.family = terminal->expected,
	};

	pss_remote_hint(terminal->remote, &hints);
}

static void terminal_begin(PssDriver *driver)
{
	TerminalDriver *terminal = kind_of(driver);

	hint(terminal);
	pss_remote_begin(terminal->remote);
	/* The terminal first: the transport can put the first channel's requests into one flight. */
	driver->channel = open_terminal(terminal, pss_remote_terminal_command(terminal->remote));
	terminal->base.control = open_control(terminal);
	/* One more, for the streams of the first command beside the terminal: it costs the server no process. */
	pss_transport_reserve(terminal->base.transport, N_CHANNELS, 0);
}

static void terminal_end(PssDriver *driver)
{
	TerminalDriver *terminal = kind_of(driver);

	g_clear_handle_id(&terminal->redraw_source, g_source_remove);
	g_clear_pointer(&terminal->expected, g_free);
	g_clear_pointer(&terminal->remote, pss_remote_free);
}

static gboolean terminal_is_runspace(const PssDriver *driver)
{
	return FALSE;
}

static PssRemoteState terminal_state(PssDriver *driver)
{
	return pss_remote_state(kind_of(driver)->remote);
}

static const char *terminal_name(PssDriver *driver)
{
	return pss_remote_shell_name(kind_of(driver)->remote);
}

static gboolean terminal_may_be_late(PssDriver *driver)
{
	return pss_remote_may_be_late(kind_of(driver)->remote);
}

static gboolean terminal_last_prompt(PssDriver *driver, PssRemotePrompt *ret_prompt)
{
	return pss_remote_last_prompt(kind_of(driver)->remote, ret_prompt);
}

static gboolean terminal_line(PssDriver *driver, const void *data, gsize n, GError **error)
{
	return pss_remote_line(kind_of(driver)->remote, data, n, error);
}

static void terminal_discard(PssDriver *driver)
{
	pss_remote_discard(kind_of(driver)->remote);
}

static gboolean terminal_complete(PssDriver *driver, const char *line, gsize n, gsize point)
{
	return pss_remote_complete(kind_of(driver)->remote, line, n, point);
}

static void terminal_cancel_completion(PssDriver *driver)
{
	pss_remote_cancel_completion(kind_of(driver)->remote);
}

static void terminal_keys(PssDriver *driver, const void *data, gsize n)
{
	pss_remote_keys(kind_of(driver)->remote, data, n);
}

static void terminal_interrupt(PssDriver *driver)
{
	pss_remote_interrupt(kind_of(driver)->remote);
}

static gsize terminal_queued(PssDriver *driver)
{
	return pss_remote_held(kind_of(driver)->remote);
}

static void terminal_pause(PssDriver *driver, gboolean paused)
{
	if (driver->channel)
		pss_channel_pause(driver->channel, paused);
}

static void terminal_resize(PssDriver *driver)
{
	g_clear_handle_id(&kind_of(driver)->redraw_source, g_source_remove);
	if (driver->channel)
		pss_channel_resize(driver->channel, driver->options.columns, driver->options.rows);
}

/* The size is right again: what runs has seen the other one, or does not care. */
static void end_redrawing(TerminalDriver *terminal)
{
	if (terminal->redraw_source)
		terminal_resize(&terminal->base);
}

static gboolean on_redraw_deadline(gpointer user)
{
	end_redrawing(user);
	return G_SOURCE_REMOVE;
}

/* By a size that is another for a moment. What runs has to see it: two changes in a row would be none to it. */
static void terminal_redraw(PssDriver *driver)
{
	TerminalDriver *terminal = kind_of(driver);

	if (!driver->channel || driver->options.rows < 2 || terminal->redraw_source)
		return;
	pss_channel_resize(driver->channel, driver->options.columns, driver->options.rows - 1);
	terminal->redraw_source = g_timeout_add(REDRAW_DEADLINE_MS, on_redraw_deadline, terminal);
}

static void terminal_keep(PssDriver *driver)
{
	pss_remote_keep(kind_of(driver)->remote);
}

static gboolean terminal_hang_up(PssDriver *driver)
{
	return pss_remote_hang_up(kind_of(driver)->remote);
}

static const PssDriverOps terminal_ops = {
	.new_queue = terminal_new_queue,
	.begin = terminal_begin,
	.end = terminal_end,
	.is_runspace = terminal_is_runspace,
	.state = terminal_state,
	.name = terminal_name,
	.may_be_late = terminal_may_be_late,
	.last_prompt = terminal_last_prompt,
	.line = terminal_line,
	.discard = terminal_discard,
	.complete = terminal_complete,
	.cancel_completion = terminal_cancel_completion,
	.keys = terminal_keys,
	.interrupt = terminal_interrupt,
	.queued = terminal_queued,
	.pause = terminal_pause,
	.resize = terminal_resize,
	.redraw = terminal_redraw,
	.keep = terminal_keep,
	.hang_up = terminal_hang_up,
};

PssDriver *pss_driver_new_terminal(const PssDriverOptions *options, const PssDriverEvents *events, gpointer user)
{
	TerminalDriver *terminal = g_new0(TerminalDriver, 1);
	const PssRemoteOptions remote_options = { .shell = options->shell,
						  .kept = options->kept,
						  .resilient = options->resilient,
						  .tell_motd = options->tell_motd };

	pss_driver_init(&terminal->base, &terminal_ops, options, events, user);
	terminal->remote = pss_remote_new(&remote_options, &remote_events, terminal);
	return &terminal->base;
}

/* ---- what a runspace has not */

/* NULL: it is a runspace, or has ended. */
static PssRemote *engine_of(PssDriver *driver)
{
	return driver->ops == &terminal_ops ? kind_of(driver)->remote : NULL;
}

void pss_driver_expect(PssDriver *driver, const char *family)
{
	if (!engine_of(driver))
		return;
	g_free(kind_of(driver)->expected);
	kind_of(driver)->expected = g_strdup(family);
}

const char *pss_driver_family(PssDriver *driver)
{
	return engine_of(driver) ? pss_remote_family(engine_of(driver)) : NULL;
}

void pss_driver_begin_plain(PssDriver *driver, PssTransport *transport, const char *reason)
{
	driver->transport = transport;
	if (engine_of(driver))
		pss_remote_begin_plain(engine_of(driver), reason);
}

gboolean pss_driver_is_slow_to_start(PssDriver *driver, gboolean *ret_asks)
{
	return engine_of(driver) && pss_remote_is_slow_to_start(engine_of(driver), ret_asks);
}

gboolean pss_driver_is_unproven(PssDriver *driver)
{
	return engine_of(driver) && pss_remote_is_unproven(engine_of(driver));
}

const char *pss_driver_boot_id(PssDriver *driver)
{
	return engine_of(driver) ? pss_remote_boot_id(engine_of(driver)) : NULL;
}

PssChannel *pss_driver_terminal(PssDriver *driver)
{
	return driver->ops == &terminal_ops ? driver->channel : NULL;
}

/* ---- behind a holder */

void pss_driver_set_link(PssDriver *driver, gboolean up)
{
	if (engine_of(driver))
		pss_remote_set_link(engine_of(driver), up);
}

char *pss_driver_memo(PssDriver *driver, guint job)
{
	if (!engine_of(driver) || !driver->channel || !driver->control)
		return NULL;
	g_autofree char *engine = pss_remote_memo(engine_of(driver));
	if (!engine)
		return NULL;
	return g_strdup_printf("%u %u %u %s", pss_channel_held_number(driver->channel),
			       pss_channel_held_number(driver->control), job, engine);
}

gboolean pss_driver_read_memo(const char *text, PssDriverMemo *ret_memo)
{
	int end = 0;

	if (sscanf(text, "%u %u %u %n", &ret_memo->terminal, &ret_memo->control, &ret_memo->job, &end) < 3 || end == 0)
		return FALSE;
	ret_memo->engine = text + end;
	return pss_remote_memo_is_good(ret_memo->engine);
}

void pss_driver_await(PssDriver *driver)
{
	if (!engine_of(driver))
		return;
	pss_remote_await(engine_of(driver));
	pss_remote_set_link(engine_of(driver), FALSE);
}

void pss_driver_resume(PssDriver *driver, PssTransport *transport, const PssDriverMemo *memo)
{
	if (!engine_of(driver))
		return;
	driver->transport = transport;
	driver->channel = pss_transport_held_adopt(transport, memo->terminal, TRUE, &terminal_events, driver);
	driver->control = pss_transport_held_adopt(transport, memo->control, FALSE, &control_events, driver);
	pss_remote_resume(engine_of(driver), memo->engine);
}

char *pss_driver_old_mark(PssDriver *driver, char kind)
{
	return engine_of(driver) ? pss_remote_old_mark(engine_of(driver), kind) : NULL;
}

char *pss_driver_relay_mark(PssDriver *driver)
{
	return engine_of(driver) ? pss_remote_relay_mark(engine_of(driver)) : NULL;
}
