/* SPDX-License-Identifier: MIT */
/* FIND: the sessions that holders keep on a computer, those of other clients too, and the way to take one over. */
#pragma once

#include "host/common/client-context.h"
#include "host/session/session.h"

typedef struct PssFinds PssFinds;

PssFinds *pss_finds_new(const PssClientContext *context);
void pss_finds_free(PssFinds *finds); /* gives up what is under way; not from a transport's callback */

/* The handler of FIND. */
void pss_finds_on_find(gpointer finds, uint32_t id, struct pss_fields fields);

/* CANCEL. FALSE: no FIND has that id. */
gboolean pss_finds_cancel(PssFinds *finds, uint32_t id);

/* What a FIND with KEEP of this client has found becomes a session of this host process, as pss_session_adopt() has it.
 * A reference, or NULL: nothing has this instance. */
PssSession *pss_finds_adopt(PssFinds *finds, const char *instance, gboolean force);
