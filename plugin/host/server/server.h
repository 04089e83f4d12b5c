/* SPDX-License-Identifier: MIT */
/* The listening socket: accepts clients of our own uid, comes back when its path vanishes, and says
 * when nothing has needed the process for a while. */
#pragma once

#include <glib.h>

#include "host/session/session.h"
#include "link/transport/transport.h"
#include "wire/runtime.h"

typedef struct PssServer PssServer;

typedef struct {
	PssTransportNewFunc new_transport;
	guint64 newest;                 /* protocol version that is spoken: PSS_PROTOCOL_VERSION */
	guint idle_seconds;             /* 0: never idle */
	int passed_fd;                  /* > 0: listens at the socket's path already (activation.h); becomes ours */
	void (*on_idle)(gpointer user); /* no session and no client for idle_seconds */
	gpointer user;
} PssServerOptions;

/* Listens at runtime->socket, through passed_fd or by itself. Replaces what is there: the caller holds the lock of
 * runtime.h's directory, or has been started by someone who does. */
PssServer *pss_server_new(const struct pss_runtime *runtime, const PssServerOptions *options,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Stops listening and removes the socket if it is still ours and was not passed to us. Clients that are connected stay,
 * and are served until they leave. */
void pss_server_free(PssServer *server);
