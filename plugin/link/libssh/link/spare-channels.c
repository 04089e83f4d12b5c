/* SPDX-License-Identifier: MIT */
/* Channels that are opened ahead, for sessions that share a connection: whoever comes next starts on these, and waits
 * for the command alone; and it is known beforehand whether the server has room for them. Called by the link, in its
 * turns. */
#include <string.h>

#include "link/libssh/link/link.h"

typedef struct {
	guint all, granted, terminals; /* terminals: spare ones */
	gboolean is_busy, is_waiting;  /* somebody's channel is still starting; a spare one is not open */
} Count;

static Count count_channels(const PssSshLink *link)
{
	Count count = { 0 };

	for (guint i = 0; i < link->channels->len; i++) {
		const PssSshChannel *channel = g_ptr_array_index(link->channels, i);
		if (channel->finished)
			continue;
		count.all++;
		count.granted += channel->state > PSS_CHANNEL_OPENING;
		count.terminals += channel->is_spare && channel->pty;
		if (channel->is_spare)
			count.is_waiting |= channel->state <= PSS_CHANNEL_OPENING;
		else
			count.is_busy |= channel->state < PSS_CHANNEL_RUNNING;
	}
	return count;
}

/* For a server a channel is there until what ran in it has ended: so what was granted once, will be again. */
void pss_ssh_spare_refused(PssSshLink *link)
{
	Count count = count_channels(link);

	link->refused = TRUE;
	link->room = MAX(link->n_granted, count.granted);
}

void pss_ssh_spares_turn(PssSshLink *link)
{
	if (link->n_reserved == 0)
		return;
	Count count = count_channels(link);
	link->n_granted = MAX(link->n_granted, count.granted);
	if (!link->reserving || count.is_busy)
		return; /* what somebody waits for goes first */
	for (; !link->refused && count.all < MIN(link->n_reserved, link->room); count.all++) {
		/* The terminals last: they are for those that are yet to come. */
		gboolean terminal =
			link->term && count.all + link->n_spare_terminals - count.terminals >= link->n_reserved;
		g_ptr_array_add(link->channels, pss_ssh_channel_new_spare(link, terminal ? link->term : NULL));
		count.terminals += terminal;
		count.is_waiting = TRUE;
		pss_ssh_link_kick(link);
	}
	if (count.is_waiting)
		return;
	link->reserving = FALSE;
	link->events->on_reserved(link->user, MAX(link->n_granted, count.all));
}

static gboolean fits(const PssSshChannel *channel, const PssChannelRequest *request)
{
	return channel->pty == request->pty && (!request->pty || g_str_equal(channel->term, request->term)) &&
	       (channel->with_environment == request->with_environment || !pss_ssh_link_has_environment(channel->link));
}

PssSshChannel *pss_ssh_spare_take(PssSshLink *link, const PssChannelRequest *request)
{
	PssSshChannel *plain = NULL;

	/* Those of a link that is lost are dead, and its login is gone. */
	for (guint i = 0; link->session && !link->lost && i < link->channels->len; i++) {
		PssSshChannel *channel = g_ptr_array_index(link->channels, i);
		if (!channel->is_spare || channel->finished)
			continue;
		if (fits(channel, request))
			return channel;
		if (!channel->pty)
			plain = channel;
	}
	return plain;
}
