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
#include "client/base/file.h"
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

/* A file that has no name and goes with its descriptor; or -errno. */
static int open_copy(void)
{
	FILE *file = tmpfile();
	if (!file)
		return -errno;
	int fd = pss_descriptor_raise(fcntl(fileno(file), F_DUPFD_CLOEXEC, 0));
	fclose(file);
	return fd;
}

static void refuse_to_keep(struct pss_call *call, int error)
{
	pss_call_error(call, PSS_FAILED, NULL, "standard input cannot be kept for all targets (in " P_tmpdir "): %s",
		       strerror(error));
}

static int copy_all(struct pss_call *call, int fd)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = pss_file_read(STDIN_FILENO, piece, sizeof piece, call->shell->interrupted)) > 0) {
		int rc = pss_file_write(fd, piece, (size_t)n);
		if (rc < 0) {
			refuse_to_keep(call, -rc);
			return rc;
		}
	}
	if (n < 0)
		pss_call_error(call, n == -EINTR ? PSS_INTERRUPTED : PSS_FAILED, NULL,
			       "standard input cannot be read: %s", strerror((int)-n));
	return (int)n;
}

int pss_invoke_copy_input(struct pss_call *call)
{
	_cleanup_(pss_close_fd) int fd = open_copy();

	if (fd < 0) {
		refuse_to_keep(call, -fd);
		return -1;
	}
	if (copy_all(call, fd) < 0)
		return -1;
	int whole = fd;
	fd = -1; /* now the caller's */
	return whole;
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
