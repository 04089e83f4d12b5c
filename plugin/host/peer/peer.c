/* SPDX-License-Identifier: MIT */
/* A client's connection: reading, the greeting, and writing with back-pressure. It must survive anything a client
 * sends. Called by client.c and its parts. */
#include "host/peer/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd-watch.h"
#include "base/system.h"
#include "wire/descriptors.h"
#include "wire/status.h"
#include "wire/system.h"

#define READ_SIZE (64u * 1024u)
#define OUT_QUEUE_LIMIT (256u * 1024u)
#define SEND_AT (128u * 1024u) /* of a stream, before more of it is awaited */
/* A client that lets answers pile up (LIST after LIST) does not read at all. Output is bounded by those that send it,
 * who stop; but what a session has kept for who enters it comes at once, and may be more than this. */
#define OUT_QUEUE_CAP (16u * 1024u * 1024u)

enum state {
	AWAITS_HELLO,
	GREETED,
	FAILED, /* what is queued is sent, and nothing more is read */
};

/* One that goes with a byte of `out`. */
typedef struct {
	int fd;
	gsize before; /* bytes in front of that one */
} Descriptor;

struct PssPeer {
	int fd;
	PssLimits limits; /* n is 0: not read yet */
	PssWatch *watch;
	struct pss_buffer in, out;
	gsize n_output;      /* bytes in `out` that are no answers, at most */
	GArray *descriptors; /* of Descriptor, in the order of `out` */
	enum state state;
	guint64 newest;  /* version that may be spoken */
	guint64 version; /* that is spoken, once GREETED */
	gboolean input_stopped;
	gboolean output_stopped;
	gboolean dispatching; /* what is queued is sent behind it */
	const PssPeerEvents *events;
	gpointer user;
};

/* ---- writing */

static void want(PssPeer *peer)
{
	GIOCondition wanted = 0;
	if (peer->state == FAILED || (!peer->input_stopped && peer->out.length < OUT_QUEUE_LIMIT))
		wanted |= G_IO_IN;
	if (peer->out.length > 0)
		wanted |= G_IO_OUT;
	pss_watch_want(peer->watch, wanted);
}

static void check_output_limit(PssPeer *peer)
{
	gboolean stopped = peer->out.length > OUT_QUEUE_LIMIT;
	if (stopped == peer->output_stopped)
		return;
	peer->output_stopped = stopped;
	peer->events->on_output_stopped(peer->user, stopped);
}

static void close_descriptor(gpointer data)
{
	close(((Descriptor *)data)->fd);
}

/* The descriptor that goes with the first byte, or -1; and how many bytes may go before the next one. */
static int next_descriptor(const PssPeer *peer, gsize *ret_n)
{
	const GArray *all = peer->descriptors;
	const Descriptor *first = all->len > 0 ? &g_array_index(all, Descriptor, 0) : NULL;
	gboolean is_due = first && first->before == 0;
	const Descriptor *next = !is_due ? first : all->len > 1 ? &g_array_index(all, Descriptor, 1) : NULL;

	*ret_n = next ? MIN(peer->out.length, next->before) : peer->out.length;
	return is_due ? first->fd : -1;
}

static void forget_sent(PssPeer *peer, gsize n, gboolean took_descriptor)
{
	pss_buffer_consume(&peer->out, n);
	peer->n_output -= MIN(peer->n_output, n);
	if (took_descriptor)
		g_array_remove_index(peer->descriptors, 0);
	for (guint i = 0; i < peer->descriptors->len; i++)
		g_array_index(peer->descriptors, Descriptor, i).before -= n;
}

static void send_queued(PssPeer *peer)
{
	while (peer->out.length > 0) {
		gsize n_at_once;
		int passed = next_descriptor(peer, &n_at_once);
		ssize_t n = pss_send_descriptor(peer->fd, pss_buffer_bytes(&peer->out), n_at_once, passed);
		if (n < 0) {
			/* A broken socket shows itself to the reading side too, which ends the peer. */
			if (n != -EAGAIN) {
				forget_sent(peer, peer->out.length, FALSE);
				g_array_set_size(peer->descriptors, 0);
			}
			break;
		}
		forget_sent(peer, (gsize)n, passed >= 0);
	}
	if (peer->out.length - MIN(peer->n_output, peer->out.length) > OUT_QUEUE_CAP)
		pss_peer_fail(peer, "the client does not read");
}

void pss_peer_flush(PssPeer *peer)
{
	if (peer->dispatching)
		return;
	send_queued(peer);
	check_output_limit(peer);
	want(peer);
}

void pss_peer_flush_soon(PssPeer *peer)
{
	if (peer->out.length >= SEND_AT)
		pss_peer_flush(peer);
	else
		want(peer);
}

struct pss_buffer *pss_peer_out(PssPeer *peer)
{
	return &peer->out;
}

void pss_peer_send(PssPeer *peer, struct pss_message *message)
{
	if (pss_message_end(message) < 0)
		pss_peer_fail(peer, "a message to it would be too long");
}

void pss_peer_send_descriptor(PssPeer *peer, struct pss_message *message, int fd)
{
	const Descriptor descriptor = { .fd = fd, .before = message->start };

	g_array_append_val(peer->descriptors, descriptor);
	pss_peer_send(peer, message);
}

