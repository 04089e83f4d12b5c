/* SPDX-License-Identifier: MIT */
/* RESULT, ACK, NOTE and SESSION. Called by client.c and its parts. */
#include "host/peer/reply.h"

#include "base/error.h"
#include "host/session/session.h"

void pss_reply_result(PssPeer *peer, uint32_t id, enum pss_status status, const char *text)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, id);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_peer_send(peer, &message);
}

enum pss_status pss_reply_status(const GError *error)
{
	return error->domain == PSS_ERROR ? (enum pss_status)error->code : PSS_FAILED;
}

void pss_reply_error(PssPeer *peer, uint32_t id, const GError *error)
{
	pss_reply_result(peer, id, pss_reply_status(error), error->message);
}

void pss_reply_no_session(PssPeer *peer, uint32_t id)
{
	pss_reply_result(peer, id, PSS_NO_SESSION, "the session no longer exists");
}

void pss_reply_ack(PssPeer *peer, uint32_t id)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_ACK, id);
	pss_peer_send(peer, &message);
}

void pss_reply_ack_named(PssPeer *peer, uint32_t id, PssSession *session)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_ACK, id);
	pss_message_text(&message, PSS_TAG_COMPUTER, pss_session_computer(session));
	pss_peer_send(peer, &message);
}

void pss_reply_note(PssPeer *peer, uint32_t id, enum pss_note_kind kind, const char *text)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_NOTE, id);
	pss_message_number(&message, PSS_TAG_NOTE_KIND, kind);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_peer_send(peer, &message);
	pss_peer_flush(peer);
}

void pss_reply_session(PssPeer *peer, enum pss_type type, uint32_t id, PssSession *session, const char *text)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), type, id);
	if (type == PSS_RESULT)
		pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_session_write_fields(session, &message);
	pss_peer_send(peer, &message);
}
