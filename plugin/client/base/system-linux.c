/* SPDX-License-Identifier: MIT */
/* Linux: every call of the client and of the shells' adapters that other systems lack or have in another way. */
#include "client/base/system.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "wire/cleanup.h"

#define BETWEEN 10 /* fields from the state to utime, proc(5) */

const char pss_own_program[] = "/proc/self/exe";

int pss_reopen(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags);
}

/* A file of the process's directory, as a string; its length, or -1. */
static ssize_t read_text(const char *path, char *ret_text, size_t size)
{
	_cleanup_(pss_close_fd) int fd = pss_descriptor_raise(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd >= 0 ? read(fd, ret_text, size - 1) : -1;

	ret_text[n > 0 ? n : 0] = '\0';
	return n;
}

bool pss_process_is_named(pid_t pid, const char *name)
{
	char path[64], comm[17];

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	if (read_text(path, comm, sizeof comm) <= 0)
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

/* What comes behind the name, which may hold anything. */
static bool parse(const char *text, struct pss_process_look *ret_look)
{
	const char *at = strrchr(text, ')');
	unsigned long long user, system;
	char *end;

	if (!at || at[1] != ' ' || at[2] == '\0')
		return false;
	ret_look->is_at_work = at[2] == 'R' || at[2] == 'D';
	at += 3;
	for (int i = 0; i < BETWEEN && at; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	user = strtoull(at, &end, 10);
	system = strtoull(end, NULL, 10);
	ret_look->ticks = user + system;
	return true;
}

bool pss_process_look(pid_t pid, struct pss_process_look *ret_look)
{
	char path[64], text[1024];

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)pid);
	return read_text(path, text, sizeof text) > 0 && parse(text, ret_look);
}
