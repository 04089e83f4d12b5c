/* SPDX-License-Identifier: MIT */
/* Grants turns to the channels of a link, and to the spare ones among them. A rider of the link, registered by
 * transport-libssh.c. */
#include "link/libssh/link/channels.h"

#include "link/libssh/forward/forwards.h"

/* The first channel is the one that a person's shell or command runs in: the terminal of a session, which the
 * relays of later calls run in too. */
static void start_first_channel(PssSshChannels *channels)
{
	for (guint i = 0; channels->fresh && i < channels->all->len; i++) {
		PssSshChannel *channel = g_ptr_array_index(channels->all, i);
		if (pss_ssh_channel_can_fly(channel)) {
			channels->fresh = FALSE;
			pss_ssh_channel_fly(channel);
		}
	}
	if (channels->all->len > 0)
		channels->fresh = FALSE;
}

static void turn(gpointer user)
{
	g_autoptr(GPtrArray) now = g_ptr_array_new_with_free_func(pss_ssh_channel_unref);
	PssSshChannels *channels = user;

	start_first_channel(channels);
	/* Callbacks may open and close channels meanwhile. */
	for (guint i = 0; i < channels->all->len; i++)
		g_ptr_array_add(now, g_rc_box_acquire(g_ptr_array_index(channels->all, i)));
	for (guint i = 0; i < now->len && !channels->link->lost; i++) {
		PssSshChannel *channel = g_ptr_array_index(now, i);
		pss_ssh_channel_turn(channel);
		if (channel->state == PSS_CHANNEL_FINISHED &&
		    (channel->close_wanted || pss_ssh_channel_is_spare(channel)))
			g_ptr_array_remove_fast(channels->all, channel);
	}
	if (pss_ssh_link_check(channels->link))
		pss_ssh_spares_turn(&channels->spares);
}

static void last_turn(gpointer user)
{
	PssSshChannels *channels = user;

	for (guint i = 0; i < channels->all->len; i++)
		((PssSshChannel *)g_ptr_array_index(channels->all, i))->events = NULL;
	channels->spares.reserving = FALSE;
	turn(channels);
}

static void end(gpointer user)
{
	PssSshChannels *channels = user;

	for (guint i = 0; i < channels->all->len; i++)
		pss_ssh_channel_end(g_ptr_array_index(channels->all, i));
}

void pss_ssh_channels_init(PssSshChannels *channels, PssSshLink *link)
{
	static const PssSshRider rider = { .turn = turn, .last_turn = last_turn, .end = end };

	channels->link = link;
	channels->all = g_ptr_array_new_with_free_func(pss_ssh_channel_unref);
	pss_ssh_spares_init(&channels->spares, link, channels->all);
	pss_ssh_link_add_rider(link, &rider, channels);
}

void pss_ssh_channels_finish(PssSshChannels *channels)
{
	g_ptr_array_unref(channels->all);
	pss_ssh_spares_finish(&channels->spares);
}

void pss_ssh_channels_start(PssSshChannels *channels)
{
	/* A server that listens for us has given channel numbers away. */
	channels->fresh = !pss_forwards_include_remote(channels->link->login->forwards);
}

PssSshChannel *pss_ssh_channels_open(PssSshChannels *channels, const PssChannelRequest *request,
				     const PssChannelEvents *events, gpointer user)
{
	PssSshChannel *channel = pss_ssh_spares_take(&channels->spares, request);

	if (channel)
		pss_ssh_channel_use(channel, request, events, user);
	else
		channel = pss_ssh_channel_new(channels->link, channels->all, request, events, user);
	pss_ssh_link_kick(channels->link);
	return channel;
}
