/* SPDX-License-Identifier: MIT */
/* ATTACH, and the stream of PROTOCOL.md, "Attached". A client is attached to at most one session. Queues are bounded on
 * both sides: a client that does not read stops the remote terminal, a remote that does not read stops the client.
 * Called by client.c and openings.c. */
#include "host/requests/attachment.h"

#include <string.h>

#include "base/error.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"

#define LINE_LIMIT (64u * 1024u * 1024u)
#define PROMPT_LIMIT (64u * 1024u) /* each of its texts: all of them fit into one frame */

struct PssAttachment {
	PssPeer *peer;
	PssSession *session; /* NULL: it is attached to none */
	uint32_t id;
	uint32_t complete_id; /* of the COMPLETE under way; 0: none */
	GByteArray *line;     /* parts of a LINE that goes on; NULL: none */
};

static const PssWatcherEvents watcher_events;

PssAttachment *pss_attachment_new(PssPeer *peer)
{
	PssAttachment *attachment = g_new0(PssAttachment, 1);
	attachment->peer = peer;
	return attachment;
}

static void forget_session(PssAttachment *attachment)
{
	g_clear_pointer(&attachment->line, g_byte_array_unref);
	g_clear_pointer(&attachment->session, pss_session_unref);
}

void pss_attachment_free(PssAttachment *attachment)
{
	if (attachment->session)
		pss_session_detach(attachment->session);
	forget_session(attachment);
	g_free(attachment);
}

void pss_attachment_stop_output(PssAttachment *attachment, gboolean stopped)
{
	if (attachment->session)
		pss_session_stop_output(attachment->session, stopped);
}

/* ---- the session's events become frames */

static void on_busy(gpointer user)
{
	PssAttachment *attachment = user;
	struct pss_message message;
	pss_message_begin(&message, pss_peer_out(attachment->peer), PSS_STARTED, attachment->id);
	pss_peer_send(attachment->peer, &message);
	pss_peer_flush(attachment->peer);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	PssAttachment *attachment = user;
	pss_peer_send_bytes(attachment->peer, PSS_OUTPUT, attachment->id, data, n);
	pss_peer_flush(attachment->peer);
}

static void on_drained(gpointer user)
{
	PssAttachment *attachment = user;
	if (attachment->session && !pss_session_input_is_full(attachment->session))
		pss_peer_stop_input(attachment->peer, FALSE);
}

static void on_typed(gpointer user, const void *data, gsize n)
{
	PssAttachment *attachment = user;
	pss_peer_send_bytes(attachment->peer, PSS_TYPED, attachment->id, data, n);
	pss_peer_flush(attachment->peer);
	on_drained(attachment);
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	PssAttachment *attachment = user;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(attachment->peer), PSS_PROMPT, attachment->id);
	pss_message_number(&message, PSS_TAG_PROMPT_KIND, (uint64_t)prompt->kind);
	pss_message_number(&message, PSS_TAG_EXIT_STATUS, (uint64_t)prompt->status);
	pss_message_bytes(&message, PSS_TAG_PROMPT, prompt->text, MIN(prompt->n_text, PROMPT_LIMIT));
	pss_message_bytes(&message, PSS_TAG_DIRECTORY, prompt->directory, MIN(prompt->n_directory, PROMPT_LIMIT));
	pss_message_number(&message, PSS_TAG_FRESH, prompt->fresh);
	if (prompt->n_right > 0)
		pss_message_bytes(&message, PSS_TAG_RIGHT, prompt->right, MIN(prompt->n_right, PROMPT_LIMIT));
	if (prompt->repaint)
		pss_message_number(&message, PSS_TAG_REPAINT, 1);
	pss_peer_send(attachment->peer, &message);
	pss_peer_flush(attachment->peer);
}

