/* SPDX-License-Identifier: MIT */
/* Texts of a server are data: they must not reach a terminal with control bytes in them. Called wherever a foreign
 * error, banner or question becomes a message. */
#include "base/said.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/clean-text.h"

#define TEXT_MAX 4096

static char *clean(const char *text, enum pss_clean flags)
{
	char *copy = pss_clean_text(text, strnlen(text, TEXT_MAX), flags);

	if (!copy)
		g_error("out of memory");
	return copy;
}

char *pss_said_line(const char *text)
{
	return g_strstrip(clean(text, PSS_CLEAN_PLAIN));
}

char *pss_said_lines(const char *text)
{
	return clean(text, PSS_CLEAN_LINES);
}

char *pss_said_sentences(const char *text)
{
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_autofree char *words = pss_said_line(*line);
		if (*words)
			g_string_append_printf(out, "%s%s", out->len > 0 ? "; " : "", words);
	}
	return g_string_free(out, FALSE);
}
