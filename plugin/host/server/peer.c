/* SPDX-License-Identifier: MIT */
/* A client's connection: reading, the greeting, handing each frame to its handler by a table, and
 * writing with back-pressure. It knows the wire and no request's meaning: those are in requests.c,
 * openings.c and attachment.c. It must survive anything a client sends. */
#include "host/server/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd-watch.h"
#include "host/server/attachment.h"
#include "host/server/awaits.h"
#include "host/server/discovery.h"
#include "host/server/invocations.h"
#include "host/server/openings.h"
#include "host/server/registry.h"
#include "host/server/requests.h"
#include "host/session/session.h"

#define READ_SIZE (64u * 1024u)
#define OUT_QUEUE_LIMIT (256u * 1024u)
/* A client that reads nothing while answers pile up (LIST after LIST) is not one of ours. */
#define OUT_QUEUE_CAP (16u * 1024u * 1024u)

struct PssPeer {
	int fd;
	guint64 number; /* of each another, never 0 */
	PssWatch *watch;
	struct pss_buffer in, out;
	gboolean greeted;
	guint64 version; /* the one that both speak */
	gboolean input_stopped;
	gboolean output_stopped;
	gboolean failed;
	gboolean dispatching;
	PssTransportNewFunc new_transport;
	PssOpenings *openings;
	PssAttachment *attachment;
	PssInvocations *invocations;
	PssFinds *finds;
	PssAwaits *awaits;
	void (*on_gone)(gpointer user);
	gpointer user;
};

struct handler {
	void (*on_fields)(PssPeer *peer, uint32_t id, struct pss_fields fields);
	void (*on_frame)(PssPeer *peer, const struct pss_frame *frame);
	guint64 since; /* version; 0: the oldest */
};

static void on_cancel(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	if (!pss_attachment_cancel(peer->attachment, id) && !pss_finds_cancel(peer->finds, id) &&
	    !pss_awaits_cancel(peer->awaits, id))
		pss_openings_on_cancel(peer, id, fields);
}

static const struct handler handlers[] = {
	[PSS_OPEN] = { .on_fields = pss_openings_on_open },
	[PSS_CANCEL] = { .on_fields = on_cancel },
	[PSS_ANSWER] = { .on_fields = pss_openings_on_answer },
	[PSS_LIST] = { .on_fields = pss_requests_on_list },
	[PSS_REMOVE] = { .on_fields = pss_requests_on_remove },
	[PSS_PING] = { .on_fields = pss_requests_on_ping },
	[PSS_ATTACH] = { .on_fields = pss_attachment_on_attach },
	[PSS_COMPLETE] = { .on_fields = pss_attachment_on_complete, .since = 2 },
	[PSS_LINE] = { .on_frame = pss_attachment_on_line },
	[PSS_INPUT] = { .on_frame = pss_attachment_on_input },
	[PSS_RESIZE] = { .on_fields = pss_attachment_on_resize },
	[PSS_INTERRUPT] = { .on_fields = pss_attachment_on_interrupt },
	[PSS_DISCARD] = { .on_fields = pss_attachment_on_discard },
	[PSS_LEAVE] = { .on_fields = pss_attachment_on_leave },
	[PSS_DISCONNECT] = { .on_fields = pss_requests_on_disconnect, .since = 2 },
	[PSS_CONNECT] = { .on_fields = pss_requests_on_connect, .since = 2 },
	[PSS_FIND] = { .on_fields = pss_finds_on_find, .since = 2 },
	[PSS_WATCH] = { .on_fields = pss_awaits_on_watch, .since = 2 },
	[PSS_AWAIT] = { .on_fields = pss_awaits_on_await, .since = 2 },
	[PSS_RECEIVE] = { .on_fields = pss_invocations_on_receive, .since = 2 },
	[PSS_INVOKE] = { .on_fields = pss_invocations_on_invoke, .since = 2 },
	[PSS_VARIABLES] = { .on_fields = pss_invocations_on_variables, .since = 2 },
	[PSS_COMMAND] = { .on_frame = pss_invocations_on_command, .since = 2 },
	[PSS_STDIN] = { .on_frame = pss_invocations_on_stdin, .since = 2 },
	[PSS_SIZE] = { .on_fields = pss_invocations_on_size, .since = 2 },
	[PSS_STOP] = { .on_fields = pss_invocations_on_stop, .since = 2 },
};

