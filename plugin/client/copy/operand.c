/* SPDX-License-Identifier: MIT */
/* The rule is scp's: the first colon ends the name of a computer unless a slash stands before it. Called by places.c
 * and by Tab. */
#include "client/copy/operand.h"

#include <string.h>
#include <strings.h>

static const char *const schemes[] = { "scp://", "sftp://", "ssh://" };

/* "//host:port/path": the path behind one slash is relative, as scp has it. */
static bool split_uri(const char *text, char **ret_place, const char **ret_path)
{
	size_t n = strcspn(text, "/");

	*ret_place = strndup(text, n);
	*ret_path = text[n] ? text + n + 1 : text + n;
	return *ret_place != NULL;
}

/* Where the name of the computer ends: at its colon, or NULL. */
static const char *find_colon(const char *text)
{
	const char *open = text + strcspn(text, "[:/");
	const char *close = *open == '[' && (open == text || open[-1] == '@') ? strchr(open, ']') : NULL;
	const char *at = close ? close + 1 : text;
	const char *colon = at + strcspn(at, ":/");

	return *colon == ':' && colon != text && (!close || colon == at) ? colon : NULL;
}

bool pss_copy_split(const char *text, char **ret_place, const char **ret_path)
{
	*ret_place = NULL;
	*ret_path = text;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);
		if (strncasecmp(text, schemes[i], n) == 0)
			return split_uri(text + n, ret_place, ret_path);
	}
	const char *colon = find_colon(text);
	if (!colon)
		return true;
	size_t n_port = strspn(colon + 1, "0123456789");
	if (n_port > 0 && colon[1 + n_port] == ':')
		colon += 1 + n_port;
	*ret_place = strndup(text, (size_t)(colon - text));
	*ret_path = colon + 1;
	return *ret_place != NULL;
}
