/* SPDX-License-Identifier: MIT */
/* The requests WATCH and AWAIT of one client: computers that are going to restart, or to answer again. */
#pragma once

#include "host/common/client-context.h"

typedef struct PssAwaits PssAwaits;

PssAwaits *pss_awaits_new(const PssClientContext *context);
void pss_awaits_free(PssAwaits *awaits); /* gives up what is under way; not from a transport's callback */

/* Handlers of WATCH and AWAIT. */
void pss_awaits_on_watch(gpointer awaits, uint32_t id, struct pss_fields fields);
void pss_awaits_on_await(gpointer awaits, uint32_t id, struct pss_fields fields);

/* CANCEL. FALSE: none of these requests has that id. */
gboolean pss_awaits_cancel(PssAwaits *awaits, uint32_t id);
