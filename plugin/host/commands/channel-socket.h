/* SPDX-License-Identifier: MIT */
/* A channel whose bytes come and go by a socket: another process has the other end of it. Each end is read only as fast
 * as the other one takes it. */
#pragma once

#include "link/transport/transport.h"

typedef struct PssChannelSocket PssChannelSocket;

typedef struct {
	void (*on_stderr)(gpointer user, const void *data, gsize n);
	/* The last event: the channel has ended and all of its bytes are in the socket, which is closed; `status` as
	 * on_closed has it. Or an error: PSS_INTERRUPTED where the other end of the socket was closed first. */
	void (*on_done)(gpointer user, int status, const GError *error);
} PssChannelSocketEvents;

/* Opens the channel; takes the socket over, a stream socket. `all` (or NULL) is where it enters itself until it is
 * done. No event before this returns. Shutting the other end's way here down is the end of the channel's input; who
 * closes it gives up what has not left yet. */
PssChannelSocket *pss_channel_socket_new(PssTransport *transport, const PssChannelRequest *request, int socket,
					 GPtrArray *all, const PssChannelSocketEvents *events, gpointer user);
void pss_channel_socket_free(PssChannelSocket *socket); /* accepts NULL; at any time; no event follows */

/* Nothing of its standard error is read, and so in the end nothing at all. */
void pss_channel_socket_pause(PssChannelSocket *socket, gboolean paused);

/* The link is dead: each is done, with this error. */
void pss_channel_sockets_end(GPtrArray *all, const GError *error);
