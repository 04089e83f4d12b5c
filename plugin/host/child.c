/* SPDX-License-Identifier: MIT */
/* posix_spawn with the house's rules filled in. Used for ssh -G, proxies, SSH_ASKPASS and the null
 * transport's children. Not fork: the host process has threads, and libssh sessions that a copy of
 * the process would corrupt. The caller reaps. */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/error.h"

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
	if (spawn->directory && access(spawn->directory, X_OK) == 0 &&
	    g_file_test(spawn->directory, G_FILE_TEST_IS_DIR))
		posix_spawn_file_actions_addchdir_np(actions, spawn->directory);
}

gboolean pss_spawn(const PssSpawn *spawn, pid_t *ret_pid, GError **error)
{
	const char *program = spawn->program ? spawn->program : spawn->argv[0];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int above[3] = { -1, -1, -1 };
	pid_t pid;

	for (int i = 0; i < 3; i++)
		if (!spawn->terminal && spawn->fds[i] >= 0)
			above[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, 3);
	set_attributes(&attributes);
	set_actions(&actions, spawn, above);
	int failed = posix_spawnp(&pid, program, &actions, &attributes, (char *const *)spawn->argv,
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