/* What does not fit into one frame is counted in MORE. */
static gsize write_candidates(struct pss_message *message, const PssRemoteCompletion *completion)
{
	const gsize reserve = 256;
	gsize room = PSS_FRAME_PAYLOAD_MAX - reserve, i;
	for (i = 0; i < completion->n; i++) {
		const char *word = completion->words[i], *description = completion->descriptions[i];
		gsize n = strlen(word) + 9 + (description ? strlen(description) + 9 : 0);
		if (n > room)
			break;
		room -= n;
		pss_message_text(message, PSS_TAG_CANDIDATE, word);
		pss_message_text(message, PSS_TAG_DESCRIPTION, description);
	}
	return completion->n - i;
}

static void on_completion(gpointer user, const PssRemoteCompletion *completion)
{
	PssAttachment *attachment = user;
	struct pss_message message;

	if (attachment->complete_id == 0)
		return;
	pss_message_begin(&message, pss_peer_out(attachment->peer), PSS_RESULT, attachment->complete_id);
	attachment->complete_id = 0;
	pss_message_number(&message, PSS_TAG_STATUS, completion ? PSS_OK : PSS_INTERRUPTED);
	if (completion) {
		pss_message_number(&message, PSS_TAG_START, completion->start);
		pss_message_number(&message, PSS_TAG_NO_SPACE, completion->no_space);
		gsize n_more = completion->n_more + write_candidates(&message, completion);
		pss_message_number(&message, PSS_TAG_MORE, n_more);
	}
	pss_peer_send(attachment->peer, &message);
	pss_peer_flush(attachment->peer);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	PssAttachment *attachment = user;
	pss_reply_note(attachment->peer, attachment->id, kind, text);
}

