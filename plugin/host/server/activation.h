/* SPDX-License-Identifier: MIT */
/* A listening socket passed by the service manager (systemd's user manager), as sd_listen_fds(3) describes. */
#pragma once

#include <glib.h>

/* The descriptor, CLOEXEC and non-blocking, of the one socket that was passed; -1 without error: none was. Anything
 * but a Unix stream socket that listens at `path` is an error, since clients would look elsewhere. Takes the
 * variables of it out of the environment. */
int pss_activation_take(const char *path, GError **error);
