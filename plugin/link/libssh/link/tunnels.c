/* SPDX-License-Identifier: MIT */
/* Carries bytes between descriptors of this machine and SSH channels, both ways, with at most 64 KiB waiting on either
 * side: who does not read is not read from. Works in turns that the link grants; a descriptor that becomes ready
 * asks for one. The server gets to an agent only where ForwardAgent says so, and only to that one; and to what
 * RemoteForward names, for what has connected to where we asked it to listen. */
#include "link/libssh/link/tunnels.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib-unix.h>

#include "base/system.h"
#include "link/libssh/auth/agent.h"
#include "link/libssh/common/error.h"
#include "link/libssh/forward/forwards.h"
#include "link/libssh/forward/socks.h"

#define WAITING_MAX (64 * 1024)
#define CHUNK (16 * 1024)
#define TUNNELS_MAX 1000
#define AGENTS_MAX 100
#define REST_MS 100

typedef enum {
	TUNNEL_ASKING,     /* by SOCKS, where to */
	TUNNEL_OPENING,    /* the channel, through which the server connects to there */
	TUNNEL_CONNECTING, /* on this machine, for the server */
	TUNNEL_OPEN,
} TunnelState;

typedef struct {
	PssTunnels *owner;
	TunnelState state;
	ssh_channel channel;
	const PssForward *forward; /* NULL: the agent */
	PssSocks socks;
	const char *host; /* where it leads to */
	guint port;
	char *origin;
	guint origin_port;
	int fd;                   /* -1: not connected yet */
	GCancellable *connecting; /* or NULL */
	guint source;             /* waits for fd; 0: not */
	struct pss_buffer to_fd, to_channel;
	gboolean fd_ended, channel_ended, fd_shut, eof_sent, finished;
} Tunnel;

struct PssTunnels {
	PssSshLink *link;
	struct ssh_callbacks_struct callbacks;
	GPtrArray *tunnels;   /* of Tunnel */
	GPtrArray *listening; /* of Listening */
};

typedef struct {
	PssTunnels *tunnels;
	const PssForward *forward;
	guint source; /* accepts, or rests */
} Listening;

static guint n_tunnels, n_by_server; /* of all links */

/* A server may open as many as it likes, and so may whoever reaches a port of ours. */
static gboolean is_by_server(const Tunnel *tunnel)
{
	return !tunnel->forward || tunnel->forward->kind == PSS_FORWARD_REMOTE;
}

