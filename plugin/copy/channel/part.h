/* SPDX-License-Identifier: MIT */
/* Going on with what an earlier copy has left. In the default main context; nothing blocks but the reading of a local
 * file. */
#pragma once

#include "copy/channel/channels.h"

/* A file at one end. */
typedef struct {
	guint place; /* 0: this computer */
	const char *path;
	int fd; /* here: it is open, and borrowed */
} PssPartFile;

typedef struct PssPartCheck PssPartCheck;
typedef void (*PssPartDone)(gpointer user, gboolean same);

/* Are the first `size` bytes of both the same? `done` says it once, after the call has returned, and the check is freed
 * by then. FALSE too where that cannot be found out. */
PssPartCheck *pss_part_check(PssChannels *channels, const PssPartFile files[2], guint64 size, PssPartDone done,
			     gpointer user);
void pss_part_check_free(PssPartCheck *check); /* accepts NULL; `done` is not called */
