/* SPDX-License-Identifier: MIT */
/* CLIXML, whatever a server sends: its JSON is valid UTF-8, and strings come back as they went. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "psrp/clixml/json.h"
#include "psrp/clixml/text.h"

static void check_text(const char *text, gsize n)
{
	g_autoptr(GString) raw = g_string_new(NULL);
	g_autoptr(GString) back = g_string_new(NULL);

	if (!g_utf8_validate_len(text, n, NULL))
		return;
	pss_clixml_encode(raw, text, n);
	pss_clixml_decode(back, raw->str, raw->len);
	if (back->len != n || memcmp(back->str, text, n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of that very length, so that a read past the end is seen. */
	g_autofree char *exact = g_memdup2(data, size);
	g_autoptr(PssValue) value = pss_value_parse(exact ? exact : "", size);
	g_autoptr(GString) json = g_string_new(NULL);

	check_text(exact ? exact : "", size);
	if (!value)
		return 0;
	pss_json_append_value(json, value, NULL);
	if (json->len == 0 || !g_utf8_validate_len(json->str, json->len, NULL))
		abort();
	return 0;
}
