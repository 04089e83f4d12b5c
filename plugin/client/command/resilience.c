/* SPDX-License-Identifier: MIT */
/* Reads -Resilient and -IdleTimeoutSec, the same for all verbs that have them. Nothing is opened here. */
#include "client/command/resilience.h"

#define IDLE_DEFAULT_S 7200
#define IDLE_LEAST_S 60

bool pss_resilience_check_idle(struct pss_call *call, const struct pss_value *idle)
{
	if (!idle->given || idle->number == 0 || idle->number >= IDLE_LEAST_S)
		return true;
	pss_call_usage(call, "-IdleTimeoutSec wants 0 (never) or at least %d, not %lld", IDLE_LEAST_S, idle->number);
	return false;
}

bool pss_resilience_read(struct pss_call *call, const struct pss_value *resilient, const struct pss_value *idle,
			 bool by_default, struct pss_resilience *ret_resilience)
{
	ret_resilience->wanted = resilient->given ? resilient->on : by_default;
	ret_resilience->idle_s = idle->given ? idle->number : IDLE_DEFAULT_S;
	if (!idle->given || ret_resilience->wanted)
		return pss_resilience_check_idle(call, idle);
	pss_call_usage(call, "-IdleTimeoutSec goes with -Resilient");
	return false;
}
