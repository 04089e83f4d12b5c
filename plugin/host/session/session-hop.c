/* SPDX-License-Identifier: MIT */
/* Sessions that lead to others: one that is entered is named by its InstanceId although no list has it, and its link
 * carries the connection to the next computer. Called by peer.c and invocations.c. */
#include <string.h>

#include "base/error.h"
#include "host/session/private.h"
#include "link/transport/via.h"

static GPtrArray *living; /* all there are, without references */

void pss_session_enlist(PssSession *session)
{
	if (!living)
		living = g_ptr_array_new();
	g_ptr_array_add(living, session);
}

void pss_session_delist(PssSession *session)
{
	g_ptr_array_remove_fast(living, session);
}

PssSession *pss_session_find_living(const char *instance)
{
	for (guint i = 0; living && i < living->len; i++) {
		PssSession *session = living->pdata[i];
		if (session->instance && strcmp(session->instance, instance) == 0 && !pss_session_has_ended(session))
			return session;
	}
	return NULL;
}

PssVia *pss_session_via(const char *instance, GError **error)
{
	PssSession *session = pss_session_find_living(instance);

	if (session && session->transport)
		return pss_via_new(session->transport, session->computer, error);
	g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session that leads there no longer exists");
	return NULL;
}