static void free_peer(PssPeer *peer)
{
	pss_watch_free(peer->watch);
	pss_attachment_free(peer->attachment);
	pss_invocations_free(peer->invocations);
	pss_openings_free(peer->openings);
	pss_requests_forget(peer);
	pss_finds_free(peer->finds);
	pss_awaits_free(peer->awaits);
	close(peer->fd);
	pss_buffer_wipe(&peer->in);
	pss_buffer_wipe(&peer->out);
	void (*on_gone)(gpointer) = peer->on_gone;
	gpointer user = peer->user;
	g_free(peer);
	on_gone(user);
}

/* ---- writing */

static void want(PssPeer *peer)
{
	GIOCondition wanted = 0;
	if (peer->failed || (!peer->input_stopped && peer->out.length < OUT_QUEUE_LIMIT))
		wanted |= G_IO_IN;
	if (peer->out.length > 0)
		wanted |= G_IO_OUT;
	pss_watch_want(peer->watch, wanted);
}

static void tell_output_limit(PssPeer *peer)
{
	gboolean stopped = peer->out.length > OUT_QUEUE_LIMIT;
	if (stopped == peer->output_stopped)
		return;
	peer->output_stopped = stopped;
	pss_attachment_stop_output(peer->attachment, stopped);
	pss_invocations_stop_output(peer->invocations, stopped);
}

static void send_queued(PssPeer *peer)
{
	while (peer->out.length > 0) {
		ssize_t n = send(peer->fd, pss_buffer_bytes(&peer->out), peer->out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* A broken socket shows itself to the reading side too, which ends the peer. */
			if (errno != EAGAIN)
				peer->out.length = 0;
			break;
		}
		pss_buffer_consume(&peer->out, (size_t)n);
	}
	if (peer->out.length > OUT_QUEUE_CAP)
		pss_peer_fail(peer, "the client does not read");
}

void pss_peer_flush(PssPeer *peer)
{
	if (peer->dispatching)
		return;
	send_queued(peer);
	tell_output_limit(peer);
	want(peer);
}

struct pss_buffer *pss_peer_out(PssPeer *peer)
{
	return &peer->out;
}

static void end_message(PssPeer *peer, struct pss_message *message)
{
	if (pss_message_end(message) < 0)
		pss_peer_fail(peer, "a message to it would be too long");
}

void pss_peer_result(PssPeer *peer, uint32_t id, enum pss_status status, const char *text)
{
	struct pss_message message;
	pss_message_begin(&message, &peer->out, PSS_RESULT, id);
	pss_message_number(&message, PSS_TAG_STATUS, status);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	end_message(peer, &message);
}

void pss_peer_error(PssPeer *peer, uint32_t id, const GError *error)
{
	pss_peer_result(peer, id, error->domain == PSS_ERROR ? error->code : PSS_FAILED, error->message);
}

void pss_peer_ack(PssPeer *peer, uint32_t id)
{
	struct pss_message message;
	pss_message_begin(&message, &peer->out, PSS_ACK, id);
	end_message(peer, &message);
}

void pss_peer_note(PssPeer *peer, uint32_t id, enum pss_note_kind kind, const char *text)
{
	struct pss_message message;
	pss_message_begin(&message, &peer->out, PSS_NOTE, id);
	pss_message_number(&message, PSS_TAG_NOTE_KIND, kind);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	end_message(peer, &message);
}

void pss_peer_raw(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n)
{
	const guint8 *bytes = data;
	while (n > 0) {
		gsize part = MIN(n, PSS_FRAME_PAYLOAD_MAX);
		if (pss_frame_append(&peer->out, type, id, 0, bytes, part) < 0)
			pss_peer_fail(peer, "out of memory");
		bytes += part;
		n -= part;
	}
}

