/* SPDX-License-Identifier: MIT */
/* Which family of shells the user's shell of each place was, the last time: a guess for the next session there, which
 * costs a round trip where it is wrong, and nothing else. */
#pragma once

#include <glib.h>

/* Where they are written down; before anything else here, once. Without it they are known to this process alone. */
void pss_known_shells_set_file(const char *path);

/* `place` is "user@host:port", `family` the word for one. What is returned is good until the next note. NULL: not
 * known.
 */
const char *pss_known_shell(const char *place);
void pss_known_shell_note(const char *place, const char *family);
