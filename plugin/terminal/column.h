/* SPDX-License-Identifier: MIT */
/* Whether the cursor is known to stand in the first column, judged from the output alone. */
#pragma once

#include "terminal/tokenizer.h"

struct pss_column {
	bool first;
	struct pss_tokenizer tokenizer;
};

/* At the start of a line that nothing was written on. */
void pss_column_reset(struct pss_column *column);
void pss_column_feed(struct pss_column *column, const void *data, size_t n);
bool pss_column_is_first(const struct pss_column *column);
