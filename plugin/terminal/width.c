/* SPDX-License-Identifier: MIT */
/* Widths of texts, in columns: two for CJK and emoji, none for marks that combine. What the C library knows of that
 * belongs to its UTF-8 locales, and a shell may run in another one (LANG=C over an old ssh): then this thread takes the
 * library's own UTF-8 locale for the time of one call. Called by what prints tables and lines of progress. */
#include "terminal/width.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "terminal/utf8.h"

/* Made once, never freed: the loadable stays in memory. */
static locale_t utf8_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

static unsigned width_of(uint32_t character)
{
	int width = wcwidth((wchar_t)character);
	/* What the library does not know, a newer terminal shows in one column more often than not. */
	return width < 0 ? 1 : (unsigned)width;
}

static size_t fit(const char *text, unsigned columns, unsigned *ret_width)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
	unsigned total = 0;

	while (at < end) {
		uint32_t character = '?';
		size_t n = pss_decode(at, (size_t)(end - at), &character);
		unsigned width = width_of(character);
		if (width > columns - total)
			break;
		total += width;
		at += n ? n : 1;
	}
	if (ret_width)
		*ret_width = total;
	return (size_t)(at - (const unsigned char *)text);
}

size_t pss_width_fit(const char *text, unsigned columns, unsigned *ret_width)
{
	locale_t utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? (locale_t)0 : utf8_locale();
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;

	size_t n = fit(text, columns, ret_width);
	if (utf8)
		uselocale(before);
	return n;
}

unsigned pss_width(const char *text)
{
	unsigned width;

	pss_width_fit(text, UINT_MAX, &width);
	return width;
}

const char *pss_width_cut_mark(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "…" : "~";
}
