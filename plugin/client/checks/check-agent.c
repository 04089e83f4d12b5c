/* SPDX-License-Identifier: MIT */
/* The agent that SSH_AUTH_SOCK names: does it answer, and how many keys does it list? (draft-ietf-sshm-ssh-agent,
 * sections 3 and 3.5.) It is asked for nothing else. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/base/poll.h"
#include "client/checks/private.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

#define AGENT_IDENTITIES_ANSWER 12
#define HEAD 9 /* length, type, how many */

static int connect_agent(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	int fd = pss_descriptor_raise(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return fd;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return rc;
}

static int read_head(int fd, unsigned char *head, long long deadline, bool (*interrupted)(void))
{
	for (size_t got = 0; got < HEAD;) {
		int rc = pss_wait_descriptor(fd, POLLIN, deadline, interrupted);
		ssize_t n = rc > 0 ? read(fd, head + got, HEAD - got) : 0;
		if (rc < 0)
			return rc;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		/* A refusal is shorter. */
		if (n == 0)
			return got >= 5 ? 0 : -EPIPE;
		got += n > 0 ? (size_t)n : 0;
		if (got >= 5 && head[4] != AGENT_IDENTITIES_ANSWER)
			return 0;
	}
	return 0;
}

/* How many keys it lists; -EPROTO: it refuses to; or another -errno. */
static int count_keys(const char *path, bool (*interrupted)(void))
{
	static const unsigned char request[] = { 0, 0, 0, 1, 11 };
	unsigned char head[HEAD] = { 0 };
	_cleanup_(pss_close_fd) int fd = connect_agent(path);

	if (fd < 0)
		return fd;
	if (send(fd, request, sizeof request, MSG_NOSIGNAL) != sizeof request)
		return errno ? -errno : -EPIPE;
	int rc = read_head(fd, head, pss_now_ms() + pss_deadline(PSS_CHECK_MS), interrupted);
	if (rc < 0)
		return rc;
	if (head[4] != AGENT_IDENTITIES_ANSWER)
		return -EPROTO;
	return head[5] || head[6] ? -EPROTO : head[7] << 8 | head[8];
}

static void say_failure(struct pss_checks *checks, const char *path, int rc)
{
	switch (rc) {
	case -EINTR:
		break;
	case -ENOENT:
	case -ECONNREFUSED:
	case -ENOTSOCK:
		PSS_FAIL_LINE(checks, "agent",
			      "SSH_AUTH_SOCK is %s, and nobody listens there; start ssh-agent (eval \"$(ssh-agent)\"), "
			      "or unset SSH_AUTH_SOCK",
			      path);
		break;
	case -ETIMEDOUT:
		PSS_FAIL_LINE(checks, "agent",
			      "the agent at %s (SSH_AUTH_SOCK) does not answer; start another, or unset SSH_AUTH_SOCK",
			      path);
		break;
	case -EPROTO:
		PSS_WARN_LINE(checks, "agent",
			      "the agent at %s (SSH_AUTH_SOCK) does not list its keys; is it locked? "
			      "'ssh-add -X' unlocks it",
			      path);
		break;
	default:
		PSS_FAIL_LINE(checks, "agent", "the agent at %s (SSH_AUTH_SOCK) cannot be asked: %s", path,
			      strerror(-rc));
	}
}

void pss_checks_agent(struct pss_checks *checks)
{
	const char *path = getenv("SSH_AUTH_SOCK");

	if (!path || !*path) {
		PSS_OK_LINE(checks, "agent", "none, as SSH_AUTH_SOCK is not set: keys are read from files");
		return;
	}
	int n = count_keys(path, checks->call->shell->interrupted);
	if (n > 0)
		PSS_OK_LINE(checks, "agent", "%d %s", n, n == 1 ? "key" : "keys");
	else if (n == 0)
		PSS_OK_LINE(checks, "agent", "it has no keys: ssh-add adds one");
	else
		say_failure(checks, path, n);
}
