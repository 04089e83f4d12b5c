/* SPDX-License-Identifier: MIT */
/* Waiting with a deadline inside a shell. A Ctrl-C that comes right before the wait begins is not lost:
 * SIGINT is blocked from the look at the shell's flag until ppoll() lets it through. */
#include "client/base/poll.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

long long pss_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool (*awaits_child)(void);

void pss_wait_for_children(bool (*awaits)(void))
{
	awaits_child = awaits;
}

int pss_wait_poll(struct pollfd *fds, nfds_t n_fds, const struct timespec *timeout, const sigset_t *mask)
{
	sigset_t lets_children = *mask;

	if (awaits_child && awaits_child())
		sigdelset(&lets_children, SIGCHLD);
	return ppoll(fds, n_fds, timeout, &lets_children);
}

static int wait_blocked(struct pollfd *fds, size_t n_fds, long long deadline, const sigset_t *mask,
			bool (*interrupted)(void))
{
	for (;;) {
		if (interrupted && interrupted())
			return -EINTR;
		long long left = deadline < 0 ? 0 : deadline - pss_now_ms();
		if (left < 0)
			left = 0;
		struct timespec timeout = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		int n = pss_wait_poll(fds, n_fds, deadline < 0 ? NULL : &timeout, mask);
		if (n > 0)
			return n;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int pss_wait_descriptors(struct pollfd *fds, size_t n_fds, long long deadline, bool (*interrupted)(void))
{
	static const int numbers[] = { SIGINT, SIGHUP, SIGTERM };
	sigset_t ending, original;

	sigemptyset(&ending);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(&ending, numbers[i]);
	sigprocmask(SIG_BLOCK, &ending, &original);
	int rc = wait_blocked(fds, n_fds, deadline, &original, interrupted);
	sigprocmask(SIG_SETMASK, &original, NULL);
	return rc;
}

int pss_wait_descriptor(int fd, short events, long long deadline, bool (*interrupted)(void))
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	int rc = pss_wait_descriptors(&poll_fd, 1, deadline, interrupted);
	return rc > 0 ? poll_fd.revents : rc;
}
