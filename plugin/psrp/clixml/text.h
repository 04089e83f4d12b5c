/* SPDX-License-Identifier: MIT */
/* Strings of CLIXML ([MS-PSRP] 2.2.5.3.2): UTF-16 units that XML cannot carry stand as `_xHHHH_`, among them controls,
 * newlines, each half of a surrogate pair, and an underscore that would be taken for the begin of one. */
#pragma once

#include <glib.h>

/* Appends `text` (UTF-8; other bytes become U+FFFD) as it stands inside an element or an attribute. */
void pss_clixml_encode(GString *out, const char *text, gsize n);

/* Appends what stands inside an element or an attribute as UTF-8; NUL may be in it. Halves of surrogate pairs without
 * the other half, and references to what is no character, become U+FFFD. */
void pss_clixml_decode(GString *out, const char *raw, gsize n);
