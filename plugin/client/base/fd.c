/* SPDX-License-Identifier: MIT */
/* Keeps our descriptors out of the user's way. Called right behind every open(), socket() and pipe2() of
 * the client; it owns nothing. */
#include "client/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pss_descriptor_raise(int fd)
{
	if (fd < 0)
		return -errno;
	int raised = fcntl(fd, F_DUPFD_CLOEXEC, PSS_DESCRIPTOR_MIN);
	/* `ulimit -n` may leave less room; single digits are what scripts write. */
	if (raised < 0 && (errno == EINVAL || errno == EMFILE))
		raised = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (raised < 0 && (errno == EINVAL || errno == EMFILE))
		return fd;
	int error = errno;
	close(fd);
	return raised < 0 ? -error : raised;
}
