/* SPDX-License-Identifier: MIT */
/* The channels that the verb has been asked for, by their ids. Called by place.c and part.c; what comes of a channel
 * comes from the verb through main.c. */
#include <unistd.h>

#include "copy/run/private.h"

typedef struct {
	const PssChannelEvents *events;
	gpointer user;
} Channel;

GHashTable *pss_channels_new(void)
{
	return g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

guint32 pss_channel_open(PssPlace *place, const char *command, const PssChannelEvents *events, gpointer user)
{
	PssCopy *copy = place->copy;
	Channel *channel = g_new0(Channel, 1);
	guint32 id = pss_verb_link_open(copy->verb, place->number, command);

	channel->events = events;
	channel->user = user;
	g_hash_table_insert(copy->channels, GUINT_TO_POINTER(id), channel);
	return id;
}

void pss_channel_forget(PssCopy *copy, guint32 id)
{
	g_hash_table_remove(copy->channels, GUINT_TO_POINTER(id));
}

void pss_channel_on_opened(PssCopy *copy, guint32 id, int fd, const char *directory)
{
	const Channel *channel = g_hash_table_lookup(copy->channels, GUINT_TO_POINTER(id));

	if (channel)
		channel->events->on_opened(channel->user, fd, directory);
	else
		close(fd);
}

void pss_channel_on_ended(PssCopy *copy, guint32 id, enum pss_status status, const char *message)
{
	const Channel *found = g_hash_table_lookup(copy->channels, GUINT_TO_POINTER(id));

	if (!found)
		return;
	const Channel channel = *found;
	pss_channel_forget(copy, id);
	channel.events->on_ended(channel.user, status, message);
}
