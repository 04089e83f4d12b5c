/* SPDX-License-Identifier: MIT */
/* The sessions that one client is opening. */
#pragma once

#include "host/requests/attachment.h"
#include "host/common/client-context.h"

typedef struct PssOpenings PssOpenings;

/* A session that is opened to be entered at once is given to the attachment. */
PssOpenings *pss_openings_new(const PssClientContext *context, PssAttachment *attachment);
void pss_openings_free(PssOpenings *openings); /* gives up what is under way */

/* The handler of OPEN. */
void pss_openings_on_open(gpointer openings, uint32_t id, struct pss_fields fields);

/* CANCEL. FALSE: nothing is being opened under this id. */
gboolean pss_openings_cancel(PssOpenings *openings, uint32_t id);

/* LEAVE with KEEP before its session is there: it opens as a kept one, and its questions are declined. Nothing
 * where nothing is being opened under this id. */
void pss_openings_detach(PssOpenings *openings, uint32_t id);
