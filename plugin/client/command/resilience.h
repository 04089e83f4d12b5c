/* SPDX-License-Identifier: MIT */
/* -Resilient and -IdleTimeoutSec, for the verbs that open sessions which outlive a lost connection. */
#pragma once

#include "client/command/call.h"

#define PSS_RESILIENT_ROW(what)                                  \
	{                                                        \
		"Resilient", NULL, PSS_KIND_SWITCH, .help = what \
	}
#define PSS_IDLE_TIMEOUT_ROW(what)                                                                                    \
	{                                                                                                             \
		"IdleTimeoutSec", NULL, PSS_KIND_NUMBER, "SECONDS", .max = 2147483, .least = 60,                      \
								    .wants = "0 (never) or at least 60", .help = what \
	}

struct pss_resilience {
	bool wanted;
	long long idle_s; /* without a client the remote shell ends after so long; 0: never */
};

/* What the two say; `by_default` is -Resilient where it is not given. False: they do not go together, which is reported
 * as a wrong parameter. */
bool pss_resilience_read(struct pss_call *call, const struct pss_value *resilient, const struct pss_value *idle,
			 bool by_default, struct pss_resilience *ret_resilience);
