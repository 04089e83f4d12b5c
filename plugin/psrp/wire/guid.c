/* SPDX-License-Identifier: MIT */
#include "psrp/wire/guid.h"

#include <string.h>

/* Of each byte: where its two digits stand in the text. */
static const guint8 places[PSS_GUID_BYTES] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34 };

void pss_guid_draw(PssGuid *guid)
{
	g_autofree char *text = g_uuid_string_random();
	g_strlcpy(guid->text, text, sizeof guid->text);
}

gboolean pss_guid_parse(PssGuid *guid, const char *text, gsize n)
{
	PssGuid parsed;

	if (n != PSS_GUID_LENGTH)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		gboolean is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (is_dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
			return FALSE;
		parsed.text[i] = g_ascii_tolower(text[i]);
	}
	parsed.text[n] = '\0';
	*guid = parsed;
	return TRUE;
}

void pss_guid_to_bytes(const PssGuid *guid, guint8 *bytes)
{
	for (gsize i = 0; i < PSS_GUID_BYTES; i++) {
		const char *digits = guid->text + places[i];
		bytes[i] = (guint8)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1]));
	}
}

void pss_guid_from_bytes(PssGuid *guid, const guint8 *bytes)
{
	static const char digits[] = "0123456789abcdef";

	memcpy(guid->text, PSS_GUID_ZERO, sizeof guid->text);
	for (gsize i = 0; i < PSS_GUID_BYTES; i++) {
		guid->text[places[i]] = digits[bytes[i] >> 4];
		guid->text[places[i] + 1] = digits[bytes[i] & 15];
	}
}

gboolean pss_guid_equal(const PssGuid *a, const PssGuid *b)
{
	return strcmp(a->text, b->text) == 0;
}

gboolean pss_guid_is_zero(const PssGuid *guid)
{
	return strcmp(guid->text, PSS_GUID_ZERO) == 0;
}
