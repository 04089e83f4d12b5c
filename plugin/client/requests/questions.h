/* SPDX-License-Identifier: MIT */
/* The questions that come in the course of a request (ASK and ANSWER of wire/PROTOCOL.md). */
#pragma once

#include "client/requests/connection.h"
#include "wire/message.h"

/* What an ASK asks. Borrowed from its frame. */
struct pss_asked {
	uint64_t id, kind;    /* enum pss_ask_kind */
	const char *computer; /* who asks; never NULL */
	const char *text;     /* never NULL */
	bool echo;
};

/* `computer`: where it names none. */
struct pss_asked pss_asked_read(struct pss_fields fields, const char *computer);

/* Puts it to the person at the terminal, as pss_ask(). */
int pss_asked_put(const struct pss_asked *asked, struct pss_buffer *ret_answer);

/* Sends the answer (NULL: declined) to an ASK of request `id`, and wipes every place where it was. 0 or -errno. */
int pss_request_answer(struct pss_connection *connection, uint32_t id, uint64_t ask_id, const char *answer);

/* As pss_asked_put(); any error declines it. */
typedef int (*pss_ask_func)(void *user, const struct pss_asked *asked, struct pss_buffer *ret_answer);

/* Puts it (`ask` NULL: by pss_asked_put()), sends the answer of request `id`, and wipes it. 0 or -errno of the
 * connection; *ret_outcome is what asking gave. Blocks as long as the person needs. */
int pss_request_ask(struct pss_connection *connection, uint32_t id, const struct pss_asked *asked, pss_ask_func ask,
		    void *user, int *ret_outcome);
