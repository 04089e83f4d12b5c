/* SPDX-License-Identifier: MIT */
/* One client: a connected socket whose other end has been checked, its frames in and out, the
 * requests it has under way and the session it has entered. Owns the socket; frees itself when the
 * connection ends. */
#pragma once

#include <glib.h>

#include "host/session/session.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/status.h"

typedef struct PssPeer PssPeer;

/* Takes the descriptor over. `on_gone` is called once, when the peer frees itself. */
PssPeer *pss_peer_new(int fd, PssTransportNewFunc new_transport, void (*on_gone)(gpointer user), gpointer user);

/* ---- for the request handlers */

/* Everything queued with these is sent when the handler returns, or as the socket takes it. */
struct pss_buffer *pss_peer_out(PssPeer *peer);
void pss_peer_result(PssPeer *peer, uint32_t id, enum pss_status status, const char *text);
void pss_peer_error(PssPeer *peer, uint32_t id, const GError *error);
void pss_peer_ack(PssPeer *peer, uint32_t id);
void pss_peer_note(PssPeer *peer, uint32_t id, enum pss_note_kind kind, const char *text);
void pss_peer_raw(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n);
void pss_peer_session(PssPeer *peer, enum pss_type type, uint32_t id, PssSession *session);

/* Sends what it can at once; arms the watch for the rest. For events that come from elsewhere. */
void pss_peer_flush(PssPeer *peer);

/* Ends the connection because the client broke the protocol; done after the handler returns. */
void pss_peer_fail(PssPeer *peer, const char *why);

/* Stops or goes on reading the client, while the remote cannot take more. */
void pss_peer_stop_input(PssPeer *peer, gboolean stopped);

PssTransportNewFunc pss_peer_new_transport(PssPeer *peer);

/* pss_target_from_fields(), of this client. */
PssTarget *pss_peer_target(const PssPeer *peer, struct pss_fields fields, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The openings under way, for openings.c, and the entered session, for attachment.c; each part makes
 * and frees its own. */
typedef struct PssOpenings PssOpenings;
typedef struct PssAttachment PssAttachment;
typedef struct PssInvocations PssInvocations;
/* The computer of this session, for who asks now. */
typedef struct PssSession PssSession;
PssTarget *pss_peer_target_of(const PssPeer *peer, PssSession *session,
			      struct pss_fields fields) G_GNUC_WARN_UNUSED_RESULT;

typedef struct PssFinds PssFinds;
PssOpenings *pss_peer_openings(PssPeer *peer);
PssAttachment *pss_peer_attachment(PssPeer *peer);
PssInvocations *pss_peer_invocations(PssPeer *peer);
PssFinds *pss_peer_finds(PssPeer *peer);
typedef struct PssAwaits PssAwaits;
PssAwaits *pss_peer_awaits(PssPeer *peer);
