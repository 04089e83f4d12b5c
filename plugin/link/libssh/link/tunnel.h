/* SPDX-License-Identifier: MIT */
/* One stream that shares a link with its channels, between a descriptor of this machine and an SSH channel. Private to
 * this folder. */
#pragma once

#include <gio/gio.h>

#include "link/libssh/forward/forwards.h"
#include "link/libssh/forward/socks.h"
#include "link/libssh/link/link.h"
#include "wire/buffer.h"

typedef enum {
	PSS_TUNNEL_ASKING,     /* by SOCKS, where to */
	PSS_TUNNEL_OPENING,    /* the channel, through which the server connects to there */
	PSS_TUNNEL_CONNECTING, /* on this machine, for the server */
	PSS_TUNNEL_OPEN,
	PSS_TUNNEL_FINISHED,
} PssTunnelState;

/* One end of a tunnel. */
typedef struct {
	struct pss_buffer waiting; /* to be written there */
	gboolean ended;            /* it says no more */
	gboolean shut;             /* it has heard that the other end has ended */
} PssTunnelEnd;

typedef struct {
	PssSshLink *link;
	PssTunnelState state;
	ssh_channel channel;
	const PssForward *forward; /* NULL: the agent */
	PssSocks socks;
	const char *host; /* where it leads to */
	guint port;
	char *origin; /* who has connected; of what the server connects for us */
	guint origin_port;
	int fd;                   /* -1: not connected yet */
	GCancellable *connecting; /* or NULL */
	guint source;             /* waits for fd; 0: not */
	PssTunnelEnd at_fd, at_channel;
} PssTunnel;

/* Open, with a channel of libssh's. Takes the descriptor over (-1: none yet). The forward is borrowed. */
PssTunnel *pss_tunnel_new(PssSshLink *link, const PssForward *forward, int fd);
void pss_tunnel_free(gpointer tunnel); /* not its channel */

/* Tunnels of all links, and those of them that a server has asked for: a server may open as many as it likes, and so
 * may whatever reaches a port that it listens on for us. */
guint pss_tunnel_count(gboolean by_server);

/* Connects it there, or has the server connect. */
void pss_tunnel_lead_to(PssTunnel *tunnel, const char *host, guint port);
/* Asks for a turn of the link when its descriptor is ready. */
void pss_tunnel_wait_for_fd(PssTunnel *tunnel);
/* All that can be done now. */
void pss_tunnel_turn(PssTunnel *tunnel);
