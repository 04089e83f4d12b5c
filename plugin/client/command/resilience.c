/* SPDX-License-Identifier: MIT */
/* Reads -Resilient and -IdleTimeoutSec, the same for all verbs that have them. Nothing is opened here. */
#include "client/command/resilience.h"
#include "wire/deadlines.h"

bool pss_resilience_read(struct pss_call *call, const struct pss_value *resilient, const struct pss_value *idle,
			 bool by_default, struct pss_resilience *ret_resilience)
{
	ret_resilience->wanted = resilient->given ? resilient->on : by_default;
	ret_resilience->idle_s = idle->given ? idle->number : PSS_IDLE_DEFAULT_S;
	if (!idle->given || ret_resilience->wanted)
		return true;
	pss_call_usage(call, "-IdleTimeoutSec goes with -Resilient");
	return false;
}
