/* SPDX-License-Identifier: MIT */
/* Waiting for descriptors, with a deadline, inside a shell. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* poll() on one descriptor until `deadline` (ms of the monotonic clock, -1: none), with SIGINT, SIGHUP and
 * SIGTERM looked at without a gap. > 0: revents; -ETIMEDOUT; -EINTR when interrupted() said so (which may be NULL);
 * -errno. */
int pss_wait_descriptor(int fd, short events, long long deadline, bool (*interrupted)(void));

/* The same on several, as ppoll() has them: > 0 how many are ready, or a negative errno as above. */
int pss_wait_descriptors(struct pollfd *fds, size_t n_fds, long long deadline, bool (*interrupted)(void));

/* ppoll(), as all that wait inside a verb call it: with SIGCHLD let through if the shell wants that. Called with
 * SIGCHLD blocked. */
int pss_wait_poll(struct pollfd *fds, nfds_t n_fds, const struct timespec *timeout, const sigset_t *mask);

/* For a shell whose builtins run with SIGCHLD held back. `awaits` (NULL, as at first: the shell has no need) is called
 * before each wait, with SIGCHLD blocked: it does what has to be done about children that ended meanwhile, and true
 * means that the next one's end shall interrupt the wait. */
void pss_wait_for_children(bool (*awaits)(void));

/* The monotonic clock, in ms. */
long long pss_now_ms(void);

/* What else is looked at while a descriptor is waited for: the keyboard. */
struct pss_beside {
	int fd; /* -1: nothing now */
	/* There is something to read. 0, or a negative errno that ends the wait. */
	int (*on_ready)(void *user);
	void *user;
};
