/* SPDX-License-Identifier: MIT */
/* What the session's shell tells of, whatever drives it: to the attached terminal, or into the record. Called by
 * session-engine.c and session-powershell.c. */
#include "host/session/private.h"

void pss_session_on_output(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	pss_session_end_redrawing(session);
	if (session->attached.events)
		session->attached.events->on_output(session->attached.user, data, n);
	else
		pss_record_terminal(session->record, data, n);
	pss_session_look_at_start(session);
}

void pss_session_on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	PssSession *session = user;
	if (prompt->repaint) {
		if (session->attached.at_prompt)
			session->attached.events->on_prompt(session->attached.user, prompt);
		return;
	}
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

void pss_session_on_busy(gpointer user)
{
	PssSession *session = user;
	if (session->shell->state(session) == PSS_REMOTE_RAW)
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

void pss_session_on_notice(gpointer user, const char *text)
{
	pss_session_note(user, PSS_NOTE_WARNING, text);
}

void pss_session_on_completion(gpointer user, const PssRemoteCompletion *completion)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_completion(session->attached.user, completion);
}

void pss_session_on_drained(gpointer user)
{
	PssSession *session = user;
	if (session->attached.events)
		session->attached.events->on_drained(session->attached.user);
}
