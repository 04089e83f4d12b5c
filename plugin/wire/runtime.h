/* SPDX-License-Identifier: MIT */
/* Where the host process's socket lives, and whether that place can be trusted.
 *
 * The place follows from the uid, never from the environment (SPEC §8): /run/user/UID/pssession when
 * /run/user/UID exists, is ours and is not open to others; else ~/.local/state/pssession/run-MACHINEID
 * below the home that passwd names. The one exception is for tests and `tools/try`, which need a
 * host process of their own: PSSESSION_RUNTIME_DIR names an existing directory; where that is not
 * ours and 0700 it is ignored, so that an environment kept by `sudo -s` does no harm. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PSS_RUNTIME_PATH_MAX 108 /* sun_path: the whole socket path must fit, see unix(7) */

struct pss_runtime {
	char directory[PSS_RUNTIME_PATH_MAX];
	char socket[PSS_RUNTIME_PATH_MAX]; /* directory/host */
	char lock[PSS_RUNTIME_PATH_MAX];   /* directory/lock */
};

/* Finds the directory, makes it where it is missing, and demands that it is a directory (no
 * symlink), ours, mode 0700. Does not block beyond the file system.
 * 0; -EPERM: something there is not ours or open to others; -ENAMETOOLONG: the path does not fit a
 * socket address; else -errno of what failed. On failure ret_runtime->directory names the place
 * that was refused (or is empty where there is none). */
int pss_runtime_find(uid_t uid, struct pss_runtime *ret_runtime);

/* The same below a root of the caller's choice instead of "/": for tests. */
int pss_runtime_find_below(const char *root, const char *home, uid_t uid, struct pss_runtime *ret_runtime);

#define PSS_RUNTIME_SAVED_MAX 1024

/* Where resilient sessions are written down, across reboots: ~/.local/state/pssession/kept below the home that passwd
 * names, or `kept` in PSSESSION_RUNTIME_DIR. It need not be there. 0 or -errno. */
int pss_runtime_saved(uid_t uid, char *ret_path, size_t size);

/* Is anything written down there? */
bool pss_runtime_has_saved(uid_t uid);

/* The file in which copies that run know of each other (copy/local/claims.h): `copies`, beside `kept`. As above. */
int pss_runtime_copies(uid_t uid, char *ret_path, size_t size);
