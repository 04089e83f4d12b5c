/* SPDX-License-Identifier: MIT */
/* A shell on a terminal, driven by remote/engine. What comes from it: bytes of its two channels, which go to the
 * engine, and what the engine makes of them, which goes to the attached terminal or into the record. The ends of both
 * are ends of the session (session.c).
 */
#include "base/error.h"
#include "host/session/private.h"
#include "link/resilient/transport-resilient.h"

/* ---- the channels' events */

static void on_control_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssSession *session = user;
	if (!is_stderr && session->remote)
		pss_remote_control_data(session->remote, data, n);
}

static void on_control_closed(gpointer user, int exit_status, const GError *error)
{
	PssSession *session = user;
	session->control = NULL;
	if (session->farewell.is_under_way)
		return;
	if (error)
		pss_session_note(session, PSS_NOTE_VERBOSE, error->message);
	pss_remote_control_closed(session->remote);
}

static void on_terminal_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssSession *session = user;
	if (session->remote)
		pss_remote_terminal_data(session->remote, data, n);
}

static void on_terminal_closed(gpointer user, int exit_status, const GError *error)
{
	PssSession *session = user;
	session->terminal = NULL;
	if (session->farewell.is_under_way) {
		pss_session_has_gone(session);
		return;
	}
	if (!error) {
		pss_remote_terminal_closed(session->remote, exit_status);
		/* What a command has printed comes when its relay ends, which the control script makes it do. */
		if (pss_remote_state(session->remote) != PSS_REMOTE_ENDED && session->control)
			pss_channel_eof(session->control);
		return;
	}
	if (pss_remote_terminal_refused(session->remote))
		return;
	if (session->opening.events)
		pss_session_finish_opening(session, error);
	pss_session_end(session, PSS_SESSION_ON_CLOSED, error->message, PSS_LEFT_LOST, 255);
}

const PssChannelEvents pss_session_control_events = {
	.on_data = on_control_data,
	.on_drained = pss_session_on_drained,
	.on_closed = on_control_closed,
};
const PssChannelEvents pss_session_terminal_events = {
	.on_data = on_terminal_data,
	.on_drained = pss_session_on_drained,
	.on_closed = on_terminal_closed,
};

/* ---- the engine's events */

static void send_control(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	if (session->control)
		pss_channel_write(session->control, data, n);
	pss_session_tell_holder(session);
}

static void send_terminal(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	if (session->terminal)
		pss_channel_write(session->terminal, data, n);
}

static void on_motd(gpointer user, const char *text)
{
	pss_session_note(user, PSS_NOTE_MOTD, text);
}

static void on_kept_exit(gpointer user, int status)
{
	pss_session_send_away(user, PSS_LEFT_KEPT_EXIT, status, NULL);
}

/* NULL: the login shell. */
static PssChannel *open_terminal(PssSession *session, const char *command)
{
	const PssChannelRequest request = {
		.pty = TRUE,
		.with_environment = TRUE,
		.command = command,
		.term = session->term ? session->term : "xterm-256color",
		.columns = session->columns ? session->columns : 80,
		.rows = session->rows ? session->rows : 24,
	};
	return pss_channel_open(session->transport, &request, &pss_session_terminal_events, session);
}

static PssChannel *open_control(PssSession *session)
{
	PssChannelRequest request = { .command = pss_remote_control_command(session->remote) };
	request.first_bytes = pss_remote_control_script(session->remote, &request.n_first_bytes);
	return pss_channel_open(session->transport, &request, &pss_session_control_events, session);
}

/* In the place of the terminal that has ended. */
static void open_login_shell(gpointer user)
{
	PssSession *session = user;
	session->terminal = open_terminal(session, NULL);
}

/* Of a shell that was killed the ssh program says 255, and not by what. */
static char *make_cause_of_exit(const PssSession *session, int status)
{
	if (session->by_program && status == 255)
		return g_strdup("the remote shell was killed, or exited with status 255: ssh does not say which");
	return g_strdup_printf("the remote shell exited with status %d", status);
}

static char *make_cause(const PssSession *session, PssRemoteEnd how, int status, const char *cause)
{
	static const char *const causes[] = {
		[PSS_REMOTE_HUNG_UP] = "the remote shell ended",
		[PSS_REMOTE_UNLED] = "the process there that passes commands on to the remote shell has ended",
		[PSS_REMOTE_SILENT] = "the remote shell does not answer any more",
	};

	if (how == PSS_REMOTE_REFUSED)
		return g_strdup(cause);
	if (how == PSS_REMOTE_EXITED)
		return make_cause_of_exit(session, status);
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
	PssSession *session = user;
	gboolean lost = how == PSS_REMOTE_UNLED || how == PSS_REMOTE_SILENT;
	g_autofree char *cause = make_cause(session, how, status, why);

	if (session->opening.events) {
		g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_FAILED, cause);
		pss_session_finish_opening(session, error);
	}
	pss_session_end(session, PSS_SESSION_ON_CLOSED, cause, left_reason(how), lost ? 255 : status);
}

