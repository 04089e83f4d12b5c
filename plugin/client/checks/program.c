/* SPDX-License-Identifier: MIT */
/* Starts a program behind the shell's back (fork.h) and reads what it prints. Nobody can wait for it, as it is no child
 * of the shell's: the ends of its pipes say that it is done, and an alarm ends one that is not. */
#include "client/checks/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/fork.h"
#include "client/base/poll.h"
#include "client/base/strings.h"
#include "wire/buffer.h"
#include "wire/cleanup.h"
#include "wire/system.h"

#define SAID_MAX 65536
#define PIECE 4096

struct start {
	const char *const *argv;
	char *const *environment;
	int output, errors;
	unsigned seconds;
};

/* In the new process: async-signal-safe calls only. */
static void become_program(void *user)
{
	const struct start *start = user;
	/* Out of each other's way first, where `ulimit -n` has kept them low. */
	int output = fcntl(start->output, F_DUPFD, STDERR_FILENO + 1);
	int errors = fcntl(start->errors, F_DUPFD, STDERR_FILENO + 1);
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	pss_close_from(STDERR_FILENO + 1);
	alarm(start->seconds);
	execve(start->argv[0], (char *const *)start->argv, start->environment);
	_exit(127);
}

char *pss_program_find(const char *name)
{
	const char *path = getenv("PATH");

	for (path = path && *path ? path : "/usr/bin:/bin"; *path; path += strspn(path, ":")) {
		size_t n = strcspn(path, ":");
		char *found = *path == '/' ? pss_format("%.*s/%s", (int)n, path, name) : NULL;
		if (found && access(found, X_OK) == 0)
			return found;
		free(found);
		path += n;
	}
	return NULL;
}

/* What is there. > 0; 0: the end; or -errno. Of more than SAID_MAX the rest is dropped. */
static int take(int fd, struct pss_buffer *buffer)
{
	char piece[PIECE];
	ssize_t n = read(fd, piece, sizeof piece);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	if (n > 0 && buffer->length < SAID_MAX && pss_buffer_append(buffer, piece, (size_t)n) < 0)
		return -ENOMEM;
	return n > 0;
}

static int read_both(const int *ends, struct pss_buffer *buffers, long long deadline, bool (*interrupted)(void))
{
	bool open[2] = { true, true };

	while (open[0] || open[1]) {
		struct pollfd fds[2] = { { .fd = open[0] ? ends[0] : -1, .events = POLLIN },
					 { .fd = open[1] ? ends[1] : -1, .events = POLLIN } };
		int rc = pss_wait_descriptors(fds, 2, deadline, interrupted);
		for (int i = 0; rc >= 0 && i < 2; i++) {
			int got = fds[i].revents ? take(ends[i], &buffers[i]) : 1;
			if (got < 0)
				rc = got;
			open[i] = open[i] && got > 0;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static char *make_text(struct pss_buffer *buffer)
{
	if (pss_buffer_append(buffer, "", 1) < 0)
		return NULL;
	return strdup((const char *)pss_buffer_bytes(buffer));
}

static int start_and_read(struct start *start, long long deadline, bool (*interrupted)(void),
			  struct pss_buffer *buffers)
{
	int output[2], errors[2];

	if (pipe2(output, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_(pss_close_fd) int output_end = pss_descriptor_raise(output[0]);
	_cleanup_(pss_close_fd) int their_output = pss_descriptor_raise(output[1]);
	if (pipe2(errors, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_(pss_close_fd) int errors_end = pss_descriptor_raise(errors[0]);
	_cleanup_(pss_close_fd) int their_errors = pss_descriptor_raise(errors[1]);
	if (output_end < 0 || their_output < 0 || errors_end < 0 || their_errors < 0)
		return -EMFILE;
	start->output = their_output;
	start->errors = their_errors;
	int rc = pss_fork_orphan(true, become_program, start);
	pss_close_fd(&their_output);
	pss_close_fd(&their_errors);
	their_output = their_errors = -1;
	const int ends[2] = { output_end, errors_end };
	return rc < 0 ? rc : read_both(ends, buffers, deadline, interrupted);
}

int pss_program_read(const char *const *argv, char *const *environment, int deadline_ms, bool (*interrupted)(void),
		     struct pss_said *ret_said)
{
	struct start start = { .argv = argv,
			       .environment = environment,
			       .seconds = (unsigned)(deadline_ms / 1000) + 1 };
	struct pss_buffer buffers[2];

	pss_buffer_init(&buffers[0]);
	pss_buffer_init(&buffers[1]);
	int rc = start_and_read(&start, pss_now_ms() + deadline_ms, interrupted, buffers);
	if (rc == 0) {
		*ret_said = (struct pss_said){ make_text(&buffers[0]), make_text(&buffers[1]) };
		if (!ret_said->output || !ret_said->errors) {
			pss_said_finish(ret_said);
			rc = -ENOMEM;
		}
	}
	pss_buffer_finish(&buffers[0]);
	pss_buffer_finish(&buffers[1]);
	return rc;
}

void pss_said_finish(struct pss_said *said)
{
	free(said->output);
	free(said->errors);
	*said = (struct pss_said){ 0 };
}
