/* SPDX-License-Identifier: MIT */
/* Ends what master.c has started. ssh takes SIGTERM in its own time; one that takes none (a stopped one, a
 * script in its place that has other ideas) would hold up its login, or stay behind with the connection. */
#include "link/openssh/end.h"
#include "wire/deadlines.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_STEP_MS 5

typedef struct {
	pid_t pid;
	char *control;
	guint killing; /* source; 0: it has been killed */
} Ending;

void pss_program_remove_unfinished(const char *control)
{
	g_autofree char *root = g_path_get_dirname(control), *base = g_path_get_basename(control);
	g_autofree char *prefix = g_strconcat(base, ".", NULL);
	g_autoptr(GDir) directory = g_dir_open(root, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *path = g_str_has_prefix(name, prefix) ? g_build_filename(root, name, NULL) : NULL;
		if (path)
			unlink(path);
	}
}

/* It leads a group, unless it has not got that far. */
static void tell(pid_t pid, int signal)
{
	if (kill(-pid, signal) < 0)
		kill(pid, signal);
}

static gboolean has_ended(pid_t pid)
{
	pid_t reaped = waitpid(pid, NULL, WNOHANG);

	return reaped == pid || (reaped < 0 && errno == ECHILD);
}

void pss_program_end_now(pid_t pid)
{
	gint64 deadline = g_get_monotonic_time() + pss_deadline(PSS_SSH_END_MS) * 1000;

	tell(pid, SIGTERM);
	while (!has_ended(pid)) {
		if (g_get_monotonic_time() > deadline)
			tell(pid, SIGKILL);
		g_usleep(END_STEP_MS * 1000);
	}
}

static void ending_free(gpointer data)
{
	Ending *ending = data;

	if (ending->killing)
		g_source_remove(ending->killing);
	g_free(ending->control);
	g_free(ending);
}

static void on_reaped(GPid pid, gint status, gpointer user)
{
	const Ending *ending = user;

	g_debug("ssh %d has ended", (int)pid);
	if (ending->control)
		pss_program_remove_unfinished(ending->control);
}

static gboolean on_time(gpointer user)
{
	Ending *ending = user;

	ending->killing = 0;
	tell(ending->pid, SIGKILL);
	return G_SOURCE_REMOVE;
}

/* Takes it over. */
static void begin(Ending *ending)
{
	ending->killing = g_timeout_add(pss_deadline(PSS_SSH_END_MS), on_time, ending);
	tell(ending->pid, SIGTERM);
	g_child_watch_add_full(G_PRIORITY_DEFAULT, ending->pid, on_reaped, ending, ending_free);
}

void pss_program_end_later(pid_t pid, const char *control)
{
	Ending *ending = g_new0(Ending, 1);

	*ending = (Ending){ .pid = pid, .control = g_strdup(control) };
	begin(ending);
}
