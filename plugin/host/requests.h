/* SPDX-License-Identifier: MIT */
/* The requests that are answered at once. */
#pragma once

#include "host/peer.h"

void pss_request_list(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_request_remove(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_request_disconnect(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_request_connect(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_request_ping(PssPeer *peer, uint32_t id, struct pss_fields fields);
