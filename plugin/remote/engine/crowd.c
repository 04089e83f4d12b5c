/* SPDX-License-Identifier: MIT */
/* A deadline more for each four that were starting at the same time, up to a minute in all with the usual deadline. */
#include "remote/engine/crowd.h"

#include "remote/engine/private.h"

#define AT_A_TIME 4
#define DEADLINES_MAX 6

static GPtrArray *members;

static gboolean is_starting(const PssRemote *remote)
{
	return remote->phase == PSS_PHASE_MEETING || remote->phase == PSS_PHASE_STARTING;
}

static guint count_starting(void)
{
	guint n = 0;

	for (guint i = 0; i < members->len; i++)
		n += is_starting(g_ptr_array_index(members, i));
	return n;
}

void pss_crowd_join(PssRemote *remote)
{
	if (!members)
		members = g_ptr_array_new();
	remote->start.began = g_get_monotonic_time();
	g_ptr_array_add(members, remote);
	guint n = count_starting();
	for (guint i = 0; i < members->len; i++) {
		PssRemote *member = g_ptr_array_index(members, i);
		if (is_starting(member))
			member->start.crowd = MAX(member->start.crowd, n);
	}
}

void pss_crowd_leave(PssRemote *remote)
{
	if (members)
		g_ptr_array_remove_fast(members, remote);
}

gboolean pss_crowd_excuses(const PssRemote *remote)
{
	gint64 deadlines = MIN(1 + remote->start.crowd / AT_A_TIME, DEADLINES_MAX);

	return g_get_monotonic_time() < remote->start.began + deadlines * remote->start.deadline_ms * 1000;
}
