/* SPDX-License-Identifier: MIT */
/* The bytes of a channel, both ways. What the socket does not take waits in the channel's queue; what its user does not
 * take waits here and, in the end, at the sender. Called by channel.c in the channel's turns, and by libssh. */
#include "link/libssh/link/channel.h"

#define WRITES_ALONE 8
#define WRITES_BESIDE 1 /* pss_ssh_link_is_alone() */
#define WRITE_CHUNK (32 * 1024)
#define WRAPPING_MAX 320 /* type, channel, lengths, padding and MAC of a message */
/* What libssh's buffers have grown to stays. Most sessions idle after one script, so that goes in small pieces. */
#define FIRST_CHUNK (3 * 1024)
#define IDLE_CAPACITY 4096
#define READ_CHUNK (64 * 1024)
#define READS_ALONE 16
#define READS_BESIDE 1
/* libssh's window of 1.28 MB starves links with a long way; reading "up to this much" widens it. */
#define WINDOW (4u * 1024 * 1024)
/* What is copied fills a line of 200 ms with this. */
#define BULK_WINDOW (8u * 1024 * 1024)
#define BULK_AFTER (16u * 1024 * 1024)
#define WIDEN_EVERY (1024 * 1024)

/* ---- from the server */

static void deliver(PssSshChannel *channel, const void *bytes, gsize n, gboolean is_stderr)
{
	if (n == 0 || !channel->events || !pss_ssh_link_is_trusted(channel->link))
		return;
	channel->in.n_since_widening += n;
	channel->in.n_delivered += n;
	channel->link->n_carried += n;
	channel->events->on_data(channel->user, bytes, n, is_stderr);
}

int pss_ssh_channel_on_data(ssh_session session, ssh_channel ssh, void *data, uint32_t n, int is_stderr, void *user)
{
	PssSshChannel *channel = user;
	PssSshChannelIn *in = &channel->in;

	if (!channel->events || !pss_ssh_link_is_trusted(channel->link))
		return (int)n;
	if (in->reading == PSS_SSH_WIDEN && !is_stderr)
		return 0;
	if (in->paused || in->holding || in->reading != PSS_SSH_DELIVER) {
		in->holding = TRUE;
		return 0;
	}
	deliver(channel, data, n, is_stderr != 0);
	return (int)n;
}

/* HACK: each read grants the sender another window of 1.28 MB whatever is still in libssh's buffer, so reading that in
 * pieces lets it grow without end under a fast sender. All of it comes over here at once, and the next only when this
 * is gone: a channel keeps its window and a half. Remove when libssh's ssh_channel_read() counts what it holds. */
static gsize take_held(PssSshChannel *channel, gboolean is_stderr)
{
	struct pss_buffer *held = &channel->in.held[is_stderr];
	int n = held->length > 0 ? 0 : ssh_channel_poll(channel->channel, is_stderr);

	if (n > 0) {
		unsigned char *room = pss_buffer_reserve(held, (gsize)n);
		if (!room)
			g_error("out of memory");
		n = ssh_channel_read_nonblocking(channel->channel, room, (uint32_t)n, is_stderr);
		pss_buffer_commit(held, n > 0 ? (gsize)n : 0);
	}
	return held->length;
}

/* FALSE: there is more of it. */
static gboolean deliver_held_stream(PssSshChannel *channel, gboolean is_stderr)
{
	struct pss_buffer *held = &channel->in.held[is_stderr];
	const int n_reads = pss_ssh_link_is_alone(channel->link) ? READS_ALONE : READS_BESIDE;

	for (int i = 0; i < n_reads && !channel->in.paused && channel->events; i++) {
		gsize n = MIN(take_held(channel, is_stderr), READ_CHUNK);
		if (n == 0) {
			pss_buffer_finish(held);
			return TRUE;
		}
		deliver(channel, pss_buffer_bytes(held), n, is_stderr);
		pss_buffer_consume(held, n);
	}
	return !channel->events;
}

/* A sender that is as fast as we are must not keep us here. What arrives for a stream that had its turn sets `holding`
 * again. */
void pss_ssh_channel_deliver_held(PssSshChannel *channel)
{
	if (!channel->in.holding || channel->in.paused)
		return;
	channel->in.reading = PSS_SSH_KEEP;
	channel->in.holding = FALSE;
	if (!deliver_held_stream(channel, FALSE) || !deliver_held_stream(channel, TRUE))
		channel->in.holding = TRUE;
	channel->in.reading = PSS_SSH_DELIVER;
	if (channel->in.holding && !channel->in.paused)
		pss_ssh_link_kick(channel->link);
}

static guint window_of(const PssSshChannel *channel)
{
	return channel->in.is_bulk && channel->in.n_delivered > BULK_AFTER ? BULK_WINDOW : WINDOW;
}

