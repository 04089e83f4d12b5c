/* SPDX-License-Identifier: MIT */
/* A private sshd for one test program: throw-away keys, loopback, one `sshd -i` for each connection, so that a
 * test can stop or kill the server of its connection alone. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "link/transport/target.h"

typedef struct {
	char *directory;            /* ours, 0700, removed at the end */
	char *known_hosts, *config; /* files in it; config is sshd's */
	char *client_key;           /* accepted by the server */
	char *host_key;
	guint port;
	int listener;
	guint source;
	guint n_accepted;
	pid_t last;          /* the server process of the newest connection; 0: it has ended */
	GHashTable *running; /* set of pids: all server processes */
	char **server;       /* argv of the server that serves one connection on its standard input */
} Sshd;

/* `extra` are more lines for sshd_config, or NULL. */
Sshd *sshd_start(const char *extra);

/* Our login-server.c with these arguments; for passwords and the like. */
Sshd *sshd_start_login_server(const char *const *arguments);

/* A server of ours, which lies beside the test: login-server, bad-server. */
Sshd *sshd_start_server(const char *program, const char *const *arguments);

void sshd_stop(Sshd *sshd);

/* The port is nobody's; and the server's again. */
void sshd_refuse(Sshd *sshd);
void sshd_listen(Sshd *sshd);

/* A target that trusts the server's key and logs in with its client key; nothing of the user's own
 * configuration counts. */
PssTarget *sshd_target(const Sshd *sshd);

/* "NAME in DIRECTORY", made by ssh-keygen. */
char *sshd_make_key(const Sshd *sshd, const char *name, const char *type, const char *passphrase);

/* Writes known_hosts anew: printf-like, %s of the text is up to the caller. */
void sshd_write_known_hosts(const Sshd *sshd, const char *text);
char *sshd_public_key(const char *path); /* "ssh-ed25519 AAAA…" */
char *sshd_host_name(const Sshd *sshd);  /* "[127.0.0.1]:port" */

/* NULL, or why an sshd of ours cannot give terminals: an ordinary user's needs a devpts that makes them group
 * tty by itself (mount option gid=), as it may not do so. */
const char *sshd_why_no_terminal(void);

void sshd_remove_all(const char *path); /* a directory of ours, with all that is in it */

/* Runs argv to its end; the test fails if it does. */
void run_program(const char *const *argv);
