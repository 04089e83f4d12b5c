/* SPDX-License-Identifier: MIT */
/* The fields of a request become a target, on behalf of the client. Called by the parts of a client that log in. */
#include "host/common/request-target.h"

#include <stdint.h>
#include <unistd.h>

#include "base/error.h"
#include "host/common/registry.h"

/* Who asks, and what may be used for them. */
static void take_caller(PssTarget *target, const PssClientContext *context)
{
	target->asker = context->number;
	target->limits = *pss_peer_limits(context->peer);
}

/* To where a session leads, on behalf of this caller. */
static PssTarget *target_again(const char *instance, struct pss_fields fields, GError **error)
{
	PssSession *session = pss_registry_find(instance);

	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	PssTarget *target = pss_session_target_again(session);
	/* Used up, and so an error: never another way to what may be another computer from here. */
	target->via = pss_via_ref(pss_session_target(session)->via);
	if (pss_fields_text(fields, PSS_TAG_SUBSYSTEM)) {
		g_free(target->subsystem);
		target->subsystem = g_strdup(pss_fields_text(fields, PSS_TAG_SUBSYSTEM));
	}
	pss_target_take_surroundings(target, fields);
	return target;
}

/* What would go another way than through that session is refused: the same name may be another computer from here. */
static gboolean lead_through(PssTarget *target, const char *instance, GError **error)
{
	if (!instance)
		return TRUE;
	if (target->by_program || target->share) {
		g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "-%s does not go with a computer that is reached through a session",
			    target->share ? "ShareConnection" : "Transport ssh");
		return FALSE;
	}
	target->via = pss_session_via(instance, error);
	return target->via != NULL;
}

/* A connection that is made here, for a caller whose names and addresses lead elsewhere, would be to another computer.
 */
static gboolean goes_from_here(const PssClientContext *context, GError **error)
{
	if (pss_peer_shares_network(context->peer))
		return TRUE;
	g_set_error(
		error, PSS_ERROR, PSS_UNSUPPORTED,
		"this shell is in another network namespace than the host process (%jd), from where other computers "
		"are reached; with PSSESSION_RUNTIME_DIR set to a private directory it has a host process of its own",
		(intmax_t)getpid());
	return FALSE;
}

PssTarget *pss_request_target(const PssClientContext *context, struct pss_fields fields, GError **error)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	const char *via = pss_fields_text(fields, PSS_TAG_VIA);

	if (!via && !goes_from_here(context, error))
		return NULL;
	PssTarget *target = instance ? target_again(instance, fields, error) : pss_target_from_fields(fields, error);

	if (!target)
		return NULL;
	take_caller(target, context);
	if (lead_through(target, via, error))
		return target;
	pss_target_free(target);
	return NULL;
}

PssTarget *pss_request_target_of(const PssClientContext *context, PssSession *session, struct pss_fields fields)
{
	PssTarget *target = pss_target_copy(pss_session_target(session));

	pss_target_take_surroundings(target, fields);
	take_caller(target, context);
	return target;
}