static void on_left(gpointer user, enum pss_left_reason reason, int status, const char *text)
{
	PssAttachment *attachment = user;
	PssPeer *peer = attachment->peer;
	struct pss_message message;

	on_completion(attachment, NULL);
	pss_message_begin(&message, pss_peer_out(peer), PSS_LEFT, attachment->id);
	pss_message_number(&message, PSS_TAG_LEFT_REASON, reason);
	pss_message_number(&message, PSS_TAG_EXIT_STATUS, (uint64_t)status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_peer_send(peer, &message);
	forget_session(attachment);
	pss_peer_stop_input(peer, FALSE);
	pss_peer_flush(peer);
}

static const PssWatcherEvents watcher_events = {
	.on_busy = on_busy,
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_typed = on_typed,
	.on_completion = on_completion,
	.on_note = on_note,
	.on_drained = on_drained,
	.on_left = on_left,
};

/* ---- frames become calls */

void pss_attachment_enter(PssAttachment *attachment, uint32_t id, PssSession *session, struct pss_size size,
			  gboolean force)
{
	g_autoptr(GError) error = NULL;

	if (attachment->session) {
		pss_reply_result(attachment->peer, id, PSS_FAILED, "this connection is inside a session already");
		return;
	}
	if (!pss_session_can_attach(session, force, &error)) {
		pss_reply_error(attachment->peer, id, error);
		return;
	}
	attachment->session = pss_session_ref(session);
	attachment->id = id;
	pss_reply_session(attachment->peer, PSS_RESULT, id, session, NULL);
	pss_session_attach(session, size.columns, size.rows, &watcher_events, attachment);
}

void pss_attachment_on_attach(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssAttachment *attachment = user;
	PssSession *found = pss_registry_find(pss_fields_text(fields, PSS_TAG_INSTANCE));

	if (found)
		pss_attachment_enter(attachment, id, found, pss_fields_size(fields),
				     pss_fields_flag(fields, PSS_TAG_FORCE));
	else
		pss_reply_no_session(attachment->peer, id);
}

/* Frames that arrive after LEFT was sent are no error. */
static gboolean is_attached(const PssAttachment *attachment, uint32_t id)
{
	return attachment->session && attachment->id == id;
}

static void run_line(PssAttachment *attachment, const guint8 *data, gsize n)
{
	g_autoptr(GError) error = NULL;

	pss_reply_ack(attachment->peer, attachment->id);
	if (memchr(data, 0, n))
		g_set_error_literal(&error, PSS_ERROR, PSS_USAGE, "a line cannot hold a NUL byte");
	else if (pss_session_line(attachment->session, data, n, &error))
		return;
	pss_peer_fail(attachment->peer, error->message);
}

void pss_attachment_on_complete(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssAttachment *attachment = user;
	struct pss_field line;

	if (!attachment->session || pss_fields_bytes(fields, PSS_TAG_LINE, &line) < 0) {
		pss_reply_result(attachment->peer, id, PSS_FAILED, "no line of an entered session");
		return;
	}
	guint64 point = pss_fields_number(fields, PSS_TAG_POINT, line.length);
	if (id == 0 || point > line.length) {
		pss_reply_result(attachment->peer, id, PSS_USAGE, "the cursor is not in the line");
		return;
	}
	if (pss_session_complete(attachment->session, (const char *)line.data, line.length, point))
		attachment->complete_id = id;
	else
		pss_reply_result(attachment->peer, id, PSS_BUSY, "the remote shell cannot be asked now");
}

gboolean pss_attachment_cancel(PssAttachment *attachment, uint32_t id)
{
	if (!attachment->session || attachment->complete_id != id || id == 0)
		return FALSE;
	pss_session_cancel_completion(attachment->session);
	return TRUE;
}

void pss_attachment_on_line(gpointer user, const struct pss_frame *frame)
{
	PssAttachment *attachment = user;

	if (!is_attached(attachment, frame->header.id))
		return;
	gboolean more = (frame->header.flags & PSS_FRAME_MORE) != 0;
	if (!more && !attachment->line) {
		run_line(attachment, frame->payload, frame->header.length);
		return;
	}
	if (!attachment->line)
		attachment->line = g_byte_array_new();
	if (attachment->line->len + frame->header.length > LINE_LIMIT) {
		pss_peer_fail(attachment->peer, "a line over the limit");
		return;
	}
	g_byte_array_append(attachment->line, frame->payload, frame->header.length);
	if (more)
		return;
	g_autoptr(GByteArray) line = g_steal_pointer(&attachment->line);
	run_line(attachment, line->data, line->len);
}

void pss_attachment_on_input(gpointer user, const struct pss_frame *frame)
{
	PssAttachment *attachment = user;
	PssSession *session = attachment->session;

	if (!is_attached(attachment, frame->header.id))
		return;
	pss_session_keys(session, frame->payload, frame->header.length);
	/* The keys may have ended it. */
	if (attachment->session && pss_session_input_is_full(attachment->session))
		pss_peer_stop_input(attachment->peer, TRUE);
}

void pss_attachment_on_resize(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssAttachment *attachment = user;
	struct pss_size size = pss_fields_size(fields);

	if (is_attached(attachment, id))
		pss_session_resize(attachment->session, size.columns, size.rows);
}

void pss_attachment_on_interrupt(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssAttachment *attachment = user;

	if (is_attached(attachment, id))
		pss_session_interrupt(attachment->session);
}

void pss_attachment_on_discard(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssAttachment *attachment = user;

	if (is_attached(attachment, id))
		pss_session_discard(attachment->session);
}

/* The session becomes a kept one; what the client that detaches is to be shown, or NULL. */
static char *keep_session(PssSession *session)
{
	pss_session_keep(session);
	return pss_session_is_kept(session) ? pss_session_parting(session) : NULL;
}

gboolean pss_attachment_leave(PssAttachment *attachment, uint32_t id, gboolean keep)
{
	if (!is_attached(attachment, id))
		return FALSE;
	g_autofree char *parting = keep ? keep_session(attachment->session) : NULL;
	pss_session_detach(attachment->session);
	on_left(attachment, PSS_LEFT_BY_REQUEST, 0, parting);
	return TRUE;
}
