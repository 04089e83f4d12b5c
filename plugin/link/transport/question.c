/* SPDX-License-Identifier: MIT */
/* One question to a person and its one answer. Made by a login in whatever thread it runs, answered
 * in the main context by the connection that the asking command sits behind, or declined by being
 * dropped. The reference count is the only thing that threads share; an answer is never stored
 * here, so there is nothing to wipe. */
#include "link/transport/question.h"

struct PssQuestion {
	gatomicrefcount references;
	enum pss_ask_kind kind;
	char *text;
	PssAnswerFunc on_answer; /* NULL once it has been called */
	gpointer user;
};

PssQuestion *pss_question_new(enum pss_ask_kind kind, const char *text, PssAnswerFunc on_answer, gpointer user)
{
	PssQuestion *question = g_new0(PssQuestion, 1);

	g_atomic_ref_count_init(&question->references);
	question->kind = kind;
	question->text = g_strdup(text);
	question->on_answer = on_answer;
	question->user = user;
	return question;
}

PssQuestion *pss_question_ref(PssQuestion *question)
{
	g_atomic_ref_count_inc(&question->references);
	return question;
}

void pss_question_unref(PssQuestion *question)
{
	if (!question || !g_atomic_ref_count_dec(&question->references))
		return;
	/* Nobody else can see it any more, so this answer cannot race with another. */
	pss_question_answer(question, NULL);
	g_free(question->text);
	g_free(question);
}

enum pss_ask_kind pss_question_kind(PssQuestion *question)
{
	return question->kind;
}

const char *pss_question_text(PssQuestion *question)
{
	return question->text;
}

void pss_question_answer(PssQuestion *question, const char *answer)
{
	PssAnswerFunc on_answer = __extension__ g_steal_pointer(&question->on_answer);

	if (on_answer)
		on_answer(answer, question->user);
}
