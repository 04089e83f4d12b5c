/* SPDX-License-Identifier: MIT */
/* The width of a text on a terminal, in columns. */
#pragma once

#include <stddef.h>

/* How many of the bytes of `text` (UTF-8, as pss_visible() makes it) fit into so many columns, marks that take none
 * with the character they belong to. *ret_width, if not NULL, is what they take. Does not block, and leaves the shell's
 * locale alone. */
size_t pss_width_fit(const char *text, unsigned columns, unsigned *ret_width);

unsigned pss_width(const char *text);

/* What stands for what was cut off: one column, in the characters that the locale has. */
const char *pss_width_cut_mark(void);
