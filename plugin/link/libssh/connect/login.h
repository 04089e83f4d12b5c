/* SPDX-License-Identifier: MIT */
/* From a target to an authenticated libssh session: the thread that may block, so that nothing else does. */
#pragma once

#include <libssh/libssh.h>

#include "link/libssh/connect/tcp-connect.h"

/* What a login ends in. */
typedef struct {
	ssh_session session;               /* authenticated, non-blocking; NULL: it failed */
	struct ssh_counter_struct counter; /* what the socket has carried during the login */
	PssSshStream stream;               /* stream.fd is the session's own now */
	ssh_key host_key;                  /* that was found good */
	char *user, *history_key;
	GPtrArray *forwards;   /* of PssForward; NULL without a session */
	char *forwarded_agent; /* a socket, or NULL */
	char **environment;    /* "NAME=value" for the shell, as SendEnv and SetEnv say */
	gboolean compresses;
	guint alive_interval_s, alive_count_max;
	GError *error;
} PssSshLogin;

typedef void (*PssSshLoginFunc)(PssSshLogin *login, gpointer user); /* takes it over; main context */

/* Starts the thread. It tells the person what happens, asks them, and calls on_done once, unless the person
 * leaves: then it ends by itself, now or when what it is stuck in lets it go. Takes the target over. */
void pss_ssh_login_start(PssTarget *target, PssLoginContext *person, PssSshLoginFunc on_done, gpointer user);

void pss_ssh_login_free(PssSshLogin *login); /* accepts NULL; ends the session */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssSshLogin, pss_ssh_login_free)
