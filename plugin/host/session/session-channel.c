/* SPDX-License-Identifier: MIT */
/* Channels beside those of the session's shell, on its connection, for a client that copies. They end with the link, be
 * the session resilient or not; who wants one of a session that reconnects waits. Called by requests/channels.c. */
#include <unistd.h>

#include "base/error.h"
#include "host/session/private.h"

PssChannelSocket *pss_session_open_channel(PssSession *session, const PssChannelRequest *request, int socket,
					   const PssChannelSocketEvents *events, gpointer user, GError **error)
{
	if (session->state.life != PSS_LIFE_OPEN || session->state.claim != PSS_CLAIM_TAKEN || !session->transport) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN, "the session is %s; it has to be Opened",
			    pss_state_name(pss_session_state(session)));
		close(socket);
		return NULL;
	}
	if (!session->channels)
		session->channels = g_ptr_array_new();
	return pss_channel_socket_new(session->transport, request, socket, session->channels, events, user);
}

gboolean pss_session_survives(const PssSession *session)
{
	return session->resilient;
}

gboolean pss_session_reconnects(const PssSession *session)
{
	const PssSessionState *state = &session->state;

	return state->life == PSS_LIFE_OPEN && state->claim == PSS_CLAIM_TAKEN &&
	       (state->link == PSS_LINK_IS_LOST || state->link == PSS_LINK_IS_FAILING);
}

void pss_session_end_channels(PssSession *session, const char *cause)
{
	g_autoptr(GError) error =
		g_error_new_literal(PSS_ERROR, PSS_LINK_LOST, cause ? cause : "the session has ended");

	if (session->channels)
		pss_channel_sockets_end(session->channels, error);
	g_clear_pointer(&session->channels, g_ptr_array_unref);
}

char *pss_session_directory(PssSession *session)
{
	PssRemotePrompt prompt;

	if (pss_driver_is_runspace(session->driver) || !pss_driver_last_prompt(session->driver, &prompt) ||
	    prompt.n_directory == 0)
		return NULL;
	return g_strndup(prompt.directory, prompt.n_directory);
}