/* Half of the descriptors stay for all else, whoever wants tunnels; of the other half servers get half. */
static gboolean has_room(const PssTunnels *tunnels, gboolean by_server)
{
	struct rlimit limit;

	if (tunnels->tunnels->len >= TUNNELS_MAX || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FALSE;
	return n_tunnels < limit.rlim_cur / 2 && (!by_server || n_by_server < limit.rlim_cur / 4);
}

static void tunnel_free(gpointer data)
{
	Tunnel *tunnel = data;

	if (tunnel->source)
		g_source_remove(tunnel->source);
	if (tunnel->connecting)
		g_cancellable_cancel(tunnel->connecting);
	g_clear_object(&tunnel->connecting);
	if (tunnel->fd >= 0)
		close(tunnel->fd);
	pss_socks_finish(&tunnel->socks);
	pss_buffer_finish(&tunnel->to_fd);
	pss_buffer_finish(&tunnel->to_channel);
	g_free(tunnel->origin);
	n_tunnels--;
	n_by_server -= is_by_server(tunnel);
	g_free(tunnel);
}

/* Takes the descriptor over. */
static Tunnel *add_tunnel(PssTunnels *tunnels, const PssForward *forward, int fd)
{
	Tunnel *tunnel = g_new0(Tunnel, 1);

	tunnel->owner = tunnels;
	tunnel->state = TUNNEL_OPEN;
	tunnel->forward = forward;
	tunnel->host = forward ? forward->host : NULL;
	tunnel->port = forward ? forward->port : 0;
	tunnel->fd = fd;
	tunnel->channel = ssh_channel_new(tunnels->link->session);
	pss_buffer_init(&tunnel->to_fd);
	pss_buffer_init(&tunnel->to_channel);
	n_tunnels++;
	n_by_server += is_by_server(tunnel);
	g_ptr_array_add(tunnels->tunnels, tunnel);
	pss_ssh_link_kick(tunnels->link);
	return tunnel;
}

/* ---- bytes */

static void append(struct pss_buffer *buffer, const void *bytes, gsize n)
{
	if (pss_buffer_append(buffer, bytes, n) < 0)
		g_error("out of memory");
}

static void read_channel(Tunnel *tunnel)
{
	char block[CHUNK];

	while (!tunnel->channel_ended && tunnel->to_fd.length < WAITING_MAX) {
		int n = ssh_channel_read_nonblocking(tunnel->channel, block, sizeof block, 0);
		if (n > 0 && !pss_ssh_link_is_trusted(tunnel->owner->link))
			return;
		if (n > 0)
			append(&tunnel->to_fd, block, (gsize)n);
		else if (n < 0 || ssh_channel_is_eof(tunnel->channel) || ssh_channel_is_closed(tunnel->channel))
			tunnel->channel_ended = TRUE;
		else
			return;
	}
}

static void write_fd(Tunnel *tunnel)
{
	while (tunnel->to_fd.length > 0) {
		ssize_t n = send(tunnel->fd, pss_buffer_bytes(&tunnel->to_fd), tunnel->to_fd.length,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			tunnel->finished = TRUE;
			return;
		}
		pss_buffer_consume(&tunnel->to_fd, (size_t)n);
	}
	if (tunnel->channel_ended && !tunnel->fd_shut) {
		tunnel->fd_shut = TRUE;
		shutdown(tunnel->fd, SHUT_WR);
	}
}

static void read_fd(Tunnel *tunnel)
{
	char block[CHUNK];

	while (!tunnel->fd_ended && tunnel->to_channel.length < WAITING_MAX) {
		ssize_t n = recv(tunnel->fd, block, sizeof block, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > 0)
			append(&tunnel->to_channel, block, (gsize)n);
		else
			tunnel->fd_ended = TRUE;
	}
}

static void write_channel(Tunnel *tunnel)
{
	while (tunnel->to_channel.length > 0 &&
	       !(ssh_get_poll_flags(tunnel->owner->link->session) & SSH_WRITE_PENDING)) {
		gsize n = MIN(MIN(tunnel->to_channel.length, CHUNK), ssh_channel_window_size(tunnel->channel));
		int sent =
			n > 0 ? ssh_channel_write(tunnel->channel, pss_buffer_bytes(&tunnel->to_channel), (uint32_t)n)
			      : 0;
		if (sent <= 0)
			return;
		pss_buffer_consume(&tunnel->to_channel, (size_t)sent);
	}
	if (tunnel->fd_ended && tunnel->to_channel.length == 0 && !tunnel->eof_sent) {
		tunnel->eof_sent = TRUE;
		ssh_channel_send_eof(tunnel->channel);
	}
}

static gboolean on_fd_ready(gint fd, GIOCondition condition, gpointer user)
{
	Tunnel *tunnel = user;

	tunnel->source = 0; /* once: what is ready and cannot be taken now must not wake us again and again */
	pss_ssh_link_kick(tunnel->owner->link);
	return G_SOURCE_REMOVE;
}

static void wait_for_fd(Tunnel *tunnel)
{
	GIOCondition wanted = 0;

	if (!tunnel->fd_ended && tunnel->to_channel.length < WAITING_MAX)
		wanted |= G_IO_IN;
	if (tunnel->to_fd.length > 0)
		wanted |= G_IO_OUT;
	if (tunnel->source)
		g_source_remove(tunnel->source);
	tunnel->source = wanted ? g_unix_fd_add(tunnel->fd, wanted, on_fd_ready, tunnel) : 0;
}

/* ---- where it leads to */

static void send_answers(Tunnel *tunnel)
{
	if (tunnel->fd >= 0)
		write_fd(tunnel);
	else
		write_channel(tunnel);
}

/* Who has asked by SOCKS hears how it went. */
static void settle(Tunnel *tunnel, gboolean connected)
{
	PssSocksAnswer answer;
	gboolean is_remote = tunnel->forward->kind == PSS_FORWARD_REMOTE;

	if (tunnel->socks.version) {
		pss_socks_outcome(&tunnel->socks, connected, &answer);
		append(is_remote ? &tunnel->to_channel : &tunnel->to_fd, answer.bytes, answer.n);
	}
	tunnel->state = TUNNEL_OPEN;
	if (connected)
		return;
	/* One without a text has somebody who hears it from the answer. */
	if (tunnel->forward->text && pss_ssh_link_is_alive(tunnel->owner->link))
		pss_person_note(tunnel->owner->link->person, PSS_NOTE_WARNING, "%s '%s': %s does not connect to %s:%u",
				pss_forward_keyword(tunnel->forward), tunnel->forward->text,
				is_remote ? "this computer" : "the server", tunnel->host, tunnel->port);
	send_answers(tunnel);
	tunnel->finished = TRUE;
}

static void open_channel(Tunnel *tunnel)
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
	Tunnel *tunnel = user;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return; /* and the tunnel is no more */
	g_clear_object(&tunnel->connecting);
	if (connection)
		tunnel->fd = fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 3);
	pss_ssh_link_kick(tunnel->owner->link);
}

