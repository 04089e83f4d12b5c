/* SPDX-License-Identifier: MIT */
/* LocalForward, DynamicForward and RemoteForward of ssh_config(5): listeners and where they lead. */
#pragma once

#include <libssh/libssh.h>

#include "link/config/ssh-config.h"

typedef enum { PSS_FORWARD_LOCAL, PSS_FORWARD_DYNAMIC, PSS_FORWARD_REMOTE } PssForwardKind;

typedef struct {
	PssForwardKind kind;
	char *text; /* its value, as `ssh -G` prints it */
	int fd;     /* listens: CLOEXEC, non-blocking; -1: the server listens */
	char *from; /* where the server listens, as it was asked */
	guint from_port;
	char *host; /* where it leads to; NULL: the client says so, by SOCKS */
	guint port;
	char *permitted; /* PermitRemoteOpen, of a remote one without a host */
} PssForward;

/* Array of PssForward*, never NULL without an error. A forward that fails becomes a warning, or with
 * ExitOnForwardFailure an error (PSS_SSH_ENDS). Numeric addresses and "localhost" only are listened on. Blocks within
 * the person's deadline where the server is asked. */
GPtrArray *pss_forwards_open(PssLoginContext *person, const PssSshConfig *config, ssh_session session,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The keyword. */
const char *pss_forward_keyword(const PssForward *forward);

/* Which of them a channel belongs to that the server opens for what has connected to `port` of `host`; NULL: none. */
const PssForward *pss_forwards_find_remote(const GPtrArray *forwards, const char *host, guint port);

gboolean pss_forwards_include_remote(const GPtrArray *forwards);

/* Whether PermitRemoteOpen lets the other side connect to there. */
gboolean pss_forward_permits(const PssForward *forward, const char *host, guint port);

/* "L 8080 -> [db]:5432, D 1080, R 9000 -> [localhost]:3000": for people. NULL without any. */
char *pss_forwards_describe(const GPtrArray *forwards);

/* Parses "[host]:port", "host:port" or "port". FALSE: malformed, a Unix socket's path for one. `ret_host` NULL: no host
 * there. */
gboolean pss_forward_parse(const char *text, char **ret_host, guint *ret_port);
