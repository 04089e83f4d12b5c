/* SPDX-License-Identifier: MIT */
/* LIST, REMOVE, DISCONNECT, CONNECT and PING: one function a request, each ends with its RESULT. */
#include "host/requests.h"

#include "host/registry.h"

void pss_request_ping(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	pss_peer_result(peer, id, PSS_OK, NULL);
}

void pss_request_list(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	GPtrArray *sessions = pss_registry_sessions();
	for (guint i = 0; i < sessions->len; i++)
		pss_peer_session(peer, PSS_SESSION, id, sessions->pdata[i]);
	pss_peer_result(peer, id, PSS_OK, NULL);
}

void pss_request_remove(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *found = instance ? pss_registry_find(instance) : NULL;

	if (!found) {
		pss_peer_result(peer, id, PSS_NO_SESSION, "the session has been removed already");
		return;
	}
	g_autoptr(PssSession) session = pss_session_ref(found);
	pss_session_close(session, "the session was removed");
	pss_registry_remove(session);
	pss_peer_result(peer, id, PSS_OK, NULL);
}

static PssSession *find(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *found = instance ? pss_registry_find(instance) : NULL;

	if (!found)
		pss_peer_result(peer, id, PSS_NO_SESSION, "the session no longer exists");
	return found;
}

void pss_request_disconnect(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssSession *session = find(peer, id, fields);
	g_autoptr(GError) error = NULL;

	if (!session)
		return;
	if (!pss_session_disconnect(session, &error)) {
		pss_peer_error(peer, id, error);
		return;
	}
	pss_session_take_buffering(session, fields);
	pss_peer_session(peer, PSS_RESULT, id, session);
}

void pss_request_connect(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssSession *session = find(peer, id, fields);
	g_autoptr(GError) error = NULL;

	if (!session)
		return;
	if (pss_session_connect(session, pss_fields_number(fields, PSS_TAG_FORCE, 0) != 0, &error))
		pss_peer_session(peer, PSS_RESULT, id, session);
	else
		pss_peer_error(peer, id, error);
}
