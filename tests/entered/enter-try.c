/* SPDX-License-Identifier: MIT */
/* `enter_try SOCKET [kept] [v1]` for the tests of the entered loop, in both shells: enters the session that a scripted
 * peer at the Unix socket SOCKET plays, with no host process and no verb in between. */
#include "enter-try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/entered/entered-loop.h"
#include "client/tty/escape-keys.h"

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (low >= 0 && connect(low, (struct sockaddr *)&address, sizeof(address)) == 0)
		fd = fcntl(low, F_DUPFD_CLOEXEC, 100);
	if (low >= 0)
		close(low);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int run(void *argument)
{
	return pss_entered_run(argument);
}

int enter_try(const struct pss_shell *shell, const char *const *words)
{
	const char *why_not = shell->why_not_enter();
	struct pss_connection connection = { .fd = -1, .last_id = 7, .version = 2 };
	struct pss_entered entered = { .shell = shell,
				       .escape_character = PSS_ESCAPE_KEYS_CHAR,
				       .connection = &connection,
				       .id = 7,
				       .name = "web1",
				       .user = "ann",
				       .prompt_name = "web1",
				       .history_key = "ann@web1.example:22" };
	int status;

	if (why_not) {
		shell->error("enter_try", why_not);
		return 1;
	}
	if (!words[0])
		return 2;
	for (size_t i = 1; words[i]; i++) {
		if (strcmp(words[i], "v1") == 0)
			connection.version = 1;
		else
			entered.kept = true;
	}
	connection.fd = connect_to(words[0]);
	if (connection.fd < 0) {
		shell->error(words[0], strerror(errno));
		return 1;
	}
	status = shell->run_entered("enter-pssession web1", run, &entered);
	pss_connection_close(&connection);
	return status;
}