void pss_ssh_channel_widen_window(PssSshChannel *channel)
{
	static char *block;

	if (channel->in.n_since_widening < WIDEN_EVERY || channel->in.paused || channel->in.holding ||
	    channel->remote_closed || !channel->events)
		return;
	channel->in.n_since_widening = 0;
	if (!block)
		block = g_malloc(BULK_WINDOW); /* pages that are hardly ever touched */
	/* It reads the socket on until something is in its buffer: the callback must not take that away, or a flood
	 * would never let it return. */
	channel->in.reading = PSS_SSH_WIDEN;
	int n = ssh_channel_read(channel->channel, block, window_of(channel), 0);
	channel->in.reading = PSS_SSH_DELIVER;
	if (n > 0)
		deliver(channel, block, (gsize)n, FALSE);
}

/* ---- to the server */

void pss_ssh_channel_send_size(PssSshChannel *channel)
{
	if (!channel->out.resized)
		return;
	channel->out.resized = FALSE;
	ssh_channel_change_pty_size(channel->channel, (int)channel->columns, (int)channel->rows);
}

static gboolean socket_is_full(const PssSshChannel *channel)
{
	return (ssh_get_poll_flags(channel->link->session) & SSH_WRITE_PENDING) != 0;
}

/* HACK(libssh): its buffer grows in powers of two, and a message that just fits makes it grow once more when its head
 * and padding come to it: what it was moved from keeps a copy of the message, and that may be a secret. So no piece is
 * that long. Remove when libssh wipes what it moves. */
static gsize piece_of(gsize n)
{
	for (gsize size = 4096; size <= WRITE_CHUNK; size *= 2)
		if (n < size && n + WRAPPING_MAX > size)
			return size - WRAPPING_MAX;
	return n;
}

/* As many pieces as a turn may have. */
static void send_pieces(PssSshChannel *channel)
{
	PssSshChannelOut *out = &channel->out;
	const int n_writes = pss_ssh_link_is_alone(channel->link) ? WRITES_ALONE : WRITES_BESIDE;

	for (int i = 0; (i < n_writes || out->n_first > 0) && out->queue.length > 0; i++) {
		gsize n = piece_of(MIN(out->queue.length, out->n_first > 0 ? FIRST_CHUNK : WRITE_CHUNK - WRAPPING_MAX));
		int sent = ssh_channel_write(channel->channel, pss_buffer_bytes(&out->queue), (uint32_t)n);
		if (sent <= 0)
			return;
		pss_buffer_consume(&out->queue, (size_t)sent);
		channel->link->n_carried += (gsize)sent;
		out->n_first -= MIN(out->n_first, (gsize)sent);
		if ((gsize)sent < n)
			return;
	}
	if (out->queue.length > 0 && !socket_is_full(channel)) /* else the socket says when there is room again */
		pss_ssh_link_kick(channel->link);
}

static void send_queue(PssSshChannel *channel)
{
	PssSshChannelOut *out = &channel->out;

	send_pieces(channel);
	if (out->queue.length > 0)
		return;
	/* Most sessions idle, after one script of some size. */
	if (out->queue.capacity > IDLE_CAPACITY)
		pss_buffer_wipe(&out->queue);
	else
		pss_wipe(out->queue.data, out->queue.capacity);
	if (!out->drain_wanted)
		return;
	out->drain_wanted = FALSE;
	if (channel->events)
		channel->events->on_drained(channel->user);
}

/* What libssh cannot pass on at once it keeps, without limit, and in front of all that comes later: the bytes wait here
 * instead. A few, as keys are, may go nevertheless, but none of a copy's. */
static gboolean may_send(PssSshChannel *channel, gboolean is_full)
{
	PssSshChannelOut *out = &channel->out;

	if (!is_full)
		out->n_ahead = 0;
	else if (channel->in.is_bulk || out->n_ahead + out->queue.length > WRITE_CHUNK)
		return FALSE;
	else
		out->n_ahead += out->queue.length;
	return out->queue.length > 0;
}

void pss_ssh_channel_send_all(PssSshChannel *channel)
{
	PssSshChannelOut *out = &channel->out;
	gboolean was_full = socket_is_full(channel);

	if (channel->state == PSS_CHANNEL_RUNNING)
		pss_ssh_channel_send_size(channel);
	if (out->signal && channel->state == PSS_CHANNEL_RUNNING)
		ssh_channel_request_send_signal(channel->channel, g_steal_pointer(&out->signal));
	if (may_send(channel, was_full))
		send_queue(channel);
	if (out->eof == PSS_SSH_EOF_WANTED && out->queue.length == 0 && channel->channel) {
		out->eof = PSS_SSH_EOF_SENT;
		ssh_channel_send_eof(channel->channel);
	}
}
