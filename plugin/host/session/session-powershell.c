/* SPDX-License-Identifier: MIT */
/* A PowerShell of a session, driven by psrp/client over the one channel that such a session has: the bytes of the
 * channel, what the client makes of them, and its end, which is one of the session (session.c). There is no terminal on
 * the other side, so a change of the window's size goes to the client alone. */
#include <string.h>

#include "base/error.h"
#include "host/commands/powershell.h"
#include "host/session/private.h"
#include "host/commands/terminal-programs.h"
#include "wire/deadlines.h"

static void end(PssSession *session, const GError *error)
{
	pss_session_finish_opening(session, error);
	pss_session_end(session, PSS_SESSION_ON_CLOSED, error->message, PSS_LEFT_REMOVED, 255);
}

static gboolean on_no_powershell(gpointer user)
{
	PssSession *session = user;
	g_autofree char *reason = g_steal_pointer(&session->opening.plain_reason);

	session->opening.plain_source = 0;
	g_clear_pointer(&session->wanted_shell, g_free);
	pss_session_use_shell(session, &pss_shell_remote);
	pss_remote_begin_plain(session->remote, reason);
	return G_SOURCE_REMOVE;
}

/* There is no PowerShell. Where nobody has asked for one, the login shell is better than nothing. */
static void fail(PssSession *session, const char *cause)
{
	g_autofree char *message = pss_powershell_failure(session->target->subsystem, cause);
	g_autoptr(GError) error = NULL;

	if (!session->asked_shell) {
		session->opening.plain_reason = g_steal_pointer(&message);
		session->opening.plain_source = g_idle_add(on_no_powershell, session);
		return;
	}
	error = g_error_new_literal(PSS_ERROR, PSS_FAILED, message);
	end(session, error);
}

/* ---- the channel's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssSession *session = user;
	if (session->powershell)
		pss_psrp_data(session->powershell, data, n, is_stderr);
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	PssSession *session = user;

	session->terminal = NULL;
	if (session->farewell.is_under_way) {
		pss_session_has_gone(session);
		return;
	}
	if (!error)
		pss_psrp_closed(session->powershell, exit_status);
	else if (g_error_matches(error, PSS_ERROR, PSS_UNSUPPORTED))
		fail(session, error->message);
	else
		end(session, error);
}

/* ---- the client's events */

static void send(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	if (session->terminal)
		pss_channel_write(session->terminal, data, n);
}

static PssRemotePrompt translate_prompt(const PssPsrpPrompt *prompt)
{
	return (PssRemotePrompt){
		.kind = prompt->kind,
		.status = prompt->status,
		.text = prompt->text,
		.n_text = prompt->n_text,
		.directory = prompt->directory,
		.n_directory = prompt->n_directory,
		.fresh = prompt->fresh,
		.right = "",
	};
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	PssSession *session = user;
	const PssRemotePrompt translated = translate_prompt(prompt);

	if (!pss_session_has_ended(session)) /* by the exit in that line */
		pss_session_on_prompt(session, &translated);
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
	PssRemoteCompletion translated;

	if (!completion) {
		pss_session_on_completion(user, NULL);
		return;
	}
	translated = (PssRemoteCompletion){
		.start = completion->start,
		.no_space = completion->no_space,
		.n_more = completion->n_more,
		.n = completion->n,
		.words = completion->words,
		.descriptions = completion->descriptions,
	};
	pss_session_on_completion(user, &translated);
}

/* The runspace lives on: of a temporary session it is not wanted any more. */
static void on_leave(gpointer user, int status)
{
	PssSession *session = user;
	g_autofree char *cause = g_strdup_printf("the remote shell exited with status %d", status);

	if (session->kept)
		pss_session_send_away(session, PSS_LEFT_KEPT_EXIT, status, NULL);
	else
		pss_session_end(session, PSS_SESSION_ON_CLOSED, cause, PSS_LEFT_EXIT, status);
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	PssSession *session = user;

	if (session->was_opened)
		pss_session_end(session, PSS_SESSION_ON_BROKEN, cause, PSS_LEFT_LOST, 255);
	else
		fail(session, cause);
}

static const PssPsrpEvents client_events = {
	.send = send,
	.on_output = pss_session_on_output,
	.on_prompt = on_prompt,
	.on_busy = pss_session_on_busy,
	.on_typed = pss_session_on_typed,
	.on_notice = pss_session_on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

/* ---- what the session does with it */

static void shell_make(PssSession *session, const PssSessionOptions *options)
{
	const PssPsrpOptions client_options = {
		.term = session->term,
		.columns = session->columns,
		.rows = session->rows,
		.completion_deadline_ms = (guint)pss_deadline(PSS_COMPLETION_MS),
	};

	session->powershell = pss_psrp_new(&client_options, &client_events, session);
	session->invoker = pss_invoker_new_runspace(session->powershell, &pss_session_invoker_owner, session);
}

static void shell_free(PssSession *session)
{
	g_clear_pointer(&session->powershell, pss_psrp_free);
}

/* All of the opening goes out in the flight of the login's last answer. */
static void shell_begin(PssSession *session)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = pss_session_on_drained,
		.on_closed = on_closed,
	};
	session->terminal =
		pss_powershell_open(session->transport, session->target->subsystem, &channel_events, session);
	pss_psrp_begin(session->powershell);
}

