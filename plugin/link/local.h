/* SPDX-License-Identifier: MIT */
/* Local processes behind the seam of transport.h, in the place of a server. For tests. */
#pragma once

#include "link/transport/transport.h"

/* "Connects" to child processes of this machine (sh -c), a pty where asked. They run in the target's environment laid
 * over our own, in its HOME; the login shell is its SHELL. */
PssTransport *pss_transport_null_new(PssTarget *target, const PssTransportEvents *events, gpointer user);

/* Cuts the link as if the network had done it: the children get SIGHUP, on_lost follows with `cause`. */
void pss_transport_null_break(PssTransport *transport, const GError *cause);
