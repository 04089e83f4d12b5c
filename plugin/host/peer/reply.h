/* SPDX-License-Identifier: MIT */
/* The replies that several kinds of requests have in common. Each is queued; what is an answer to no frame has to be
 * flushed (pss_peer_flush()). */
#pragma once

#include "host/peer/peer.h"
#include "wire/status.h"

typedef struct PssSession PssSession;

/* RESULT, which ends the request. `text` may be NULL. */
void pss_reply_result(PssPeer *peer, uint32_t id, enum pss_status status, const char *text);

/* The same, with an error's text, and its code where it is of PSS_ERROR's domain. */
void pss_reply_error(PssPeer *peer, uint32_t id, const GError *error);
enum pss_status pss_reply_status(const GError *error);

/* The session that a request names is not there (any more). */
void pss_reply_no_session(PssPeer *peer, uint32_t id);

void pss_reply_ack(PssPeer *peer, uint32_t id);
/* ACK that says which computer the session that the request names is on. */
void pss_reply_ack_named(PssPeer *peer, uint32_t id, PssSession *session);

/* A NOTE. Flushes: what makes a note is no frame of the client's. */
void pss_reply_note(PssPeer *peer, uint32_t id, enum pss_note_kind kind, const char *text);

/* One session's fields, as a SESSION or as a RESULT. With `text` (or NULL) as MESSAGE. */
void pss_reply_session(PssPeer *peer, enum pss_type type, uint32_t id, PssSession *session, const char *text);
