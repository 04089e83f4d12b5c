/* SPDX-License-Identifier: MIT */
/* The requests that are answered at once, or, where a link has to be made for it, soon. */
#pragma once

#include "host/server/peer.h"

void pss_requests_on_list(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_requests_on_remove(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_requests_on_disconnect(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_requests_on_connect(PssPeer *peer, uint32_t id, struct pss_fields fields);

/* The peer has gone: nothing is answered any more. */
void pss_requests_forget(PssPeer *peer);
void pss_requests_on_ping(PssPeer *peer, uint32_t id, struct pss_fields fields);
