/* SPDX-License-Identifier: MIT */
/* HACK(libssh): it reads 4096 bytes a call, and polls before each: 512 system calls for each MiB, which are most of
 * what a stream costs here. So this program has a recv() and a poll() of its own, which its libraries are bound to
 * (ELF: the program's symbols come first), and which are those of the system but for bytes that were read ahead. Remove
 * when libssh reads as much as there is (doc/libssh). Called by link.c alone. */
#include "link/libssh/link/read-ahead.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* Of the thread, as logins in others have sockets of their own. */
static _Thread_local struct {
	int fd; /* that they came from */
	gsize at, n;
} ahead;

static unsigned char bytes[PSS_SSH_AHEAD_MAX]; /* the main thread's */

/* The headers may have inline functions of the names themselves. */
ssize_t pss_instead_of_recv(int fd, void *into, size_t n, int flags) __asm__("recv");
int pss_instead_of_poll(struct pollfd *fds, nfds_t n_fds, int timeout_ms) __asm__("poll");

__attribute__((visibility("default"), used)) ssize_t pss_instead_of_recv(int fd, void *into, size_t n, int flags)
{
	gsize n_taken = MIN(n, ahead.n);

	if (n_taken == 0 || fd != ahead.fd || flags & MSG_PEEK)
		return recvfrom(fd, into, n, flags, NULL, NULL);
	memcpy(into, bytes + ahead.at, n_taken);
	ahead.at += n_taken;
	ahead.n -= n_taken;
	return (ssize_t)n_taken;
}

static int poll_now(struct pollfd *fds, nfds_t n_fds, int timeout_ms)
{
	struct timespec timeout = { .tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L };

	return ppoll(fds, n_fds, timeout_ms < 0 ? NULL : &timeout, NULL);
}

static struct pollfd *find_ahead(struct pollfd *fds, nfds_t n_fds)
{
	for (nfds_t i = 0; ahead.n > 0 && i < n_fds; i++)
		if (fds[i].fd == ahead.fd && fds[i].events & POLLIN)
			return &fds[i];
	return NULL;
}

__attribute__((visibility("default"), used)) int pss_instead_of_poll(struct pollfd *fds, nfds_t n_fds, int timeout_ms)
{
	struct pollfd *found = find_ahead(fds, n_fds);
	int n = !found ? poll_now(fds, n_fds, timeout_ms) : n_fds > 1 ? poll_now(fds, n_fds, 0) : 0;

	if (!found || n < 0)
		return n;
	if (n_fds == 1)
		found->revents = 0;
	n += found->revents == 0;
	found->revents |= POLLIN;
	return n;
}

gboolean pss_ssh_can_read_ahead(void)
{
	static int can = -1;

	if (can < 0)
		can = (guintptr)dlsym(RTLD_DEFAULT, "recv") == (guintptr)pss_instead_of_recv &&
		      (guintptr)dlsym(RTLD_DEFAULT, "poll") == (guintptr)pss_instead_of_poll;
	return can;
}

gssize pss_ssh_read_ahead(int fd, gsize n)
{
	g_assert(ahead.n == 0);
	gssize n_read = recvfrom(fd, bytes, MIN(n, sizeof bytes), MSG_DONTWAIT, NULL, NULL);

	ahead.fd = fd;
	ahead.at = 0;
	ahead.n = n_read > 0 ? (gsize)n_read : 0;
	return n_read;
}

gsize pss_ssh_ahead(void)
{
	return ahead.n;
}

void pss_ssh_forget_ahead(void)
{
	ahead.n = 0;
}
