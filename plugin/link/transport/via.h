/* SPDX-License-Identifier: MIT */
/* The way to a computer through another one: a stream that a session's own connection carries (direct-tcpip), requested
 * by SOCKS 4a, so that the login names the computer. Good for one connection. */
#pragma once

#include "link/transport/transport.h"

/* `computer` is what it leads through, for messages. NULL: the transport cannot. */
PssVia *pss_via_new(PssTransport *transport, const char *computer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What it leads through. Borrowed. */
const char *pss_via_computer(const PssVia *via);

/* The socket, once: the caller's. -1: it is used up. From any thread. */
int pss_via_take(PssVia *via);
