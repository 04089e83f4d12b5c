/* SPDX-License-Identifier: MIT */
/* Starting the host process: connection.c calls it, with the lock held. */
#pragma once

#include <stdbool.h>

/* Starts the first program of `search_path` (NULL-terminated, absolute paths) that can be executed and waits until it
 * listens. It is not a child of the shell, but in a session of its own, with the default signal handling and an
 * environment of its own. 0, or -errno and a heap sentence; -EINTR when `interrupted` said so. */
int pss_start_host(const char *const *search_path, bool (*interrupted)(void), char **ret_error);
