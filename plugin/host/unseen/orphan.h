/* SPDX-License-Identifier: MIT */
/* A command that ran when the host process before this one died: what its relay still carries goes to the record. The
 * calls but adopt and end accept NULL. */
#pragma once

#include "host/unseen/unseen-output.h"
#include "link/transport/transport.h"

typedef struct PssOrphan PssOrphan;

/* What stands between the bytes of its relay (remote/PROTOCOL.md, "Invocations"). */
typedef struct {
	const char *begin, *end; /* of the command */
	const char *relay;       /* of what the relay says itself */
} PssOrphanMarks;

/* Nothing more of it comes: the user calls pss_orphan_end(). */
typedef void (*PssOrphanFunc)(gpointer user);

/* Takes child `child` of a resilient transport over. The marks are copied, all else is borrowed. */
PssOrphan *pss_orphan_adopt(PssTransport *transport, guint child, const PssOrphanMarks *marks, PssRecord *record,
			    PssOrphanFunc on_over, gpointer user);
void pss_orphan_end(PssOrphan *orphan);  /* closes its channel, and frees it */
void pss_orphan_free(PssOrphan *orphan); /* its channel goes with the transport */

void pss_orphan_caught_up(PssOrphan *orphan); /* all that the holder has kept has come */
void pss_orphan_at_prompt(PssOrphan *orphan); /* its shell is at its prompt: it has ended */
void pss_orphan_pause(PssOrphan *orphan, gboolean paused);
PssChannel *pss_orphan_channel(const PssOrphan *orphan); /* or NULL */
