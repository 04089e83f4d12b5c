/* SPDX-License-Identifier: MIT */
/* Carries bytes between a descriptor of this machine and an SSH channel, both ways, with at most 64 KiB waiting on
 * either side: an end that does not read is not read from. Works in turns that the link grants; a descriptor that
 * becomes ready asks for one. Called by tunnels.c. */
#include "link/libssh/link/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#define WAITING_MAX (64 * 1024)
#define CHUNK (16 * 1024)

static guint n_tunnels, n_by_server; /* of all links */

static gboolean is_by_server(const PssTunnel *tunnel)
{
	return !tunnel->forward || tunnel->forward->kind == PSS_FORWARD_REMOTE;
}

guint pss_tunnel_count(gboolean by_server)
{
	return by_server ? n_by_server : n_tunnels;
}

void pss_tunnel_free(gpointer data)
{
	PssTunnel *tunnel = data;

	if (tunnel->source)
		g_source_remove(tunnel->source);
	if (tunnel->connecting)
		g_cancellable_cancel(tunnel->connecting);
	g_clear_object(&tunnel->connecting);
	if (tunnel->fd >= 0)
		close(tunnel->fd);
	pss_socks_finish(&tunnel->socks);
	pss_buffer_finish(&tunnel->at_fd.waiting);
	pss_buffer_finish(&tunnel->at_channel.waiting);
	g_free(tunnel->origin);
	n_tunnels--;
	n_by_server -= is_by_server(tunnel);
	g_free(tunnel);
}

PssTunnel *pss_tunnel_new(PssSshLink *link, const PssForward *forward, int fd)
{
	PssTunnel *tunnel = g_new0(PssTunnel, 1);

	tunnel->link = link;
	tunnel->state = PSS_TUNNEL_OPEN;
	tunnel->forward = forward;
	tunnel->host = forward ? forward->host : NULL;
	tunnel->port = forward ? forward->port : 0;
	tunnel->fd = fd;
	tunnel->channel = ssh_channel_new(link->session);
	pss_buffer_init(&tunnel->at_fd.waiting);
	pss_buffer_init(&tunnel->at_channel.waiting);
	n_tunnels++;
	n_by_server += is_by_server(tunnel);
	pss_ssh_link_kick(link);
	return tunnel;
}

/* ---- bytes */

static void append(struct pss_buffer *buffer, const void *bytes, gsize n)
{
	if (pss_buffer_append(buffer, bytes, n) < 0)
		g_error("out of memory");
}

static void read_channel(PssTunnel *tunnel)
{
	char block[CHUNK];

	while (!tunnel->at_channel.ended && tunnel->at_fd.waiting.length < WAITING_MAX) {
		int n = ssh_channel_read_nonblocking(tunnel->channel, block, sizeof block, 0);
		if (n > 0 && !pss_ssh_link_is_trusted(tunnel->link))
			return;
		if (n > 0)
			append(&tunnel->at_fd.waiting, block, (gsize)n);
		else if (n < 0 || ssh_channel_is_eof(tunnel->channel) || ssh_channel_is_closed(tunnel->channel))
			tunnel->at_channel.ended = TRUE;
		else
			return;
	}
}

static void write_fd(PssTunnel *tunnel)
{
	while (tunnel->at_fd.waiting.length > 0) {
		ssize_t n = send(tunnel->fd, pss_buffer_bytes(&tunnel->at_fd.waiting), tunnel->at_fd.waiting.length,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			tunnel->state = PSS_TUNNEL_FINISHED;
			return;
		}
		pss_buffer_consume(&tunnel->at_fd.waiting, (size_t)n);
	}
	if (tunnel->at_channel.ended && !tunnel->at_fd.shut) {
		tunnel->at_fd.shut = TRUE;
		shutdown(tunnel->fd, SHUT_WR);
	}
}

