/* SPDX-License-Identifier: MIT */
/* LISTEN_PID and LISTEN_FDS: one listening socket at descriptor 3. The variables are for this process only: nothing
 * that it starts may take them for its own. */
#include "host/server/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

#define FIRST_PASSED 3

static guint64 number_of(const char *variable)
{
	const char *text = g_getenv(variable);
	guint64 number = 0;

	if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL))
		return 0;
	return number;
}

static gboolean has_option(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

static gboolean listens_at(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	socklen_t length = sizeof address - 1;

	return has_option(fd, SO_DOMAIN, AF_UNIX) && has_option(fd, SO_TYPE, SOCK_STREAM) &&
	       has_option(fd, SO_ACCEPTCONN, 1) && getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	       length > offsetof(struct sockaddr_un, sun_path) && strcmp(address.sun_path, path) == 0;
}

int pss_activation_take(const char *path, GError **error)
{
	guint64 pid = number_of("LISTEN_PID"), n = number_of("LISTEN_FDS");

	g_unsetenv("LISTEN_PID");
	g_unsetenv("LISTEN_FDS");
	g_unsetenv("LISTEN_FDNAMES");
	if (n == 0 || pid != (guint64)getpid())
		return -1;
	for (int fd = FIRST_PASSED; fd < FIRST_PASSED + (int)n; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (n != 1 || !listens_at(FIRST_PASSED, path)) {
		g_set_error(error, PSS_ERROR, PSS_FAILED,
			    "LISTEN_FDS must pass one socket, which listens at %s (pssession.socket does)", path);
		return -1;
	}
	fcntl(FIRST_PASSED, F_SETFL, fcntl(FIRST_PASSED, F_GETFL) | O_NONBLOCK);
	return FIRST_PASSED;
}
