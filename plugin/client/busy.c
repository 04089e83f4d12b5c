/* SPDX-License-Identifier: MIT */
/* Its main thread tells, by proc(5): it runs, it waits for a disk, or it has used time of a processor since a moment
 * ago. One that is stopped does none of it. Called by connection.c. */
#include "client/busy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/descriptor.h"
#include "client/wait.h"
#include "wire/cleanup.h"

#define LOOK_AGAIN_MS 200
#define BETWEEN 10 /* fields from the state to utime, proc(5) */

struct look {
	char state;
	unsigned long long ticks;
};

/* What comes behind the name, which may hold anything. */
static bool parse(const char *text, struct look *ret_look)
{
	const char *at = strrchr(text, ')');
	unsigned long long user, system;
	char *end;

	if (!at || at[1] != ' ' || at[2] == '\0')
		return false;
	ret_look->state = at[2];
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

static bool look_at(pid_t pid, struct look *ret_look)
{
	char path[64], text[1024];

	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)pid);
	_cleanup_(pss_close_fd) int fd = pss_descriptor_raise(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	if (n <= 0)
		return false;
	text[n] = '\0';
	return parse(text, ret_look);
}

static bool is_at_work(const struct look *look)
{
	return look->state == 'R' || look->state == 'D';
}

bool pss_busy_is_at_work(pid_t pid, bool (*interrupted)(void))
{
	struct look before, now;

	if (!look_at(pid, &before))
		return false;
	if (pss_wait_descriptor(-1, 0, pss_now_ms() + LOOK_AGAIN_MS, interrupted) != -ETIMEDOUT)
		return true; /* Ctrl-C: the wait that follows takes it */
	return look_at(pid, &now) && (is_at_work(&now) || now.ticks != before.ticks);
}
