/* SPDX-License-Identifier: MIT */
/* Limits of what a process may use (getrlimit(2)): this one raises its own, since it serves all shells of its user, and
 * a program that it starts gets those of the shell that wants it, as ssh's would. */
#pragma once

#include <glib.h>
#include <sys/resource.h>
#include <sys/types.h>

#define PSS_LIMITS_MAX 24

/* By the number of the resource. 0 of them: not known. */
typedef struct {
	guint n;
	struct rlimit values[PSS_LIMITS_MAX];
} PssLimits;

/* Once, before there are threads: remembers the limits that this process was started with, and raises those of open
 * files, processor time, file size and memory to the hard ones. */
void pss_limits_raise(void);

/* Those of a process of this user; all 0 where they cannot be read. */
void pss_limits_of(pid_t pid, PssLimits *ret);

/* In a child, before its exec: async-signal-safe. Those that are not known are what this process was started with. A
 * hard limit above ours that may not be set becomes ours. */
void pss_limits_apply(const PssLimits *limits);
