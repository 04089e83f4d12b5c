/* SPDX-License-Identifier: MIT */
/* A command for one session that is named: HELLO, INVOKE and the text go at once, and the host process looks the
 * session up, so that a call in a shell's own loop costs one turn. Where that is not to be (no host process, an older
 * one, no such session or several) the caller lists the sessions, which says why. Called by invoke-command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/invoke/private.h"
#include "client/requests/requests.h"
#include "wire/deadlines.h"

/* The next frame. 1, or -errno. */
static int next_frame(struct pss_invoke *invoke, struct pss_frame *ret_frame)
{
	struct pss_connection *connection = &invoke->connection;
	bool (*interrupted)(void) = invoke->call->shell->interrupted;
	int rc;

	do
		rc = pss_connection_wait(connection, pss_deadline(PSS_ACK_MS), interrupted, ret_frame);
	while (rc == -ETIMEDOUT && pss_connection_is_busy(connection, interrupted));
	return rc;
}

/* 1: it is under way; 0: it is not, and never will be. */
static int take_answer(struct pss_invoke *invoke, const struct pss_frame *frame)
{
	struct pss_invoke_target *target = &invoke->targets[0];
	const char *computer = pss_fields_text(pss_frame_fields(frame), PSS_TAG_COMPUTER);

	if (frame->header.type != PSS_ACK || frame->header.id != target->run.id || !computer)
		return 0;
	invoke->computer = strdup(computer);
	if (!invoke->computer)
		return -ENOMEM;
	target->label = invoke->computer;
	target->state = PSS_INVOKE_RUNNING;
	return 1;
}

/* The greeting, and the answer to the request. 1, 0 or -errno. One that ends without a greeting has begun nothing: it
 * sends the answer before anything reaches the remote shell. */
static int await_answer(struct pss_invoke *invoke)
{
	struct pss_frame frame;

	int rc = next_frame(invoke, &frame);
	if (rc < 0)
		return rc == -ECONNRESET || rc == -EPIPE ? 0 : rc;
	rc = pss_connection_take_greeting(&invoke->connection, &frame);
	pss_connection_done(&invoke->connection, &frame);
	if (rc < 0 || invoke->connection.version < 2)
		return 0;
	rc = next_frame(invoke, &frame);
	if (rc < 0)
		return rc;
	rc = take_answer(invoke, &frame);
	pss_connection_done(&invoke->connection, &frame);
	return rc;
}

int pss_invoke_begin_named(struct pss_invoke *invoke)
{
	int rc = pss_request_begin(invoke->call, &invoke->connection);
	if (rc < 0)
		return 0;
	rc = pss_invoke_send(invoke, &invoke->targets[0]);
	if (rc == 0)
		rc = await_answer(invoke);
	if (rc > 0) {
		pss_call_verbose(invoke->call, "connected to the host process");
		return rc;
	}
	if (rc < 0)
		pss_request_failed(invoke->call, &invoke->connection, rc, NULL);
	pss_connection_close(&invoke->connection);
	return rc;
}
