/* SPDX-License-Identifier: MIT */
/* What the record of unseen output (host/unseen) needs of the session: how it is now, its shell to run jobs in, and the
 * terminal that has entered it. Called by the record alone. */
#include "host/session/private.h"

/* Does its shell run something that would come to the record? Of a plain terminal nobody knows. */
static gboolean is_busy(PssSession *session)
{
	if (session->attached.events || !session->invoker || session->state.life != PSS_LIFE_OPEN)
		return FALSE;
	PssRemoteState state = pss_driver_state(session->driver);
	return state == PSS_REMOTE_BUSY || state == PSS_REMOTE_BOOT;
}

static gboolean awaits_link(const PssSession *session)
{
	const PssSessionLink link = session->state.link;

	return (link == PSS_LINK_IS_LOST || link == PSS_LINK_IS_RELEASED) && session->transport &&
	       !pss_session_state_is_over(&session->state);
}

static void look(gpointer user, PssRecordSession *ret_session)
{
	PssSession *session = user;

	*ret_session = (PssRecordSession){
		.name = session->name ? session->name : session->instance,
		.id = session->id,
		.is_resilient = session->resilient,
		.holder = session->resilient ? session->transport : NULL,
		.was_opened = session->was_opened,
		.is_entered = session->attached.events != NULL,
		.edits = session->attached.at_prompt,
		.is_busy = is_busy(session),
		.has_orphan = session->holder.orphan != NULL,
		.awaits_link = awaits_link(session),
	};
}

static PssRun *run(gpointer user, const PssCommand *command, gboolean wait, const PssRunEvents *events,
		   gpointer run_user, GError **error)
{
	return pss_session_run(user, command, FALSE, wait, events, run_user, error);
}

static void on_job(gpointer user)
{
	pss_session_choose_dropped(user);
}

static void each_run(gpointer user, void (*func)(PssRun *run, gpointer data), gpointer data)
{
	const PssSession *session = user;

	if (session->invoker)
		pss_invoker_each(session->invoker, func, data);
}

static void stop(gpointer user, gboolean orphan, gboolean terminal)
{
	PssSession *session = user;

	pss_orphan_pause(session->holder.orphan, orphan);
	if (!session->attached.events)
		pss_driver_pause(session->driver, terminal);
}

/* ---- the terminal that has entered it */

static void on_busy(gpointer user)
{
	const PssSession *session = user;
	session->attached.events->on_busy(session->attached.user);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	const PssSession *session = user;
	session->attached.events->on_output(session->attached.user, data, n);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const PssSession *session = user;
	session->attached.events->on_note(session->attached.user, kind, text);
}

const PssRecordOwner pss_session_record_owner = {
	.look = look,
	.run = run,
	.on_job = on_job,
	.each_run = each_run,
	.stop = stop,
	.on_busy = on_busy,
	.on_output = on_output,
	.on_note = on_note,
};
