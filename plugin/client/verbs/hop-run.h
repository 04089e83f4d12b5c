/* SPDX-License-Identifier: MIT */
/* Runs what was typed at the prompt of an entered session and leads on from there. */
#pragma once

#include "client/command/call.h"
#include "client/command/via.h"
#include "client/entered/hop.h"

/* Runs it, by the verb of `verbs` that it means, or has it sent as it was typed, where the remote has a command of that
 * name. */
void pss_hop_run(struct pss_call *call, const struct pss_via *via, struct pss_hop *hop,
		 const struct pss_verb *const verbs[PSS_HOP_COUNT]);
