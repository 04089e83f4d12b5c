/* SPDX-License-Identifier: MIT */
/* Asks the remote shell whether it means something of its own by a line that would lead on, and else runs it here, as a
 * verb that reaches computers through the session. Called by verb-enter.c. */
#include "client/verbs/hop-run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/strings.h"
#include "client/command/verb.h"
#include "client/requests/requests.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

/* ---- does the remote shell know the command itself? */

static int write_question(struct pss_connection *connection, const struct pss_via *via, const char *text, uint32_t id)
{
	struct pss_message message;

	pss_message_begin(&message, &connection->out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, via->instance);
	int rc = pss_message_end(&message);
	return rc < 0 ? rc : pss_frame_append(&connection->out, PSS_COMMAND, id, 0, text, strlen(text));
}

/* The status of the question, or -errno: it is not known. */
static int await_answer(struct pss_call *call, struct pss_connection *connection, uint32_t id)
{
	struct pss_frame frame;
	int status = -EINPROGRESS;

	while (status == -EINPROGRESS) {
		int rc = pss_connection_wait(connection, pss_deadline(PSS_ACK_MS), call->shell->interrupted, &frame);
		if (rc < 0)
			return rc;
		struct pss_fields fields = pss_frame_fields(&frame);
		if (frame.header.type == PSS_RESULT && frame.header.id == id)
			status = pss_fields_number(fields, PSS_TAG_STATUS, PSS_FAILED) == PSS_OK
					 ? (int)(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0) & 255)
					 : -EPROTO;
		pss_connection_done(connection, &frame);
	}
	return status;
}

/* True also where that is unknown: what is typed belongs to the remote. */
static bool remote_has(struct pss_call *call, const struct pss_via *via, const char *name)
{
	_cleanup_(pss_free_pointer) char *text = pss_format("type %s >/dev/null 2>&1", name);
	struct pss_connection connection;

	if (!text || pss_request_connect(call, false, &connection) < 0)
		return true;
	uint32_t id = pss_connection_new_id(&connection);
	int rc = write_question(&connection, via, text, id);
	if (rc == 0)
		rc = await_answer(call, &connection, id);
	pss_connection_close(&connection);
	return rc <= 0;
}

/* ---- running it */

void pss_hop_run(struct pss_call *call, const struct pss_via *via, struct pss_hop *hop,
		 const struct pss_verb *const verbs[PSS_HOP_COUNT])
{
	struct pss_texts words = { 0 };
	enum pss_hop_command command = pss_hop_read(hop->line, &words);

	hop->resumes = true;
	hop->sends_line = command == PSS_HOP_NONE || remote_has(call, via, words.items[0]);
	if (!hop->sends_line) {
		/* The list that ends with NULL, as of a command's arguments. */
		_cleanup_(pss_free_pointer) const char **arguments = calloc(words.n_items, sizeof *arguments);
		for (size_t i = 1; arguments && i < words.n_items; i++)
			arguments[i - 1] = words.items[i];
		if (arguments)
			hop->link.status = pss_verb_run_via(verbs[command], call->shell, arguments, via);
	}
	pss_texts_finish(&words);
}