static void read_fd(PssTunnel *tunnel)
{
	char block[CHUNK];

	while (!tunnel->at_fd.ended && tunnel->at_channel.waiting.length < WAITING_MAX) {
		ssize_t n = recv(tunnel->fd, block, sizeof block, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			append(&tunnel->at_channel.waiting, block, (gsize)n);
		else
			tunnel->at_fd.ended = TRUE;
	}
}

static void write_channel(PssTunnel *tunnel)
{
	while (tunnel->at_channel.waiting.length > 0 &&
	       !(ssh_get_poll_flags(tunnel->link->session) & SSH_WRITE_PENDING)) {
		gsize n = MIN(MIN(tunnel->at_channel.waiting.length, CHUNK), ssh_channel_window_size(tunnel->channel));
		int sent = n > 0 ? ssh_channel_write(tunnel->channel, pss_buffer_bytes(&tunnel->at_channel.waiting),
						     (uint32_t)n)
				 : 0;
		if (sent <= 0)
			return;
		pss_buffer_consume(&tunnel->at_channel.waiting, (size_t)sent);
	}
	if (tunnel->at_fd.ended && tunnel->at_channel.waiting.length == 0 && !tunnel->at_channel.shut) {
		tunnel->at_channel.shut = TRUE;
		ssh_channel_send_eof(tunnel->channel);
	}
}

static gboolean on_fd_ready(gint fd, GIOCondition condition, gpointer user)
{
	PssTunnel *tunnel = user;

	tunnel->source = 0; /* once: what is ready and cannot be taken now must not wake us again and again */
	pss_ssh_link_kick(tunnel->link);
	return G_SOURCE_REMOVE;
}

void pss_tunnel_wait_for_fd(PssTunnel *tunnel)
{
	GIOCondition wanted = 0;

	if (!tunnel->at_fd.ended && tunnel->at_channel.waiting.length < WAITING_MAX)
		wanted |= G_IO_IN;
	if (tunnel->at_fd.waiting.length > 0)
		wanted |= G_IO_OUT;
	if (tunnel->source)
		g_source_remove(tunnel->source);
	tunnel->source = wanted ? g_unix_fd_add(tunnel->fd, wanted, on_fd_ready, tunnel) : 0;
}

/* ---- where it leads to */

static void send_answers(PssTunnel *tunnel)
{
	if (tunnel->fd >= 0)
		write_fd(tunnel);
	else
		write_channel(tunnel);
}

/* Answers the SOCKS request, if there was one, and reports a failure. */
static void settle(PssTunnel *tunnel, gboolean connected)
{
	PssSocksAnswer answer;
	gboolean is_remote = tunnel->forward->kind == PSS_FORWARD_REMOTE;

	if (tunnel->socks.version) {
		pss_socks_outcome(&tunnel->socks, connected, &answer);
		append(is_remote ? &tunnel->at_channel.waiting : &tunnel->at_fd.waiting, answer.bytes, answer.n);
	}
	tunnel->state = PSS_TUNNEL_OPEN;
	if (connected)
		return;
	/* One without a text hears it from the answer alone. */
	if (tunnel->forward->text && pss_ssh_link_is_alive(tunnel->link))
		pss_login_note(tunnel->link->person, PSS_NOTE_WARNING, "%s '%s': %s does not connect to %s:%u",
			       pss_forward_keyword(tunnel->forward), tunnel->forward->text,
			       is_remote ? "this computer" : "the server", tunnel->host, tunnel->port);
	send_answers(tunnel);
	tunnel->state = PSS_TUNNEL_FINISHED;
}

static void open_channel(PssTunnel *tunnel)
{
	int status = ssh_channel_open_forward(tunnel->channel, tunnel->host, (int)tunnel->port, tunnel->origin,
					      (int)tunnel->origin_port);
	if (status != SSH_AGAIN)
		settle(tunnel, status == SSH_OK);
}

static void on_connected(GObject *client, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSocketConnection) connection =
		g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
	PssTunnel *tunnel = user;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* and the tunnel is no more */
	g_clear_object(&tunnel->connecting);
	if (connection)
		tunnel->fd = fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 3);
	pss_ssh_link_kick(tunnel->link);
}

