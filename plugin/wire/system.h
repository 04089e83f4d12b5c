/* SPDX-License-Identifier: MIT */
/* What both halves ask of the operating system beyond POSIX. A port writes a twin of system-linux.c. */
#pragma once

#include <sys/types.h>

/* The uid and pid at the other end of a connected Unix socket. 0 or -errno. */
int pss_peer(int fd, uid_t *ret_uid, pid_t *ret_pid);

/* Closes every descriptor from `lowest` on. Async-signal-safe: for a child, before its exec. */
void pss_close_from(int lowest);
