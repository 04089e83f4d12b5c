/* SPDX-License-Identifier: MIT */
/* Sessions that are opened again: -Wait of connect-pssession, and behind -WaitForRestart. */
#pragma once

#include "client/requests/requests.h"

enum pss_reopen_answer {
	PSS_REOPEN_NO_ANSWER,  /* which is reported */
	PSS_REOPEN_TO_CONNECT, /* its computer answers, and it may go on there */
	PSS_REOPEN_TO_REOPEN,  /* its computer answers, and it has ended: by a restart perhaps */
};

/* Waits until the computers of the sessions answer, but for those that are Opened. `timeout_ms` 0: as long as it
 * takes. */
void pss_reopen_await(struct pss_call *call, struct pss_connection *connection,
		      const struct pss_session *const *sessions, size_t n_sessions, long long timeout_ms,
		      enum pss_reopen_answer *ret_answers);

/* Those of `sessions` that have ended are opened again in their places. Failures are reported. */
void pss_reopen_sessions(struct pss_call *call, struct pss_connection *connection,
			 const struct pss_session *const *sessions, size_t n_sessions, struct pss_sessions *ret_opened);
