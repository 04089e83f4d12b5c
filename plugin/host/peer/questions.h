/* SPDX-License-Identifier: MIT */
/* The questions that the requests of one client want answered. The person in front of it is asked one at a time, in the
 * order in which they came. */
#pragma once

#include "host/peer/peer.h"
#include "link/transport/question.h"

typedef struct PssQuestions PssQuestions;

PssQuestions *pss_questions_new(PssPeer *peer);
void pss_questions_free(PssQuestions *questions); /* declines what is open */

/* A question of the request `id`; `computer` is borrowed until the questions of `id` are dropped. */
void pss_questions_ask(PssQuestions *questions, uint32_t id, const char *computer, PssQuestion *question);

/* The request has ended: its questions are withdrawn. */
void pss_questions_drop(PssQuestions *questions, uint32_t id);

/* The handler of ANSWER. */
void pss_questions_on_answer(gpointer questions, uint32_t id, struct pss_fields fields);
