/* SPDX-License-Identifier: MIT */
/* What a socket has got, read in one step, for libssh, which asks for 4 KiB at a time, with a poll() before each. */
#pragma once

#include <glib.h>

/* FALSE: libssh's calls do not come by here (a program that exports no functions to its libraries), and nothing may be
 * read ahead. */
gboolean pss_ssh_can_read_ahead(void);

/* Reads up to n bytes, PSS_SSH_AHEAD_MAX at most, that a socket has now: they are what libssh gets from it next, in
 * this thread. All of them must be taken before another socket is read. 0: it has ended; -1 and errno, EAGAIN where
 * there is nothing. */
gssize pss_ssh_read_ahead(int fd, gsize n);

/* How many of those libssh has not taken yet. */
gsize pss_ssh_ahead(void);

/* Forgets them: the session will not be used any more. */
void pss_ssh_forget_ahead(void);

#define PSS_SSH_AHEAD_MAX (64u * 1024u)
