/* SPDX-License-Identifier: MIT */
/* -ComputerName of get, connect and receive: it filters the sessions that are known here and, where none of them
 * matches, asks the computer for those that holders keep there, by whichever client they were opened. */
#pragma once

#include "client/requests/requests.h"
#include "client/sessions/selection.h"

/* Connects (*ret_connection is for the caller to close, in every case), lists what is known here, asks the computers of
 * the selection with the parameters of call->link, and keeps those that match. `kind`: PSS_OPEN_LISTED or
 * PSS_OPEN_CONNECTED. 0; -ENOENT (not reported): no host process, no match. Other -errno: already reported. */
int pss_lookup_select(struct pss_call *call, const struct pss_selection *selection, enum pss_open_kind kind,
		      struct pss_connection *ret_connection, struct pss_sessions *ret_sessions);
