/* SPDX-License-Identifier: MIT */
/* Follows output just far enough to know whether it ended at the start of a line. Called by the engine
 * with what it shows. It knows no screen: a sequence that may move the cursor means "not known". */
#include "remote/column.h"

#include <string.h>

enum { TEXT, ESCAPE, CSI, STRING, STRING_ESCAPE };

void pss_column_reset(PssColumn *column)
{
	column->first = TRUE;
	column->state = TEXT;
}

static void text(PssColumn *column, unsigned char c)
{
	if (c == '\033')
		column->state = ESCAPE;
	else if (c == '\r')
		column->first = TRUE;
	else if (c >= ' ' || c == '\t')
		column->first = FALSE;
}

static void escape(PssColumn *column, unsigned char c)
{
	column->state = TEXT;
	if (c == '[')
		column->state = CSI;
	else if (strchr("]P^_X", c) && c)
		column->state = STRING;
	else if (c == '8' || c == 'M' || c == 'c' || c == 'D' || c == 'E')
		column->first = FALSE;
}

/* Final bytes that leave the cursor's column alone: colours, modes, erasing, reports, scrolling. */
static void csi(PssColumn *column, unsigned char c)
{
	if (c < 0x40 || c > 0x7e)
		return;
	column->state = TEXT;
	if (!strchr("mhlJKnctqrSTp", c))
		column->first = FALSE;
}

static void string(PssColumn *column, unsigned char c)
{
	if (c == '\033')
		column->state = STRING_ESCAPE;
	else if (c == '\007' || c == 0x18 || c == 0x1a)
		column->state = TEXT;
}

void pss_column_feed(PssColumn *column, const void *data, gsize n)
{
	static void (*const step[])(PssColumn *, unsigned char) = {
		[TEXT] = text, [ESCAPE] = escape, [CSI] = csi, [STRING] = string, [STRING_ESCAPE] = escape,
	};
	const unsigned char *at = data;
	for (gsize i = 0; i < n; i++)
		step[column->state](column, at[i]);
}

gboolean pss_column_is_first(const PssColumn *column)
{
	return column->first && column->state == TEXT;
}
