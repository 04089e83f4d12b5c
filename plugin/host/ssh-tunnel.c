/* SPDX-License-Identifier: MIT */
/* Carries bytes between descriptors of this machine and SSH channels, both ways, with at most 64 KiB waiting on either
 * side: who does not read is not read from. Works in turns that the link grants; a descriptor that becomes ready
 * asks for one. The server gets to an agent only where ForwardAgent says so, and only to that one. */
#include "host/ssh-tunnel.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "host/ssh-agent.h"
#include "host/ssh-error.h"
#include "host/ssh-forward.h"

#define WAITING_MAX (64 * 1024)
#define CHUNK (16 * 1024)

typedef struct {
	PssTunnels *owner;
	ssh_channel channel;
	const PssForward *forward; /* still to be opened to there; NULL: it is open */
	char *origin;
	guint origin_port;
	int fd;
	guint source; /* waits for fd; 0: not */
	struct pss_buffer to_fd, to_channel;
	gboolean fd_ended, channel_ended, fd_shut, eof_sent, finished;
} Tunnel;

struct PssTunnels {
	PssSshLink *link;
	struct ssh_callbacks_struct callbacks;
	GPtrArray *tunnels; /* of Tunnel */
	GArray *listening;  /* guint: sources */
};

static void tunnel_free(gpointer data)
{
	Tunnel *tunnel = data;

	if (tunnel->source)
		g_source_remove(tunnel->source);
	close(tunnel->fd);
	pss_buffer_finish(&tunnel->to_fd);
	pss_buffer_finish(&tunnel->to_channel);
	g_free(tunnel->origin);
	g_free(tunnel);
}

static Tunnel *add_tunnel(PssTunnels *tunnels, int fd)
{
	Tunnel *tunnel = g_new0(Tunnel, 1);

	tunnel->owner = tunnels;
	tunnel->fd = fd;
	tunnel->channel = ssh_channel_new(tunnels->link->session);
	pss_buffer_init(&tunnel->to_fd);
	pss_buffer_init(&tunnel->to_channel);
	g_ptr_array_add(tunnels->tunnels, tunnel);
	pss_ssh_link_kick(tunnels->link);
	return tunnel;
}

/* ---- one turn */

static gboolean is_open(Tunnel *tunnel)
{
	const PssForward *forward = tunnel->forward;

	if (!forward)
		return TRUE;
	int status = ssh_channel_open_forward(tunnel->channel, forward->host, (int)forward->port, tunnel->origin,
					      (int)tunnel->origin_port);
	if (status == SSH_OK)
		tunnel->forward = NULL;
	else if (status != SSH_AGAIN)
		tunnel->finished = TRUE;
	if (tunnel->finished && pss_ssh_link_is_alive(tunnel->owner->link))
		pss_person_note(tunnel->owner->link->person, PSS_NOTE_WARNING,
				"LocalForward '%s': the server does not connect", forward->text);
	return status == SSH_OK;
}

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

static void turn(Tunnel *tunnel)
{
	if (!is_open(tunnel))
		return;
	read_channel(tunnel);
	write_fd(tunnel);
	read_fd(tunnel);
	write_channel(tunnel);
	if ((tunnel->fd_shut && tunnel->eof_sent) ||
	    (tunnel->to_fd.length == 0 && ssh_channel_is_closed(tunnel->channel)))
		tunnel->finished = TRUE;
	if (tunnel->finished)
		return;
	/* What libssh holds already wakes nobody. */
	if (!tunnel->channel_ended && tunnel->to_fd.length < WAITING_MAX && ssh_channel_poll(tunnel->channel, 0) != 0)
		pss_ssh_link_kick(tunnel->owner->link);
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

typedef struct {
	PssTunnels *tunnels;
	const PssForward *forward;
} Listening;

static gboolean on_connection(gint listener, GIOCondition condition, gpointer user)
{
	const Listening *listening = user;
	struct sockaddr_storage address;
	socklen_t n = sizeof address;
	int fd = accept4(listener, (struct sockaddr *)&address, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return G_SOURCE_CONTINUE;
	Tunnel *tunnel = add_tunnel(listening->tunnels, fd);
	tunnel->forward = listening->forward;
	take_origin(tunnel, (struct sockaddr *)&address, n);
	return G_SOURCE_CONTINUE;
}

static ssh_channel on_agent_wanted(ssh_session session, void *user)
{
	PssTunnels *tunnels = user;
	int fd = pss_agent_connect(tunnels->link->login->forwarded_agent);

	if (fd >= 0)
		return add_tunnel(tunnels, fd)->channel;
	pss_person_note(tunnels->link->person, PSS_NOTE_VERBOSE,
			"the server asks for the agent, which does not answer");
	return NULL;
}

PssTunnels *pss_tunnels_new(PssSshLink *link)
{
	PssTunnels *tunnels = g_new0(PssTunnels, 1);
	GPtrArray *forwards = link->login->forwards;

	tunnels->link = link;
	tunnels->tunnels = g_ptr_array_new_with_free_func(tunnel_free);
	tunnels->listening = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < forwards->len; i++) {
		PssForward *forward = g_ptr_array_index(forwards, i);
		Listening *listening = g_new0(Listening, 1);
		*listening = (Listening){ tunnels, forward };
		guint source =
			g_unix_fd_add_full(G_PRIORITY_DEFAULT, forward->fd, G_IO_IN, on_connection, listening, g_free);
		g_array_append_val(tunnels->listening, source);
	}
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
	for (guint i = 0; i < tunnels->listening->len; i++)
		g_source_remove(g_array_index(tunnels->listening, guint, i));
	g_array_unref(tunnels->listening);
	g_ptr_array_unref(tunnels->tunnels);
	/* ssh_set_callbacks() takes no NULL: the session gets callbacks that call nothing. */
	static struct ssh_callbacks_struct none;
	ssh_callbacks_init(&none);
	ssh_set_callbacks(tunnels->link->session, &none);
	g_free(tunnels);
}