/* Names are looked up, and addresses tried in turn, off the main loop. */
static void connect_here(Tunnel *tunnel)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnectable) address = g_network_address_new(tunnel->host, (guint16)tunnel->port);

	g_socket_client_set_enable_proxy(client, FALSE);
	tunnel->state = TUNNEL_CONNECTING;
	tunnel->connecting = g_cancellable_new();
	g_socket_client_connect_async(client, address, tunnel->connecting, on_connected, tunnel);
}

static void lead_to(Tunnel *tunnel, const char *host, guint port)
{
	tunnel->host = host;
	tunnel->port = port;
	if (tunnel->forward->kind != PSS_FORWARD_REMOTE)
		tunnel->state = TUNNEL_OPENING;
	else if (tunnel->forward->host || pss_forward_permits(tunnel->forward, host, port))
		connect_here(tunnel);
	else
		settle(tunnel, FALSE);
}

/* Reads who asks, this side or the server's, as far as it has said something. */
static void ask(Tunnel *tunnel)
{
	gboolean is_remote = tunnel->forward->kind == PSS_FORWARD_REMOTE;
	struct pss_buffer *asked = is_remote ? &tunnel->to_fd : &tunnel->to_channel;
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
		append(is_remote ? &tunnel->to_channel : &tunnel->to_fd, answer.bytes, answer.n);
	}
	send_answers(tunnel);
	if (step == PSS_SOCKS_WANTS)
		lead_to(tunnel, tunnel->socks.host, tunnel->socks.port);
	else if (step == PSS_SOCKS_BAD || (is_remote ? tunnel->channel_ended : tunnel->fd_ended))
		tunnel->finished = TRUE;
}

/* ---- one turn */

static void carry(Tunnel *tunnel)
{
	read_channel(tunnel);
	write_fd(tunnel);
	read_fd(tunnel);
	write_channel(tunnel);
	if ((tunnel->fd_shut && tunnel->eof_sent) ||
	    (tunnel->to_fd.length == 0 && ssh_channel_is_closed(tunnel->channel)))
		tunnel->finished = TRUE;
}

