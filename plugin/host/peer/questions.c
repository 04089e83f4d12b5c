/* SPDX-License-Identifier: MIT */
/* A queue of questions, whose head has been sent as an ASK. Called by the parts of a client whose requests log in. */
#include "host/peer/questions.h"

struct asked {
	PssQuestion *question;
	const char *computer; /* borrowed from the request */
	uint32_t id;
};

struct PssQuestions {
	PssPeer *peer;
	GQueue queue; /* of struct asked */
	guint64 last_ask_id;
};

static void free_asked(gpointer data)
{
	struct asked *asked = data;

	pss_question_unref(asked->question);
	g_free(asked);
}

PssQuestions *pss_questions_new(PssPeer *peer)
{
	PssQuestions *questions = g_new0(PssQuestions, 1);

	questions->peer = peer;
	g_queue_init(&questions->queue);
	return questions;
}

void pss_questions_free(PssQuestions *questions)
{
	g_queue_clear_full(&questions->queue, free_asked);
	g_free(questions);
}

static gboolean is_secret(enum pss_ask_kind kind)
{
	return kind == PSS_ASK_SECRET || kind == PSS_ASK_COMMAND_SECRET;
}

static int send_ask(PssQuestions *questions, const struct asked *asked)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(questions->peer), PSS_ASK, asked->id);
	pss_message_number(&message, PSS_TAG_ASK_ID, ++questions->last_ask_id);
	pss_message_number(&message, PSS_TAG_ASK_KIND, pss_question_kind(asked->question));
	pss_message_number(&message, PSS_TAG_ECHO, !is_secret(pss_question_kind(asked->question)));
	pss_message_text(&message, PSS_TAG_MESSAGE, pss_question_text(asked->question));
	pss_message_text(&message, PSS_TAG_COMPUTER, asked->computer);
	return pss_message_end(&message);
}

/* One that is too long for a message is declined. */
static void send_head(PssQuestions *questions)
{
	struct asked *asked;

	while ((asked = g_queue_peek_head(&questions->queue)) && send_ask(questions, asked) < 0) {
		g_queue_pop_head(&questions->queue);
		free_asked(asked);
	}
	pss_peer_flush(questions->peer);
}

void pss_questions_ask(PssQuestions *questions, uint32_t id, const char *computer, PssQuestion *question)
{
	struct asked *asked = g_new0(struct asked, 1);

	asked->question = pss_question_ref(question);
	asked->id = id;
	asked->computer = computer;
	g_queue_push_tail(&questions->queue, asked);
	if (g_queue_get_length(&questions->queue) == 1)
		send_head(questions);
}

void pss_questions_on_answer(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssQuestions *questions = user;

	if (g_queue_is_empty(&questions->queue) ||
	    pss_fields_number(fields, PSS_TAG_ASK_ID, 0) != questions->last_ask_id)
		return;
	struct asked *asked = g_queue_pop_head(&questions->queue);
	pss_question_answer(asked->question, pss_fields_text(fields, PSS_TAG_ANSWER_TEXT));
	free_asked(asked);
	send_head(questions);
}

void pss_questions_drop(PssQuestions *questions, uint32_t id)
{
	GList *head = questions->queue.head;
	gboolean was_sent = head && ((struct asked *)head->data)->id == id;

	for (GList *link = head, *next; link; link = next) {
		next = link->next;
		if (((struct asked *)link->data)->id == id) {
			free_asked(link->data);
			g_queue_delete_link(&questions->queue, link);
		}
	}
	if (was_sent)
		send_head(questions);
}