static PssRemoteState shell_state(PssSession *session)
{
	static const PssRemoteState states[] = {
		[PSS_PSRP_OPENING] = PSS_REMOTE_BOOT,
		[PSS_PSRP_IDLE] = PSS_REMOTE_IDLE,
		[PSS_PSRP_BUSY] = PSS_REMOTE_BUSY,
		[PSS_PSRP_ENDED] = PSS_REMOTE_ENDED,
	};
	return states[pss_psrp_state(session->powershell)];
}

static const char *shell_name(PssSession *session)
{
	return PSS_POWERSHELL_NAME;
}

/* The client has a deadline of its own. */
static gboolean shell_may_be_late(PssSession *session)
{
	return TRUE;
}

static gboolean shell_last_prompt(PssSession *session, PssRemotePrompt *ret_prompt)
{
	PssPsrpPrompt prompt;
	gboolean is_known = pss_psrp_last_prompt(session->powershell, &prompt);

	*ret_prompt = translate_prompt(&prompt);
	return is_known;
}

/* "vim …": says so once for each. A line goes on where the one before it was incomplete. */
static void notice_terminal_program(PssSession *session, const char *text, gsize n)
{
	gboolean is_windows = pss_transport_is_windows(session->transport);
	const char *program = session->running.line ? NULL : pss_terminal_program(text, n, &session->programs_noticed);
	g_autofree char *notice = NULL;

	if (!program)
		return;
	notice = g_strdup_printf("%s wants a terminal, which PowerShell remoting has not: %s %s%s", program,
				 is_windows ? "ssh -t" : "enter-pssession", session->computer,
				 is_windows ? "" : " -ConfigurationName pwsh");
	pss_session_on_notice(session, notice);
}

static gboolean shell_line(PssSession *session, const void *data, gsize n, GError **error)
{
	if (pss_psrp_state(session->powershell) != PSS_PSRP_IDLE) {
		g_set_error_literal(error, PSS_ERROR, PSS_FAILED, "the remote shell is not at its prompt");
		return FALSE;
	}
	pss_psrp_line(session->powershell, data, n);
	notice_terminal_program(session, data, n);
	return TRUE;
}

static void shell_discard(PssSession *session)
{
	pss_psrp_discard(session->powershell);
}

static gboolean shell_complete(PssSession *session, const char *line, gsize n, gsize point)
{
	return pss_psrp_complete(session->powershell, line, n, point);
}

static void shell_cancel_completion(PssSession *session)
{
	pss_psrp_cancel_completion(session->powershell);
}

/* Ctrl-C before there is a prompt can only mean the opening. TRUE: it was, and the session has ended. */
static gboolean give_opening_up(PssSession *session, const void *keys, gsize n)
{
	if (pss_psrp_state(session->powershell) != PSS_PSRP_OPENING || session->kept || !memchr(keys, '\003', n))
		return FALSE;
	pss_session_end(session, PSS_SESSION_ON_CLOSED, "interrupted while PowerShell was starting", PSS_LEFT_EXIT,
			130);
	return TRUE;
}

static void shell_keys(PssSession *session, const void *data, gsize n)
{
	if (!give_opening_up(session, data, n))
		pss_psrp_keys(session->powershell, data, n);
}

/* Keys that wait for a question may wait for long: they hold nothing up, and the client bounds them. */
static gsize shell_held(PssSession *session)
{
	return 0;
}

static void shell_interrupt(PssSession *session)
{
	if (!give_opening_up(session, "\003", 1))
		pss_psrp_interrupt(session->powershell);
}

static void pause_channel(PssSession *session)
{
	if (session->terminal)
		pss_channel_pause(session->terminal, session->terminal_paused || session->command_paused);
}

static void shell_pause(PssSession *session, gboolean paused)
{
	session->terminal_paused = paused;
	pause_channel(session);
}

void pss_session_pause_command(PssSession *session, gboolean paused)
{
	session->command_paused = paused;
	pause_channel(session);
}

static void shell_resize(PssSession *session)
{
	pss_psrp_resize(session->powershell, session->columns, session->rows);
}

static void shell_redraw(PssSession *session)
{
}

static void shell_keep(PssSession *session)
{
}

/* The end of its channel ends it. */
static gboolean shell_hang_up(PssSession *session)
{
	return FALSE;
}

const PssShellOps pss_shell_powershell = {
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
	.redraw = shell_redraw,
	.keep = shell_keep,
	.hang_up = shell_hang_up,
};
