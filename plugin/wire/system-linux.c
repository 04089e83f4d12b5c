/* SPDX-License-Identifier: MIT */
/* Linux: every call of the wire that other systems lack or have in another way. */
#include "wire/system.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int pss_peer(int fd, uid_t *ret_uid, pid_t *ret_pid)
{
	struct ucred peer;
	socklen_t length = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	*ret_uid = peer.uid;
	*ret_pid = peer.pid;
	return 0;
}

/* By number: glibc has a function for it since 2.34, musl has none. A kernel older than 5.9 has no such call. */
void pss_close_from(int lowest)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, lowest, ~0U, 0) == 0)
		return;
#endif
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = 1024;
	for (int fd = lowest; fd < (int)limit.rlim_cur; fd++)
		close(fd);
}
