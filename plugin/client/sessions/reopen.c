/* SPDX-License-Identifier: MIT */
/* Sessions whose computers have restarted or were lost: waited for, and opened again in their places. Called by
 * change-state.c and restart.c; open-sessions.c makes the requests. */
#include "client/sessions/reopen.h"

#include <errno.h>
#include <stdlib.h>

#include "wire/cleanup.h"

struct reopening {
	struct pss_sessions *opened;
};

static void on_reopened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	const struct reopening *reopening = user;

	if (pss_sessions_add(reopening->opened, fields) < 0)
		pss_call_error(call, PSS_FAILED, open->target.host, "not enough memory");
}

void pss_reopen_sessions(struct pss_call *call, struct pss_connection *connection,
			 const struct pss_session *const *sessions, size_t n_sessions, struct pss_sessions *ret_opened)
{
	_cleanup_(pss_free_pointer) struct pss_open *opens = calloc(n_sessions + 1, sizeof *opens);
	struct reopening reopening = { .opened = ret_opened };
	const struct pss_open_events events = { .on_opened = on_reopened, .user = &reopening };

	if (!opens) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	for (size_t i = 0; i < n_sessions; i++) {
		opens[i].instance = sessions[i]->instance;
		opens[i].target.host = sessions[i]->computer;
	}
	if (n_sessions > 0)
		pss_request_open(call, connection, opens, n_sessions, PSS_THROTTLE_DEFAULT, PSS_OPEN_KEPT, NULL,
				 &events);
}

struct answering {
	const struct pss_open *awaits;
	const size_t *indices; /* of the awaits: in the sessions */
	const struct pss_session *const *sessions;
	enum pss_reopen_answer *answers;
};

static void on_answered(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	const struct answering *answering = user;
	size_t index = answering->indices[open - answering->awaits];
	const struct pss_session *session = answering->sessions[index];
	bool restarted = pss_fields_number(fields, PSS_TAG_RESTARTED, 0) != 0;

	answering->answers[index] =
		restarted || pss_session_is_ended(session) ? PSS_REOPEN_TO_REOPEN : PSS_REOPEN_TO_CONNECT;
	if (answering->answers[index] == PSS_REOPEN_TO_REOPEN)
		pss_call_warning(call, "[%s] %s: %s is opened again, and what was in its shell is gone",
				 session->computer,
				 restarted ? "it has restarted" : "it has not restarted, but the session had ended",
				 session->name);
}

void pss_reopen_await(struct pss_call *call, struct pss_connection *connection,
		      const struct pss_session *const *sessions, size_t n_sessions, long long timeout_ms,
		      enum pss_reopen_answer *ret_answers)
{
	_cleanup_(pss_free_pointer) struct pss_open *awaits = calloc(n_sessions + 1, sizeof *awaits);
	_cleanup_(pss_free_pointer) size_t *indices = calloc(n_sessions + 1, sizeof *indices);
	struct answering answering = { awaits, indices, sessions, ret_answers };
	const struct pss_open_events events = { .on_opened = on_answered, .user = &answering };
	size_t n = 0;

	for (size_t i = 0; i < n_sessions; i++) {
		/* One that was found there just now is reached already. */
		bool is_there = sessions[i]->state == PSS_STATE_OPENED || sessions[i]->id == 0;
		ret_answers[i] = is_there ? PSS_REOPEN_TO_CONNECT : PSS_REOPEN_NO_ANSWER;
		if (is_there || !awaits || !indices)
			continue;
		awaits[n] = (struct pss_open){ .instance = sessions[i]->instance, .timeout_ms = timeout_ms };
		awaits[n].target.host = sessions[i]->computer;
		indices[n++] = i;
	}
	if (n > 0)
		pss_request_open(call, connection, awaits, n, n, PSS_OPEN_AWAITED, NULL, &events);
}
