/* SPDX-License-Identifier: MIT */
/* Starts pssession-copy, in the foreground with the shell and with its directory and environment, and talks to it over
 * a socket pair. It is no child of the shell's; what has become of it comes over the socket, whose end means on
 * either side that the other is gone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/fork.h"
#include "client/base/poll.h"
#include "client/copy/private.h"
#include "client/requests/requests.h"
#include "wire/cleanup.h"
#include "wire/copy.h"
#include "wire/frame.h"
#include "wire/system.h"

#include <string.h>

struct start {
	const char *path;
	char *const *environment;
	int socket;
	int connection; /* to the host process */
};

/* In the new process: async-signal-safe calls only. */
static void become_program(void *user)
{
	const struct start *start = user;
	char *const arguments[] = { (char *)start->path, NULL };
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		dup2(null, STDERR_FILENO);
	/* Out of each other's way first, where `ulimit -n` has kept them low. */
	int socket = fcntl(start->socket, F_DUPFD, PSS_COPY_HOST_FD + 1);
	int connection = fcntl(start->connection, F_DUPFD, PSS_COPY_HOST_FD + 1);
	dup2(socket, PSS_COPY_VERB_FD);
	dup2(connection, PSS_COPY_HOST_FD);
	pss_close_from(PSS_COPY_HOST_FD + 1);
	execve(start->path, arguments, start->environment);
	_exit(127);
}

/* The first that can be run. */
static const char *choose(const struct pss_texts *path)
{
	for (size_t i = 0; i < path->n_items; i++)
		if (access(path->items[i], X_OK) == 0)
			return path->items[i];
	return NULL;
}

static int start_program(struct pss_copy_run *run, const char *path)
{
	const struct pss_shell *shell = run->copy->call->shell;
	struct start start = { .path = path,
			       .connection = run->copy->connection.fd,
			       .environment = shell->get_environment ? shell->get_environment() : environ };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	run->program = pss_descriptor_raise(ends[0]);
	_cleanup_(pss_close_fd) int theirs = pss_descriptor_raise(ends[1]);
	start.socket = theirs;
	if (run->program < 0 || theirs < 0)
		return run->program < 0 ? run->program : theirs;
	return pss_fork_orphan(false, become_program, &start);
}

bool pss_copy_program_start(struct pss_copy_run *run)
{
	struct pss_call *call = run->copy->call;
	struct pss_texts path = { 0 };

	int rc = pss_request_search_path("pssession-copy", "copy", &path);
	const char *chosen = rc == 0 ? choose(&path) : NULL;
	if (rc == 0)
		rc = chosen ? start_program(run, chosen) : -ENOENT;
	if (rc < 0)
		pss_call_error(call, PSS_FAILED, NULL, "the program that copies, %s, cannot be started: %s",
			       chosen             ? chosen
			       : path.n_items > 0 ? path.items[path.n_items - 1]
						  : "pssession-copy",
			       strerror(-rc));
	else
		pss_call_debug(call, "started %s", chosen);
	pss_texts_finish(&path);
	return rc == 0;
}

int pss_copy_program_send(struct pss_copy_run *run, struct pss_buffer *buffer, int passed)
{
	while (buffer->length > 0) {
		ssize_t n = pss_send_descriptor(run->program, pss_buffer_bytes(buffer), buffer->length, passed);
		int rc = 0;
		if (n == -EAGAIN || n == -EWOULDBLOCK)
			rc = pss_wait_descriptor(run->program, POLLOUT, -1,
						 run->stopped ? NULL : run->copy->call->shell->interrupted);
		else if (n == -EPIPE || n == -ECONNRESET)
			return 0; /* it has ended; what it said before is read still */
		else if (n < 0)
			return (int)n;
		if (rc < 0)
			return rc;
		if (n <= 0)
			continue;
		passed = -1;
		pss_buffer_consume(buffer, (size_t)n);
	}
	return 0;
}

int pss_copy_program_tell(struct pss_copy_run *run, uint16_t type, uint32_t id)
{
	struct pss_buffer frame;

	pss_buffer_init(&frame);
	int rc = pss_frame_append(&frame, type, id, 0, NULL, 0);
	if (rc == 0)
		rc = pss_copy_program_send(run, &frame, -1);
	pss_buffer_finish(&frame);
	return rc;
}
