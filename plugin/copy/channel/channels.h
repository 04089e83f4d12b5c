/* SPDX-License-Identifier: MIT */
/* The channels that were asked of the verb, by their ids: who waits for one hears of it. In the default main context;
 * nothing blocks. */
#pragma once

#include "copy/verb/verb-link.h"

typedef struct PssChannels PssChannels;

typedef struct {
	/* fd is the callee's; `directory` may be NULL. `survives`: the session that it is of comes back by itself
	 * when its connection is cut, without the channel. */
	void (*on_opened)(gpointer user, int fd, const char *directory, gboolean survives);
	/* It is no more, or there is none; the last. `message` may be NULL. */
	void (*on_ended)(gpointer user, enum pss_status status, const char *message);
} PssChannelEvents;

/* `verb` is borrowed, and wanted for pss_channels_open() alone. */
PssChannels *pss_channels_new(PssVerbLink *verb);
void pss_channels_free(PssChannels *channels); /* accepts NULL; nothing more is said of any */

/* Asks for one to a place: of the subsystem sftp, or of a command. Its id. `events` outlives it. */
guint32 pss_channels_open(PssChannels *channels, guint place, const char *command, const PssChannelEvents *events,
			  gpointer user);
void pss_channels_forget(PssChannels *channels, guint32 id); /* nothing more is said of it */

/* What the verb says: pss_channels_on_opened() takes fd over, and closes it where nobody waits for the channel. */
void pss_channels_on_opened(PssChannels *channels, guint32 id, int fd, const char *directory, gboolean survives);
void pss_channels_on_ended(PssChannels *channels, guint32 id, enum pss_status status, const char *message);
