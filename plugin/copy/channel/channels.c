/* SPDX-License-Identifier: MIT */
/* A table of those who wait for channels. Called by copy/run with what the verb says, and by copy/items, copy/trees,
 * find.c and part.c, which ask for channels. */
#include "copy/channel/channels.h"

#include <unistd.h>

struct PssChannels {
	PssVerbLink *verb;
	GHashTable *by_id; /* of Channel */
};

typedef struct {
	const PssChannelEvents *events;
	gpointer user;
} Channel;

PssChannels *pss_channels_new(PssVerbLink *verb)
{
	PssChannels *channels = g_new0(PssChannels, 1);

	channels->verb = verb;
	channels->by_id = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return channels;
}

void pss_channels_free(PssChannels *channels)
{
	if (!channels)
		return;
	g_hash_table_unref(channels->by_id);
	g_free(channels);
}

guint32 pss_channels_open(PssChannels *channels, guint place, const char *command, const PssChannelEvents *events,
			  gpointer user)
{
	Channel *channel = g_new0(Channel, 1);
	guint32 id = pss_verb_link_open(channels->verb, place, command);

	channel->events = events;
	channel->user = user;
	g_hash_table_insert(channels->by_id, GUINT_TO_POINTER(id), channel);
	return id;
}

void pss_channels_forget(PssChannels *channels, guint32 id)
{
	g_hash_table_remove(channels->by_id, GUINT_TO_POINTER(id));
}

void pss_channels_on_opened(PssChannels *channels, guint32 id, int fd, const char *directory, gboolean survives)
{
	const Channel *channel = g_hash_table_lookup(channels->by_id, GUINT_TO_POINTER(id));

	if (channel)
		channel->events->on_opened(channel->user, fd, directory, survives);
	else
		close(fd);
}

void pss_channels_on_ended(PssChannels *channels, guint32 id, enum pss_status status, const char *message)
{
	const Channel *found = g_hash_table_lookup(channels->by_id, GUINT_TO_POINTER(id));

	if (!found)
		return;
	const Channel channel = *found;
	pss_channels_forget(channels, id);
	channel.events->on_ended(channel.user, status, message);
}
