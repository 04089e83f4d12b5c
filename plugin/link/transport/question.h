/* SPDX-License-Identifier: MIT */
/* A question that a login needs answered by a person: asked by a transport (from any thread), put to
 * the terminal of the command that opens, answered or declined once. */
#pragma once

#include <glib.h>

#include "wire/message.h"

typedef struct PssQuestion PssQuestion;

/* Copies the texts. `on_answer` is called once, in the default main context, with the answer (NUL-
 * terminated, wiped after the call) or NULL when declined, cancelled or nobody can be asked. */
typedef void (*PssAnswerFunc)(const char *answer, gpointer user);
PssQuestion *pss_question_new(enum pss_ask_kind kind, const char *text, PssAnswerFunc on_answer, gpointer user);

PssQuestion *pss_question_ref(PssQuestion *question);
void pss_question_unref(PssQuestion *question); /* the last one declines an unanswered question */

enum pss_ask_kind pss_question_kind(PssQuestion *question);
const char *pss_question_text(PssQuestion *question);

/* NULL declines. A second answer is ignored. */
void pss_question_answer(PssQuestion *question, const char *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssQuestion, pss_question_unref)
