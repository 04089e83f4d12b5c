/* SPDX-License-Identifier: MIT */
/* All that is below a directory elsewhere, in one stream: what takes a client of SFTP two round trips for each level of
 * directories takes this two for all of them. It needs a sh and GNU's find there. In the default main context; nothing
 * blocks. */
#pragma once

#include "copy/channel/channels.h"
#include "copy/sftp/sftp.h"

typedef struct PssFind PssFind;

typedef struct {
	/* A directory comes before what is in it, which comes before what is behind it; `depth` is 1 in the one that
	 * was asked for. `is_closed`: a directory that may not be listed or searched: nothing in it comes. */
	void (*on_entry)(gpointer user, guint depth, const PssSftpEntry *entry, gboolean is_closed);
	/* As of a list of SFTP. */
	void (*on_bad_name)(gpointer user, guint depth, const char *shown);
	/* It is over, and freed behind this. PSS_SFTP_UNSUPPORTED: nothing has come, as there is no such find. */
	void (*on_done)(gpointer user, const GError *error);
} PssFindEvents;

/* `path` as the user gave it, without `~` and globs. `all`: owners and times of access, which are those of modification
 * without it. It is paused at first. `events` outlives it. */
PssFind *pss_find_new(PssChannels *channels, guint place, const char *path, gboolean all, const PssFindEvents *events,
		      gpointer user);
/* Not read while it is paused; in the end find stops. */
void pss_find_pause(PssFind *find, gboolean paused);
void pss_find_free(PssFind *find); /* accepts NULL; nothing more is said; allowed in its events */
