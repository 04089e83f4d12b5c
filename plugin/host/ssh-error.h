/* SPDX-License-Identifier: MIT */
/* libssh's errors as ours. */
#pragma once

#include <glib.h>
#include <libssh/libssh.h>

#include "host/error.h"

/* Did the server end the connection with a message of its own (RFC 4253, 11.1)? */
gboolean pss_ssh_server_hung_up(ssh_session session) G_GNUC_WARN_UNUSED_RESULT;

/* Sets `error` to "MESSAGE: what libssh says", or to the message alone where it says nothing. */
void pss_ssh_set_error(GError **error, ssh_session session, enum pss_status code, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* Text that came from the other end, made fit to be shown on one line: no control bytes, valid UTF-8, capped. */
char *pss_ssh_clean_text(const char *text);

/* The lines of what a program said, each as above, one behind the other with semicolons between. */
char *pss_ssh_clean_sentences(const char *text);

/* Banners and questions, whose newlines stay. */
char *pss_ssh_clean_lines(const char *text);
