/* SPDX-License-Identifier: MIT */
/* Starting programs by the house's rules: ssh -G, proxies, SSH_ASKPASS, and the children of transports. By vfork(), as
 * posix_spawn() does it, which cannot give the child limits of its own; not by fork(), which would copy
 * the page tables of all sessions. The caller reaps. */
#include "link/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "wire/buffer.h"
#include "wire/system.h"

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
	pss_close_from(3);
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
		pss_close_from(3);
		pss_limits_apply(spawn->limits);
		reset_signals();
		execve(start->program, (char *const *)spawn->argv, (char *const *)spawn->environment);
	}
	start->failed = errno ? errno : EIO;
	_exit(127);
}

/* No handler of this process runs in the child: all signals are blocked until it has none. */
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