void pss_peer_send_bytes(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n)
{
	const guint8 *bytes = data;
	while (n > 0) {
		gsize part = MIN(n, PSS_FRAME_PAYLOAD_MAX);
		if (pss_frame_append(&peer->out, type, id, 0, bytes, part) < 0)
			pss_peer_fail(peer, "out of memory");
		peer->n_output += part;
		bytes += part;
		n -= part;
	}
}

void pss_peer_send_part(PssPeer *peer, enum pss_type type, uint32_t id, const void *data, gsize n, gboolean more)
{
	if (pss_frame_append(&peer->out, type, id, more ? PSS_FRAME_MORE : 0, data, n) < 0)
		pss_peer_fail(peer, "out of memory");
}

/* ---- the greeting */

static void refuse_version(PssPeer *peer, guint64 theirs, guint64 their_oldest)
{
	g_autofree char *text = g_strdup_printf("the pssession host process (version " PSSESSION_VERSION
						", pid %d) speaks protocol %u to %" G_GUINT64_FORMAT ", this shell's "
						"pssession %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
						"; finish the sessions of the older one, or load "
						"the same version in this shell",
						(int)getpid(), PSS_PROTOCOL_OLDEST, peer->newest, their_oldest, theirs);
	struct pss_message message;

	pss_message_begin(&message, &peer->out, PSS_RESULT, 0);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_VERSION);
	pss_message_text(&message, PSS_TAG_MESSAGE, text);
	pss_peer_send(peer, &message);
	pss_peer_fail(peer, "no common protocol version");
}

static void greet(PssPeer *peer, struct pss_fields fields)
{
	guint64 theirs = pss_fields_number(fields, PSS_TAG_VERSION, 0);
	guint64 their_oldest = pss_fields_number(fields, PSS_TAG_OLDEST, theirs);
	struct pss_message message;

	if (theirs < PSS_PROTOCOL_OLDEST || their_oldest > peer->newest) {
		refuse_version(peer, theirs, their_oldest);
		return;
	}
	peer->state = GREETED;
	peer->version = MIN(theirs, peer->newest);
	pss_message_begin(&message, &peer->out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, peer->version);
	pss_message_number(&message, PSS_TAG_OLDEST, PSS_PROTOCOL_OLDEST);
	pss_message_text(&message, PSS_TAG_PROGRAM, "pssession-host " PSSESSION_VERSION);
	pss_message_number(&message, PSS_TAG_PID, (uint64_t)getpid());
	pss_peer_send(peer, &message);
}

static void on_first_frame(PssPeer *peer, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);

	if (frame->header.type == PSS_HELLO && pss_fields_are_whole(fields))
		greet(peer, fields);
	else
		pss_peer_fail(peer, "no greeting");
}

guint64 pss_peer_version(const PssPeer *peer)
{
	return peer->version;
}

gboolean pss_peer_shares_network(const PssPeer *peer)
{
	uid_t uid;
	pid_t pid;

	return pss_peer(peer->fd, &uid, &pid) < 0 || pss_system_shares_network(pid);
}

/* A system call each: most clients have no use for them. */
const PssLimits *pss_peer_limits(PssPeer *peer)
{
	uid_t uid;
	pid_t pid;

	if (peer->limits.n == 0 && pss_peer(peer->fd, &uid, &pid) == 0)
		pss_limits_of(pid, &peer->limits);
	return &peer->limits;
}

/* ---- reading */

static void dispatch_frames(PssPeer *peer)
{
	struct pss_frame frame;
	int rc = 0;

	peer->dispatching = TRUE;
	while (peer->state != FAILED && !peer->input_stopped && (rc = pss_frame_parse(&peer->in, &frame)) > 0) {
		if (peer->state == AWAITS_HELLO)
			on_first_frame(peer, &frame);
		else
			peer->events->on_frame(peer->user, &frame);
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
	if (alive && peer->state != FAILED)
		return;
	peer->state = FAILED;
	peer->events->on_end(peer->user);
}

void pss_peer_fail(PssPeer *peer, const char *why)
{
	if (peer->state != FAILED)
		g_debug("client dropped: %s", why);
	peer->state = FAILED;
	/* The caller may be a session's event: the watch ends the peer in its own time. */
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

PssPeer *pss_peer_new(int fd, guint64 newest, const PssPeerEvents *events, gpointer user)
{
	PssPeer *peer = g_new0(PssPeer, 1);

	peer->fd = fd;
	peer->newest = newest;
	peer->events = events;
	peer->user = user;
	pss_buffer_init(&peer->in);
	pss_buffer_init(&peer->out);
	peer->descriptors = g_array_new(FALSE, FALSE, sizeof(Descriptor));
	g_array_set_clear_func(peer->descriptors, close_descriptor);
	peer->watch = pss_watch_new(fd, G_IO_IN, on_socket, peer);
	return peer;
}

void pss_peer_free(PssPeer *peer)
{
	pss_watch_free(peer->watch);
	close(peer->fd);
	pss_buffer_wipe(&peer->in);
	pss_buffer_wipe(&peer->out);
	g_array_unref(peer->descriptors);
	g_free(peer);
}
