/* SPDX-License-Identifier: MIT */
/* Limits of this process, and of those that it starts; see resource-limits.h. */
#include "base/resource-limits.h"

#include "base/system.h"

static PssLimits at_start;

void pss_limits_of(pid_t pid, PssLimits *ret)
{
	ret->n = 0;
	while (ret->n < PSS_LIMITS_MAX && pss_system_limit_of(pid, (int)ret->n, &ret->values[ret->n]))
		ret->n++;
}

void pss_limits_raise(void)
{
	static const int resources[] = { RLIMIT_NOFILE, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS };
	struct rlimit limit;

	pss_limits_of(0, &at_start);
	for (gsize i = 0; i < G_N_ELEMENTS(resources); i++) {
		if (getrlimit(resources[i], &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resources[i], &limit);
	}
}

static void apply(int resource, struct rlimit limit)
{
	struct rlimit own;

	if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &own) < 0)
		return;
	limit.rlim_max = MIN(limit.rlim_max, own.rlim_max);
	limit.rlim_cur = MIN(limit.rlim_cur, limit.rlim_max);
	setrlimit(resource, &limit);
}

void pss_limits_apply(const PssLimits *limits)
{
	if (!limits || limits->n == 0)
		limits = &at_start;
	for (guint i = 0; i < limits->n; i++)
		apply((int)i, limits->values[i]);
}