void pss_peer_session(PssPeer *peer, enum pss_type type, uint32_t id, PssSession *session)
{
	struct pss_message message;
	pss_message_begin(&message, &peer->out, type, id);
	if (type == PSS_RESULT)
		pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_session_write_fields(session, &message);
	end_message(peer, &message);
}

/* ---- reading */

static void greet(PssPeer *peer, struct pss_fields fields)
{
	uint64_t theirs = pss_fields_number(fields, PSS_TAG_VERSION, 0);
	uint64_t their_oldest = pss_fields_number(fields, PSS_TAG_OLDEST, theirs);
	struct pss_message message;

	if (theirs < PSS_PROTOCOL_OLDEST || their_oldest > PSS_PROTOCOL_VERSION) {
		g_autofree char *text =
			g_strdup_printf("the pssession host process (version " PSSESSION_VERSION
					", pid %d) speaks protocol %u to %u, this shell's "
					"pssession %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
					"; finish the sessions of the older one, or load "
					"the same version in this shell",
					(int)getpid(), PSS_PROTOCOL_OLDEST, PSS_PROTOCOL_VERSION, their_oldest, theirs);
		pss_peer_result(peer, 0, PSS_VERSION, text);
		pss_peer_fail(peer, "no common protocol version");
		return;
	}
	peer->greeted = TRUE;
	peer->version = MIN(theirs, PSS_PROTOCOL_VERSION);
	pss_message_begin(&message, &peer->out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, peer->version);
	pss_message_number(&message, PSS_TAG_OLDEST, PSS_PROTOCOL_OLDEST);
	pss_message_text(&message, PSS_TAG_PROGRAM, "pssession-host " PSSESSION_VERSION);
	pss_message_number(&message, PSS_TAG_PID, (uint64_t)getpid());
	end_message(peer, &message);
}

static gboolean fields_are_whole(struct pss_fields fields)
{
	struct pss_field field;
	int rc;
	while ((rc = pss_fields_next(&fields, &field)) > 0)
		;
	return rc == 0;
}

static void dispatch_frame(PssPeer *peer, const struct pss_frame *frame)
{
	guint type = frame->header.type;
	struct pss_fields fields = pss_frame_fields(frame);
	const struct handler *handler = type < G_N_ELEMENTS(handlers) ? &handlers[type] : NULL;

	if (!peer->greeted && type == PSS_HELLO && fields_are_whole(fields))
		greet(peer, fields);
	else if (!peer->greeted || !handler || (!handler->on_fields && !handler->on_frame) ||
		 handler->since > peer->version)
		pss_peer_fail(peer, "unexpected frame type");
	else if (handler->on_frame)
		handler->on_frame(peer, frame);
	else if (frame->header.flags || !fields_are_whole(fields))
		pss_peer_fail(peer, "malformed message");
	else
		handler->on_fields(peer, frame->header.id, fields);
}

static void dispatch_frames(PssPeer *peer)
{
	struct pss_frame frame;
	int rc = 0;

	peer->dispatching = TRUE;
	while (!peer->failed && !peer->input_stopped && (rc = pss_frame_parse(&peer->in, &frame)) > 0) {
		dispatch_frame(peer, &frame);
		/* An ANSWER is a secret, variables may be, and the bytes stay in the buffer behind its start. */
		if (frame.header.type == PSS_ANSWER || frame.header.type == PSS_INVOKE ||
		    frame.header.type == PSS_VARIABLES)
			pss_wipe((void *)frame.payload, frame.header.length);
		pss_buffer_consume(&peer->in, pss_frame_size(&frame));
	}
	peer->dispatching = FALSE;
	if (rc < 0)
		pss_peer_fail(peer, "a frame over the limit");
}

