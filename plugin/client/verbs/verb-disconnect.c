/* SPDX-License-Identifier: MIT */
/* disconnect-pssession: disconnects sessions. What runs in them goes on in the host process's care; the terminal that
 * has entered one says so and gets its local prompt back. */
#include "client/command/buffering.h"
#include "client/command/resilience.h"
#include "client/sessions/change-state.h"

enum { BUFFERING, BUFFER_SIZE, IDLE_TIMEOUT, THROTTLE_LIMIT };

static const struct pss_parameter rows[] = {
	[BUFFERING] = PSS_BUFFERING_ROW(
		"when the buffer is full: stop what prints (Block), or forget its oldest output (Drop)"),
	[BUFFER_SIZE] = PSS_BUFFER_SIZE_ROW("how much unseen output is kept (1048576)"),
	[IDLE_TIMEOUT] = PSS_IDLE_TIMEOUT_ROW("resilient ones end there after so long alone (0: never)"),
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("how many are disconnected at a time (32)"),
};

static void run(struct pss_call *call)
{
	const struct pss_change change = {
		.type = PSS_DISCONNECT,
		.buffering = pss_buffering_of(&call->own[BUFFERING]),
		.buffer_size = call->own[BUFFER_SIZE].number,
		.has_idle = call->own[IDLE_TIMEOUT].given,
		.idle_s = call->own[IDLE_TIMEOUT].number,
		.throttle = pss_throttle_of(&call->own[THROTTLE_LIMIT]),
	};

	pss_change_run(call, "Disconnect", &change, NULL);
}

const struct pss_verb pss_verb_disconnect = {
	.name = "disconnect-pssession",
	.summary = "Disconnect sessions; what runs in them goes on",
	.details = "They are Disconnected until connect-pssession, receive-pssession or enter-pssession takes them "
		   "back, from any terminal. A terminal that has entered one gets its local prompt back. Of a "
		   "resilient one the connection is closed as well.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_SELECTORS | PSS_USES_CONFIRM,
	.run = run,
};
