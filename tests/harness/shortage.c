/* SPDX-License-Identifier: MIT */
/* Lets one system call of a host process fail as if the system were short of what it makes: preloaded into that process
 * alone (shortage.bats). Which one is said, while it runs, by the file that PSS_SHORTAGE names, 32 bytes:
 *
 *     CALL, blanks up to 16 bytes | a number of 8 digits | '-' or, once it has failed, '!' | the rest is unused
 *
 * The call of that number from now on fails; 0: none does. With 'a' instead of '-' all of them do. The file is mapped,
 * as opening it would need a descriptor.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_SIZE = 16, NUMBER_SIZE = 8, FIRED_AT = NAME_SIZE + NUMBER_SIZE, SIZE = 32 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *order; /* NULL: nobody gives any */

/* What this process starts is left alone. */
__attribute__((constructor)) static void read_order(void)
{
	const char *path = getenv("PSS_SHORTAGE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *mapped = fd >= 0 ? mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	order = mapped == MAP_FAILED ? NULL : mapped;
	if (fd >= 0)
		close(fd);
	unsetenv("LD_PRELOAD");
	unsetenv("PSS_SHORTAGE");
}

static int is_meant(const char *call)
{
	size_t n = strlen(call);

	return order && strncmp(order, call, n) == 0 && order[n] == ' ';
}

static int fails(const char *call, int error)
{
	int now = 0;

	pthread_mutex_lock(&lock);
	if (is_meant(call)) {
		char digits[32] = "";
		memcpy(digits, order + NAME_SIZE, NUMBER_SIZE);
		int left = atoi(digits);
		now = left == 1 || order[FIRED_AT] == 'a';
		if (left == 1)
			order[FIRED_AT] = '!';
		if (left > 0) {
			snprintf(digits, sizeof digits, "%08d", left - 1);
			memcpy(order + NAME_SIZE, digits, NUMBER_SIZE);
		}
	}
	pthread_mutex_unlock(&lock);
	if (now)
		errno = error;
	return now;
}

/* One that makes a descriptor: its name, its parameters, and how they are passed on. */
#define DESCRIPTOR_CALL(name, parameters, arguments)                                               \
	__extension__ int name parameters                                                          \
	{                                                                                          \
		int(*real) parameters = __extension__((int(*) parameters)dlsym(RTLD_NEXT, #name)); \
		return fails(#name, EMFILE) ? -1 : real arguments;                                 \
	}

DESCRIPTOR_CALL(pipe2, (int fds[2], int flags), (fds, flags))
DESCRIPTOR_CALL(eventfd, (unsigned int value, int flags), (value, flags))
DESCRIPTOR_CALL(epoll_create1, (int flags), (flags))
DESCRIPTOR_CALL(inotify_init1, (int flags), (flags))
DESCRIPTOR_CALL(memfd_create, (const char *name, unsigned int flags), (name, flags))
DESCRIPTOR_CALL(posix_openpt, (int flags), (flags))
DESCRIPTOR_CALL(socket, (int domain, int type, int protocol), (domain, type, protocol))
DESCRIPTOR_CALL(socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
DESCRIPTOR_CALL(accept4, (int fd, struct sockaddr *address, socklen_t *size, int flags), (fd, address, size, flags))

/* pidfd_open(2) has no function of its own everywhere. */
long syscall(long number, ...)
{
	long (*real)(long, ...) = __extension__((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"));
	long a[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_pidfd_open && fails("pidfd_open", EMFILE))
		return -1;
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Its other end is closed by the child's exec, or by its end. */
static void wait_for_program(int done[2])
{
	char none;

	close(done[1]);
	while (read(done[0], &none, 1) < 0 && errno == EINTR)
		;
	close(done[0]);
}

/* A function around vfork() would return twice; fork() does, where the parent waits as for vfork(). What it starts
 * leads a group of its own by then, which is what signals are sent to. */
pid_t vfork(void)
{
	int done[2] = { -1, -1 };

	if (fails("vfork", EAGAIN))
		return -1;
	if (pipe(done) == 0)
		fcntl(done[1], F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();
	if (pid != 0 && done[0] >= 0)
		wait_for_program(done);
	return pid;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *data)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = __extension__((int (*)(
		pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT, "pthread_create"));

	return fails("pthread_create", EAGAIN) ? EAGAIN : real(thread, attributes, start, data);
}
