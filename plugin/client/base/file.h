/* SPDX-License-Identifier: MIT */
/* Files and pipes that a user names, read to their ends inside a shell. All of it blocks where the file does, and goes
 * on behind a signal, as a program that reads would: `interrupted` (as in struct pss_shell; NULL: nothing does) ends
 * it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens it for reading; NULL: standard input, in a descriptor of its own. The caller closes it. Or -errno. */
int pss_file_open(const char *path, bool (*interrupted)(void));

/* What there is, as read() says it; 0 at the end. Or -errno, never -EAGAIN. */
ssize_t pss_file_read(int fd, void *data, size_t n, bool (*interrupted)(void));

/* All that comes, with a NUL behind it that does not count: 0, and the caller frees it. -EFBIG: it is more than `most`;
 * or another -errno. */
int pss_file_read_all(int fd, size_t most, bool (*interrupted)(void), char **ret_text, size_t *ret_n);

/* All of it, to a file. A limit of the file's size (`ulimit -f`) is -EFBIG, not a signal. 0 or -errno. */
int pss_file_write(int fd, const void *data, size_t n);
