/* SPDX-License-Identifier: MIT */
/* scp's spelling of a place and a path. Pure. */
#pragma once

#include <stdbool.h>

/* Takes "web1:dir/x", "user@host:22:x", "[fe80::1]:x", "scp://user@host:22/x" or a path of here apart; a colon behind a
 * slash belongs to the path ("./a:b"). *ret_place is heap, or NULL: here. *ret_path points into `text`; empty: the
 * directory that the place begins in. False when memory is short. */
bool pss_copy_split(const char *text, char **ret_place, const char **ret_path);
