/* SPDX-License-Identifier: MIT */
/* FIND: what holders keep on a computer, whoever opened it there, and the way to take it over. */
#pragma once

#include "host/server/peer.h"

PssFinds *pss_finds_new(PssPeer *peer);
void pss_finds_free(PssFinds *finds); /* gives up what is under way; accepts NULL */

/* The handler of FIND. */
void pss_finds_on_find(PssPeer *peer, uint32_t id, struct pss_fields fields);

/* Gives up the FIND of this id. FALSE: there is none. */
gboolean pss_finds_cancel(PssFinds *finds, uint32_t id);

/* What a FIND with KEEP of this client has found becomes a session of this host process, as pss_session_adopt() has it.
 * A reference, or NULL: nothing has this instance. */
PssSession *pss_finds_adopt(PssFinds *finds, const char *instance, gboolean force);
