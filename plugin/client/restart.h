/* SPDX-License-Identifier: MIT */
/* Computers that restart: -WaitForRestart of invoke-command, -Wait of connect-pssession. */
#pragma once

#include "client/invoke.h"
#include "client/request.h"

/* ---- invoke-command -WaitForRestart */

struct pss_restart {
	struct pss_invoke *invoke;
	struct pss_connection connection; /* of its own: what is watched lives as long */
	struct pss_sessions before;       /* the kept sessions, as they were */
	struct pss_open *watches;         /* of each target, in their order */
	bool *watched;
};

/* Learns the boot id of every target, before anything is run; where that fails the target is done, which is told.
 * 0 or -errno. */
int pss_restart_prepare(struct pss_restart *restart, struct pss_invoke *invoke);

/* Waits, after the command, until those have restarted where it did not fail, and opens the kept sessions of these
 * computers anew. `deadline` in ms of pss_now_ms(), 0: none. */
void pss_restart_finish(struct pss_restart *restart, long long deadline);

void pss_restart_free(struct pss_restart *restart);

/* ---- connect-pssession -Wait */

enum pss_restart_answer {
	PSS_RESTART_NO_ANSWER,  /* which has been told */
	PSS_RESTART_TO_CONNECT, /* its computer answers, and it may go on there */
	PSS_RESTART_TO_REOPEN,  /* its computer answers, and it has ended: by a restart perhaps */
};

/* Waits until the computers of the sessions answer, but for those that are Opened. `timeout_ms` 0: as long as it
 * takes. */
void pss_restart_await(struct pss_call *call, struct pss_connection *connection,
		       const struct pss_session *const *sessions, size_t n_sessions, long long timeout_ms,
		       enum pss_restart_answer *ret_answers);

/* Those of `sessions` that have ended are opened anew in their places. What fails is told. */
void pss_restart_reopen(struct pss_call *call, struct pss_connection *connection,
			const struct pss_session *const *sessions, size_t n_sessions, struct pss_sessions *ret_opened);
