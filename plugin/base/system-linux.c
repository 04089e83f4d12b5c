/* SPDX-License-Identifier: MIT */
/* Linux: every call of the engine and the host process that other systems lack or have in another way. */
#include "base/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int pss_system_accept(int listener, struct sockaddr *address, socklen_t *n)
{
	return accept4(listener, address, n, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* ---- what can be waited for */

int pss_system_flag_new(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void pss_system_flag_raise(int flag)
{
	eventfd_write(flag, 1);
}

gboolean pss_system_flag_lower(int flag)
{
	eventfd_t ignored;

	return eventfd_read(flag, &ignored) == 0;
}

int pss_system_crowd_new(const int *fds, gsize n_fds)
{
	int crowd = epoll_create1(EPOLL_CLOEXEC);

	for (gsize i = 0; crowd >= 0 && i < n_fds; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fds[i] };
		if (fds[i] >= 0)
			epoll_ctl(crowd, EPOLL_CTL_ADD, fds[i], &event);
	}
	return crowd;
}

int pss_system_crowd_ready(int crowd)
{
	struct epoll_event event;

	return epoll_wait(crowd, &event, 1, 0) == 1 ? event.data.fd : -1;
}

void pss_system_crowd_remove(int crowd, int fd)
{
	epoll_ctl(crowd, EPOLL_CTL_DEL, fd, NULL);
}

int pss_system_process_end(pid_t child)
{
	return (int)syscall(SYS_pidfd_open, child, 0);
}

int pss_system_directory_watch(const char *directory, PssSystemChange change)
{
	static const guint32 events[] = {
		[PSS_SYSTEM_COMES] = IN_CREATE | IN_MOVED_TO,
		[PSS_SYSTEM_GOES] = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF,
	};
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 || inotify_add_watch(fd, directory, events[change]) >= 0)
		return fd;
	int failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

/* By rtnetlink(7). Not GNetworkMonitor: that asks NetworkManager over D-Bus first, and loads what else GIO finds in its
 * directory. */
int pss_system_network_watch(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

gboolean pss_system_shares_network(pid_t pid)
{
	char path[sizeof "/proc//ns/net" + 3 * sizeof pid];
	struct stat ours, theirs;

	snprintf(path, sizeof path, "/proc/%jd/ns/net", (intmax_t)pid);
	if (stat("/proc/self/ns/net", &ours) < 0 || stat(path, &theirs) < 0)
		return TRUE;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* An error (ENOBUFS) is news that were too many. */
void pss_system_drain(int fd)
{
	char buffer[8192];
	ssize_t n;

	do
		n = read(fd, buffer, sizeof buffer);
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* ---- files */

int pss_system_memory_file(const char *name, gsize size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || size == 0)
		return fd;
	if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
		return fd;
	close(fd);
	return -1;
}

gboolean pss_system_is_descriptor_name(const char *path)
{
	static const char *const own[] = { "/dev/fd/", "/dev/std", "/proc/self/", "/proc/thread-self/" };

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		if (g_str_has_prefix(path, own[i]))
			return TRUE;
	return FALSE;
}

int pss_system_count_descriptors(void)
{
	DIR *open_ones = opendir("/proc/self/fd");
	int n = 0;

	if (!open_ones)
		return -1;
	while (readdir(open_ones))
		n++;
	closedir(open_ones);
	/* ".", ".." and the directory itself do not count. */
	return n - 3;
}

/* ---- processes, this one first */

char *pss_system_own_program(void)
{
	return g_file_read_link("/proc/self/exe", NULL);
}

gboolean pss_system_limit_of(pid_t pid, int resource, struct rlimit *ret)
{
	return prlimit(pid, resource, NULL, ret) == 0;
}

void pss_system_set_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

void pss_system_protect_memory(void)
{
	struct rlimit core;

	/* The hard one stays: programs that are started from here have their caller's. */
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
	prctl(PR_SET_DUMPABLE, 0);
}

gboolean pss_system_end_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0;
}

/* glibc gives each thread a heap of its own, up to eight for each processor. musl has one. */
void pss_system_share_heap(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
#endif
}

/* musl gives it back by itself. */
void pss_system_trim_memory(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

/* One that nobody has reaped yet (a container without an init) has ended as well. */
gboolean pss_system_is_running(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return kill(pid, 0) == 0;
	const char *behind_name = strrchr(text, ')');
	return !behind_name || !g_str_has_prefix(behind_name, ") Z");
}

/* ---- the rest */

void pss_system_acknowledge_quickly(int tcp_socket)
{
	int on = 1;

	setsockopt(tcp_socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void pss_system_gather(int tcp_socket, gboolean on)
{
	int value = on;

	setsockopt(tcp_socket, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void pss_system_give_up_after(int tcp_socket, guint milliseconds)
{
	setsockopt(tcp_socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

void pss_system_keep_unsent_below(int tcp_socket, guint bytes)
{
	setsockopt(tcp_socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

gboolean pss_system_random(guchar *bytes, gsize n)
{
	for (gsize drawn = 0; drawn < n;) {
		ssize_t got = getrandom(bytes + drawn, n - drawn, 0);
		if (got < 0 && errno != EINTR)
			return FALSE;
		drawn += got > 0 ? (gsize)got : 0;
	}
	return TRUE;
}