/* FALSE when the connection has ended. */
static gboolean read_some(PssPeer *peer)
{
	unsigned char *room = pss_buffer_reserve(&peer->in, READ_SIZE);
	if (!room)
		return FALSE;
	ssize_t n = recv(peer->fd, room, READ_SIZE, MSG_DONTWAIT);
	if (n > 0)
		pss_buffer_commit(&peer->in, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void on_socket(GIOCondition events, gpointer user)
{
	PssPeer *peer = user;
	gboolean alive = TRUE;

	if (events & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		alive = read_some(peer);
	dispatch_frames(peer);
	pss_peer_flush(peer);
	if (!alive || peer->failed)
		free_peer(peer);
}

void pss_peer_fail(PssPeer *peer, const char *why)
{
	if (!peer->failed)
		g_debug("client dropped: %s", why);
	peer->failed = TRUE;
	/* What brings us here may be a session's event: the watch frees the peer in its own time. */
	shutdown(peer->fd, SHUT_RD);
	want(peer);
}

void pss_peer_stop_input(PssPeer *peer, gboolean stopped)
{
	if (peer->input_stopped == stopped)
		return;
	peer->input_stopped = stopped;
	if (peer->dispatching)
		return;
	if (!stopped)
		dispatch_frames(peer);
	pss_peer_flush(peer);
}

PssTransportNewFunc pss_peer_new_transport(PssPeer *peer)
{
	return peer->new_transport;
}

/* To where a session leads, on behalf of this caller. */
static PssTarget *target_again(const char *instance, struct pss_fields fields, GError **error)
{
	PssSession *session = pss_registry_find(instance);

	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	PssTarget *target = pss_session_target_again(session);
	/* Used up, and so an error: never another way to what may be another computer from here. */
	target->via = pss_via_ref(pss_session_target(session)->via);
	pss_target_take_surroundings(target, fields);
	return target;
}

/* What would go another way than through that session is refused: the same name may be another computer from here. */
static gboolean lead_through(PssTarget *target, const char *instance, GError **error)
{
	if (!instance)
		return TRUE;
	if (target->by_program || target->share) {
		g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "-%s does not go with a computer that is reached through a session",
			    target->share ? "ShareConnection" : "Transport ssh");
		return FALSE;
	}
	target->via = pss_session_via(instance, error);
	return target->via != NULL;
}

PssTarget *pss_peer_target(const PssPeer *peer, struct pss_fields fields, GError **error)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssTarget *target = instance ? target_again(instance, fields, error) : pss_target_from_fields(fields, error);

	if (!target)
		return NULL;
	target->asker = peer->number;
	if (lead_through(target, pss_fields_text(fields, PSS_TAG_VIA), error))
		return target;
	pss_target_free(target);
	return NULL;
}

PssTarget *pss_peer_target_of(const PssPeer *peer, PssSession *session, struct pss_fields fields)
{
	PssTarget *target = pss_target_copy(pss_session_target(session));

	pss_target_take_surroundings(target, fields);
	target->asker = peer->number;
	return target;
}

PssAwaits *pss_peer_awaits(PssPeer *peer)
{
	return peer->awaits;
}

PssOpenings *pss_peer_openings(PssPeer *peer)
{
	return peer->openings;
}

PssAttachment *pss_peer_attachment(PssPeer *peer)
{
	return peer->attachment;
}

PssInvocations *pss_peer_invocations(PssPeer *peer)
{
	return peer->invocations;
}

PssFinds *pss_peer_finds(PssPeer *peer)
{
	return peer->finds;
}

PssPeer *pss_peer_new(int fd, PssTransportNewFunc new_transport, void (*on_gone)(gpointer user), gpointer user)
{
	static guint64 n_peers;
	PssPeer *peer = g_new0(PssPeer, 1);

	peer->fd = fd;
	peer->number = ++n_peers;
	peer->new_transport = new_transport;
	peer->on_gone = on_gone;
	peer->user = user;
	pss_buffer_init(&peer->in);
	pss_buffer_init(&peer->out);
	peer->openings = pss_openings_new(peer);
	peer->attachment = pss_attachment_new(peer);
	peer->invocations = pss_invocations_new(peer);
	peer->finds = pss_finds_new(peer);
	peer->awaits = pss_awaits_new(peer);
	peer->watch = pss_watch_new(fd, G_IO_IN, on_socket, peer);
	return peer;
}
