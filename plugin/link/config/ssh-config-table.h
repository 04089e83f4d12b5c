/* SPDX-License-Identifier: MIT */
/* One keyword of ssh_config applied to a PssSshConfig: shared by the two readers and the test of the table. */
#pragma once

#include "link/config/ssh-config.h"

typedef enum {
	PSS_CONFIG_UNKNOWN,
	PSS_CONFIG_HONOURED,
	PSS_CONFIG_REFUSED, /* any value that asks for something fails the open: it bears on security */
	PSS_CONFIG_NOTED,   /* any such value is not honoured, and said to be so under -Verbose */
	PSS_CONFIG_MOOT,    /* means nothing here: already followed, or about something that is noted itself */
} PssConfigRole;

/* In any case. `ret_name` (or NULL) is how ssh_config(5) writes it, static. */
PssConfigRole pss_ssh_config_role(const char *keyword, const char **ret_name);

/* The keywords of the table, in order; NULL behind the last. */
const char *pss_ssh_config_nth(guint i);

PssSshConfig *pss_ssh_config_new(const PssTarget *target);

/* `keyword` in lower case, as `ssh -G` prints it. What is not honoured is taken note of, or refused. */
gboolean pss_ssh_config_apply(PssSshConfig *config, PssLoginContext *person, const char *keyword, const char *value,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The reader of last resort, where there is no ssh program: libssh's own. */
gboolean pss_ssh_config_read_by_libssh(PssSshConfig *config, PssLoginContext *person, const PssTarget *target,
				       GError **error) G_GNUC_WARN_UNUSED_RESULT;
