/* SPDX-License-Identifier: MIT */
/* Wildcards over bytes. g_pattern_match() would abort the process at bytes that are not UTF-8. */
#include "link/config/wildcard.h"

gboolean pss_wildcard_match(const char *name, const char *pattern)
{
	/* Behind the last `*`, and where in the name what it stands for ends so far. An earlier one never has to be
	 * looked at again. */
	const char *behind_star = NULL, *resume = NULL;

	while (*name) {
		if (*pattern == '*') {
			behind_star = ++pattern;
			resume = name;
		} else if (*pattern && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (behind_star) {
			pattern = behind_star;
			name = ++resume;
		} else {
			return FALSE;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
