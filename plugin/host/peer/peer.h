/* SPDX-License-Identifier: MIT */
/* One client's connection: a socket whose other end has been checked, its greeting, and its frames in and out, with
 * back-pressure both ways. It knows no request's meaning: client.c gives each frame to the part that it is for. */
#pragma once

#include <glib.h>

#include "base/resource-limits.h"
#include "wire/frame.h"
#include "wire/message.h"

typedef struct PssPeer PssPeer;

typedef struct {
	/* A frame of a client that has been greeted. It borrows from the peer's buffer, for the call. */
	void (*on_frame)(gpointer user, const struct pss_frame *frame);
	/* More is queued than the client takes, or no longer so. */
	void (*on_output_stopped)(gpointer user, gboolean stopped);
	/* The connection has ended: the last call, in which the callee frees the peer. */
	void (*on_end)(gpointer user);
} PssPeerEvents;

/* Takes the descriptor over. Speaks the versions PSS_PROTOCOL_OLDEST to `newest`. `events` must outlive it. */
PssPeer *pss_peer_new(int fd, guint64 newest, const PssPeerEvents *events, gpointer user);
void pss_peer_free(PssPeer *peer);

/* The version that both ends speak, once the client has been greeted. */
guint64 pss_peer_version(const PssPeer *peer);

/* Whether the client's network is that of this process: names and addresses lead to the same computers. */
gboolean pss_peer_shares_network(const PssPeer *peer);

/* What its process may use, as it was when it connected. The peer's. */
const PssLimits *pss_peer_limits(PssPeer *peer);

/* What is queued here is sent when on_frame returns, or as the socket takes it. */
struct pss_buffer *pss_peer_out(PssPeer *peer);

/* Ends a message that was begun in pss_peer_out(); one that would be too long fails the peer. */
void pss_peer_send(PssPeer *peer, struct pss_message *message);

/* The same; the descriptor goes with its first byte. Takes it over. */
void pss_peer_send_descriptor(PssPeer *peer, struct pss_message *message, int fd);

/* Raw bytes, in as many frames as they need. */
void pss_peer_send_bytes(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n);

/* One frame of raw bytes, at most PSS_FRAME_PAYLOAD_MAX, that goes on in the next one with `more`. */
void pss_peer_send_part(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n, gboolean more);

/* Sends what it can at once; the rest follows as the socket takes it. For events that come from elsewhere than
 * on_frame. */
void pss_peer_flush(PssPeer *peer);
/* The same for a stream, of which more may follow in this turn of the loop: soon, or when it is much. */
void pss_peer_flush_soon(PssPeer *peer);

/* The client has broken the protocol: nothing more is read, and on_end follows from the main loop. */
void pss_peer_fail(PssPeer *peer, const char *why);

/* Stops reading the client, or goes on: while the remote cannot take more. */
void pss_peer_stop_input(PssPeer *peer, gboolean stopped);
