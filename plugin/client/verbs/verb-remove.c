/* SPDX-License-Identifier: MIT */
/* remove-pssession: closes sessions and takes them off the list. One that is gone already is as good as removed, so
 * that `remove-pssession -Session "$s"` may be said twice. */
#include <stdlib.h>

#include "client/requests/requests.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

enum { COMPUTER_NAME, STATE, THROTTLE_LIMIT };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = PSS_COMPUTER_FILTER_ROW("only those on these computers, wildcards too"),
	[STATE] = PSS_STATE_ROW("only those in this state"),
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("how many are removed at a time (32)"),
};

static void remove_all(struct pss_call *call, struct pss_connection *connection, const struct pss_sessions *sessions)
{
	_cleanup_(pss_free_pointer) const struct pss_session **wanted = calloc(sessions->n_items + 1, sizeof *wanted);
	size_t n_wanted = 0;

	if (!wanted) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	for (size_t i = 0; i < sessions->n_items && !call->stop; i++)
		if (pss_call_should(call, "Remove", sessions->items[i].computer))
			wanted[n_wanted++] = &sessions->items[i];
	if (n_wanted > 0 && !call->stop)
		pss_request_remove(call, connection, wanted, n_wanted, pss_throttle_of(&call->own[THROTTLE_LIMIT]));
}

static bool selects(const struct pss_call *call)
{
	for (size_t i = 0; i < PSS_SELECTOR_COUNT; i++)
		if (call->selectors[i].given)
			return true;
	return call->own[COMPUTER_NAME].given || call->own[STATE].given;
}

static void run(struct pss_call *call)
{
	struct pss_selection selection = pss_selection_of(call);
	struct pss_connection connection = { .fd = -1 };
	struct pss_sessions sessions = { 0 };

	selection.computer = &call->own[COMPUTER_NAME];
	selection.state = &call->own[STATE];
	selection.gone_is_fine = true;
	if (!selects(call)) {
		pss_call_usage(call,
			       "which sessions? -Session, -Id, -Name, -InstanceId, -ComputerName or -State is needed");
		return;
	}
	if (pss_select_read_input(call, &call->selectors[PSS_BY_SESSION]) < 0)
		return;
	if (pss_request_list_running(call, &connection, &sessions) == 0) {
		pss_select(call, &selection, &sessions);
		if (!call->stop)
			remove_all(call, &connection, &sessions);
	}
	pss_sessions_finish(&sessions);
	pss_connection_close(&connection);
}

const struct pss_verb pss_verb_remove = {
	.name = "remove-pssession",
	.summary = "Close sessions",
	.details = "What runs in them is stopped. At least one parameter must select sessions.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_SELECTORS | PSS_USES_CONFIRM,
	.run = run,
};
