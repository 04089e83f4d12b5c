/* SPDX-License-Identifier: MIT */
/* A double fork, with all signals blocked around it: the shell's SIGCHLD handler would take the status of the first.
 * Used to start the host process, and the program that copies. */
#include "client/base/fork.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static void reset_signals(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_first(bool apart, void (*run)(void *user), void *user)
{
	if (apart)
		setsid();
	pid_t second = fork();
	if (second == 0) {
		reset_signals();
		run(user);
		_exit(126);
	}
	_exit(second < 0 ? errno : 0);
}

int pss_fork_orphan(bool apart, void (*run)(void *user), void *user)
{
	sigset_t all, original;
	pid_t waited;
	int status;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &original);
	pid_t first = fork();
	int rc = first < 0 ? -errno : 0;
	if (first == 0)
		become_first(apart, run, user);
	if (first > 0) {
		while ((waited = waitpid(first, &status, 0)) < 0 && errno == EINTR)
			continue;
		if (waited == first && WIFEXITED(status))
			rc = -WEXITSTATUS(status);
	}
	sigprocmask(SIG_SETMASK, &original, NULL);
	return rc;
}
