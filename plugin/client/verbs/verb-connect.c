/* SPDX-License-Identifier: MIT */
/* connect-pssession: takes disconnected sessions back, from whichever terminal they were disconnected; with -Force also
 * one that is entered in another terminal. */
#include <limits.h>

#include "client/sessions/change-state.h"

enum { COMPUTER_NAME, FORCE, THROTTLE_LIMIT, WAIT, TIMEOUT };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = PSS_CHANGE_COMPUTER_ROW,
	[FORCE] = { "Force", NULL, PSS_KIND_SWITCH,
		    .help = "take it from the terminal that has entered it, or from the computer that is connected to "
			    "it" },
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("how many are connected, or computers asked, at a time (32)"),
	[WAIT] = { "Wait", NULL, PSS_KIND_SWITCH,
		   .help = "until their computers answer again; those that have ended, by a restart perhaps, are "
			   "opened again" },
	[TIMEOUT] = { "Timeout", NULL, PSS_KIND_NUMBER, "SECONDS", .min = 1, .max = INT_MAX / 1000,
		      .help = "with -Wait: no longer; status 124" },
};

static void run(struct pss_call *call)
{
	const struct pss_change change = { .type = PSS_CONNECT,
					   .force = call->own[FORCE].on,
					   .throttle = pss_throttle_of(&call->own[THROTTLE_LIMIT]),
					   .wait = call->own[WAIT].on,
					   .timeout_ms = call->own[TIMEOUT].number * 1000 };

	if (call->own[TIMEOUT].given && !change.wait) {
		pss_call_usage(call, "-Timeout goes with -Wait");
		return;
	}
	pss_change_run(call, "Connect", &change, &call->own[COMPUTER_NAME]);
}

const struct pss_verb pss_verb_connect = {
	.name = "connect-pssession",
	.summary = "Take disconnected sessions back",
	.details = "They are Opened again, with all that runs in them. One that is Opened already stays as it is. "
		   "With -ComputerName also resilient sessions that were opened from another computer.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_SELECTORS | PSS_USES_LINK | PSS_USES_CONFIRM,
	.run = run,
};
