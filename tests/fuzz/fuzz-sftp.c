/* SPDX-License-Identifier: MIT */
/* Whatever an SFTP server sends behind its greeting: each operation ends exactly once, and what is handed out is what
 * was asked for. The client's ids count from 0, so that an input can hold answers. */
#include <stdlib.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "sftp-operations.h"

#define GREETING "\0\0\0\044\2\0\0\0\3\0\0\0\027posix-rename@openssh.com\0\0\0\0011"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	sftp_operations_feed(pair[1], (const uint8_t *)GREETING, sizeof GREETING - 1);
	sftp_operations_run(pair[0], pair[1], data, size);
	return 0;
}
