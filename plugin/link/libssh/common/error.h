/* SPDX-License-Identifier: MIT */
/* libssh's errors as GErrors of PSS_ERROR. */
#pragma once

#include <glib.h>
#include <libssh/libssh.h>

#include "base/error.h"

/* Did the server end the connection with a message of its own (RFC 4253, 11.1)? */
gboolean pss_ssh_server_hung_up(ssh_session session) G_GNUC_WARN_UNUSED_RESULT;

/* Sets `error` to "MESSAGE: what libssh says", or to the message alone where it says nothing. */
void pss_ssh_set_error(GError **error, ssh_session session, enum pss_status code, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
