/* SPDX-License-Identifier: MIT */
/* Carries bytes between a channel and a socket, at most 64 KiB a turn each way, so that the keys of a terminal on the
 * same connection do not queue behind them. Called by requests/channels.c and sessions. */
#include "host/commands/channel-socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd-watch.h"
#include "wire/buffer.h"

#define CHUNK (64u * 1024u)

struct PssChannelSocket {
	PssChannel *channel; /* NULL: it has ended */
	int socket;
	PssWatch *watch;
	struct pss_buffer to_socket; /* what that has not taken */
	gboolean paused;             /* by the owner */
	gboolean input_ended;
	int status; /* of the channel, once it has ended */
	GError *error;
	GPtrArray *all;
	const PssChannelSocketEvents *events;
	gpointer user;
};

/* Some is read while what was read before is being sent; what waits in a channel is in front of nobody else's. */
static void settle(PssChannelSocket *stream)
{
	GIOCondition wanted = stream->to_socket.length > 0 ? G_IO_OUT : 0;

	if (stream->channel && !stream->input_ended && pss_channel_pending(stream->channel) < CHUNK)
		wanted |= G_IO_IN;
	pss_watch_want(stream->watch, wanted);
	if (stream->channel)
		pss_channel_pause(stream->channel, stream->paused || stream->to_socket.length > 0);
}

static void done(PssChannelSocket *stream, int status, const GError *error)
{
	const PssChannelSocketEvents *events = stream->events;
	gpointer user = stream->user;
	g_autoptr(GError) copy = error ? g_error_copy(error) : NULL;

	pss_channel_socket_free(stream);
	events->on_done(user, status, copy);
}

/* ---- to the socket */

/* FALSE: nobody reads it any more. */
static gboolean send_some(PssChannelSocket *stream, const guint8 *data, gsize n, gsize *ret_sent)
{
	gssize sent = send(stream->socket, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	*ret_sent = sent > 0 ? (gsize)sent : 0;
	return sent >= 0 || errno == EAGAIN || errno == EINTR;
}

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssChannelSocket *stream = user;
	gsize sent = 0;

	if (is_stderr) {
		stream->events->on_stderr(stream->user, data, n);
		return;
	}
	/* Where nobody reads, the watch finds out. */
	if (stream->to_socket.length == 0)
		send_some(stream, data, n, &sent);
	if (pss_buffer_append(&stream->to_socket, (const guint8 *)data + sent, n - sent) < 0)
		g_error("out of memory");
	settle(stream);
}

static void flush(PssChannelSocket *stream)
{
	gsize sent;

	send_some(stream, pss_buffer_bytes(&stream->to_socket), stream->to_socket.length, &sent);
	pss_buffer_consume(&stream->to_socket, sent);
	if (stream->to_socket.length == 0)
		pss_buffer_finish(&stream->to_socket);
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	PssChannelSocket *stream = user;

	pss_channel_close(g_steal_pointer(&stream->channel));
	stream->status = exit_status;
	stream->error = error ? g_error_copy(error) : NULL;
	if (stream->to_socket.length == 0 || error)
		done(stream, exit_status, stream->error);
	else
		settle(stream);
}

/* ---- from the socket */

static void on_drained(gpointer user)
{
	settle(user);
}

static void end_input(PssChannelSocket *stream)
{
	stream->input_ended = TRUE;
	pss_channel_eof(stream->channel);
}

static void take_some(PssChannelSocket *stream)
{
	guint8 chunk[CHUNK];
	gssize n = recv(stream->socket, chunk, sizeof chunk, MSG_DONTWAIT);

	if (n > 0)
		pss_channel_write(stream->channel, chunk, (gsize)n);
	else if (n == 0)
		end_input(stream);
}

static void on_other_end_closed(PssChannelSocket *stream)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "the channel was closed from here");

	done(stream, -1, error);
}

static void on_socket(GIOCondition events, gpointer user)
{
	PssChannelSocket *stream = user;

	if (events & (G_IO_HUP | G_IO_ERR)) {
		on_other_end_closed(stream);
		return;
	}
	if (events & G_IO_OUT)
		flush(stream);
	if (events & G_IO_IN && stream->channel)
		take_some(stream);
	if (!stream->channel && stream->to_socket.length == 0)
		done(stream, stream->status, stream->error);
	else
		settle(stream);
}

/* ---- life */

static const PssChannelEvents channel_events = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

PssChannelSocket *pss_channel_socket_new(PssTransport *transport, const PssChannelRequest *request, int socket,
					 GPtrArray *all, const PssChannelSocketEvents *events, gpointer user)
{
	PssChannelSocket *stream = g_new0(PssChannelSocket, 1);

	stream->socket = socket;
	stream->events = events;
	stream->user = user;
	stream->all = all;
	if (all)
		g_ptr_array_add(all, stream);
	pss_buffer_init(&stream->to_socket);
	stream->watch = pss_watch_new(socket, G_IO_IN, on_socket, stream);
	stream->channel = pss_channel_open(transport, request, &channel_events, stream);
	return stream;
}

void pss_channel_socket_free(PssChannelSocket *stream)
{
	if (!stream)
		return;
	if (stream->all)
		g_ptr_array_remove_fast(stream->all, stream);
	if (stream->channel) {
		pss_channel_signal(stream->channel, "HUP");
		pss_channel_close(stream->channel);
	}
	pss_watch_free(stream->watch);
	close(stream->socket);
	pss_buffer_finish(&stream->to_socket);
	g_clear_error(&stream->error);
	g_free(stream);
}

void pss_channel_socket_pause(PssChannelSocket *stream, gboolean paused)
{
	stream->paused = paused;
	settle(stream);
}

void pss_channel_sockets_end(GPtrArray *all, const GError *error)
{
	while (all->len > 0) {
		PssChannelSocket *stream = all->pdata[0];
		g_clear_pointer(&stream->channel, pss_channel_close); /* the link may live on for a while */
		done(stream, -1, error);
	}
}
