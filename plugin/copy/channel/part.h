/* SPDX-License-Identifier: MIT */
/* Going on with what an earlier copy has left. In the default main context; nothing blocks but the reading of a local
 * file. */
#pragma once

#include "copy/channel/channels.h"

typedef struct PssPartCheck PssPartCheck;
typedef void (*PssPartDone)(gpointer user, gboolean same);

/* Are the first `size` bytes of `path` there and of the file `local`, which is borrowed, the same? `done` says it once,
 * after the call has returned, and the check is freed by then. FALSE too where that cannot be found out. */
PssPartCheck *pss_part_check(PssChannels *channels, guint place, const char *path, int local, guint64 size,
			     PssPartDone done, gpointer user);
void pss_part_check_free(PssPartCheck *check); /* accepts NULL; `done` is not called */
