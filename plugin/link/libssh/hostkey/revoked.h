/* SPDX-License-Identifier: MIT */
/* RevokedHostKeys of ssh_config(5): keys that no known_hosts makes good. */
#pragma once

#include "link/config/ssh-config.h"

/* FALSE and PSS_HOST_KEY when the key is in the file, and when that cannot be found out. `blob` is the key in SSH's
 * wire form. Blocks within the person's deadline: a list in binary form (KRL) is read by ssh-keygen. */
gboolean pss_revoked_check(PssLoginContext *person, const PssSshConfig *config, const char *type, GBytes *blob,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;
