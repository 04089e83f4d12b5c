/* SPDX-License-Identifier: MIT */
/* Output that is shown later than it was printed must not make the terminal answer: the answer would
 * be typed into whatever shell sits there. Queries and control strings are dropped, the rest kept. */
#pragma once

#include <glib.h>

/* Appends the safe part of the n bytes to `out`. A sequence without its end is dropped. */
void pss_replay_filter(const guint8 *data, gsize n, GByteArray *out);
