/* SPDX-License-Identifier: MIT */
/* The questions that come in the course of a request: how an ASK is read, put to the person at the terminal, and
 * answered. An answer is wiped here as soon as it is sent. */
#include "client/requests/questions.h"

#include <errno.h>
#include <stdio.h>

#include "client/tty/ask.h"

/* The room for an answer, so that the buffer it is sent from never moves and can be wiped whole. */
#define ANSWER_ROOM 8192

struct pss_asked pss_asked_read(struct pss_fields fields, const char *computer)
{
	const uint64_t kind = pss_fields_number(fields, PSS_TAG_ASK_KIND, PSS_ASK_SECRET);
	const char *named = pss_fields_text(fields, PSS_TAG_COMPUTER), *text = pss_fields_text(fields, PSS_TAG_MESSAGE);

	return (struct pss_asked){
		.id = pss_fields_number(fields, PSS_TAG_ASK_ID, 0),
		.kind = kind,
		.computer = named ? named : computer,
		.text = text ? text : "",
		.echo = kind != PSS_ASK_SECRET && kind != PSS_ASK_COMMAND_SECRET &&
			pss_fields_number(fields, PSS_TAG_ECHO, 1),
	};
}

int pss_asked_put(const struct pss_asked *asked, struct pss_buffer *ret_answer)
{
	return pss_ask(asked->computer, asked->text, asked->echo, ret_answer);
}

int pss_request_answer(struct pss_connection *connection, uint32_t id, uint64_t ask_id, const char *answer)
{
	struct pss_message message;

	if (!pss_buffer_reserve(&connection->out, ANSWER_ROOM))
		return -ENOMEM;
	pss_message_begin(&message, &connection->out, PSS_ANSWER, id);
	pss_message_number(&message, PSS_TAG_ASK_ID, ask_id);
	pss_message_text(&message, PSS_TAG_ANSWER_TEXT, answer);
	int rc = pss_message_end(&message);
	if (rc == 0)
		rc = pss_connection_flush(connection);
	if (rc == 0)
		pss_buffer_wipe(&connection->out);
	return rc == -EAGAIN ? 0 : rc;
}

int pss_request_ask(struct pss_connection *connection, uint32_t id, const struct pss_asked *asked, pss_ask_func ask,
		    void *user, int *ret_outcome)
{
	struct pss_buffer answer;

	pss_buffer_init(&answer);
	fflush(stdout);
	*ret_outcome = ask ? ask(user, asked, &answer) : pss_asked_put(asked, &answer);
	int rc = pss_request_answer(connection, id, asked->id,
				    *ret_outcome == 0 ? (const char *)pss_buffer_bytes(&answer) : NULL);
	pss_buffer_wipe(&answer);
	return rc;
}