static void turn(Tunnel *tunnel)
{
	if (tunnel->state == TUNNEL_ASKING)
		ask(tunnel);
	if (tunnel->state == TUNNEL_OPENING && !tunnel->finished)
		open_channel(tunnel);
	else if (tunnel->state == TUNNEL_CONNECTING && !tunnel->connecting)
		settle(tunnel, tunnel->fd >= 0);
	else if (tunnel->state == TUNNEL_CONNECTING && ssh_channel_is_closed(tunnel->channel))
		tunnel->finished = TRUE;
	if (tunnel->state == TUNNEL_OPEN && !tunnel->finished)
		carry(tunnel);
	if (tunnel->finished)
		return;
	/* What libssh holds already wakes nobody. */
	gboolean reads = tunnel->state == TUNNEL_OPEN || (tunnel->state == TUNNEL_ASKING && tunnel->fd < 0);
	if (reads && !tunnel->channel_ended && tunnel->to_fd.length < WAITING_MAX &&
	    ssh_channel_poll(tunnel->channel, 0) != 0)
		pss_ssh_link_kick(tunnel->owner->link);
	if (tunnel->fd >= 0 && (tunnel->state == TUNNEL_OPEN || tunnel->state == TUNNEL_ASKING))
		wait_for_fd(tunnel);
}

void pss_tunnels_turn(PssTunnels *tunnels)
{
	for (guint i = 0; i < tunnels->tunnels->len && pss_ssh_link_is_alive(tunnels->link);) {
		Tunnel *tunnel = g_ptr_array_index(tunnels->tunnels, i);
		turn(tunnel);
		if (!tunnel->finished) {
			i++;
			continue;
		}
		ssh_channel_free(tunnel->channel);
		g_ptr_array_remove_index_fast(tunnels->tunnels, i);
	}
}

/* ---- where they come from */

