/* SPDX-License-Identifier: MIT */
/* User authentication (RFC 4252, RFC 4256, RFC 4462). */
#pragma once

#include <libssh/libssh.h>

#include "link/config/ssh-config.h"

/* Blocks within the person's deadline. FALSE with PSS_AUTH ("USER@HOST: all login methods were refused …"),
 * PSS_UNREACHABLE, PSS_LINK_LOST or PSS_INTERRUPTED. Only after the host key has been checked. */
gboolean pss_ssh_authenticate(PssLoginContext *person, const PssSshConfig *config, ssh_session session,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
