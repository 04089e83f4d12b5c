/* SPDX-License-Identifier: MIT */
/* Descriptors that go over a Unix stream socket with bytes (SCM_RIGHTS, unix(7)). The receiver gets them with the bytes
 * that they were sent with, in their order. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* At most so many come with one pss_receive_descriptors(). */
#define PSS_DESCRIPTORS_MAX 16

/* Those that came. The receiver closes them. */
struct pss_descriptors {
	int fds[PSS_DESCRIPTORS_MAX];
	size_t n;
};

/* send() without waiting and without SIGPIPE; `passed` (-1: none) goes with the first byte and stays the caller's.
 * How many bytes went, or -errno. */
ssize_t pss_send_descriptor(int socket, const void *data, size_t n, int passed);

/* recv() without waiting. *ret_descriptors is set in every case; each is CLOEXEC. Bytes, 0 at the end, or -errno. */
ssize_t pss_receive_descriptors(int socket, void *data, size_t n, struct pss_descriptors *ret_descriptors);
