/* SPDX-License-Identifier: MIT */
/* The SSH transport's life: a login in a thread of its own, then a link on the main loop. This file only
 * hands over between the two; see login.c and link.c. */
#include "link/libssh/link/transport-libssh.h"

#include <signal.h>

#include "link/libssh/link/link.h"
#include "link/libssh/link/tunnels.h"

static void on_login_done(PssSshLogin *login, gpointer user)
{
	PssSshLink *link = user;

	if (login->session) {
		pss_ssh_link_start(link, login);
		return;
	}
	link->lost = TRUE;
	link->cause = g_steal_pointer(&login->error);
	pss_ssh_login_free(login);
	link->events->on_lost(link->user, link->cause);
}

static void ssh_connect_it(PssTransport *base)
{
	PssSshLink *link = (PssSshLink *)base;

	if (link->target)
		pss_ssh_login_start(g_steal_pointer(&link->target), link->person, on_login_done, link);
}

static PssChannel *ssh_open(PssTransport *base, const PssChannelRequest *request, const PssChannelEvents *events,
			    gpointer user)
{
	PssSshLink *link = (PssSshLink *)base;
	PssSshChannel *channel = pss_ssh_spare_take(link, request);

	if (request->pty && g_strcmp0(link->term, request->term) != 0) {
		g_free(link->term);
		link->term = g_strdup(request->term);
	}
	if (channel) {
		pss_ssh_channel_use(channel, request, events, user);
	} else {
		channel = pss_ssh_channel_new(link, request, events, user);
		g_ptr_array_add(link->channels, channel);
	}
	pss_ssh_link_kick(link);
	return &channel->base;
}

static gboolean ssh_reserve(PssTransport *base, guint n_channels, guint n_terminals)
{
	PssSshLink *link = (PssSshLink *)base;

	link->n_reserved = n_channels;
	link->n_spare_terminals = n_terminals;
	link->reserving = TRUE;
	link->refused = FALSE;
	pss_ssh_link_kick(link);
	return TRUE;
}

static gboolean ssh_lead(PssTransport *base, int fd)
{
	PssSshLink *link = (PssSshLink *)base;
	return link->tunnels && pss_ssh_link_is_alive(link) && pss_tunnels_lead(link->tunnels, fd);
}

static void ssh_free_it(PssTransport *base)
{
	PssSshLink *link = (PssSshLink *)base;

	pss_person_leave(link->person);
	pss_ssh_link_stop(link);
	pss_person_unref(link->person);
	pss_target_free(link->target);
	g_ptr_array_unref(link->channels);
	g_clear_error(&link->cause);
	g_free(link->term);
	g_free(link);
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
		.free = ssh_free_it,
	};
	PssSshLink *link = g_new0(PssSshLink, 1);

	signal(SIGPIPE, SIG_IGN); /* libssh writes to agents and proxies that may be gone */
	link->base.ops = &ops;
	link->target = target;
	link->events = events;
	link->user = user;
	link->room = G_MAXUINT;
	link->person = pss_person_new(target, events, user);
	link->channels = g_ptr_array_new_with_free_func(pss_ssh_channel_unref);
	return &link->base;
}
