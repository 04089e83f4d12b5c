/* SPDX-License-Identifier: MIT */
/* Starts pssession-host from inside a shell without the shell noticing. What the new process has to say comes over a
 * pipe as one int: the errno of a failed exec, or 0 from the host process when it listens. */
#include "client/requests/start-host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/fork.h"
#include "client/base/poll.h"
#include "client/base/strings.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"
#include "wire/system.h"

#define READY_FD 3

/* What the host process gets of the caller's environment. Each open brings its own caller's; this is only what
 * says who we are, where things are, and what tests and sanitizers want to set. */
static const char *const inherited[] = {
	"HOME",
	"PATH",
	"USER",
	"LOGNAME",
	"SHELL",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"LC_MESSAGES",
	"TZ",
	"TMPDIR",
	"KRB5_CONFIG",
	"XDG_STATE_HOME",
	"XDG_CONFIG_HOME",
	"XDG_RUNTIME_DIR",
	"PSSESSION_RUNTIME_DIR",
	"G_MESSAGES_DEBUG",
	"ASAN_OPTIONS",
	"UBSAN_OPTIONS",
	"LSAN_OPTIONS",
	"LD_LIBRARY_PATH",
#ifdef PSS_TEST_DEADLINES
	"PSSESSION_TEST_DEADLINES",
#endif
};
#define N_INHERITED (sizeof inherited / sizeof *inherited)

/* HACK(GLib before 2.76): its own allocator keeps what each thread has freed, some kilobytes for each login at the same
 * time. It is read before main(). Remove when 2.76 is the floor. */
#define NO_ALLOCATOR_OF_GLIB "G_SLICE=always-malloc"

static int make_environment(struct pss_texts *ret_environment)
{
	struct pss_texts environment = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < N_INHERITED; i++) {
		const char *value = getenv(inherited[i]);
		if (value)
			rc = pss_texts_add(&environment, pss_format("%s=%s", inherited[i], value));
	}
	if (rc == 0)
		rc = pss_texts_add(&environment, pss_format("%s", NO_ALLOCATOR_OF_GLIB));
	if (rc == 0)
		rc = pss_texts_terminate(&environment);
	if (rc < 0)
		pss_texts_finish(&environment);
	else
		*ret_environment = environment;
	return rc;
}

/* The process that becomes the host. Async-signal-safe calls only. */
static void become_host(const char *const *search_path, char *const *environment, int ready)
{
	int error = ENOENT;

	/* 0 to 2 may be closed in the caller; `ready` is above 100 unless `ulimit -n` is tiny. */
	if (ready <= READY_FD)
		ready = fcntl(ready, F_DUPFD, READY_FD + 1);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		if (null != fd)
			dup2(null, fd);
	dup2(ready, READY_FD);
	pss_close_from(READY_FD + 1);
	if (chdir("/") < 0)
		error = errno;
	for (; *search_path; search_path++) {
		char *const arguments[] = { (char *)*search_path, (char *)"--ready-fd", (char *)"3", NULL };
		execve(*search_path, arguments, environment);
		error = errno;
		if (error != ENOENT && error != ENOTDIR)
			break;
	}
	if (write(READY_FD, &error, sizeof error) != sizeof error)
		_exit(126);
	_exit(127);
}

struct start {
	const char *const *search_path;
	char *const *environment;
	int ready;
};

static void child(void *user)
{
	const struct start *start = user;

	become_host(start->search_path, start->environment, start->ready);
}

/* The int from the pipe: 0 or -errno; -EPIPE when the host process ended before it said anything. */
static int wait_ready(int fd, bool (*interrupted)(void))
{
	int error;
	int rc = pss_wait_descriptor(fd, POLLIN, pss_now_ms() + pss_deadline(PSS_HOST_START_MS), interrupted);
	if (rc < 0)
		return rc;
	ssize_t n = read(fd, &error, sizeof error);
	return n == sizeof error ? -error : -EPIPE;
}

static char *describe(int rc, const char *const *search_path)
{
	switch (rc) {
	case -ETIMEDOUT:
		return pss_format("the host process %s has not become ready within %d seconds", search_path[0],
				  PSS_HOST_START_MS / 1000);
	case -EPIPE:
		return pss_format("the host process %s ended before it was ready (run it by hand to see why)",
				  search_path[0]);
	case -EMFILE:
	case -ENFILE:
	case -EAGAIN:
		return pss_format("the host process %s cannot be started: %s ('ulimit -n' and 'ulimit -u' say how many "
				  "descriptors and processes there may be)",
				  search_path[0], strerror(-rc));
	default:
		return pss_format("the host process %s cannot be started: %s (PSSESSION_HOST can name another)",
				  search_path[0], strerror(-rc));
	}
}

int pss_start_host(const char *const *search_path, bool (*interrupted)(void), char **ret_error)
{
	struct pss_texts environment = { 0 };
	int ends[2];

	int rc = make_environment(&environment);
	if (rc == 0 && pipe2(ends, O_CLOEXEC) < 0)
		rc = -errno;
	if (rc == 0) {
		_cleanup_(pss_close_fd) int reading = pss_descriptor_raise(ends[0]);
		int writing = pss_descriptor_raise(ends[1]);
		struct start start = { search_path, environment.items, writing };
		rc = reading < 0 ? reading : writing < 0 ? writing : pss_fork_orphan(true, child, &start);
		pss_close_fd(&writing);
		if (rc == 0)
			rc = wait_ready(reading, interrupted);
	}
	pss_texts_finish(&environment);
	if (rc < 0 && rc != -EINTR)
		*ret_error = describe(rc, search_path);
	return rc;
}
