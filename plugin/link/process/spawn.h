/* SPDX-License-Identifier: MIT */
/* Starting a program from the host process: by argv, never through a shell, with nothing inherited but what is named
 * here. Safe from any thread. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "base/resource-limits.h"

typedef struct {
	const char *const *argv;        /* argv[0] is looked up in the environment's PATH unless it holds a slash */
	const char *name;               /* what errors call it; NULL: the program's path */
	const char *program;            /* what to execute when that is not argv[0] (a login shell's "-sh"), or NULL */
	const char *const *environment; /* the whole of it */
	const char *directory;          /* where it starts; NULL, or one that is gone: / */
	int fds[3];                     /* its 0, 1 and 2; -1: /dev/null. Not closed here */
	const PssLimits *limits;        /* its own; NULL, or not known: those that this process was started with */
	const char *terminal;           /* path of a pty: all three, and its controlling terminal; NULL: none */
} PssSpawn;

/* It leads a session and process group of its own; signals are at their defaults, descriptors from 3 on
 * are closed. A program that cannot be executed is an error (PSS_FAILED, PSS_SHORTAGE) that names it. */
gboolean pss_spawn(const PssSpawn *spawn, pid_t *ret_pid, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Our own environment with `over` laid over it. Free with g_strfreev(). */
char **pss_spawn_environment(char *const *over);

/* Where PATH of that environment finds the program, or NULL. */
char *pss_spawn_find(const char *program, const char *const *environment);
