/* SPDX-License-Identifier: MIT */
/* The word under the cursor, of any line at any point: what is found lies in the line, and the directory that the
 * remote shell evaluates is literal text, `~name` and "${name-}" alone. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "remote/protocol/cursor.h"

/* Behind a piece of the directory at `at`, or NULL where it is of no form that may be. */
static const char *skip_piece(const char *at)
{
	if (g_str_has_prefix(at, "\"${")) {
		at += 3;
		if (!g_ascii_isalpha(*at) && *at != '_')
			return NULL;
		while (g_ascii_isalnum(*at) || *at == '_')
			at++;
		return g_str_has_prefix(at, "-}\"") ? at + 3 : NULL;
	}
	if (*at == '\'')
		return at[1] && at[1] != '\'' && at[2] == '\'' ? at + 3 : NULL;
	if (*at == '\\')
		return at[1] == '\'' ? at + 2 : NULL;
	return g_ascii_isalnum(*at) || strchr("._-/", *at) || (unsigned char)*at >= 0x80 ? at + 1 : NULL;
}

static void check(const char *line, gsize n, gsize point)
{
	PssCursor cursor;

	pss_cursor_find(&cursor, line, n, point);
	if (cursor.start > point || cursor.segment > cursor.start + n || !strchr("cafvun", cursor.kind))
		abort();
	if (cursor.words->len == 0)
		abort();
	const char *at = cursor.directory->str;
	at += *at == '~';
	while (*at) {
		at = skip_piece(at);
		if (!at)
			abort();
	}
	pss_cursor_finish(&cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The engine refuses NUL, and lines much longer. */
	if (size > 4096 || memchr(data, 0, size))
		return 0;
	g_autofree char *line = g_strndup((const char *)data, size);
	for (gsize point = 0; point <= size; point++)
		check(line, size, point);
	return 0;
}
