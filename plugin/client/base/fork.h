/* SPDX-License-Identifier: MIT */
/* A process that the shell does not notice: it is no child of the shell's, so that there is no zombie, nothing in
 * `jobs`, and no status that the shell's SIGCHLD handler would take. */
#pragma once

#include <stdbool.h>

/* Calls run(user) in such a process, with the default signal handling and no signal blocked; it must end by exec or
 * _exit(), and call what is async-signal-safe only. `apart`: it has no terminal (setsid); else it stays in the
 * shell's process group. 0, or -errno: there is none. */
int pss_fork_orphan(bool apart, void (*run)(void *user), void *user);
