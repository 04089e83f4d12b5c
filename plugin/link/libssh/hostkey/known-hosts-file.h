/* SPDX-License-Identifier: MIT */
/* A known_hosts file as it is now, with an index that is made once for each version of it. */
#pragma once

#include "link/libssh/hostkey/known-hosts-index.h"

/* NULL without an error: there is none, or it is /dev/null. NULL and an error: what stands in it is not known (no
 * ordinary file, NUL bytes, what the system says). Blocks on the file system. Safe from any thread. */
PssKnownIndex *pss_known_file_open(const char *path, GError **error);
