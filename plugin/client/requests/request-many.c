/* SPDX-License-Identifier: MIT */
/* Requests about sessions over one connection, some under way at a time, whose results come in any order. Called by
 * the verbs remove, disconnect, connect and receive. Where an error stops the call, or a person is asked what to do,
 * one goes after the other, so that the rest is left alone. */
#include "client/requests/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cleanup.h"
#include "wire/deadlines.h"

struct slot {
	uint32_t id;
	bool acknowledged, done;
};

struct many {
	struct pss_call *call;
	struct pss_connection *connection;
	const struct pss_session *const *sessions;
	size_t n_sessions, n_begun, n_done, throttle;
	struct slot *slots;
	bool lasts; /* once acknowledged, a request takes as long as it likes: Ctrl-C ends the wait */
	int (*write)(const struct many *many, uint32_t id, const struct pss_session *session);
	void (*on_result)(const struct many *many, size_t i, enum pss_status status, const struct pss_frame *frame);
	const struct pss_change *change;
	struct pss_session *changed;
	bool *is_changed;
};

static int begin_some(struct many *many)
{
	int rc = 0;

	while (rc == 0 && many->n_begun < many->n_sessions && many->n_begun - many->n_done < many->throttle &&
	       !many->call->stop) {
		size_t i = many->n_begun++;
		many->slots[i].id = pss_connection_new_id(many->connection);
		rc = many->write(many, many->slots[i].id, many->sessions[i]);
	}
	return rc;
}

static bool is_owed_a_word(const struct many *many)
{
	for (size_t i = 0; i < many->n_begun; i++)
		if (!many->slots[i].done && !(many->lasts && many->slots[i].acknowledged))
			return true;
	return false;
}

static void take_frame(struct many *many, const struct pss_frame *frame)
{
	size_t i = 0;

	while (i < many->n_begun && (many->slots[i].done || many->slots[i].id != frame->header.id))
		i++;
	if (i == many->n_begun)
		return;
	many->slots[i].acknowledged = true;
	if (frame->header.type != PSS_RESULT)
		return;
	many->slots[i].done = true;
	many->n_done++;
	many->on_result(many, i,
			(enum pss_status)pss_fields_number(pss_frame_fields(frame), PSS_TAG_STATUS, PSS_PROTOCOL),
			frame);
}

static int step(struct many *many)
{
	struct pss_frame frame;
	int deadline_ms = is_owed_a_word(many) ? pss_deadline(PSS_ACK_MS) : -1;
	int rc = pss_connection_wait(many->connection, deadline_ms, many->call->shell->interrupted, &frame);

	if (rc == -ETIMEDOUT && pss_connection_is_busy(many->connection, many->call->shell->interrupted))
		return 0;
	if (rc < 0)
		return rc;
	take_frame(many, &frame);
	pss_connection_done(many->connection, &frame);
	return 0;
}

static int run(struct many *many)
{
	int rc;

	many->slots = calloc(many->n_sessions + 1, sizeof *many->slots);
	if (pss_call_waits_after_errors(many->call))
		many->throttle = 1;
	rc = many->slots ? begin_some(many) : -ENOMEM;
	while (rc == 0 && many->n_done < many->n_begun) {
		rc = step(many);
		if (rc == 0)
			rc = begin_some(many);
	}
	free(many->slots);
	if (rc < 0)
		pss_request_failed(many->call, many->connection, rc,
				   many->n_sessions == 1 ? many->sessions[0]->computer : NULL);
	return rc;
}

static void tell_failure(const struct many *many, enum pss_status status, const struct pss_frame *frame,
			 const char *computer)
{
	const char *message = pss_fields_text(pss_frame_fields(frame), PSS_TAG_MESSAGE);

	pss_call_error(many->call, status, computer, "%s", message && *message ? message : pss_status_name(status));
}

/* ---- removing */

static int write_removal(const struct many *many, uint32_t id, const struct pss_session *session)
{
	struct pss_message message;

	pss_message_begin(&message, &many->connection->out, PSS_REMOVE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, session->instance);
	return pss_message_end(&message);
}

static void on_removed(const struct many *many, size_t i, enum pss_status status, const struct pss_frame *frame)
{
	if (status != PSS_OK && status != PSS_NO_SESSION)
		tell_failure(many, status, frame, many->sessions[i]->computer);
}

int pss_request_remove(struct pss_call *call, struct pss_connection *connection,
		       const struct pss_session *const *sessions, size_t n_sessions, size_t throttle)
{
	struct many many = { .call = call,
			     .connection = connection,
			     .sessions = sessions,
			     .n_sessions = n_sessions,
			     .throttle = throttle,
			     .lasts = true,
			     .write = write_removal,
			     .on_result = on_removed };

	return run(&many);
}

/* ---- changing */

static int write_change(const struct many *many, uint32_t id, const struct pss_session *session)
{
	const struct pss_change *change = many->change;
	struct pss_message message;

	pss_message_begin(&message, &many->connection->out, change->type, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, session->instance);
	pss_message_number(&message, PSS_TAG_FORCE, change->force);
	pss_message_text(&message, PSS_TAG_NAME, change->name);
	pss_message_number(&message, PSS_TAG_BUFFERING, change->buffering);
	pss_message_number(&message, PSS_TAG_BUFFER_SIZE, (uint64_t)change->buffer_size);
	if (change->has_idle)
		pss_message_number(&message, PSS_TAG_IDLE_TIMEOUT, (uint64_t)change->idle_s);
	return pss_message_end(&message);
}

static void on_changed(const struct many *many, size_t i, enum pss_status status, const struct pss_frame *frame)
{
	if (status != PSS_OK)
		tell_failure(many, status, frame, NULL);
	else
		many->is_changed[i] = pss_session_read(pss_frame_fields(frame), &many->changed[i]) == 0;
}

int pss_request_change_all(struct pss_call *call, struct pss_connection *connection, const struct pss_change *change,
			   const struct pss_session *const *sessions, size_t n_sessions,
			   struct pss_session *ret_changed, bool *ret_is_changed)
{
	struct many many = { .call = call,
			     .connection = connection,
			     .sessions = sessions,
			     .n_sessions = n_sessions,
			     .throttle = change->throttle ? change->throttle : PSS_THROTTLE_DEFAULT,
			     .lasts = true,
			     .write = write_change,
			     .on_result = on_changed,
			     .change = change,
			     .changed = ret_changed,
			     .is_changed = ret_is_changed };

	memset(ret_is_changed, 0, n_sessions * sizeof *ret_is_changed);
	return run(&many);
}

int pss_request_change(struct pss_call *call, struct pss_connection *connection, const struct pss_change *change,
		       const struct pss_session *session, struct pss_session *ret_session)
{
	bool is_changed;
	int rc = pss_request_change_all(call, connection, change, &session, 1, ret_session, &is_changed);

	return rc < 0 ? rc : is_changed;
}
