/* SPDX-License-Identifier: MIT */
/* The end of a session's link. A shell at rest has been asked to hang up, and ends its jobs then; bash does not where
 * its terminal is taken from it while PROMPT_COMMAND runs, as it does behind each request. So the link of a shell that
 * was asked stays until that has gone, though nobody hears of the session any more, but not for long. (A holder does
 * the same for its children.) Called by session.c and, where the shell has gone, by the driver. */
#include "host/session/private.h"
#include "wire/deadlines.h"

static guint n_going;

static void free_engine(PssSession *session)
{
	g_clear_handle_id(&session->opening.patience_source, g_source_remove);
	g_clear_handle_id(&session->opening.plain_source, g_source_remove);
	g_clear_pointer(&session->opening.plain_reason, g_free);
	g_clear_handle_id(&session->holder.settle_source, g_source_remove);
	g_clear_pointer(&session->holder.orphan, pss_orphan_free);
	g_clear_pointer(&session->invoker, pss_invoker_free);
	if (!session->wanted_shell)
		session->wanted_shell = g_strdup(pss_driver_name(session->driver));
	if (!session->boot)
		session->boot = g_strdup(pss_driver_boot_id(session->driver));
	pss_driver_end(session->driver);
}

void pss_session_free_link(PssSession *session)
{
	g_clear_handle_id(&session->farewell.source, g_source_remove);
	free_engine(session);
	pss_session_end_channels(session, session->cause);
	pss_driver_lost(session->driver);
	g_clear_pointer(&session->transport, pss_transport_free);
}

static gboolean on_gone(gpointer user)
{
	PssSession *session = user;

	session->farewell.source = 0;
	session->farewell.is_under_way = FALSE;
	n_going--;
	pss_session_free_link(session);
	pss_session_unref(session);
	return G_SOURCE_REMOVE;
}

void pss_session_has_gone(PssSession *session)
{
	g_source_remove(session->farewell.source);
	session->farewell.source = g_idle_add_full(G_PRIORITY_HIGH, on_gone, session, NULL);
}

static gboolean on_end_idle(gpointer user)
{
	PssSession *session = user;
	gboolean waits = session->farewell.shell_asked && pss_driver_terminal(session->driver);

	n_going++;
	session->farewell.is_under_way = TRUE;
	if (!waits)
		return on_gone(session);
	free_engine(session);
	pss_channel_pause(pss_driver_terminal(session->driver),
			  FALSE); /* its end comes behind what it prints, which is dropped */
	session->farewell.source = g_timeout_add(pss_deadline(PSS_SHELL_END_MS), on_gone, session);
	return G_SOURCE_REMOVE;
}

void pss_session_free_link_soon(PssSession *session)
{
	if (session->farewell.source)
		return;
	pss_session_ref(session);
	session->farewell.source = g_idle_add_full(G_PRIORITY_HIGH, on_end_idle, session, NULL);
}

gboolean pss_session_any_going(void)
{
	return n_going > 0;
}
