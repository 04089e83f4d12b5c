/* SPDX-License-Identifier: MIT */
/* The sessions that one client is opening, and the questions that they want answered, one at a time. */
#pragma once

#include "host/server/peer.h"
#include "link/transport/question.h"

PssOpenings *pss_openings_new(PssPeer *peer);
void pss_openings_free(PssOpenings *openings); /* gives up what is under way; accepts NULL */

/* Handlers of OPEN, CANCEL and ANSWER. */
void pss_openings_on_open(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_openings_on_cancel(PssPeer *peer, uint32_t id, struct pss_fields fields);
void pss_openings_on_answer(PssPeer *peer, uint32_t id, struct pss_fields fields);

/* LEAVE with KEEP before its session is there: it opens as a kept one, and nobody is asked anything for it. */
void pss_openings_detach(PssOpenings *openings, uint32_t id);

/* A question of another request of this client; `computer` lives until the questions of `id` are dropped. */
void pss_openings_ask(PssOpenings *openings, uint32_t id, const char *computer, PssQuestion *question);
void pss_openings_drop_questions(PssOpenings *openings, uint32_t id);
