/* SPDX-License-Identifier: MIT */
/* Lets an ordinary user's private sshd give out terminals: preloaded into that sshd alone (sshd.bash).
 *
 * sshd wants a terminal to belong to the group tty and ends the connection when it cannot arrange that.
 * Where devpts is mounted with gid=5 it already does; in some containers and virtual machines it is not,
 * and only root could change it. The owner is right either way, so the failure to change the group of
 * something below /dev/pts is taken for success. Nothing else is touched. */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

int chown(const char *path, uid_t owner, gid_t group)
{
	int (*real)(const char *, uid_t, gid_t) =
		__extension__((int (*)(const char *, uid_t, gid_t))dlsym(RTLD_NEXT, "chown"));
	int result = real(path, owner, group);

	if (result < 0 && errno == EPERM && owner == getuid() && strncmp(path, "/dev/pts/", 9) == 0)
		return 0;
	return result;
}
