/* SPDX-License-Identifier: MIT */
/* posix_spawn with the house's rules filled in. Used for ssh -G, proxies, SSH_ASKPASS and the null
 * transport's children. Not fork: the host process has threads, and libssh sessions that a copy of
 * the process would corrupt. The caller reaps. */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/error.h"
#include "wire/buffer.h"

static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
}

/* `above` are the descriptors lifted over 2, so that no dup2 overwrites the source of the next. */
static void set_actions(posix_spawn_file_actions_t *actions, const PssSpawn *spawn, const int above[3])
{
	posix_spawn_file_actions_init(actions);
	for (int i = 0; i < 3; i++) {
		if (spawn->terminal && i == 0) /* the first terminal that a session leader opens controls it */
			posix_spawn_file_actions_addopen(actions, 0, spawn->terminal, O_RDWR, 0);
		else if (spawn->terminal)
			posix_spawn_file_actions_adddup2(actions, 0, i);
		else if (above[i] >= 0)
			posix_spawn_file_actions_adddup2(actions, above[i], i);
		else
			posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0);
	}
	posix_spawn_file_actions_addclosefrom_np(actions, 3);
	gboolean there = spawn->directory && access(spawn->directory, X_OK) == 0 &&
			 g_file_test(spawn->directory, G_FILE_TEST_IS_DIR);
	posix_spawn_file_actions_addchdir_np(actions, there ? spawn->directory : "/");
}

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

gboolean pss_spawn(const PssSpawn *spawn, pid_t *ret_pid, GError **error)
{
	const char *wanted = spawn->program ? spawn->program : spawn->argv[0];
	g_autofree char *program = pss_spawn_find(wanted, spawn->environment);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int above[3] = { -1, -1, -1 };
	pid_t pid;

	if (!program) {
		g_set_error(error, PSS_ERROR, PSS_FAILED, "cannot run %s: it is not in PATH", wanted);
		return FALSE;
	}
	for (int i = 0; i < 3; i++)
		if (!spawn->terminal && spawn->fds[i] >= 0)
			above[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, 3);
	set_attributes(&attributes);
	set_actions(&actions, spawn, above);
	int failed = posix_spawn(&pid, program, &actions, &attributes, (char *const *)spawn->argv,
				 (char *const *)spawn->environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	for (int i = 0; i < 3; i++)
		if (above[i] >= 0)
			close(above[i]);
	if (failed) {
		g_set_error(error, PSS_ERROR, PSS_FAILED, "cannot run %s: %s", program, g_strerror(failed));
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

static void collect(PssChildOutput *output, const char *bytes, gsize n)
{
	gsize room = output->size - output->n;

	n = MIN(n, room);
	memcpy(output->bytes + output->n, bytes, n);
	output->n += n;
}

/* Reads one of the two pipes until it ends. */
static gboolean read_to_end(PssPerson *person, int fd, PssChildOutput *output, const char *what, GError **error)
{
	char chunk[4096];
	ssize_t n = 1;

	while (n != 0) {
		if (!pss_person_wait(person, fd, POLLIN, 0, what, error))
			return FALSE;
		n = read(fd, chunk, sizeof chunk);
		if (n > 0)
			collect(output, chunk, (gsize)n);
		else if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	pss_wipe(chunk, sizeof chunk);
	return TRUE;
}

/* A child that closed its output may still run on: the person's deadline binds that too. */
static gboolean wait_for_end(PssPerson *person, pid_t pid, const char *what, GError **error)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return TRUE;
	gboolean ended = pss_person_wait(person, fd, POLLIN, 0, what, error);
	close(fd);
	return ended;
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

gboolean pss_child_run(PssPerson *person, PssSpawn *spawn, PssChildOutput *output, PssChildOutput *errors,
		       const char *what, GError **error)
{
	PssChildOutput *outputs[2] = { output, errors };
	int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		if (outputs[i] && pipe2(pipes[i], O_CLOEXEC) < 0)
			g_error("pipe: %s", g_strerror(errno));
		spawn->fds[i + 1] = pipes[i][1];
	}
	gboolean good = pss_spawn(spawn, &pid, error);
	gboolean started = good;
	for (int i = 0; i < 2; i++) {
		if (pipes[i][1] >= 0)
			close(pipes[i][1]);
		/* One after the other is enough: no program we run here fills a pipe with complaints. */
		if (good && outputs[i])
			good = read_to_end(person, pipes[i][0], outputs[i], what, error);
		if (pipes[i][0] >= 0)
			close(pipes[i][0]);
	}
	if (good)
		good = wait_for_end(person, pid, what, error);
	if (started)
		reap(pid, !good, output);
	return good;
}
