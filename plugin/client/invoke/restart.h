/* SPDX-License-Identifier: MIT */
/* Computers that restart: -WaitForRestart of invoke-command. */
#pragma once

#include "client/invoke/invoke.h"
#include "client/sessions/reopen.h"

struct pss_restart {
	struct pss_invoke *invoke;
	struct pss_connection connection; /* of its own: what is watched lives as long */
	struct pss_sessions before;       /* the kept sessions, as they were */
	struct pss_open *watches;         /* of each target, in their order */
	bool *watched;
};

/* Learns the boot id of every target, before anything is run; a target where that fails is refused, which is reported.
 * 0 or -errno. */
int pss_restart_prepare(struct pss_restart *restart, struct pss_invoke *invoke);

/* Waits, after the command, until those have restarted where it did not fail, and opens the kept sessions of these
 * computers again. `deadline` in ms of pss_now_ms(), 0: none. */
void pss_restart_finish(struct pss_restart *restart, long long deadline);

void pss_restart_free(struct pss_restart *restart);
