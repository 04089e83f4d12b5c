/* SPDX-License-Identifier: MIT */
/* The way to a computer through another one: a stream that a session's own connection carries (direct-tcpip), asked for
 * by SOCKS 4a, so that whoever logs in says where to. Good for one connection. */
#pragma once

#include "host/ssh-connect.h"
#include "host/transport.h"

/* `computer` is what it leads through, for messages. NULL: the transport cannot. */
PssVia *pss_via_new(PssTransport *transport, const char *computer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From the login's thread; blocks within the person's deadline. */
gboolean pss_via_connect(PssVia *via, PssPerson *person, const char *host, guint port, PssSshStream *ret_stream,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
