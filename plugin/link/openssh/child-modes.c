/* SPDX-License-Identifier: MIT */
/* Two short lives of pssession-host, each in a process of its own. They share nothing with the host process but the
 * socket that a question goes through: one line with ssh's hint (SSH_ASKPASS_PROMPT), the question up to the end, and
 * back `+` and the answer, or `-`. An answer is a secret: it is in this block and in the pipe to ssh, and wiped here.
 */
#include "link/openssh/child-modes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/system.h"
#include "wire/buffer.h"

#define ANSWER_MAX 1024

int pss_program_tied(char *const *arguments)
{
	pid_t parent = (pid_t)atol(arguments[0]);

	/* It may have ended before this was said. */
	if (!pss_system_end_with_parent() || getppid() != parent)
		return 1;
	execv(arguments[1], arguments + 1);
	fprintf(stderr, "%s: %s\n", arguments[1], strerror(errno));
	return 127;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static int send_all(int fd, const char *text)
{
	for (size_t n = strlen(text); n > 0;) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return -1;
		text += sent;
		n -= (size_t)sent;
	}
	return 0;
}

static size_t receive_all(int fd, char *block, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size && ((got = read(fd, block + n, size - n)) > 0 || (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	return n;
}

int pss_program_ask(const char *socket_path, const char *question)
{
	const char *hint = getenv("SSH_ASKPASS_PROMPT");
	char answer[ANSWER_MAX + 2];
	int fd = connect_to(socket_path);

	if (fd < 0 || send_all(fd, hint ? hint : "") < 0 || send_all(fd, "\n") < 0 || send_all(fd, question) < 0 ||
	    shutdown(fd, SHUT_WR) < 0)
		return 1;
	size_t n = receive_all(fd, answer, sizeof answer - 1);
	int status = n > 0 && answer[0] == '+' ? 0 : 1;
	answer[n] = '\n';
	/* Not by stdio, whose buffer would keep it. */
	if (status == 0 && write(STDOUT_FILENO, answer + 1, n) != (ssize_t)n)
		status = 1;
	pss_wipe(answer, sizeof answer);
	return status;
}
