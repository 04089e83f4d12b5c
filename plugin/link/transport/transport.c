/* SPDX-License-Identifier: MIT */
/* The seam itself: hands each call to the operations of the transport that made the object. Called by
 * sessions; knows neither libssh nor processes. */
#include "link/transport/transport.h"

#include <string.h>

void pss_transport_connect(PssTransport *transport)
{
	transport->ops->connect(transport);
}

const char *pss_transport_banner(PssTransport *transport)
{
	return transport->ops->banner ? transport->ops->banner(transport) : NULL;
}

gboolean pss_transport_is_windows(PssTransport *transport)
{
	const char *banner = pss_transport_banner(transport);

	return banner && strstr(banner, "OpenSSH_for_Windows");
}

gboolean pss_transport_drops_signals(PssTransport *transport, const char *user)
{
	static const char openssh[] = "SSH-2.0-OpenSSH_";
	const char *banner = pss_transport_banner(transport);
	char *end;

	if (!banner || !g_str_has_prefix(banner, openssh))
		return banner && g_str_has_prefix(banner, "SSH-2.0-tinyssh");
	guint64 major = g_ascii_strtoull(banner + strlen(openssh), &end, 10);
	guint64 minor = *end == '.' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;
	return g_strcmp0(user, "root") == 0 || (major > 0 && (major < 7 || (major == 7 && minor < 9)));
}

void pss_transport_free(PssTransport *transport)
{
	if (transport)
		transport->ops->free(transport);
}

PssChannel *pss_channel_open(PssTransport *transport, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user)
{
	g_assert(!request->pty || (request->term && !request->subsystem));
	return transport->ops->open(transport, request, events, user);
}

gboolean pss_transport_reserve(PssTransport *transport, guint n_channels, guint n_terminals)
{
	return transport->ops->reserve && transport->ops->reserve(transport, n_channels, n_terminals);
}

gboolean pss_transport_lead(PssTransport *transport, int fd)
{
	return transport->ops->lead && transport->ops->lead(transport, fd);
}

void pss_channel_write(PssChannel *channel, const void *data, gsize n)
{
	channel->transport->ops->write(channel, data, n);
}

gsize pss_channel_pending(PssChannel *channel)
{
	return channel->transport->ops->pending(channel);
}

void pss_channel_pause(PssChannel *channel, gboolean paused)
{
	channel->transport->ops->pause(channel, paused);
}

void pss_channel_resize(PssChannel *channel, guint columns, guint rows)
{
	channel->transport->ops->resize(channel, columns, rows);
}

void pss_channel_signal(PssChannel *channel, const char *name)
{
	channel->transport->ops->signal(channel, name);
}

void pss_channel_eof(PssChannel *channel)
{
	channel->transport->ops->eof(channel);
}

void pss_channel_close(PssChannel *channel)
{
	channel->transport->ops->close(channel);
}
