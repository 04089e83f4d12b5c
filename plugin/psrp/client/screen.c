/* SPDX-License-Identifier: MIT */
/* What a terminal in raw mode is shown: text with its newlines turned into CR LF, and one line of progress that the
 * next output replaces. */
#include <string.h>

#include "psrp/client/private.h"

#define ERASE_LINE "\r\033[K"

static void emit(PssPsrp *psrp, const char *text, gsize n)
{
	if (n == 0)
		return;
	pss_column_feed(&psrp->column, text, n);
	psrp->events->on_output(psrp->user, text, n);
}

void pss_psrp_screen_end_progress(PssPsrp *psrp)
{
	if (!psrp->has_progress)
		return;
	psrp->has_progress = FALSE;
	psrp->events->on_output(psrp->user, ERASE_LINE, strlen(ERASE_LINE));
}

void pss_psrp_screen_show(PssPsrp *psrp, const char *text, gsize n)
{
	g_autoptr(GString) out = g_string_sized_new(n + 16);

	if (n == 0)
		return;
	pss_psrp_screen_end_progress(psrp);
	for (gsize i = 0; i < n; i++) {
		if (text[i] == '\n' && !psrp->was_return)
			g_string_append_c(out, '\r');
		g_string_append_c(out, text[i]);
		psrp->was_return = text[i] == '\r';
	}
	emit(psrp, out->str, out->len);
}

void pss_psrp_screen_show_text(PssPsrp *psrp, const char *text)
{
	pss_psrp_screen_show(psrp, text, strlen(text));
}

/* Only where the cursor stands in the first column: a line that has been begun stays as it is. */
void pss_psrp_screen_progress(PssPsrp *psrp, const char *text)
{
	g_autofree char *line = NULL;

	if (!psrp->has_progress && !pss_column_is_first(&psrp->column))
		return;
	line = g_strdup_printf(ERASE_LINE "%s\r", text);
	psrp->has_progress = TRUE;
	psrp->events->on_output(psrp->user, line, strlen(line));
}
