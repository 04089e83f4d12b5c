/* SPDX-License-Identifier: MIT */
/* Standard output and error of the shell, written without ever waiting in the kernel: a pipe whose reader is slow must
 * not keep Ctrl-C or the other stream waiting. The shared descriptors' flags stay as they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pss_writer {
	int fd;       /* the shell's, 1 or 2 */
	int own;      /* the same file opened again, non-blocking; or -1 */
	bool socket;  /* send() has a flag for it */
	bool careful; /* neither is possible: small pieces, after poll() */
};

void pss_writer_init(struct pss_writer *writer, int fd);
void pss_writer_finish(struct pss_writer *writer);

/* What to poll for POLLOUT. */
int pss_writer_descriptor(const struct pss_writer *writer);

/* Bytes written, -EAGAIN, -EPIPE (SIGPIPE is the caller's to block), or another -errno. */
ssize_t pss_writer_write(struct pss_writer *writer, const void *data, size_t n);
