/* SPDX-License-Identifier: MIT */
/* One client: its connection, and the parts that serve its requests. It lives as long as the connection does, and ends
 * with it at any time: what is under way for it is given up then, but for kept sessions and jobs. */
#pragma once

#include "link/transport/transport.h"

typedef struct PssClient PssClient;

typedef struct {
	PssTransportNewFunc new_transport;
	guint64 newest; /* protocol version that is spoken */
	/* A login for a session of this client has ended, well or not; or NULL. */
	void (*on_login_over)(gpointer user);
	/* The last call, once: the connection has ended, and the client is freed behind it. */
	void (*on_gone)(gpointer user, PssClient *client);
	gpointer user;
} PssClientOptions;

/* Takes the descriptor over. The options are copied. */
PssClient *pss_client_new(int fd, const PssClientOptions *options);

/* Neither of the two calls comes any more, as their user goes; the client stays. */
void pss_client_forget_user(PssClient *client);
