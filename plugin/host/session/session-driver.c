/* SPDX-License-Identifier: MIT */
/* What drives the session's shell: how it is chosen, and what it tells of the shell, which goes to the attached
 * terminal or into the record. Called by session.c and by the driver. */
#include "base/error.h"
#include "host/commands/powershell.h"
#include "host/session/private.h"
#include "host/state/known-shells.h"

/* ---- which one */

void pss_session_make_driver(PssSession *session, gboolean is_runspace, const PssSessionOptions *options)
{
	const PssDriverOptions driver_options = {
		.shell = session->wanted_shell,
		.computer = session->computer,
		.subsystem = session->target->subsystem,
		.term = session->term,
		.columns = session->columns,
		.rows = session->rows,
		.kept = session->kept,
		.resilient = options->resilient,
		.tell_motd = options->tell_motd,
		.by_program = session->by_program,
	};

	session->driver = is_runspace ? pss_driver_new_runspace(&driver_options, &pss_session_driver_events, session)
				      : pss_driver_new_terminal(&driver_options, &pss_session_driver_events, session);
	session->invoker = pss_driver_new_queue(session->driver, &pss_session_invoker_owner, session);
}

/* In the place of a shell that has not begun, or has ended before its first prompt. Not inside of its events. */
static void replace_driver(PssSession *session, gboolean is_runspace)
{
	const PssSessionOptions options = { 0 };

	g_clear_pointer(&session->invoker, pss_invoker_free);
	pss_driver_free(session->driver);
	pss_session_make_driver(session, is_runspace, &options);
}

static gboolean on_no_powershell(gpointer user)
{
	PssSession *session = user;
	g_autofree char *reason = g_steal_pointer(&session->opening.plain_reason);

	session->opening.plain_source = 0;
	g_clear_pointer(&session->wanted_shell, g_free);
	replace_driver(session, FALSE);
	pss_driver_begin_plain(session->driver, session->transport, reason);
	return G_SOURCE_REMOVE;
}

/* There is no PowerShell. Where nobody has asked for one, the login shell is better than nothing. */
static void on_unavailable(gpointer user, const char *reason)
{
	PssSession *session = user;
	g_autoptr(GError) error = NULL;

	if (!session->asked_shell && !pss_session_has_ended(session)) {
		session->opening.plain_reason = g_strdup(reason);
		session->opening.plain_source = g_idle_add(on_no_powershell, session);
		return;
	}
	error = g_error_new_literal(PSS_ERROR, PSS_FAILED, reason);
	pss_session_finish_opening(session, error);
	pss_session_end(session, PSS_SESSION_ON_CLOSED, reason, PSS_LEFT_REMOVED, 255);
}

/* A resilient transport to Windows has not come here. */
gboolean pss_session_choose_driver(PssSession *session)
{
	g_autoptr(GError) error = NULL;

	if (!pss_check_configuration(session->transport, session->wanted_shell, &error)) {
		pss_session_finish_opening(session, error);
		pss_session_end(session, PSS_SESSION_ON_CLOSED, error->message, PSS_LEFT_REMOVED, 255);
		return FALSE;
	}
	if (pss_speaks_powershell(session->transport, session->wanted_shell) &&
	    !pss_driver_is_runspace(session->driver)) {
		replace_driver(session, TRUE);
		g_free(session->wanted_shell);
		session->wanted_shell = g_strdup(PSS_POWERSHELL_NAME);
	}
	return TRUE;
}

/* ---- which shell is there */

/* Newly allocated. */
static char *known_place(const PssSession *session)
{
	return session->wanted_shell ? g_strdup_printf("%s %s", session->history_key, session->wanted_shell)
				     : g_strdup(session->history_key);
}

void pss_session_expect_shell(PssSession *session)
{
	g_autofree char *place = known_place(session);

	pss_driver_expect(session->driver, pss_known_shell(place));
}

/* For the next session there. */
static void note_shell(PssSession *session)
{
	const char *family = session->is_shell_noted ? NULL : pss_driver_family(session->driver);

	if (!family || !session->history_key)
		return;
	g_autofree char *place = known_place(session);
	pss_known_shell_note(place, family);
	session->is_shell_noted = TRUE;
}

/* ---- what it tells */

static void on_output(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_output(session->attached.user, data, n);
	else
		pss_record_terminal(session->record, data, n);
	pss_session_look_at_start(session);
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	PssSession *session = user;

	if (pss_session_has_ended(session)) /* by the exit in that line */
		return;
	if (prompt->repaint) {
		if (session->attached.at_prompt)
			session->attached.events->on_prompt(session->attached.user, prompt);
		return;
	}
	note_shell(session);
	pss_session_become_opened(session);
	pss_running_note_prompt(&session->running, prompt->kind, prompt->status);
	pss_session_tell_holder(session);
	pss_orphan_at_prompt(session->holder.orphan);
	session->attached.at_prompt = session->attached.events != NULL;
	session->attached.awaits_link = FALSE;
	if (session->attached.events)
		session->attached.events->on_prompt(session->attached.user, prompt);
	else
		pss_record_prompt(session->record, prompt->status);
	if (session->invoker)
		pss_invoker_on_idle(session->invoker);
	pss_session_at_prompt(session);
}

static void on_busy(gpointer user)
{
	PssSession *session = user;
	if (pss_driver_state(session->driver) == PSS_REMOTE_RAW)
		pss_session_become_plain(session);
	session->attached.at_prompt = session->attached.awaits_link = FALSE;
	if (session->attached.events)
		session->attached.events->on_busy(session->attached.user);
}

void pss_session_on_typed(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_typed(session->attached.user, data, n);
}

static void on_completion(gpointer user, const PssRemoteCompletion *completion)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_completion(session->attached.user, completion);
}

static void on_drained(gpointer user)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_drained(session->attached.user);
}

static void on_request(gpointer user)
{
	pss_session_tell_holder(user);
}

static void on_leave(gpointer user, int status)
{
	pss_session_send_away(user, PSS_LEFT_KEPT_EXIT, status, NULL);
}

static void on_ended(gpointer user, const PssDriverEnd *end)
{
	const PssSessionEvent how = end->is_broken ? PSS_SESSION_ON_BROKEN : PSS_SESSION_ON_CLOSED;

	pss_session_finish_opening(user, end->error);
	pss_session_end(user, how, end->error->message, end->reason, end->status);
}

static void on_gone(gpointer user)
{
	pss_session_has_gone(user);
}

const PssDriverEvents pss_session_driver_events = {
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = pss_session_on_typed,
	.on_completion = on_completion,
	.on_note = pss_session_note,
	.on_drained = on_drained,
	.on_request = on_request,
	.on_leave = on_leave,
	.on_unavailable = on_unavailable,
	.on_ended = on_ended,
	.on_gone = on_gone,
};
