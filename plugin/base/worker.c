/* SPDX-License-Identifier: MIT */
/* Threads that are used again. To make and end one costs more than it seems: its stack, and what libraries keep for
 * each thread (OpenSSL its random numbers). There are as many as work at the same time, and no queue: one that blocks
 * holds no other up. */
#include "base/worker.h"

#include <errno.h>

#include "base/shortage.h"

#define IDLE_US G_USEC_PER_SEC /* that one waits for more before it ends */

typedef struct {
	void (*function)(gpointer data);
	gpointer data;
} Task;

static GMutex lock;
static GCond task_has_come;
static GQueue tasks = G_QUEUE_INIT; /* given to threads that are idle: never more than those */
static guint n_idle;

static void run(Task *task)
{
	task->function(task->data);
	g_free(task);
}

/* NULL: none has come for a while. */
static Task *wait_for_task(void)
{
	gint64 end = g_get_monotonic_time() + IDLE_US;
	gboolean waits = TRUE;

	g_mutex_lock(&lock);
	n_idle++;
	while (waits && g_queue_is_empty(&tasks))
		waits = g_cond_wait_until(&task_has_come, &lock, end);
	Task *task = g_queue_pop_head(&tasks);
	n_idle--;
	g_mutex_unlock(&lock);
	return task;
}

static gpointer worker_thread(gpointer first)
{
	for (Task *task = first; task; task = wait_for_task())
		run(task);
	return NULL;
}

static gboolean give_to_idle(Task *task)
{
	g_mutex_lock(&lock);
	gboolean is_idle = n_idle > tasks.length;
	if (is_idle) {
		g_queue_push_tail(&tasks, task);
		g_cond_signal(&task_has_come);
	}
	g_mutex_unlock(&lock);
	return is_idle;
}

static gboolean start_thread(Task *task, GError **error)
{
	GThread *thread = g_thread_try_new("pss-worker", worker_thread, task, NULL);

	if (thread)
		g_thread_unref(thread);
	else
		pss_set_errno(error, EAGAIN, "cannot start a thread");
	return thread != NULL;
}

gboolean pss_worker_start(void (*function)(gpointer data), gpointer data, GError **error)
{
	Task *task = g_new(Task, 1);

	*task = (Task){ function, data };
	if (give_to_idle(task) || start_thread(task, error))
		return TRUE;
	g_free(task);
	return FALSE;
}
