/* SPDX-License-Identifier: MIT */
/* Runs a program and collects what it prints, as a login's thread does it: within its deadline, and ended with it. */
#include "link/login/child-run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "base/system.h"
#include "wire/buffer.h"

#define LOOK_US (20 * 1000)

/* FALSE: there was no room for all of it. */
static gboolean collect(PssChildOutput *output, const char *bytes, gsize n)
{
	gsize taken = MIN(n, output->size - output->n);

	memcpy(output->bytes + output->n, bytes, taken);
	output->n += taken;
	return taken == n;
}

/* Reads one of the two pipes until it ends. A complaint that is too long is cut; an answer that is too long fails. */
static gboolean read_to_end(PssLoginContext *person, int fd, PssChildOutput *output, gboolean whole, const char *what,
			    GError **error)
{
	char chunk[4096];
	gboolean good = TRUE, all = TRUE;
	ssize_t n = 1;

	while (n != 0 && good && all) {
		good = pss_login_wait(person, fd, POLLIN, 0, what, error);
		n = good ? read(fd, chunk, sizeof chunk) : 0;
		if (n > 0)
			all = collect(output, chunk, (gsize)n) || !whole;
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	pss_wipe(chunk, sizeof chunk);
	if (!all)
		g_set_error(error, PSS_ERROR, PSS_FAILED, "%s: it prints more than %" G_GSIZE_FORMAT " bytes", what,
			    output->size);
	return good && all;
}

/* TRUE: it has ended, and its status has not been collected. */
static gboolean has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || info.si_pid == pid;
}

/* A child that closed its output may still run on: the person's deadline binds that too. */
static gboolean wait_for_end(PssLoginContext *person, pid_t pid, const char *what, GError **error)
{
	int fd = pss_system_process_end(pid);
	gboolean waits = TRUE;

	if (fd >= 0) {
		waits = pss_login_wait(person, fd, POLLIN, 0, what, error);
		close(fd);
	}
	/* Without such a descriptor it is looked at now and then. */
	while (waits && !has_ended(pid))
		waits = pss_login_wait(person, -1, 0, g_get_monotonic_time() + LOOK_US, what, error);
	return waits;
}

static void reap(pid_t pid, gboolean kill_it, PssChildOutput *output)
{
	int status = 0;

	if (kill_it)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	output->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_all(int pipes[2][2])
{
	for (int i = 0; i < 4; i++)
		if (pipes[i / 2][i % 2] >= 0)
			close(pipes[i / 2][i % 2]);
}

static gboolean open_pipes(PssChildOutput *const outputs[2], int pipes[2][2], const PssSpawn *spawn, GError **error)
{
	for (int i = 0; i < 2; i++) {
		if (!outputs[i] || pipe2(pipes[i], O_CLOEXEC) == 0)
			continue;
		pss_set_errno(error, errno, "cannot start %s", spawn->name ? spawn->name : spawn->argv[0]);
		pipes[i][0] = pipes[i][1] = -1;
		return FALSE;
	}
	return TRUE;
}

gboolean pss_child_run(PssLoginContext *person, PssSpawn *spawn, PssChildOutput *output, PssChildOutput *errors,
		       const char *what, GError **error)
{
	PssChildOutput *outputs[2] = { output, errors };
	int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
	pid_t pid = 0;

	gboolean good = open_pipes(outputs, pipes, spawn, error);
	spawn->limits = pss_login_limits(person);
	spawn->fds[1] = pipes[0][1];
	spawn->fds[2] = pipes[1][1];
	good = good && pss_spawn(spawn, &pid, error);
	for (int i = 0; i < 2; i++) {
		if (pipes[i][1] >= 0)
			close(pipes[i][1]);
		pipes[i][1] = -1;
	}
	/* One after the other is enough: no program we run here fills a pipe with complaints. */
	for (int i = 0; i < 2; i++)
		if (good && outputs[i])
			good = read_to_end(person, pipes[i][0], outputs[i], i == 0, what, error);
	close_all(pipes);
	if (good)
		good = wait_for_end(person, pid, what, error);
	if (pid > 0)
		reap(pid, !good, output);
	return good;
}
