/* SPDX-License-Identifier: MIT */
/* A login's waits for the server. */
#pragma once

#include <libssh/libssh.h>

#include "link/login/login-context.h"

/* Waits for what a non-blocking libssh call that said "again" waits for. */
gboolean pss_ssh_wait_session(PssLoginContext *person, ssh_session session, const char *what,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