/* Names are looked up, and addresses tried in turn, off the main loop. */
static void connect_here(PssTunnel *tunnel)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnectable) address = g_network_address_new(tunnel->host, (guint16)tunnel->port);

	g_socket_client_set_enable_proxy(client, FALSE);
	tunnel->state = PSS_TUNNEL_CONNECTING;
	tunnel->connecting = g_cancellable_new();
	g_socket_client_connect_async(client, address, tunnel->connecting, on_connected, tunnel);
}

void pss_tunnel_lead_to(PssTunnel *tunnel, const char *host, guint port)
{
	tunnel->host = host;
	tunnel->port = port;
	if (tunnel->forward->kind != PSS_FORWARD_REMOTE)
		tunnel->state = PSS_TUNNEL_OPENING;
	else if (tunnel->forward->host || pss_forward_permits(tunnel->forward, host, port))
		connect_here(tunnel);
	else
		settle(tunnel, FALSE);
}

/* Reads the SOCKS request, of this side or the server's, as far as it has come. */
static void ask(PssTunnel *tunnel)
{
	gboolean is_remote = tunnel->forward->kind == PSS_FORWARD_REMOTE;
	struct pss_buffer *asked = is_remote ? &tunnel->at_fd.waiting : &tunnel->at_channel.waiting;
	PssSocksStep step = PSS_SOCKS_ANSWER;

	if (is_remote)
		read_channel(tunnel);
	else
		read_fd(tunnel);
	while (step == PSS_SOCKS_ANSWER) {
		PssSocksAnswer answer;
		gsize used;
		step = pss_socks_take(&tunnel->socks, pss_buffer_bytes(asked), asked->length, &used, &answer);
		pss_buffer_consume(asked, used);
		append(is_remote ? &tunnel->at_channel.waiting : &tunnel->at_fd.waiting, answer.bytes, answer.n);
	}
	send_answers(tunnel);
	if (tunnel->state == PSS_TUNNEL_FINISHED)
		return; /* the other end has gone */
	if (step == PSS_SOCKS_WANTS)
		pss_tunnel_lead_to(tunnel, tunnel->socks.host, tunnel->socks.port);
	else if (step == PSS_SOCKS_BAD || (is_remote ? tunnel->at_channel.ended : tunnel->at_fd.ended))
		tunnel->state = PSS_TUNNEL_FINISHED;
}

/* ---- one turn */

static void carry(PssTunnel *tunnel)
{
	read_channel(tunnel);
	write_fd(tunnel);
	read_fd(tunnel);
	write_channel(tunnel);
	if ((tunnel->at_fd.shut && tunnel->at_channel.shut) ||
	    (tunnel->at_fd.waiting.length == 0 && ssh_channel_is_closed(tunnel->channel)))
		tunnel->state = PSS_TUNNEL_FINISHED;
}

void pss_tunnel_turn(PssTunnel *tunnel)
{
	if (tunnel->state == PSS_TUNNEL_ASKING)
		ask(tunnel);
	if (tunnel->state == PSS_TUNNEL_OPENING)
		open_channel(tunnel);
	else if (tunnel->state == PSS_TUNNEL_CONNECTING && !tunnel->connecting)
		settle(tunnel, tunnel->fd >= 0);
	else if (tunnel->state == PSS_TUNNEL_CONNECTING && ssh_channel_is_closed(tunnel->channel))
		tunnel->state = PSS_TUNNEL_FINISHED;
	if (tunnel->state == PSS_TUNNEL_OPEN)
		carry(tunnel);
	if (tunnel->state == PSS_TUNNEL_FINISHED)
		return;
	/* What libssh holds already does not wake the source. */
	gboolean reads = tunnel->state == PSS_TUNNEL_OPEN || (tunnel->state == PSS_TUNNEL_ASKING && tunnel->fd < 0);
	if (reads && !tunnel->at_channel.ended && tunnel->at_fd.waiting.length < WAITING_MAX &&
	    ssh_channel_poll(tunnel->channel, 0) != 0)
		pss_ssh_link_kick(tunnel->link);
	if (tunnel->fd >= 0 && (tunnel->state == PSS_TUNNEL_OPEN || tunnel->state == PSS_TUNNEL_ASKING))
		pss_tunnel_wait_for_fd(tunnel);
}
