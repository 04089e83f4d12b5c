/* SPDX-License-Identifier: MIT */
/* Reading to the end, inside a shell: handlers of the shell's, or of its traps, cut system calls short. Called for the
 * scripts, the lists of names and the standard input that are read before anything runs. It owns nothing. */
#include "client/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/poll.h"

#define PIECE 65536

int pss_file_open(const char *path, bool (*interrupted)(void))
{
	int fd;

	do
		fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);
	while (fd < 0 && errno == EINTR && !(interrupted && interrupted()));
	return pss_descriptor_raise(fd);
}

ssize_t pss_file_read(int fd, void *data, size_t n, bool (*interrupted)(void))
{
	for (;;) {
		int rc = pss_wait_descriptor(fd, POLLIN, -1, interrupted);
		ssize_t got = rc < 0 ? rc : read(fd, data, n);
		if (rc < 0)
			return rc;
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

int pss_file_read_all(int fd, size_t most, bool (*interrupted)(void), char **ret_text, size_t *ret_n)
{
	char *text = NULL, *grown;
	size_t n = 0;

	for (ssize_t got = 1; got > 0; n += (size_t)got) {
		grown = n <= most ? realloc(text, n + PIECE + 1) : NULL;
		text = grown ? grown : text;
		got = grown ? pss_file_read(fd, text + n, PIECE, interrupted) : n <= most ? -ENOMEM : -EFBIG;
		if (got < 0) {
			free(text);
			return (int)got;
		}
	}
	text[n] = '\0';
	*ret_text = text;
	*ret_n = n;
	return 0;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, data, n);
		if (written < 0 && errno != EINTR)
			return -errno;
		data += written > 0 ? written : 0;
		n -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

int pss_file_write(int fd, const void *data, size_t n)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	sigaction(SIGXFSZ, &ignore, &before);
	int rc = write_all(fd, data, n);
	sigaction(SIGXFSZ, &before, NULL);
	return rc;
}