static void take_origin(Tunnel *tunnel, const struct sockaddr *address, socklen_t n)
{
	char host[NI_MAXHOST] = "127.0.0.1", port[NI_MAXSERV] = "0";

	getnameinfo(address, n, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	tunnel->origin = g_strdup(host);
	tunnel->origin_port = (guint)g_ascii_strtoull(port, NULL, 10);
}

static gboolean on_connection(gint listener, GIOCondition condition, gpointer user);

static void listen_again(Listening *listening)
{
	listening->source = g_unix_fd_add(listening->forward->fd, G_IO_IN, on_connection, listening);
}

static gboolean on_rested(gpointer user)
{
	listen_again(user);
	return G_SOURCE_REMOVE;
}

static void listening_free(gpointer data)
{
	Listening *listening = data;

	g_clear_handle_id(&listening->source, g_source_remove);
	g_free(listening);
}

static gboolean on_connection(gint listener, GIOCondition condition, gpointer user)
{
	Listening *listening = user;
	struct sockaddr_storage address;
	socklen_t n = sizeof address;
	int fd = pss_system_accept(listener, (struct sockaddr *)&address, &n);

	if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
		return G_SOURCE_CONTINUE;
	if (fd < 0) {
		/* Whoever waits in the queue would wake us at once. */
		listening->source = g_timeout_add(REST_MS, on_rested, listening);
		return G_SOURCE_REMOVE;
	}
	if (!has_room(listening->tunnels, FALSE)) {
		close(fd);
		return G_SOURCE_CONTINUE;
	}
	Tunnel *tunnel = add_tunnel(listening->tunnels, listening->forward, fd);
	tunnel->state = listening->forward->host ? TUNNEL_OPENING : TUNNEL_ASKING;
	take_origin(tunnel, (struct sockaddr *)&address, n);
	return G_SOURCE_CONTINUE;
}

gboolean pss_tunnels_lead(PssTunnels *tunnels, int fd)
{
	static const PssForward asked = { .kind = PSS_FORWARD_DYNAMIC, .fd = -1 };

	if (!has_room(tunnels, FALSE))
		return FALSE;
	Tunnel *tunnel = add_tunnel(tunnels, &asked, fd);
	tunnel->state = TUNNEL_ASKING;
	tunnel->origin = g_strdup("127.0.0.1");
	wait_for_fd(tunnel);
	return TRUE;
}

static guint count_agents(const PssTunnels *tunnels)
{
	guint n = 0;

	for (guint i = 0; i < tunnels->tunnels->len; i++)
		n += ((const Tunnel *)g_ptr_array_index(tunnels->tunnels, i))->forward == NULL;
	return n;
}

static ssh_channel on_agent_wanted(ssh_session session, void *user)
{
	PssTunnels *tunnels = user;
	gboolean may = has_room(tunnels, TRUE) && count_agents(tunnels) < AGENTS_MAX;
	int fd = may ? pss_agent_connect(tunnels->link->login->forwarded_agent) : -1;

	if (fd >= 0)
		return add_tunnel(tunnels, NULL, fd)->channel;
	pss_person_note(tunnels->link->person, PSS_NOTE_VERBOSE, "the server asks for the agent, which %s",
			may ? "does not answer" : "it has asked for too often");
	return NULL;
}

/* What the server opens: for a RemoteForward, or it is refused (1: libssh does so). */
static int on_message(ssh_session session, ssh_message message, void *user)
{
	PssTunnels *tunnels = user;

	if (ssh_message_type(message) != SSH_REQUEST_CHANNEL_OPEN ||
	    ssh_message_subtype(message) != SSH_CHANNEL_FORWARDED_TCPIP || !has_room(tunnels, TRUE))
		return 1;
	const PssForward *forward = pss_forwards_find_remote(
		tunnels->link->login->forwards, ssh_message_channel_request_open_destination(message),
		(guint)ssh_message_channel_request_open_destination_port(message));
	if (!forward)
		return 1;
	Tunnel *tunnel = add_tunnel(tunnels, forward, -1);
	if (ssh_message_channel_request_open_reply_accept_channel(message, tunnel->channel) != SSH_OK)
		tunnel->finished = TRUE;
	else if (forward->host)
		lead_to(tunnel, forward->host, forward->port);
	else
		tunnel->state = TUNNEL_ASKING;
	return 0;
}

PssTunnels *pss_tunnels_new(PssSshLink *link)
{
	PssTunnels *tunnels = g_new0(PssTunnels, 1);
	GPtrArray *forwards = link->login->forwards;

	tunnels->link = link;
	tunnels->tunnels = g_ptr_array_new_with_free_func(tunnel_free);
	tunnels->listening = g_ptr_array_new_with_free_func(listening_free);
	for (guint i = 0; i < forwards->len; i++) {
		PssForward *forward = g_ptr_array_index(forwards, i);
		if (forward->fd < 0)
			continue;
		Listening *listening = g_new0(Listening, 1);
		*listening = (Listening){ .tunnels = tunnels, .forward = forward };
		listen_again(listening);
		g_ptr_array_add(tunnels->listening, listening);
	}
	ssh_set_message_callback(link->session, on_message, tunnels);
	if (link->login->forwarded_agent) {
		tunnels->callbacks.userdata = tunnels;
		tunnels->callbacks.channel_open_request_auth_agent_function = on_agent_wanted;
		ssh_callbacks_init(&tunnels->callbacks);
		ssh_set_callbacks(link->session, &tunnels->callbacks);
	}
	return tunnels;
}

void pss_tunnels_free(PssTunnels *tunnels)
{
	if (!tunnels)
		return;
	g_ptr_array_unref(tunnels->listening);
	g_ptr_array_unref(tunnels->tunnels);
	/* ssh_set_callbacks() takes no NULL: the session gets callbacks that call nothing. */
	static struct ssh_callbacks_struct none;
	ssh_callbacks_init(&none);
	ssh_set_callbacks(tunnels->link->session, &none);
	ssh_set_message_callback(tunnels->link->session, NULL, NULL);
	g_free(tunnels);
}
