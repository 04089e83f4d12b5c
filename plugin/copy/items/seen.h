/* SPDX-License-Identifier: MIT */
/* Which files have been copied already: 8 bytes for each. */
#pragma once

#include <glib.h>

typedef struct PssSeen PssSeen;

PssSeen *pss_seen_new(void);
void pss_seen_free(PssSeen *seen); /* accepts NULL */

void pss_seen_add(PssSeen *seen, const char *path, guint64 size);
/* Was a file of that path and size added? Another one is taken for it in one of 2^40 copies of as many files as there
 * can be. */
gboolean pss_seen_has(PssSeen *seen, const char *path, guint64 size);
