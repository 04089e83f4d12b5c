/* SPDX-License-Identifier: MIT */
/* The seats. A login that has one may still hang where nobody can see it (a file system that is gone): when no seat has
 * become free for a while, those that wait go ahead without one. */
#include "link/login/workshop.h"

#include <glib.h>

#define STUCK_US G_USEC_PER_SEC

static GMutex lock;
static GCond seat_is_free;
static guint n_working;
static gint64 last_change;

static guint n_seats(void)
{
	return MAX(g_get_num_processors(), 1);
}

static void change(int n)
{
	n_working += (guint)n;
	last_change = g_get_monotonic_time();
}

void pss_workshop_enter(void)
{
	g_mutex_lock(&lock);
	while (n_working >= n_seats() && g_get_monotonic_time() < last_change + STUCK_US)
		g_cond_wait_until(&seat_is_free, &lock, last_change + STUCK_US);
	change(1);
	g_mutex_unlock(&lock);
}

void pss_workshop_leave(void)
{
	g_mutex_lock(&lock);
	change(-1);
	g_cond_signal(&seat_is_free);
	g_mutex_unlock(&lock);
}
