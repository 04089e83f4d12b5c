/* SPDX-License-Identifier: MIT */
/* The byte stream below SSH: a TCP connection, or a proxy's standard input and output. */
#pragma once

#include "link/config/ssh-config.h"
#include "link/login/turn.h"

typedef struct {
	int fd;        /* CLOEXEC, non-blocking; -1: none */
	char *address; /* numeric, or NULL behind a proxy */
	int said;      /* what the proxy writes to standard error, as a file that takes some KiB; with a proxy only */
	pid_t proxy;   /* 0: none. Ends when fd is closed; reaped by pss_ssh_stream_reap_proxy() */
	PssTurn *turn; /* at that server, or the first on the way there; until the login is over. Or NULL */
} PssSshStream;

/* Blocks within the person's deadline, which the wait for a turn does not count for. All addresses in turn, each with
 * its share of the time. */
gboolean pss_ssh_connect(PssLoginContext *person, const PssSshConfig *config, const PssTarget *target,
			 PssSshStream *ret_stream, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The name of the server that hangs up when too many come at once: that address, or the part of the proxy's command
 * that others share. */
char *pss_ssh_first_server(const PssSshConfig *config, const char *address);

void pss_ssh_stream_clear(PssSshStream *stream); /* closes; the proxy is hung up and reaped */

/* From any thread: takes the proxy's end off our hands, without waiting for it. */
void pss_ssh_stream_reap_proxy(PssSshStream *stream);

/* It has ended the connection before a word of the server came: did the first server on the way hang up on it, as on
 * too many? */
gboolean pss_ssh_proxy_was_refused(const PssSshStream *stream);

/* What the proxy has written to standard error, its first 4 KiB, cleaned; NULL: nothing. */
char *pss_ssh_proxy_said(const PssSshStream *stream);

/* Is a ProxyCommand ssh itself, which says why it fails? */
gboolean pss_ssh_proxy_is_ssh(const char *command);

/* Starts ProxyCommand or ProxyJump of the config. Used by pss_ssh_connect() alone. */
gboolean pss_ssh_proxy_start(const PssSshConfig *config, const PssTarget *target, PssSshStream *ret_stream,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Over a session's connection (via.h). From the login's thread; blocks within the person's deadline. Used by
 * pss_ssh_connect() alone. */
gboolean pss_via_connect(PssVia *via, PssLoginContext *person, const char *host, guint port, PssSshStream *ret_stream,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
