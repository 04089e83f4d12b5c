/* SPDX-License-Identifier: MIT */
/* One keyword of ssh_config applied to a PssSshConfig: shared by the two readers. */
#pragma once

#include "host/ssh-config.h"

PssSshConfig *pss_ssh_config_new(const PssTarget *target);

/* `keyword` in lower case, as `ssh -G` prints it. Unknown keywords are taken note of at most. */
gboolean pss_ssh_config_apply(PssSshConfig *config, PssPerson *person, const char *keyword, const char *value,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reader of last resort, where there is no ssh program: libssh's own. */
gboolean pss_ssh_config_read_by_libssh(PssSshConfig *config, PssPerson *person, const PssTarget *target,
				       GError **error) G_GNUC_WARN_UNUSED_RESULT;
