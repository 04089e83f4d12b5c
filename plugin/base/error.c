/* SPDX-License-Identifier: MIT */
/* The host's error domain: everything that fails in the host process
 * reports through it, so that a GError's code can go into a RESULT unchanged. */
#include "base/error.h"

G_DEFINE_QUARK(pss_error, pss_error)

void pss_error_append(GError **error, const char *text)
{
	if (!error || !*error)
		return;
	char *whole = g_strconcat((*error)->message, text, NULL);
	g_free((*error)->message);
	(*error)->message = whole;
}
