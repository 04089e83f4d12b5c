/* SPDX-License-Identifier: MIT */
/* LIST, REMOVE, DISCONNECT, CONNECT and PING of one client: answered at once, or when a link is up or down. */
#pragma once

#include "host/requests/discovery.h"
#include "host/peer/peer.h"

typedef struct PssRequests PssRequests;

/* What `finds` has found can be connected. */
PssRequests *pss_requests_new(PssPeer *peer, PssFinds *finds);
void pss_requests_free(PssRequests *requests); /* nothing is answered any more; a CONNECT is given up */

void pss_requests_on_list(gpointer requests, uint32_t id, struct pss_fields fields);
void pss_requests_on_remove(gpointer requests, uint32_t id, struct pss_fields fields);
void pss_requests_on_disconnect(gpointer requests, uint32_t id, struct pss_fields fields);
void pss_requests_on_connect(gpointer requests, uint32_t id, struct pss_fields fields);
void pss_requests_on_ping(gpointer requests, uint32_t id, struct pss_fields fields);
