/* SPDX-License-Identifier: MIT */
/* The history of one computer, in $XDG_STATE_HOME/pssession/history/. One line of the file is one line
 * of an entry; an entry goes on where a line ends in an odd number of backslashes (the last one stands for
 * the newline), and backslashes at the end of an entry's last line are doubled, so that any entry reads back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pss_history {
	int directory;  /* -1: there is no file, and appending is a no-op */
	char *file;     /* its name in the directory */
	char **entries; /* oldest first, as they were at load */
	size_t n_entries;
};

/* A limit on entries: HISTFILESIZE and HISTSIZE as bash takes them. */
#define PSS_HISTORY_UNLIMITED ((size_t)-1)
size_t pss_history_limit(const char *text, size_t fallback);

/* Makes the directories (0700) where they are missing, reads the file where there is one, keeps the last
 * `limit` entries and shortens the file when it holds many more. What is not ours, a symlink or no regular
 * file is left alone: -EPERM, and appending does nothing. A limit of 0 reads and writes nothing.
 * Always leaves *ret fit for pss_history_finish(). 0 or -errno. */
int pss_history_load(const char *state_home, const char *home, const char *key, size_t limit, struct pss_history *ret);

/* Adds one entry (any bytes but NUL) under a lock. Waits for that at most a second. 0 or -errno. */
int pss_history_append(struct pss_history *history, const char *entry);

void pss_history_finish(struct pss_history *history);

/* `key` as a file name: everything but letters, digits and "@._-" percent-encoded, long ones cut and made unique
 * by a hash. Heap. */
char *pss_history_file_name(const char *key);
