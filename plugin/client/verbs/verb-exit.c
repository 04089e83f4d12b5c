/* SPDX-License-Identifier: MIT */
/* exit-pssession typed into a shell that has entered nothing: a silent no-op, as in PowerShell. At the prompt of an
 * entered session the entered loop recognises the line itself and this is never called. */
#include "client/command/call.h"

static void run(struct pss_call *call)
{
	pss_call_debug(call, "no session is entered");
}

const struct pss_verb pss_verb_exit = {
	.name = "exit-pssession",
	.summary = "End the interactive session that enter-pssession started",
	.details = "At the prompt of a session, exit-pssession brings the local prompt back; so do exit, exit N, "
		   "logout and Ctrl-D. Outside a session it does nothing and succeeds.\n",
	.run = run,
};
