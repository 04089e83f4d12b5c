/* SPDX-License-Identifier: MIT */
/* The four kinds of file that a shell's output can be: pipes and terminals are opened again, sockets have
 * a flag, files never wait, and anything else takes small pieces. Used by invoke-command. */
#include "client/base/output-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/system.h"

void pss_writer_init(struct pss_writer *writer, int fd)
{
	struct stat st;

	*writer = (struct pss_writer){ .fd = fd, .own = -1 };
	if (fstat(fd, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return;
	writer->socket = S_ISSOCK(st.st_mode);
	if (writer->socket)
		return;
	writer->own = pss_descriptor_raise(pss_reopen(fd, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
	writer->careful = writer->own < 0;
}

void pss_writer_finish(struct pss_writer *writer)
{
	if (writer->own >= 0)
		close(writer->own);
	writer->own = -1;
}

int pss_writer_descriptor(const struct pss_writer *writer)
{
	return writer->own >= 0 ? writer->own : writer->fd;
}

static bool has_room(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	return poll(&poll_fd, 1, 0) > 0;
}

ssize_t pss_writer_write(struct pss_writer *writer, const void *data, size_t n)
{
	ssize_t written;

	if (writer->careful && !has_room(writer->fd))
		return -EAGAIN;
	if (writer->careful && n > PIPE_BUF)
		n = PIPE_BUF;
	do {
		written = writer->socket ? send(writer->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL)
					 : write(pss_writer_descriptor(writer), data, n);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return written;
}
