/* SPDX-License-Identifier: MIT */
/* remove-pssession: closes sessions and takes them off the list. One that is gone already is as good as removed, so
 * that `remove-pssession -Session "$s"` may be said twice. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "client/requests/requests.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

enum { SESSION, ID, NAME, INSTANCE_ID, COMPUTER_NAME, STATE, THROTTLE_LIMIT };

static const struct pss_parameter rows[] = {
	[SESSION] = { "Session", NULL, PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId",
		      .position = 1, .rest = true, .set = 1,
		      .help = "by Id, Name or InstanceId (-: a line each from standard input)" },
	[ID] = { "Id", NULL, PSS_KIND_NUMBERS, "N", .min = 1, .max = LLONG_MAX, .set = 1, .help = "by Id" },
	[NAME] = { "Name", NULL, PSS_KIND_LIST, "NAME", .wants = "a name", .set = 1, .help = "by name, wildcards too" },
	[INSTANCE_ID] = { "InstanceId", NULL, PSS_KIND_LIST, "UUID", .wants = "an InstanceId", .set = 1,
			  .help = "by InstanceId" },
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST", .wants = "the name of a computer",
			    .help = "only those on these computers, wildcards too" },
	[STATE] = { "State", NULL, PSS_KIND_CHOICE, "STATE", .choices = pss_state_choices,
		    .help = "only those in this state" },
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

static void run(struct pss_call *call)
{
	const struct pss_selection selection = {
		.selectors = { &call->own[SESSION], &call->own[ID], &call->own[NAME], &call->own[INSTANCE_ID] },
		.computer = &call->own[COMPUTER_NAME],
		.state = &call->own[STATE],
		.gone_is_fine = true,
	};
	struct pss_connection connection = { .fd = -1 };
	struct pss_sessions sessions = { 0 };
	bool selected = false;

	for (size_t i = 0; i < THROTTLE_LIMIT; i++)
		selected = selected || call->own[i].given;
	if (!selected) {
		pss_call_usage(call,
			       "which sessions? -Session, -Id, -Name, -InstanceId, -ComputerName or -State is needed");
		return;
	}
	int rc = pss_select_read_input(call, &call->own[SESSION]);
	if (rc < 0)
		return;
	rc = pss_request_connect(call, false, &connection);
	if (rc == 0)
		rc = pss_request_list(call, &connection, &sessions);
	if (rc < 0 && rc != -ENOENT)
		goto out;
	pss_select(call, &selection, &sessions);
	if (!call->stop)
		remove_all(call, &connection, &sessions);
out:
	pss_sessions_finish(&sessions);
	pss_connection_close(&connection);
}

const struct pss_verb pss_verb_remove = {
	.name = "remove-pssession",
	.summary = "Close sessions",
	.details = "What runs in them is stopped. At least one parameter must say which sessions are meant.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_CONFIRM,
	.run = run,
};
