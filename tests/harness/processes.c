/* SPDX-License-Identifier: MIT */
#include "processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gboolean read_process(const char *pid, TestProcess *ret_process)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	g_autofree char *text = NULL;

	if (!g_ascii_isdigit(*pid) || !g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	ret_process->pid = atoi(pid);
	g_snprintf(ret_process->name, MIN(sizeof ret_process->name, (gsize)(end - name)), "%s", name + 1);
	return sscanf(end + 1, " %c %d %*d %d", &ret_process->state, &ret_process->parent, &ret_process->session) == 3;
}

/* What one process has started stands together: that order is the same each time, whichever of them runs first. */
static gint by_parent(gconstpointer a, gconstpointer b)
{
	const TestProcess *one = a, *other = b;

	if (one->session != other->session)
		return one->session - other->session;
	return one->parent != other->parent ? one->parent - other->parent : one->pid - other->pid;
}

GArray *test_processes_find(const GArray *sessions)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(TestProcess)),
	       *ours = g_array_new(FALSE, FALSE, sizeof(TestProcess));
	g_autoptr(GArray) leaders = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(proc))) {
		TestProcess process;
		if (read_process(name, &process) && process.state != 'Z')
			g_array_append_val(all, process);
	}
	for (guint i = 0; i < all->len; i++) {
		const TestProcess *process = &g_array_index(all, TestProcess, i);
		if (process->parent == getpid())
			g_array_append_val(leaders, process->pid);
	}
	sessions = sessions ? sessions : leaders;
	for (guint i = 0; i < all->len; i++)
		for (guint j = 0; j < sessions->len; j++)
			if (g_array_index(all, TestProcess, i).session == g_array_index(sessions, int, j))
				g_array_append_val(ours, g_array_index(all, TestProcess, i));
	g_array_unref(all);
	g_array_sort(ours, by_parent);
	return ours;
}

GArray *test_processes_sessions(const GArray *processes)
{
	GArray *sessions = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < processes->len; i++)
		g_array_append_val(sessions, g_array_index(processes, TestProcess, i).session);
	return sessions;
}
