/* SPDX-License-Identifier: MIT */
/* Starting programs by the house's rules: ssh -G, proxies, SSH_ASKPASS, and the children of transports. By vfork(), as
 * posix_spawn() does it, which cannot give the child a limit of descriptors of its own; not by fork(), which would copy
 * the page tables of all sessions. The caller reaps. */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "wire/buffer.h"

#define LOOK_US (20 * 1000)

char *pss_spawn_find(const char *program, const char *const *environment)
{
	const char *path = g_environ_getenv((char **)environment, "PATH");

	if (strchr(program, '/'))
		return g_strdup(program);
	g_auto(GStrv) folders = g_strsplit(path && *path ? path : "/usr/local/bin:/usr/bin:/bin", ":", -1);
	for (char **folder = folders; *folder; folder++) {
		g_autofree char *candidate = g_build_filename(*folder, program, NULL);
		if (**folder == '/' && g_file_test(candidate, G_FILE_TEST_IS_EXECUTABLE) &&
		    !g_file_test(candidate, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&candidate);
	}
	return NULL;
}

/* The caller's own, which the host process has raised for itself (main.c). */
static struct rlimit descriptor_limit;

void pss_spawn_set_descriptor_limit(const struct rlimit *limit)
{
	descriptor_limit = *limit;
}

/* ---- the child, until it is the program. It shares our memory and stands still the thread that made it: system calls
 * only, and nothing is written but `failed`. */

typedef struct {
	const PssSpawn *spawn;
	const char *program;
	int fds[3]; /* none of them 0, 1 or 2 */
	volatile int failed;
} Start;

static void reset_signals(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The first terminal that a session leader opens controls it. */
static int put_terminal(const char *path)
{
	close(0);
	if (open(path, O_RDWR) != 0)
		return -1;
	return dup2(0, 1) < 0 || dup2(0, 2) < 0 ? -1 : 0;
}

/* What is there first: then no descriptor is needed that the child might not get. */
static int put_descriptors(const int fds[3])
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			return -1;
	closefrom(3);
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			continue;
		close(i);
		if (open("/dev/null", O_RDWR) != i)
			return -1;
	}
	return 0;
}

static void become(Start *start)
{
	const PssSpawn *spawn = start->spawn;

	setsid();
	int rc = spawn->terminal ? put_terminal(spawn->terminal) : put_descriptors(start->fds);
	if (rc == 0 && (!spawn->directory || chdir(spawn->directory) < 0))
		rc = chdir("/");
	if (rc == 0) {
		closefrom(3);
		if (descriptor_limit.rlim_cur > 0)
			setrlimit(RLIMIT_NOFILE, &descriptor_limit);
		reset_signals();
		execve(start->program, (char *const *)spawn->argv, (char *const *)spawn->environment);
	}
	start->failed = errno ? errno : EIO;
	_exit(127);
}

/* No handler of ours runs in the child: all signals are blocked until it has none. */
static pid_t start_child(Start *start)
{
	sigset_t all, before;
	int cancelled;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelled);
	pid_t pid = vfork();
	if (pid == 0)
		become(start);
	int failed = errno;
	pthread_setcancelstate(cancelled, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		start->failed = failed;
	return pid;
}

/* Lifted over 2, so that no dup2() overwrites the source of the next. */
static gboolean lift(Start *start)
{
	for (int i = 0; i < 3; i++) {
		int fd = start->spawn->terminal ? -1 : start->spawn->fds[i];
		start->fds[i] = fd < 0 || fd > 2 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (fd >= 0 && start->fds[i] < 0) {
			start->failed = errno;
			return FALSE;
		}
	}
	return TRUE;
}

static void drop_lifted(const Start *start)
{
	for (int i = 0; i < 3; i++)
		if (start->fds[i] >= 0 && start->fds[i] != start->spawn->fds[i])
			close(start->fds[i]);
}

gboolean pss_spawn(const PssSpawn *spawn, pid_t *ret_pid, GError **error)
{
	const char *wanted = spawn->program ? spawn->program : spawn->argv[0];
	g_autofree char *program = pss_spawn_find(wanted, spawn->environment);
	Start start = { .spawn = spawn, .program = program, .fds = { -1, -1, -1 } };

	if (!program) {
		g_set_error(error, PSS_ERROR, PSS_FAILED, "cannot run %s: it is not in PATH", wanted);
		return FALSE;
	}
	pid_t pid = lift(&start) ? start_child(&start) : -1;
	drop_lifted(&start);
	if (start.failed) {
		while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		pss_set_errno(error, start.failed, "cannot start %s", spawn->name ? spawn->name : program);
		return FALSE;
	}
	*ret_pid = pid;
	return TRUE;
}

char **pss_spawn_environment(char *const *over)
{
	char **environment = g_get_environ();

	for (; over && *over; over++) {
		const char *equals = strchr(*over, '=');
		if (!equals)
			continue;
		g_autofree char *name = g_strndup(*over, (gsize)(equals - *over));
		environment = g_environ_setenv(environment, name, equals + 1, TRUE);
	}
	return environment;
}

/* FALSE: there was no room for all of it. */
static gboolean collect(PssChildOutput *output, const char *bytes, gsize n)
{
	gsize taken = MIN(n, output->size - output->n);

	memcpy(output->bytes + output->n, bytes, taken);
	output->n += taken;
	return taken == n;
}

/* Reads one of the two pipes until it ends. What complaints are too long for is dropped; half an answer is none. */
static gboolean read_to_end(PssPerson *person, int fd, PssChildOutput *output, gboolean whole, const char *what,
			    GError **error)
{
	char chunk[4096];
	gboolean good = TRUE, all = TRUE;
	ssize_t n = 1;

	while (n != 0 && good && all) {
		good = pss_person_wait(person, fd, POLLIN, 0, what, error);
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

/* TRUE: it has ended, and its status is still to be had. */
static gboolean has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || info.si_pid == pid;
}

/* A child that closed its output may still run on: the person's deadline binds that too. */
static gboolean wait_for_end(PssPerson *person, pid_t pid, const char *what, GError **error)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	gboolean waits = TRUE;

	if (fd >= 0) {
		waits = pss_person_wait(person, fd, POLLIN, 0, what, error);
		close(fd);
	}
	/* Without such a descriptor it is looked at now and then. */
	while (waits && !has_ended(pid))
		waits = pss_person_wait(person, -1, 0, g_get_monotonic_time() + LOOK_US, what, error);
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

gboolean pss_child_run(PssPerson *person, PssSpawn *spawn, PssChildOutput *output, PssChildOutput *errors,
		       const char *what, GError **error)
{
	PssChildOutput *outputs[2] = { output, errors };
	int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
	pid_t pid = 0;

	gboolean good = open_pipes(outputs, pipes, spawn, error);
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
