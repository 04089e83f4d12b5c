/* SPDX-License-Identifier: MIT */
/* What keeps code of the user's that runs inside the editor (bash's `bind -x`, zsh's widgets) from running the line
 * that is edited, which is the remote's. */
#pragma once

#include <stdbool.h>

#define PSS_FENCE_REFUSAL "the line is the remote's and does not run here; Enter sends it"

/* Would `eval TEXT` run LINE, as a whole, as a command? The blanks around LINE do not count; an empty one is never run.
 * True also when memory is short. Both are in the shell's own encoding. */
bool pss_text_runs_line(const char *text, const char *line);
