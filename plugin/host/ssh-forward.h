/* SPDX-License-Identifier: MIT */
/* LocalForward of ssh_config(5): sockets of this machine that listen for a session. */
#pragma once

#include "host/ssh-config.h"

typedef struct {
	char *text; /* as `ssh -G` prints it */
	int fd;     /* listens: CLOEXEC, non-blocking */
	char *host; /* where the server connects to */
	guint port;
} PssForward;

/* Array of PssForward*, never NULL without an error. What cannot be had becomes a warning, or with
 * ExitOnForwardFailure an error (PSS_FAILED). Numeric addresses and "localhost" only are listened on. */
GPtrArray *pss_forwards_listen(PssPerson *person, const PssSshConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "[host]:port", "host:port" or "port" taken apart; FALSE: it is none, a Unix socket's path for one. `ret_host` NULL:
 * no host there. */
gboolean pss_forward_parse(const char *text, char **ret_host, guint *ret_port);
