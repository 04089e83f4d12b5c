/* SPDX-License-Identifier: MIT */
/* Choosing sessions and changing their state. Called by the verbs disconnect, connect and receive. */
#include "client/sessions/change-state.h"

#include <errno.h>
#include <stdlib.h>

#include "client/sessions/lookup.h"
#include "client/sessions/print-sessions.h"
#include "client/sessions/reopen.h"
#include "wire/cleanup.h"

int pss_change_select(struct pss_call *call, const struct pss_value *computers, size_t throttle,
		      struct pss_connection *ret_connection, struct pss_sessions *ret_sessions)
{
	struct pss_selection selection = pss_selection_of(call);
	bool selected = computers && computers->given;

	selection.computer = computers;
	selection.throttle = throttle;
	selection.shell = computers ? &call->link[PSS_LINK_CONFIGURATION_NAME] : NULL;
	*ret_connection = (struct pss_connection){ .fd = -1 };
	for (int i = 0; i < PSS_SELECTOR_COUNT; i++)
		selected = selected || call->selectors[i].given;
	if (!selected) {
		pss_call_usage(call, "which sessions? -Session, -Id, -Name%s -InstanceId%s is needed",
			       computers ? "," : " or", computers ? " or -ComputerName" : "");
		return -EINVAL;
	}
	int rc = pss_select_read_input(call, &call->selectors[PSS_BY_SESSION]);
	return rc < 0 ? rc : pss_lookup_select(call, &selection, PSS_OPEN_CONNECTED, ret_connection, ret_sessions);
}

struct changes {
	const struct pss_session **wanted;
	struct pss_session *changed;
	bool *is_changed;
	size_t n;
	struct pss_sessions reopened;
};

static bool make_room(struct changes *changes, size_t n)
{
	changes->wanted = calloc(n, sizeof *changes->wanted);
	changes->changed = calloc(n, sizeof *changes->changed);
	changes->is_changed = calloc(n, sizeof *changes->is_changed);
	return changes->wanted && changes->changed && changes->is_changed;
}

/* In the order in which they were chosen, whatever the order in which they were changed. */
static void print_changed(struct pss_call *call, struct changes *changes)
{
	struct pss_sessions all = { 0 };

	for (size_t i = 0; i < changes->n; i++) {
		if (!changes->is_changed[i])
			continue;
		pss_call_output(call, changes->changed[i].instance);
		if (pss_sessions_put(&all, &changes->changed[i]) < 0)
			pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	}
	for (size_t i = 0; i < changes->reopened.n_items; i++) {
		pss_call_output(call, changes->reopened.items[i].instance);
		if (pss_sessions_put(&all, &changes->reopened.items[i]) < 0)
			pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	}
	free(changes->reopened.items);
	pss_print_sessions(&all);
	pss_sessions_finish(&all);
}

/* Those stay wanted that are to be connected. */
static void wait_for_computers(struct pss_call *call, struct pss_connection *connection,
			       const struct pss_change *change, struct changes *changes)
{
	_cleanup_(pss_free_pointer) enum pss_reopen_answer *answers = calloc(changes->n + 1, sizeof *answers);
	_cleanup_(pss_free_pointer) const struct pss_session **ended = calloc(changes->n + 1, sizeof *ended);
	size_t n = changes->n, n_ended = 0;

	if (!answers || !ended) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	pss_reopen_await(call, connection, changes->wanted, n, change->timeout_ms, answers);
	changes->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (answers[i] == PSS_REOPEN_TO_CONNECT)
			changes->wanted[changes->n++] = changes->wanted[i];
		else if (answers[i] == PSS_REOPEN_TO_REOPEN)
			ended[n_ended++] = changes->wanted[i];
	}
	pss_reopen_sessions(call, connection, ended, n_ended, &changes->reopened);
}

static void change_all(struct pss_call *call, struct pss_connection *connection, const char *operation,
		       const struct pss_change *change, const struct pss_sessions *sessions)
{
	struct changes changes = { 0 };

	if (!make_room(&changes, sessions->n_items)) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	} else {
		for (size_t i = 0; i < sessions->n_items && !call->stop; i++)
			if (pss_call_should(call, operation, sessions->items[i].computer))
				changes.wanted[changes.n++] = &sessions->items[i];
		if (change->wait && changes.n > 0 && !call->stop)
			wait_for_computers(call, connection, change, &changes);
		if (changes.n > 0 && !call->stop)
			pss_request_change_all(call, connection, change, changes.wanted, changes.n, changes.changed,
					       changes.is_changed);
		print_changed(call, &changes);
	}
	free(changes.wanted);
	free(changes.changed);
	free(changes.is_changed);
}

void pss_change_run(struct pss_call *call, const char *operation, const struct pss_change *change,
		    const struct pss_value *computers)
{
	struct pss_connection connection;
	struct pss_sessions sessions = { 0 };

	if (pss_change_select(call, computers, change->throttle, &connection, &sessions) == 0 && !call->stop &&
	    sessions.n_items > 0 && pss_request_needs(call, &connection, 2))
		change_all(call, &connection, operation, change, &sessions);
	pss_sessions_finish(&sessions);
	pss_connection_close(&connection);
}
