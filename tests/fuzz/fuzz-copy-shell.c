/* SPDX-License-Identifier: MIT */
/* The same for a remote sh in the place of a server: whatever it answers. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "copy/shell/shell.h"
#include "fuzz.h"
#include "sftp-operations.h"

/* The first line that it is sent says what its greeting is to be. */
static void greet(int fd)
{
	char first[] = "nonce=0123456789abcdef\n";
	char greeting[64];

	while (recv(fd, first, sizeof first - 1, MSG_PEEK) < (ssize_t)sizeof first - 1)
		g_main_context_iteration(NULL, TRUE);
	int n = g_snprintf(greeting, sizeof greeting, "noise\npssession-files %s", strchr(first, '=') + 1);
	sftp_operations_feed(fd, (const uint8_t *)greeting, (size_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	int client = pss_copy_shell_serve(pair[0]);
	if (client < 0)
		abort();
	greet(pair[1]);
	sftp_operations_run(client, pair[1], data, size);
	return 0;
}
