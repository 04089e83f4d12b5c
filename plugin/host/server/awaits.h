/* SPDX-License-Identifier: MIT */
/* The requests WATCH and AWAIT of one client: computers that are to restart, or to answer again. */
#pragma once

#include "host/server/peer.h"

typedef struct PssAwaits PssAwaits;

PssAwaits *pss_awaits_new(PssPeer *peer);
void pss_awaits_free(PssAwaits *awaits); /* accepts NULL; not from a transport's callback */

void pss_awaits_on_watch(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_awaits_on_await(PssPeer *peer, uint32_t id, struct pss_fields fields);

/* CANCEL. FALSE: none of these requests has that id. */
gboolean pss_awaits_cancel(PssAwaits *awaits, uint32_t id);
