/* SPDX-License-Identifier: MIT */
/* The terminal that has entered a session: its coming and going, its lines, keys and size. Called by attachment.c; what
 * the remote side says in return comes through session.c. At most one terminal at a time: the next one takes its
 * place. */
#include "base/error.h"
#include "host/session/private.h"
#include "link/resilient/transport-resilient.h"

#define REDRAW_DEADLINE_MS 1000 /* for the first output after a change of the size */
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

/* The size is right again: what runs has seen the other one, or does not care. */
void pss_session_end_redrawing(PssSession *session)
{
	if (session->attached.redraw_source == 0)
		return;
	g_clear_handle_id(&session->attached.redraw_source, g_source_remove);
	session->shell->resize(session);
}

static gboolean on_redraw_deadline(gpointer user)
{
	pss_session_end_redrawing(user);
	return G_SOURCE_REMOVE;
}

/* What runs redraws its screen for a terminal of another size, so that it is shown whole to the one that has come.
 * It has to see that size: two changes in a row would be none to it. */
void pss_session_have_redrawn(PssSession *session)
{
	if (!session->terminal || session->rows < 2 || session->attached.redraw_source)
		return;
	pss_channel_resize(session->terminal, session->columns, session->rows - 1);
	session->attached.redraw_source = g_timeout_add(REDRAW_DEADLINE_MS, on_redraw_deadline, session);
}

/* What its shell is at. A prompt comes behind the word that the link is there again: a line that is typed at it would
 * have that word in its output. */
static void show_state(PssSession *session)
{
	const gboolean is_idle = session->shell->state(session) == PSS_REMOTE_IDLE;
	PssRemotePrompt prompt;

	session->attached.awaits_link = is_idle && session->state.link != PSS_LINK_IS_UP;
	if (session->attached.awaits_link || (is_idle && pss_invoker_refresh(session->invoker)))
		return;
	session->attached.at_prompt = is_idle && session->shell->last_prompt(session, &prompt);
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
	if (session->shell->state(session) == PSS_REMOTE_BUSY)
		session->shell->redraw(session);
	pss_record_show(session->record);
	pss_session_choose_dropped(session);

	session->shell->discard(session);
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
		session->shell->discard(session);
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
	if (!pss_invoker_holds_line(session->invoker, data, n) && !session->shell->line(session, data, n, error))
		return FALSE;
	pss_running_note_line(&session->running, data, n);
	return TRUE;
}

gboolean pss_session_complete(PssSession *session, const char *line, gsize n, gsize point)
{
	return session->shell->complete(session, line, n, point);
}

void pss_session_cancel_completion(PssSession *session)
{
	session->shell->cancel_completion(session);
}

void pss_session_keys(PssSession *session, const void *data, gsize n)
{
	if (!pss_invoker_holds_keys(session->invoker, data, n))
		session->shell->keys(session, data, n);
}

void pss_session_resize(PssSession *session, guint columns, guint rows)
{
	if (columns == 0 || rows == 0 || (columns == session->columns && rows == session->rows))
		return;
	session->columns = columns;
	session->rows = rows;
	g_clear_handle_id(&session->attached.redraw_source, g_source_remove);
	session->shell->resize(session);
}

void pss_session_interrupt(PssSession *session)
{
	if (!pss_invoker_holds_keys(session->invoker, "\003", 1))
		session->shell->interrupt(session);
}

void pss_session_discard(PssSession *session)
{
	pss_running_forget_line(&session->running);
	session->shell->discard(session);
}

void pss_session_stop_output(PssSession *session, gboolean stopped)
{
	session->shell->pause(session, stopped);
	pss_record_stop_watcher(session->record, stopped);
}

gboolean pss_session_input_is_full(PssSession *session)
{
	gsize queued = session->shell->held(session);
	if (session->terminal)
		queued += pss_channel_pending(session->terminal);
	if (session->control)
		queued += pss_channel_pending(session->control);
	return queued > INPUT_QUEUE_LIMIT;
}
