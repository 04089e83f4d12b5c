/* SPDX-License-Identifier: MIT */
/* Channels opened in advance; the next session on this connection takes one and saves a round trip. */
#pragma once

#include "link/libssh/link/channel.h"

/* Of one link. */
typedef struct {
	PssSshLink *link;
	GPtrArray *channels; /* all of the link; borrowed */
	guint n_reserved;    /* channels wanted in all; 0: none but those that are used */
	guint n_terminals;   /* … so many of them spare terminals */
	gboolean reserving;  /* on_reserved is still to be called */
	gboolean refused;    /* since then */
	guint n_granted;     /* the most that were open at a time */
	guint room;          /* channels that the server allows, as far as that is known */
	char *term;          /* of the last terminal, or NULL */
} PssSshSpares;

void pss_ssh_spares_init(PssSshSpares *spares, PssSshLink *link, GPtrArray *channels);
void pss_ssh_spares_finish(PssSshSpares *spares);

/* Wants these, instead of what was wanted before; on_reserved follows. */
void pss_ssh_spares_reserve(PssSshSpares *spares, guint n_channels, guint n_terminals);

/* Opens spare channels as far as they are wanted and allowed; on_reserved is called when they are there. */
void pss_ssh_spares_turn(PssSshSpares *spares);

/* One of the kind, or one that can be made of the kind, for pss_ssh_channel_use(); borrowed. NULL: there is none. Takes
 * note of the kind of terminal for those that are opened later. */
PssSshChannel *pss_ssh_spares_take(PssSshSpares *spares, const PssChannelRequest *request);
