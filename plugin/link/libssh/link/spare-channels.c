/* SPDX-License-Identifier: MIT */
/* Channels opened in advance, for sessions that share a connection: the next session starts on one of them, and waits
 * for the command alone; and it is known beforehand whether the server has room for them. Called by channels.c in the
 * link's turns. */
#include "link/libssh/link/spare-channels.h"

void pss_ssh_spares_init(PssSshSpares *spares, PssSshLink *link, GPtrArray *channels)
{
	*spares = (PssSshSpares){ .link = link, .channels = channels, .room = G_MAXUINT };
}

void pss_ssh_spares_finish(PssSshSpares *spares)
{
	g_free(spares->term);
}

typedef struct {
	guint all, granted, terminals; /* terminals: spare ones */
	gboolean is_busy, is_waiting;  /* a channel in use is not open; a spare one is not */
} Count;

static Count count_channels(const PssSshSpares *spares)
{
	Count count = { 0 };

	for (guint i = 0; i < spares->channels->len; i++) {
		const PssSshChannel *channel = g_ptr_array_index(spares->channels, i);
		if (channel->state == PSS_CHANNEL_FINISHED)
			continue;
		count.all++;
		count.granted += channel->state > PSS_CHANNEL_OPENING;
		count.terminals += pss_ssh_channel_is_spare(channel) && channel->pty;
		if (pss_ssh_channel_is_spare(channel))
			count.is_waiting |= channel->state <= PSS_CHANNEL_OPENING;
		else
			count.is_busy |= channel->state <= PSS_CHANNEL_OPENING;
	}
	return count;
}

/* For a server a channel is there until what ran in it has ended: so what was granted once, will be again. */
static void on_refused(gpointer user)
{
	PssSshSpares *spares = user;
	Count count = count_channels(spares);

	spares->refused = TRUE;
	spares->room = MAX(spares->n_granted, count.granted);
}

void pss_ssh_spares_reserve(PssSshSpares *spares, guint n_channels, guint n_terminals)
{
	spares->n_reserved = n_channels;
	spares->n_terminals = n_terminals;
	spares->reserving = TRUE;
	spares->refused = FALSE;
}

void pss_ssh_spares_turn(PssSshSpares *spares)
{
	const PssSshSpare spare = { on_refused, spares };

	if (spares->n_reserved == 0)
		return;
	Count count = count_channels(spares);
	spares->n_granted = MAX(spares->n_granted, count.granted);
	if (!spares->reserving || count.is_busy)
		return; /* a channel that a session waits for goes first */
	for (; !spares->refused && count.all < MIN(spares->n_reserved, spares->room); count.all++) {
		/* The terminals last: they are for those that are yet to come. */
		gboolean terminal =
			spares->term && count.all + spares->n_terminals - count.terminals >= spares->n_reserved;
		pss_ssh_channel_new_spare(spares->link, spares->channels, terminal ? spares->term : NULL, &spare);
		count.terminals += terminal;
		count.is_waiting = TRUE;
		pss_ssh_link_kick(spares->link);
	}
	if (count.is_waiting)
		return;
	spares->reserving = FALSE;
	if (spares->link->events->on_reserved)
		spares->link->events->on_reserved(spares->link->user, MAX(spares->n_granted, count.all));
}

static gboolean fits(const PssSshChannel *channel, const PssChannelRequest *request)
{
	return channel->pty == request->pty && (!request->pty || g_str_equal(channel->term, request->term)) &&
	       (channel->with_environment == request->with_environment || !pss_ssh_link_has_environment(channel->link));
}

static void note_terminal(PssSshSpares *spares, const PssChannelRequest *request)
{
	if (!request->pty || g_strcmp0(spares->term, request->term) == 0)
		return;
	g_free(spares->term);
	spares->term = g_strdup(request->term);
}

PssSshChannel *pss_ssh_spares_take(PssSshSpares *spares, const PssChannelRequest *request)
{
	const PssSshLink *link = spares->link;
	PssSshChannel *plain = NULL;

	note_terminal(spares, request);
	/* Those of a link that is lost are dead, and its login is gone. */
	for (guint i = 0; link->session && !link->lost && i < spares->channels->len; i++) {
		PssSshChannel *channel = g_ptr_array_index(spares->channels, i);
		if (!pss_ssh_channel_is_spare(channel) || channel->state == PSS_CHANNEL_FINISHED)
			continue;
		if (fits(channel, request))
			return channel;
		if (!channel->pty)
			plain = channel;
	}
	return plain;
}
