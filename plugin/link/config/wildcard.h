/* SPDX-License-Identifier: MIT */
/* The wildcards of ssh_config and known_hosts. */
#pragma once

#include <glib.h>

/* match_pattern() of ssh: `*` stands for any bytes, `?` for one; all others for themselves, whatever they are. Takes no
 * longer than the product of the two lengths. */
gboolean pss_wildcard_match(const char *name, const char *pattern);
