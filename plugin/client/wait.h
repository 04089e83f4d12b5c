/* SPDX-License-Identifier: MIT */
/* Waiting for descriptors, with a deadline, inside a shell. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* poll() on one descriptor until `deadline` (ms of the monotonic clock, -1: none), with SIGINT looked at without a
 * gap. > 0: revents; -ETIMEDOUT; -EINTR when interrupted() said so (which may be NULL); -errno. */
int pss_wait_descriptor(int fd, short events, long long deadline, bool (*interrupted)(void));

/* The same on several, as ppoll() has them: > 0 how many are ready, or a negative errno as above. */
int pss_wait_descriptors(struct pollfd *fds, size_t n_fds, long long deadline, bool (*interrupted)(void));

/* The monotonic clock, in ms. */
long long pss_now_ms(void);
