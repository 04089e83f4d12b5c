/* SPDX-License-Identifier: MIT */
/* Whether the cursor is known to stand in the first column, judged from the output alone. */
#pragma once

#include <glib.h>

typedef struct {
	gboolean first;
	guint state;
} PssColumn;

/* At the start of a line that nothing was written on. */
void pss_column_reset(PssColumn *column);
void pss_column_feed(PssColumn *column, const void *data, gsize n);
gboolean pss_column_is_first(const PssColumn *column);
