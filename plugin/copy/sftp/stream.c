/* SPDX-License-Identifier: MIT */
/* The descriptor of an SFTP connection. Packets that wait are kept one by one, so that what is large is copied nowhere.
 * What arrives is taken apart where it was read. */
#include "copy/sftp/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd-watch.h"

#define IN_SIZE (PSS_SFTP_PACKET_MAX + 64u * 1024u) /* one packet, and the beginning of the next */
#define THIRSTY_BELOW (256u * 1024u)
#define IOV_MAX_HERE 64
#define READS_A_TURN 4

struct PssSftpStream {
	int fd;
	PssWatch *watch;
	const PssSftpStreamEvents *events;
	gpointer user;
	GQueue out;               /* GByteArray */
	gsize out_sent, out_size; /* of the first; of all */
	guint8 *in;
	gsize in_start, in_end;
	gboolean is_paused;
	gboolean is_busy, is_gone; /* inside on_event; freed in there, so its memory goes behind that */
};

static void want(PssSftpStream *stream)
{
	GIOCondition in = stream->is_paused ? 0 : G_IO_IN;
	pss_watch_want(stream->watch, stream->out_size > 0 ? in | G_IO_OUT : in);
}

/* ---- writing */

static void drop_sent(PssSftpStream *stream, gsize n)
{
	stream->out_size -= n;
	stream->out_sent += n;
	for (GByteArray *first = g_queue_peek_head(&stream->out); first && stream->out_sent >= first->len;
	     first = g_queue_peek_head(&stream->out)) {
		stream->out_sent -= first->len;
		g_byte_array_unref(g_queue_pop_head(&stream->out));
	}
}

static gssize write_some(PssSftpStream *stream)
{
	struct iovec parts[IOV_MAX_HERE];
	gsize skip = stream->out_sent;
	int n = 0;

	for (GList *link = stream->out.head; link && n < IOV_MAX_HERE; link = link->next) {
		GByteArray *packet = link->data;
		parts[n++] = (struct iovec){ packet->data + skip, packet->len - skip };
		skip = 0;
	}
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = n };
	gssize sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent < 0 && errno == ENOTSOCK ? writev(stream->fd, parts, n) : sent;
}

/* A broken way out shows as the end of the way in, behind what still comes from there. */
static void flush(PssSftpStream *stream)
{
	while (stream->out_size > 0) {
		gssize sent = write_some(stream);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			drop_sent(stream, stream->out_size);
		if (sent <= 0)
			break;
		drop_sent(stream, sent);
	}
}

void pss_sftp_stream_send(PssSftpStream *stream, GByteArray *packet)
{
	pss_fxp_seal(packet);
	stream->out_size += packet->len;
	g_queue_push_tail(&stream->out, packet);
	if (!stream->is_busy)
		want(stream);
}

gboolean pss_sftp_stream_is_thirsty(const PssSftpStream *stream)
{
	return stream->out_size < THIRSTY_BELOW;
}

/* ---- reading */

/* FALSE: it has ended or is gone. */
static gboolean take_packets(PssSftpStream *stream)
{
	PssFxpReader payload;
	PssFxp type;
	gsize size;
	int is_whole;

	while ((is_whole = pss_fxp_parse(stream->in + stream->in_start, stream->in_end - stream->in_start, &type,
					 &payload, &size)) == 1) {
		stream->in_start += size;
		stream->events->on_packet(stream->user, type, &payload);
		if (stream->is_gone)
			return FALSE;
	}
	if (is_whole < 0)
		stream->events->on_end(stream->user, NULL);
	return is_whole == 0;
}

static void make_room(PssSftpStream *stream)
{
	gsize n = stream->in_end - stream->in_start;

	if (n == 0) {
		stream->in_start = stream->in_end = 0;
	} else if (stream->in_start > 0 && IN_SIZE - stream->in_end < IN_SIZE / 4) {
		memmove(stream->in, stream->in + stream->in_start, n);
		stream->in_start = 0;
		stream->in_end = n;
	}
}

/* TRUE: something was read, and there may be more. */
static gboolean read_some(PssSftpStream *stream)
{
	make_room(stream);
	gssize n = read(stream->fd, stream->in + stream->in_end, IN_SIZE - stream->in_end);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return FALSE;
	if (n <= 0) {
		stream->events->on_end(stream->user, n == 0 ? "it has ended" : g_strerror(errno));
		return FALSE;
	}
	stream->in_end += n;
	return take_packets(stream);
}

/* What answers have led to goes in the same turn. */
static void send_some(PssSftpStream *stream)
{
	gboolean was_thirsty = pss_sftp_stream_is_thirsty(stream);

	flush(stream);
	if (!was_thirsty && pss_sftp_stream_is_thirsty(stream))
		stream->events->on_thirsty(stream->user);
}

static void on_event(GIOCondition events, gpointer user)
{
	PssSftpStream *stream = user;

	stream->is_busy = TRUE;
	if (events & G_IO_OUT) {
		flush(stream);
		if (pss_sftp_stream_is_thirsty(stream))
			stream->events->on_thirsty(stream->user);
	}
	/* A pause ends with the stream: what is left of it is little, and a hang-up cannot be waited out. */
	for (int i = 0; i < READS_A_TURN && !stream->is_gone && events & ~G_IO_OUT; i++)
		if ((stream->is_paused && !(events & G_IO_HUP)) || !read_some(stream))
			break;
	if (!stream->is_gone)
		send_some(stream);
	stream->is_busy = FALSE;
	if (stream->is_gone)
		g_free(stream);
	else
		want(stream);
}

void pss_sftp_stream_pause(PssSftpStream *stream, gboolean paused)
{
	stream->is_paused = paused;
	want(stream);
}

/* ---- life */

PssSftpStream *pss_sftp_stream_new(int fd, const PssSftpStreamEvents *events, gpointer user)
{
	PssSftpStream *stream = g_new0(PssSftpStream, 1);

	stream->fd = fd;
	stream->events = events;
	stream->user = user;
	stream->in = g_malloc(IN_SIZE);
	g_queue_init(&stream->out);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	stream->watch = pss_watch_new(fd, G_IO_IN, on_event, stream);
	return stream;
}

static void free_packet(gpointer packet)
{
	g_byte_array_unref(packet);
}

void pss_sftp_stream_free(PssSftpStream *stream)
{
	if (!stream)
		return;
	pss_watch_free(stream->watch);
	close(stream->fd);
	g_queue_clear_full(&stream->out, free_packet);
	g_free(stream->in);
	stream->is_gone = TRUE;
	if (!stream->is_busy)
		g_free(stream);
}
