/* SPDX-License-Identifier: MIT */
/* The terminal that has entered a session: its coming and going, its lines, keys and size. Called by attachment.c; what
 * the remote side says in return comes through session.c. At most one terminal at a time: the next one takes its
 * place. */
#include "base/error.h"
#include "host/session/private.h"
#include "link/resilient/transport-resilient.h"

#define INPUT_QUEUE_LIMIT (256u * 1024u)

gboolean pss_session_can_attach(PssSession *session, gboolean force, GError **error)
{
	if (pss_session_has_ended(session)) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN, "session %s on %s is %s: %s",
			    session->name ? session->name : session->instance, session->computer,
			    pss_state_name(pss_session_state(session)),
			    session->cause ? session->cause : "it has ended");
		return FALSE;
	}
	if (!session->remote_user) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN, "session %s on %s is still connecting", session->name,
			    session->computer);
		return FALSE;
	}
	if (session->attached.events && !force) {
		g_set_error(error, PSS_ERROR, PSS_BUSY,
			    "session %s is entered in another terminal; -Force takes it over",
			    session->name ? session->name : session->instance);
		return FALSE;
	}
	return TRUE;
}

/* What its shell is at. A prompt comes behind the word that the link is there again: a line that is typed at it would
 * have that word in its output. */
static void show_state(PssSession *session)
{
	const gboolean is_idle = pss_driver_state(session->driver) == PSS_REMOTE_IDLE;
	PssRemotePrompt prompt;

	session->attached.awaits_link = is_idle && session->state.link != PSS_LINK_IS_UP;
	if (session->attached.awaits_link || (is_idle && pss_invoker_refresh(session->invoker)))
		return;
	session->attached.at_prompt = is_idle && pss_driver_last_prompt(session->driver, &prompt);
	if (session->attached.at_prompt)
		session->attached.events->on_prompt(session->attached.user, &prompt);
	else
		session->attached.events->on_busy(session->attached.user);
}

void pss_session_show_awaited(PssSession *session)
{
	if (session->attached.events && session->attached.awaits_link)
		show_state(session);
}

/* Nobody's line waits any more: its terminal has gone. */
static void drop_line(PssSession *session)
{
	if (session->invoker)
		pss_invoker_drop_line(session->invoker);
}

void pss_session_attach(PssSession *session, guint columns, guint rows, const PssWatcherEvents *events, gpointer user)
{
	pss_session_tell_left(session, PSS_LEFT_TAKEN, 0, "another terminal has taken the session over");
	drop_line(session);
	session->attached.events = events;
	session->attached.user = user;
	if (session->resilient)
		pss_transport_held_hurry(session->transport); /* it may be about to be parked */
	if (session->state.link != PSS_LINK_IS_UP)
		pss_session_tell_link(session,
				      session->state.link == PSS_LINK_IS_RELEASED ? PSS_LINK_PARKED : PSS_LINK_DOWN);
	pss_session_step(session, PSS_SESSION_ON_TAKE);
	pss_session_stop_output(session, FALSE);
	pss_session_resize(session, columns, rows);
	if (pss_driver_state(session->driver) == PSS_REMOTE_BUSY)
		pss_driver_redraw(session->driver);
	pss_record_show(session->record);
	pss_session_choose_dropped(session);

	pss_driver_discard(session->driver);
	show_state(session);
}

void pss_session_detach(PssSession *session)
{
	session->attached.events = NULL;
	session->attached.at_prompt = session->attached.awaits_link = FALSE;
	drop_line(session);
	if (pss_session_has_ended(session))
		return;
	pss_session_stop_output(session, FALSE);
	if (!session->kept)
		pss_session_close(session, "its terminal has gone");
	else
		pss_driver_discard(session->driver);
	pss_session_choose_dropped(session);
}

void pss_session_send_away(PssSession *session, enum pss_left_reason reason, int status, const char *message)
{
	const PssWatcherEvents *watcher = session->attached.events;
	gpointer user = session->attached.user;

	if (!watcher)
		return;
	/* Who hears of it may attach again, or hold the last reference. */
	pss_session_detach(session);
	watcher->on_left(user, reason, status, message);
}

gboolean pss_session_line(PssSession *session, const void *data, gsize n, GError **error)
{
	if (!pss_invoker_holds_line(session->invoker, data, n) && !pss_driver_line(session->driver, data, n, error))
		return FALSE;
	pss_running_note_line(&session->running, data, n);
	return TRUE;
}

gboolean pss_session_complete(PssSession *session, const char *line, gsize n, gsize point)
{
	return pss_driver_complete(session->driver, line, n, point);
}

void pss_session_cancel_completion(PssSession *session)
{
	pss_driver_cancel_completion(session->driver);
}

void pss_session_keys(PssSession *session, const void *data, gsize n)
{
	if (!pss_invoker_holds_keys(session->invoker, data, n))
		pss_driver_keys(session->driver, data, n);
}

void pss_session_resize(PssSession *session, guint columns, guint rows)
{
	if (columns == 0 || rows == 0 || (columns == session->columns && rows == session->rows))
		return;
	session->columns = columns;
	session->rows = rows;
	pss_driver_resize(session->driver, columns, rows);
}

void pss_session_interrupt(PssSession *session)
{
	if (!pss_invoker_holds_keys(session->invoker, "\003", 1))
		pss_driver_interrupt(session->driver);
}

void pss_session_discard(PssSession *session)
{
	pss_running_forget_line(&session->running);
	pss_driver_discard(session->driver);
}

void pss_session_stop_output(PssSession *session, gboolean stopped)
{
	pss_driver_pause(session->driver, stopped);
	pss_record_stop_watcher(session->record, stopped);
}

gboolean pss_session_input_is_full(PssSession *session)
{
	return pss_driver_queued(session->driver) > INPUT_QUEUE_LIMIT;
}
