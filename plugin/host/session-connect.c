/* SPDX-License-Identifier: MIT */
/* Letting go of a session and taking it back, and what runs meanwhile: jobs, whose output somebody receives later. A
 * session that was let go of keeps its link; it is Disconnected to those who ask, and only connecting, entering or
 * receiving makes it Opened again. Called by requests.c and invocations.c. */
#include "host/error.h"
#include "host/held.h"
#include "host/session-private.h"

#define BUFFER_MIN 4096u
#define BUFFER_MAX (1024u * 1024u * 1024u)

gboolean pss_session_disconnect(PssSession *session, GError **error)
{
	if (session->state != PSS_STATE_OPENED && session->state != PSS_STATE_DISCONNECTED) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN,
			    "Cannot disconnect PSSession \"%s\" because it is not in the Opened state.", session->name);
		return FALSE;
	}
	session->let_go = TRUE;
	pss_session_send_away(session, PSS_LEFT_DISCONNECTED, "the session was disconnected; what runs in it goes on");
	return TRUE;
}

static gboolean take_back(PssSession *session, GError **error)
{
	if (session->state != PSS_STATE_OPENED && session->state != PSS_STATE_DISCONNECTED) {
		g_set_error(
			error, PSS_ERROR, PSS_NOT_OPEN,
			"Cannot connect PSSession \"%s\", either because it is not in the Disconnected state, or it "
			"is not available for connection.",
			session->name);
		return FALSE;
	}
	session->let_go = FALSE;
	return TRUE;
}

gboolean pss_session_connect(PssSession *session, gboolean force, GError **error)
{
	if (!take_back(session, error))
		return FALSE;
	if (session->link_lost) {
		pss_transport_held_hurry(session->transport);
		g_set_error(error, PSS_ERROR, PSS_LINK_LOST,
			    "Cannot connect PSSession \"%s\" now: the connection to %s is lost; it is being made again",
			    session->name, session->computer);
		return FALSE;
	}
	if (force)
		pss_session_send_away(session, PSS_LEFT_TAKEN, "another terminal has taken the session over");
	return TRUE;
}

void pss_session_take_buffering(PssSession *session, struct pss_fields fields)
{
	guint64 buffering = pss_fields_number(fields, PSS_TAG_BUFFERING, 0);
	guint64 size = pss_fields_number(fields, PSS_TAG_BUFFER_SIZE, 0);

	pss_record_set_buffering(session->record,
				 buffering == PSS_BUFFERING_BLOCK  ? PSS_BUFFERING_BLOCK
				 : buffering == PSS_BUFFERING_DROP ? PSS_BUFFERING_DROP
								   : pss_record_buffering(session->record),
				 size ? CLAMP(size, BUFFER_MIN, BUFFER_MAX) : 0);
}

gboolean pss_session_run_job(PssSession *session, const PssCommand *command, gboolean wait, GError **error)
{
	return pss_record_run(session->record, command, wait, error);
}

PssRun *pss_session_receive(PssSession *session, const PssReceiveOptions *options, const PssRunEvents *events,
			    gpointer user, GError **error)
{
	PssRun *run = pss_record_receive(session->record, options, events, user, error);

	if (run)
		session->let_go = FALSE;
	return run;
}
