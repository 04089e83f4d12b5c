/* SPDX-License-Identifier: MIT */
/* Standard input on its way to the command: read when the host process has granted room for it, so that nothing is read
 * that the command may not get, and nothing piles up. Called by invoke-loop.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/invoke/private.h"
#include "wire/cleanup.h"

#define PIECE (64u * 1024u)

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* What has ended already is as good as none: the command gets /dev/null, and that costs nothing. */
int pss_invoke_find_input(void)
{
	struct pollfd poll_fd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0 || is_null_device(&st))
		return -1;
	if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp())
		return -1; /* reading it would stop us */
	if (S_ISREG(st.st_mode))
		return lseek(STDIN_FILENO, 0, SEEK_CUR) >= st.st_size ? -1 : STDIN_FILENO;
	if (poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL)) &&
	    !(poll_fd.revents & POLLIN))
		return -1;
	return STDIN_FILENO;
}

int pss_invoke_copy_input(void)
{
	char piece[PIECE];
	ssize_t n;
	FILE *file = tmpfile(); /* has no name, goes with its descriptor */

	if (!file)
		return -errno;
	int fd = pss_descriptor_raise(fcntl(fileno(file), F_DUPFD_CLOEXEC, 0));
	fclose(file);
	while (fd >= 0 && (n = read(STDIN_FILENO, piece, sizeof piece)) != 0) {
		if (n < 0 || write(fd, piece, (size_t)n) != n) {
			int error = errno;
			close(fd);
			return -error;
		}
	}
	return fd;
}

bool pss_invoke_wants_input(const struct pss_invoke *invoke)
{
	const struct pss_invoke_target *target = &invoke->targets[0];

	return invoke->request.input.fd >= 0 && !invoke->request.input.copies && pss_invoke_is_under_way(target) &&
	       !target->input.ended && target->input.credit > 0 &&
	       invoke->connection.out.length < PSS_FRAME_PAYLOAD_MAX && !invoke->run->output.error;
}

/* The bytes are read to where they are sent from. */
static int send_piece(struct pss_invoke *invoke, struct pss_invoke_target *target,
		      ssize_t (*read_piece)(void *at, size_t n, void *user), void *user)
{
	struct pss_buffer *out = &invoke->connection.out;
	size_t n_max = target->input.credit < PIECE ? target->input.credit : PIECE;
	struct pss_frame_header header = { .type = PSS_STDIN, .id = target->run.id };
	unsigned char *room = pss_buffer_reserve(out, sizeof header + n_max);

	if (!room)
		return -ENOMEM;
	ssize_t n = read_piece(room + sizeof header, n_max, user);
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	header.length = n > 0 ? (uint32_t)n : 0; /* an error is the end */
	memcpy(room, &header, sizeof header);
	pss_buffer_commit(out, sizeof header + header.length);
	target->input.credit -= header.length;
	target->input.ended = n <= 0;
	return 0;
}

static ssize_t read_live(void *at, size_t n, void *user)
{
	ssize_t got = read(*(int *)user, at, n);
	return got < 0 ? -errno : got;
}

int pss_invoke_take_input(struct pss_invoke *invoke)
{
	return send_piece(invoke, &invoke->targets[0], read_live, &invoke->request.input.fd);
}

struct copy {
	int fd;
	off_t *at;
};

static ssize_t read_copy(void *at, size_t n, void *user)
{
	struct copy *copy = user;
	ssize_t got = pread(copy->fd, at, n, *copy->at);

	*copy->at += got > 0 ? got : 0;
	return got < 0 ? -errno : got;
}

int pss_invoke_give_copies(struct pss_invoke *invoke)
{
	int rc = 0;

	for (size_t i = 0; invoke->request.input.copies && rc == 0 && i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		struct copy copy = { invoke->request.input.fd, &target->input.at };
		while (rc == 0 && pss_invoke_is_under_way(target) && !target->input.ended && target->input.credit > 0 &&
		       invoke->connection.out.length < PSS_FRAME_PAYLOAD_MAX)
			rc = send_piece(invoke, target, read_copy, &copy);
	}
	return rc;
}