static const PssRemoteEvents remote_events = {
	.send_control = send_control,
	.send_terminal = send_terminal,
	.on_output = pss_session_on_output,
	.on_prompt = pss_session_on_prompt,
	.on_busy = pss_session_on_busy,
	.on_typed = pss_session_on_typed,
	.on_motd = on_motd,
	.on_notice = pss_session_on_notice,
	.on_kept_exit = on_kept_exit,
	.on_completion = pss_session_on_completion,
	.open_login_shell = open_login_shell,
	.on_ended = on_ended,
};

/* ---- what the session does with it */

void pss_session_make_remote(PssSession *session, const PssRemoteOptions *options)
{
	session->remote = pss_remote_new(options, &remote_events, session);
	session->invoker = pss_invoker_new_relays(session->remote, &pss_session_invoker_owner, session);
}

static void shell_make(PssSession *session, const PssSessionOptions *options)
{
	const PssRemoteOptions remote_options = { .shell = session->wanted_shell,
						  .kept = session->kept,
						  .resilient = options->resilient,
						  .tell_motd = options->tell_motd };
	pss_session_make_remote(session, &remote_options);
}

static void shell_free(PssSession *session)
{
	g_clear_pointer(&session->remote, pss_remote_free);
}

static void shell_begin(PssSession *session)
{
	pss_remote_begin(session->remote);
	/* The terminal first: the transport can put the first channel's requests into one flight. */
	session->terminal = open_terminal(session, pss_remote_terminal_command(session->remote));
	session->control = open_control(session);
}

static PssRemoteState shell_state(PssSession *session)
{
	return pss_remote_state(session->remote);
}

static const char *shell_name(PssSession *session)
{
	return session->remote ? pss_remote_shell_name(session->remote) : NULL;
}

static gboolean shell_may_be_late(PssSession *session)
{
	return pss_remote_may_be_late(session->remote);
}

static gboolean shell_last_prompt(PssSession *session, PssRemotePrompt *ret_prompt)
{
	return pss_remote_last_prompt(session->remote, ret_prompt);
}

static gboolean shell_line(PssSession *session, const void *data, gsize n, GError **error)
{
	return pss_remote_line(session->remote, data, n, error);
}

static void shell_discard(PssSession *session)
{
	pss_remote_discard(session->remote);
}

static gboolean shell_complete(PssSession *session, const char *line, gsize n, gsize point)
{
	return pss_remote_complete(session->remote, line, n, point);
}

static void shell_cancel_completion(PssSession *session)
{
	pss_remote_cancel_completion(session->remote);
}

static void shell_keys(PssSession *session, const void *data, gsize n)
{
	pss_remote_keys(session->remote, data, n);
}

static gsize shell_held(PssSession *session)
{
	return pss_remote_held(session->remote);
}

static void shell_interrupt(PssSession *session)
{
	pss_remote_interrupt(session->remote);
}

static void shell_pause(PssSession *session, gboolean paused)
{
	if (session->terminal)
		pss_channel_pause(session->terminal, paused);
}

static void shell_resize(PssSession *session)
{
	if (session->terminal)
		pss_channel_resize(session->terminal, session->columns, session->rows);
}

static void shell_keep(PssSession *session)
{
	pss_remote_keep(session->remote);
}

static gboolean shell_hang_up(PssSession *session)
{
	return pss_remote_hang_up(session->remote);
}

const PssShellOps pss_shell_remote = {
	.make = shell_make,
	.free = shell_free,
	.begin = shell_begin,
	.state = shell_state,
	.name = shell_name,
	.may_be_late = shell_may_be_late,
	.last_prompt = shell_last_prompt,
	.line = shell_line,
	.discard = shell_discard,
	.complete = shell_complete,
	.cancel_completion = shell_cancel_completion,
	.keys = shell_keys,
	.held = shell_held,
	.interrupt = shell_interrupt,
	.pause = shell_pause,
	.resize = shell_resize,
	.redraw = pss_session_have_redrawn,
	.keep = shell_keep,
	.hang_up = shell_hang_up,
};
