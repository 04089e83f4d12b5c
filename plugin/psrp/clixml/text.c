/* SPDX-License-Identifier: MIT */
/* Both directions of CLIXML's strings. XML's own references (&lt;) stand outside, `_xHHHH_` inside of them. */
#include "psrp/clixml/text.h"

#include <string.h>

#define REPLACEMENT 0xFFFD
#define UNIT_LENGTH 7 /* _xHHHH_ */

static void append_unit(GString *out, guint unit)
{
	g_string_append_printf(out, "_x%04X_", unit);
}

/* A character that stands there under another name. FALSE: it stands for itself. */
static gboolean append_named(GString *out, gunichar c)
{
	static const struct {
		gunichar c;
		const char *name;
	} names[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" }, { '\'', "&apos;" } };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].c == c) {
			g_string_append(out, names[i].name);
			return TRUE;
		}
	return FALSE;
}

static void append_encoded(GString *out, gunichar c)
{
	if (append_named(out, c))
		return;
	if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == '_' || c == 0xFFFE || c == 0xFFFF) {
		append_unit(out, c);
	} else if (c > 0xFFFF) {
		append_unit(out, 0xD800 + ((c - 0x10000) >> 10));
		append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
	} else {
		g_string_append_unichar(out, c);
	}
}

void pss_clixml_encode(GString *out, const char *text, gsize n)
{
	const char *end = text + n;
	while (text < end) {
		gunichar c = *text ? g_utf8_get_char_validated(text, end - text) : 0;
		gboolean is_bad = c == (gunichar)-1 || c == (gunichar)-2;
		append_encoded(out, is_bad ? REPLACEMENT : c);
		text = is_bad || c < 0x80 ? text + 1 : g_utf8_next_char(text);
	}
}

/* ---- decoding */

static gunichar number_of_reference(const char *digits, gsize n)
{
	guint base = 10;
	gunichar c = 0;

	if (n > 0 && (*digits == 'x' || *digits == 'X')) {
		base = 16;
		digits++;
		n--;
	}
	if (n == 0 || n > 8)
		return REPLACEMENT;
	for (gsize i = 0; i < n; i++) {
		int digit = g_ascii_xdigit_value(digits[i]);
		if (digit < 0 || (guint)digit >= base)
			return REPLACEMENT;
		c = c * base + (guint)digit;
		if (c > 0x10FFFF)
			return REPLACEMENT;
	}
	return c == 0 || (c >= 0xD800 && c <= 0xDFFF) ? REPLACEMENT : c;
}

static gunichar character_of_reference(const char *name, gsize n)
{
	static const struct {
		const char *name;
		gunichar c;
	} names[] = { { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' } };

	if (n > 0 && *name == '#')
		return number_of_reference(name + 1, n - 1);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (strlen(names[i].name) == n && memcmp(names[i].name, name, n) == 0)
			return names[i].c;
	return REPLACEMENT;
}

/* With XML's references resolved; an ampersand without a semicolon near it stands for itself. */
static void append_resolved(GString *out, const char *raw, gsize n)
{
	const char *end = raw + n;
	while (raw < end) {
		const char *reference = memchr(raw, '&', (gsize)(end - raw));
		const char *close;
		if (!reference) {
			g_string_append_len(out, raw, end - raw);
			return;
		}
		g_string_append_len(out, raw, reference - raw);
		close = memchr(reference, ';', MIN((gsize)(end - reference), 12));
		if (!close) {
			g_string_append_c(out, '&');
			raw = reference + 1;
			continue;
		}
		g_string_append_unichar(out, character_of_reference(reference + 1, (gsize)(close - reference - 1)));
		raw = close + 1;
	}
}

/* The UTF-16 unit that `_xHHHH_` at `at` names; -1: it is no such name. */
static int unit_at(const char *at, const char *end)
{
	int unit = 0;
	if (end - at < UNIT_LENGTH || at[0] != '_' || at[1] != 'x' || at[6] != '_')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = g_ascii_xdigit_value(at[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* Appends the character whose first unit is at *at, which moves behind it. */
static void append_units(GString *out, const char **at, const char *end, int unit)
{
	*at += UNIT_LENGTH;
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		int low = unit_at(*at, end);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			*at += UNIT_LENGTH;
			g_string_append_unichar(out,
						0x10000 + (((gunichar)unit - 0xD800) << 10) + ((gunichar)low - 0xDC00));
			return;
		}
	}
	if (unit == 0)
		g_string_append_c(out, '\0');
	else
		g_string_append_unichar(out, unit >= 0xD800 && unit <= 0xDFFF ? REPLACEMENT : (gunichar)unit);
}

void pss_clixml_decode(GString *out, const char *raw, gsize n)
{
	g_autoptr(GString) text = g_string_sized_new(n);
	const char *at, *end;

	append_resolved(text, raw, n);
	at = text->str;
	end = at + text->len;
	while (at < end) {
		const char *next = memchr(at, '_', (gsize)(end - at));
		int unit = next ? unit_at(next, end) : -1;
		const char *plain_end = !next ? end : unit < 0 ? next + 1 : next;
		g_string_append_len(out, at, plain_end - at);
		at = plain_end;
		if (unit >= 0)
			append_units(out, &at, end, unit);
	}
}
