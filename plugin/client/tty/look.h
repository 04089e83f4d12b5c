/* SPDX-License-Identifier: MIT */
/* How what we say ourselves may look: colours, and lines that are drawn again. What a remote prints is not asked here.
 */
#pragma once

#include <stdbool.h>

/* TERM (NULL: unset) names no terminal that takes control sequences: unset, empty or "dumb". */
bool pss_look_is_dumb(const char *term);

/* Nothing is drawn again, and nothing is coloured: dumb, or the user wants that (PSSESSION_PLAIN, for screen readers,
 * braille lines and recordings). */
bool pss_look_is_plain(const char *term);

/* May what is written to this descriptor be coloured? NO_COLOR and PSSESSION_PLAIN say no, else CLICOLOR_FORCE yes,
 * CLICOLOR=0 no, and a terminal that is not dumb yes. */
bool pss_look_has_color(int fd);

/* May a line on standard error be erased and drawn again? */
bool pss_look_can_redraw(void);

/* What draws `text` as the line that the cursor stands on, in the place of what was there, with the cursor back at its
 * beginning: cut, with a mark, to the width of the terminal that standard error is. Heap, or NULL. */
char *pss_look_status_line(const char *text);
#define PSS_LOOK_ERASE "\r\033[K"
