/* SPDX-License-Identifier: MIT */
/* The computer that a request of a client wants. */
#pragma once

#include "host/common/client-context.h"
#include "host/session/session.h"

/* The computer that the fields name: by TARGET, and VIA through which session; or by INSTANCE, where that session's
 * target leads. The caller frees it. NULL: error is set (PSS_USAGE, PSS_NO_SESSION, PSS_UNSUPPORTED). */
PssTarget *pss_request_target(const PssClientContext *context, struct pss_fields fields,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The computer of this session, in the surroundings (directory, environment) of the request. The caller frees it. */
PssTarget *pss_request_target_of(const PssClientContext *context, PssSession *session,
				 struct pss_fields fields) G_GNUC_WARN_UNUSED_RESULT;
