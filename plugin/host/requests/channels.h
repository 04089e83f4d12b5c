/* SPDX-License-Identifier: MIT */
/* The CHANNELs of one client: channels in sessions and on computers, whose bytes it gets by descriptors. */
#pragma once

#include "host/common/client-context.h"

typedef struct PssClientChannels PssClientChannels;

PssClientChannels *pss_client_channels_new(const PssClientContext *context);
void pss_client_channels_free(
	PssClientChannels *channels); /* what is open is closed; not from a transport's callback */

/* The handler of CHANNEL. */
void pss_client_channels_on_channel(gpointer channels, uint32_t id, struct pss_fields fields);

/* CANCEL. FALSE: no CHANNEL has that id. */
gboolean pss_client_channels_cancel(PssClientChannels *channels, uint32_t id);

/* Back-pressure: while stopped, nothing more is read from any of them. */
void pss_client_channels_stop_output(PssClientChannels *channels, gboolean stopped);
