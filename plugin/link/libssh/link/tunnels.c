/* SPDX-License-Identifier: MIT */
/* The tunnels of a link: what connects to a LocalForward or DynamicForward, and what the server opens. It gets to an
 * agent only where ForwardAgent says so, and only to that one; and to what RemoteForward names, for what has connected
 * to where we asked it to listen. Called by transport-libssh.c, as a rider of the link. */
#include "link/libssh/link/tunnels.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/system.h"
#include "link/libssh/auth/agent.h"
#include "link/libssh/link/tunnel.h"

#define TUNNELS_MAX 1000
#define AGENTS_MAX 100
#define REST_MS 100

struct PssTunnels {
	PssSshLink *link;
	struct ssh_callbacks_struct callbacks;
	GPtrArray *tunnels;   /* of PssTunnel */
	GPtrArray *listening; /* of Listening */
};

typedef struct {
	PssTunnels *tunnels;
	const PssForward *forward;
	guint source; /* accepts, or rests */
} Listening;

/* Half of the descriptors stay for all else, however many tunnels are wanted; of the other half servers get half. */
static gboolean has_room(const PssTunnels *tunnels, gboolean by_server)
{
	struct rlimit limit;

	if (tunnels->tunnels->len >= TUNNELS_MAX || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FALSE;
	return pss_tunnel_count(FALSE) < limit.rlim_cur / 2 &&
	       (!by_server || pss_tunnel_count(TRUE) < limit.rlim_cur / 4);
}

/* Takes the descriptor over. */
static PssTunnel *add_tunnel(PssTunnels *tunnels, const PssForward *forward, int fd)
{
	PssTunnel *tunnel = pss_tunnel_new(tunnels->link, forward, fd);

	g_ptr_array_add(tunnels->tunnels, tunnel);
	return tunnel;
}

void pss_tunnels_turn(PssTunnels *tunnels)
{
	for (guint i = 0; i < tunnels->tunnels->len && pss_ssh_link_is_alive(tunnels->link);) {
		PssTunnel *tunnel = g_ptr_array_index(tunnels->tunnels, i);
		pss_tunnel_turn(tunnel);
		if (tunnel->state != PSS_TUNNEL_FINISHED) {
			i++;
			continue;
		}
		ssh_channel_free(tunnel->channel);
		g_ptr_array_remove_index_fast(tunnels->tunnels, i);
	}
}

/* ---- where they come from */

static void take_origin(PssTunnel *tunnel, const struct sockaddr *address, socklen_t n)
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
		/* The connection that waits in the queue would wake us at once. */
		listening->source = g_timeout_add(REST_MS, on_rested, listening);
		return G_SOURCE_REMOVE;
	}
	if (!has_room(listening->tunnels, FALSE)) {
		close(fd);
		return G_SOURCE_CONTINUE;
	}
	PssTunnel *tunnel = add_tunnel(listening->tunnels, listening->forward, fd);
	tunnel->state = listening->forward->host ? PSS_TUNNEL_OPENING : PSS_TUNNEL_ASKING;
	take_origin(tunnel, (struct sockaddr *)&address, n);
	return G_SOURCE_CONTINUE;
}

gboolean pss_tunnels_lead(PssTunnels *tunnels, int fd)
{
	static const PssForward asked = { .kind = PSS_FORWARD_DYNAMIC, .fd = -1 };

	if (!has_room(tunnels, FALSE))
		return FALSE;
	PssTunnel *tunnel = add_tunnel(tunnels, &asked, fd);
	tunnel->state = PSS_TUNNEL_ASKING;
	tunnel->origin = g_strdup("127.0.0.1");
	pss_tunnel_wait_for_fd(tunnel);
	return TRUE;
}

static guint count_agents(const PssTunnels *tunnels)
{
	guint n = 0;

	for (guint i = 0; i < tunnels->tunnels->len; i++)
		n += ((const PssTunnel *)g_ptr_array_index(tunnels->tunnels, i))->forward == NULL;
	return n;
}

static ssh_channel on_agent_wanted(ssh_session session, void *user)
{
	PssTunnels *tunnels = user;
	gboolean may = has_room(tunnels, TRUE) && count_agents(tunnels) < AGENTS_MAX;
	int fd = may ? pss_agent_connect(tunnels->link->login->forwarded_agent) : -1;

	if (fd >= 0)
		return add_tunnel(tunnels, NULL, fd)->channel;
	pss_login_note(tunnels->link->person, PSS_NOTE_VERBOSE, "the server asks for the forwarded agent: %s",
		       may ? "the agent does not answer" : "too many such connections are open");
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
	PssTunnel *tunnel = add_tunnel(tunnels, forward, -1);
	if (ssh_message_channel_request_open_reply_accept_channel(message, tunnel->channel) != SSH_OK)
		tunnel->state = PSS_TUNNEL_FINISHED;
	else if (forward->host)
		pss_tunnel_lead_to(tunnel, forward->host, forward->port);
	else
		tunnel->state = PSS_TUNNEL_ASKING;
	return 0;
}

PssTunnels *pss_tunnels_new(PssSshLink *link)
{
	PssTunnels *tunnels = g_new0(PssTunnels, 1);
	GPtrArray *forwards = link->login->forwards;

	tunnels->link = link;
	tunnels->tunnels = g_ptr_array_new_with_free_func(pss_tunnel_free);
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
