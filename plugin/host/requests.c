/* SPDX-License-Identifier: MIT */
/* LIST, REMOVE and PING: one function a request, each ends with its RESULT. */
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
