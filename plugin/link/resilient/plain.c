/* SPDX-License-Identifier: MIT */
/* The channels of a resilient transport on a computer without a holder: each is one of the first link's instead. What
 * was asked of them before that was known is in their members. Called by link.c and transport-resilient.c. */
#include "base/error.h"
#include "link/resilient/private.h"

static void on_plain_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	PssResilientChannel *channel = user;
	if (channel->events)
		channel->events->on_data(channel->user, data, n, is_stderr);
}

static void on_plain_drained(gpointer user)
{
	PssResilientChannel *channel = user;
	if (channel->events)
		channel->events->on_drained(channel->user);
}

static void on_plain_closed(gpointer user, int exit_status, const GError *error)
{
	PssResilientChannel *channel = user;
	const PssChannelEvents *events = g_steal_pointer(&channel->events);

	if (events)
		events->on_closed(channel->user, exit_status, error);
}

void pss_resilient_forget_plain_request(PssResilientChannel *channel)
{
	PssResilientPlainRequest *request = g_steal_pointer(&channel->plain_request);

	if (!request)
		return;
	g_free(request->command);
	g_free(request->subsystem);
	g_free(request->term);
	g_byte_array_unref(request->input);
	g_free(request);
}

void pss_resilient_open_plain(PssResilient *resilient, PssResilientChannel *channel)
{
	static const PssChannelEvents events = {
		.on_data = on_plain_data,
		.on_drained = on_plain_drained,
		.on_closed = on_plain_closed,
	};
	PssChannelRequest request = {
		.command = channel->plain_request->command,
		.subsystem = channel->plain_request->subsystem,
		.pty = channel->pty,
		.term = channel->plain_request->term,
		.columns = channel->columns,
		.rows = channel->rows,
		.first_bytes = channel->plain_request->input->data,
		.n_first_bytes = channel->plain_request->input->len,
	};

	channel->plain = pss_channel_open(resilient->connection.link->transport, &request, &events, channel);
	if (channel->eof)
		pss_channel_eof(channel->plain);
	pss_resilient_forget_plain_request(channel);
}

void pss_resilient_become_plain(PssResilient *resilient)
{
	for (guint i = 0; i < resilient->channels->len; i++)
		pss_resilient_open_plain(resilient, resilient->channels->pdata[i]);
}

static gboolean on_refused(gpointer user)
{
	PssResilientChannel *channel = user;
	const PssChannelEvents *events = g_steal_pointer(&channel->events);
	g_autoptr(GError) error = g_steal_pointer(&channel->refusal);

	channel->refusing = 0;
	if (events)
		events->on_closed(channel->user, -1, error);
	return G_SOURCE_REMOVE;
}

void pss_resilient_refuse_soon(PssResilientChannel *channel, enum pss_status code, const char *text)
{
	channel->ended = TRUE;
	if (channel->refusing)
		return;
	channel->refusal = g_error_new_literal(PSS_ERROR, (int)code, text);
	channel->refusing = g_idle_add(on_refused, channel);
}

void pss_resilient_lose_plain(PssResilient *resilient)
{
	for (guint i = 0; i < resilient->channels->len; i++) {
		PssResilientChannel *channel = resilient->channels->pdata[i];
		if (channel->plain && channel->ends_with_link && channel->events)
			pss_resilient_refuse_soon(channel, PSS_LINK_LOST, "the connection was lost");
		else if (channel->plain)
			channel->events = NULL;
		channel->plain = NULL;
	}
}

void pss_resilient_forget_plain(PssResilient *resilient)
{
	for (guint i = 0; i < resilient->channels->len; i++)
		pss_resilient_forget_plain_request(resilient->channels->pdata[i]);
}
