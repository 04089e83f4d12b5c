/* SPDX-License-Identifier: MIT */
/* The end of a session's link. A shell at rest has been asked to hang up, and ends its jobs then; bash does not where
 * its terminal is taken from it while PROMPT_COMMAND runs, as it does behind each request. So the link of a shell that
 * was asked stays until that has gone, though nobody hears of the session any more, but not for long. (A holder does
 * the same for its children.) Called by session.c and, where the shell has gone, by session-engine.c. */
#include "host/session/private.h"

#define GO_MS 2000 /* nobody waits for it but a host process that ends */

static guint n_going;

static void free_engine(PssSession *session)
{
	g_clear_handle_id(&session->patience_source, g_source_remove);
	g_clear_handle_id(&session->settle_source, g_source_remove);
	g_clear_handle_id(&session->redraw_source, g_source_remove);
	pss_session_forget_orphan(session);
	g_clear_pointer(&session->invoker, pss_invoker_free);
	if (session->remote && !session->wanted_shell)
		session->wanted_shell = g_strdup(pss_remote_shell_name(session->remote));
	if (session->remote && !session->boot)
		session->boot = g_strdup(pss_remote_boot_id(session->remote));
	g_clear_pointer(&session->remote, pss_remote_free);
}

void pss_session_free_link(PssSession *session)
{
	g_clear_handle_id(&session->end_source, g_source_remove);
	free_engine(session);
	session->control = session->terminal = NULL;
	g_clear_pointer(&session->transport, pss_transport_free);
}

static gboolean on_gone(gpointer user)
{
	PssSession *session = user;

	session->end_source = 0;
	session->going = FALSE;
	n_going--;
	pss_session_free_link(session);
	pss_session_unref(session);
	return G_SOURCE_REMOVE;
}

void pss_session_has_gone(PssSession *session)
{
	g_source_remove(session->end_source);
	session->end_source = g_idle_add_full(G_PRIORITY_HIGH, on_gone, session, NULL);
}

static gboolean on_end_idle(gpointer user)
{
	PssSession *session = user;
	gboolean waits = session->asked_to_go && session->terminal;

	n_going++;
	session->going = TRUE;
	if (!waits)
		return on_gone(session);
	free_engine(session);
	pss_channel_pause(session->terminal, FALSE); /* its end comes behind what it prints, which is dropped */
	session->end_source = g_timeout_add(GO_MS, on_gone, session);
	return G_SOURCE_REMOVE;
}

void pss_session_free_link_soon(PssSession *session)
{
	if (session->end_source)
		return;
	pss_session_ref(session);
	session->end_source = g_idle_add_full(G_PRIORITY_HIGH, on_end_idle, session, NULL);
}

gboolean pss_session_any_going(void)
{
	return n_going > 0;
}
