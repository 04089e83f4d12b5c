/* SPDX-License-Identifier: MIT */
/* The SSH transport's life: a login in a thread of its own, then a link on the main loop. This file only
 * hands over between the two; see login.c and link.c. */
#include "link/libssh/link/transport-libssh.h"

#include <signal.h>

#include "link/libssh/forward/forwards.h"
#include "link/libssh/link/channels.h"
#include "link/libssh/link/tunnels.h"

typedef struct {
	PssSshLink link;   /* begins with the PssTransport */
	PssTarget *target; /* until the login has it */
	PssSshChannels channels;
	PssTunnels *tunnels; /* NULL without a session */
} PssSshTransport;

static void turn_tunnels(gpointer user)
{
	pss_tunnels_turn(((PssSshTransport *)user)->tunnels);
}

static void end_tunnels(gpointer user)
{
	g_clear_pointer(&((PssSshTransport *)user)->tunnels, pss_tunnels_free);
}

static void start(PssSshTransport *transport, PssSshLogin *login)
{
	static const PssSshRider rider = { .turn = turn_tunnels, .end = end_tunnels };
	g_autofree char *forwards = pss_forwards_describe(login->forwards);
	PssSshLink *link = &transport->link;

	pss_ssh_link_start(link, login);
	pss_ssh_channels_start(&transport->channels);
	transport->tunnels = pss_tunnels_new(link);
	pss_ssh_link_add_rider(link, &rider, transport);
	link->events->on_ready(link->user, login->user, login->history_key, forwards);
}

static void on_login_done(PssSshLogin *login, gpointer user)
{
	PssSshTransport *transport = user;
	PssSshLink *link = &transport->link;

	if (login->session) {
		start(transport, login);
		return;
	}
	link->lost = TRUE;
	link->cause = g_steal_pointer(&login->error);
	pss_ssh_login_free(login);
	link->events->on_lost(link->user, link->cause);
}

static void ssh_connect_it(PssTransport *base)
{
	PssSshTransport *transport = (PssSshTransport *)base;

	if (transport->target)
		pss_ssh_login_start(g_steal_pointer(&transport->target), transport->link.person, on_login_done,
				    transport);
}

static PssChannel *ssh_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			    gpointer user)
{
	return &pss_ssh_channels_open(&((PssSshTransport *)base)->channels, request, events, user)->base;
}

static gboolean ssh_reserve(PssTransport *base, guint n_channels, guint n_terminals)
{
	PssSshTransport *transport = (PssSshTransport *)base;

	pss_ssh_spares_reserve(&transport->channels.spares, n_channels, n_terminals);
	pss_ssh_link_kick(&transport->link);
	return TRUE;
}

static gboolean ssh_lead(PssTransport *base, int fd)
{
	PssSshTransport *transport = (PssSshTransport *)base;

	return transport->tunnels && pss_ssh_link_is_alive(&transport->link) &&
	       pss_tunnels_lead(transport->tunnels, fd);
}

static const char *ssh_banner(PssTransport *base)
{
	const PssSshLink *link = &((PssSshTransport *)base)->link;

	return link->session && !link->lost ? ssh_get_serverbanner(link->session) : NULL;
}

static void ssh_free_it(PssTransport *base)
{
	PssSshTransport *transport = (PssSshTransport *)base;
	PssSshLink *link = &transport->link;

	pss_login_leave(link->person);
	pss_ssh_link_stop(link);
	pss_login_unref(link->person);
	pss_target_free(transport->target);
	pss_ssh_channels_finish(&transport->channels);
	g_clear_error(&link->cause);
	g_free(transport);
}

PssTransport *pss_transport_ssh_new(PssTarget *target, const PssTransportEvents *events, gpointer user)
{
	static const PssTransportOps ops = {
		.connect = ssh_connect_it,
		.open = ssh_open,
		.write = pss_ssh_channel_write,
		.pending = pss_ssh_channel_pending,
		.pause = pss_ssh_channel_pause,
		.resize = pss_ssh_channel_resize,
		.signal = pss_ssh_channel_signal,
		.eof = pss_ssh_channel_eof,
		.close = pss_ssh_channel_close,
		.reserve = ssh_reserve,
		.lead = ssh_lead,
		.banner = ssh_banner,
		.free = ssh_free_it,
	};
	PssSshTransport *transport = g_new0(PssSshTransport, 1);
	PssSshLink *link = &transport->link;

	signal(SIGPIPE, SIG_IGN); /* libssh writes to agents and proxies that may be gone */
	link->base.ops = &ops;
	link->events = events;
	link->user = user;
	link->person = pss_login_new(target, events, user);
	transport->target = target;
	pss_ssh_channels_init(&transport->channels, link);
	return &link->base;
}
