/* SPDX-License-Identifier: MIT */
/* What disconnect-pssession, connect-pssession and receive-pssession have in common: each selects sessions, changes
 * each by one request, and prints their new state. */
#pragma once

#include "client/requests/requests.h"
#include "client/sessions/selection.h"

/* -ComputerName of those verbs that find sessions on computers (lookup.h). */
#define PSS_CHANGE_COMPUTER_ROW PSS_COMPUTER_FILTER_ROW("those on these computers; one that none here is on is asked")

/* Changes the sessions that call->selectors select, and `computers` where the verb has such a row (else NULL).
 * `operation` is what -WhatIf and -Confirm call it. */
void pss_change_run(struct pss_call *call, const char *operation, const struct pss_change *change,
		    const struct pss_value *computers);

/* Selects them alone, over a connection that is made for it; `throttle` computers are asked at a time. 0, or -errno:
 * nothing is to be done; reported where it is an error. */
int pss_change_select(struct pss_call *call, const struct pss_value *computers, size_t throttle,
		      struct pss_connection *ret_connection, struct pss_sessions *ret_sessions);
