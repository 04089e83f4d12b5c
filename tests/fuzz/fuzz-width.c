/* SPDX-License-Identifier: MIT */
/* Text made fit to be shown, and cut to a terminal's width: no control character is left, no character is cut in two,
 * and what fits takes no more columns than there are. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "terminal/clean-text.h"
#include "terminal/utf8.h"
#include "terminal/width.h"

static void check_characters(const char *text, size_t n)
{
	for (size_t i = 0, length; i < n; i += length) {
		uint32_t character;
		length = pss_decode((const unsigned char *)text + i, n - i, &character);
		if (length == 0 || character < ' ' || character == 0x7f || (character >= 0x80 && character < 0xa0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char *visible = pss_visible(text, false);
	unsigned width, total = pss_width(visible);

	check_characters(visible, strlen(visible));
	for (unsigned columns = 0; columns < 12; columns++) {
		size_t n = pss_width_fit(visible, columns, &width);
		if (n > strlen(visible) || width > columns || width > total)
			abort();
		check_characters(visible, n);
		if (total <= columns && n != strlen(visible))
			abort();
	}
	free(visible);
	free(text);
	return 0;
}
