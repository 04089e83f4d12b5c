/* SPDX-License-Identifier: MIT */
/* All channels of a link: a rider that gives each its turn. */
#pragma once

#include "link/libssh/link/spare-channels.h"

typedef struct {
	PssSshLink *link;
	GPtrArray *all; /* of PssSshChannel; one reference each */
	PssSshSpares spares;
	gboolean fresh; /* no channel has been started yet */
} PssSshChannels;

/* Registers them with the link, which has not been started. */
void pss_ssh_channels_init(PssSshChannels *channels, PssSshLink *link);
void pss_ssh_channels_finish(PssSshChannels *channels);

/* The link has logged in. */
void pss_ssh_channels_start(PssSshChannels *channels);

/* As pss_channel_open(). */
PssSshChannel *pss_ssh_channels_open(PssSshChannels *channels, const PssChannelRequest *request,
				     const PssChannelEvents *events, gpointer user);
