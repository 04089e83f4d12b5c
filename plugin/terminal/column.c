/* SPDX-License-Identifier: MIT */
/* Follows output just far enough to know whether it ended at the start of a line. Called by the engine
 * with what it shows. It knows no screen: a sequence that may move the cursor means "not known". */
#include "terminal/column.h"

#include <string.h>

#include "terminal/tokenizer.h"

void pss_column_reset(struct pss_column *column)
{
	*column = (struct pss_column){ .first = true };
}

static void on_text(struct pss_column *column, unsigned char byte)
{
	if (byte == '\r')
		column->first = true;
	else if (byte >= ' ' || byte == '\t')
		column->first = false;
}

/* Those that restore a cursor, move a line, or reset. */
static bool escape_moves(const struct pss_tokenizer *escape)
{
	return !escape->intermediate && escape->final && strchr("8McDE", escape->final);
}

/* All but colours, modes, erasing, reports, scrolling regions. */
static bool csi_moves(char final)
{
	return !strchr("mhlJKnctqrSTp", final);
}

void pss_column_feed(struct pss_column *column, const void *data, size_t n)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < n; i++) {
		const struct pss_tokenizer *tokenizer = &column->tokenizer;
		enum pss_token token = pss_tokenizer_step(&column->tokenizer, at[i]);

		if (token == PSS_TOKEN_TEXT || token == PSS_TOKEN_CONTROL)
			on_text(column, at[i]);
		else if ((token == PSS_TOKEN_ESCAPE && escape_moves(tokenizer)) ||
			 (token == PSS_TOKEN_CSI && csi_moves(tokenizer->final)))
			column->first = false;
	}
}

bool pss_column_is_first(const struct pss_column *column)
{
	return column->first && column->tokenizer.state == PSS_SEQUENCE_NONE;
}
