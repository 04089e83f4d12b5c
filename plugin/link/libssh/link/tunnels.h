/* SPDX-License-Identifier: MIT */
/* Streams that share a link with its channels: what connects to a LocalForward, and the server's way to the caller's
 * agent where ForwardAgent allows it. Main context only. */
#pragma once

#include "link/libssh/link/link.h"

typedef struct PssTunnels PssTunnels;

/* Of a link that has just logged in. */
PssTunnels *pss_tunnels_new(PssSshLink *link);

/* All that can be done now; from the link's source alone. */
void pss_tunnels_turn(PssTunnels *tunnels);

/* The other end of this socket asks by SOCKS where it leads to. Takes the descriptor over. FALSE: there is no room. */
gboolean pss_tunnels_lead(PssTunnels *tunnels, int fd);

/* Before the link's session is freed, which frees their channels. Accepts NULL. */
void pss_tunnels_free(PssTunnels *tunnels);
