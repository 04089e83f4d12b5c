/* SPDX-License-Identifier: MIT */
/* What the test builtins of both shells share: entering the session that a scripted peer plays. */
#pragma once

#include "client/command/shell.h"

/* `enter_try SOCKET [kept]`: enters through a Unix socket, with no host process and no verb in between. The exit
 * status; what is wrong is said through the shell. */
int enter_try(const struct pss_shell *shell, const char *const *words);
