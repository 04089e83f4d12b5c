/* SPDX-License-Identifier: MIT */
/* One table of characters for prompts, messages, names and labels. Expands nothing of what it is given. */
#include "terminal/clean-text.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/tokenizer.h"
#include "terminal/utf8.h"

#define ESC 0x1b
#define REPLACEMENT "\xef\xbf\xbd"
#define GROWTH (sizeof REPLACEMENT - 1) /* of one byte, at most */

/* Characters that print nothing and change how others look or in what order they stand. */
static const struct range {
	uint32_t first, last;
} hidden[] = {
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f }, { 0x200b, 0x200c }, { 0x200e, 0x200f }, { 0x2060, 0x2065 },   { 0x206a, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
},
  /* C0, DEL and C1, which some terminals obey; separators of lines, embeddings, overrides, isolates. */
  controls[] = { { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 } };

static bool is_in(uint32_t character, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

bool pss_is_printable(uint32_t character)
{
	return !is_in(character, controls, sizeof controls / sizeof *controls);
}

static bool is_hidden(uint32_t character)
{
	return !pss_is_printable(character) || (character & 0xfffe) == 0xfffe ||
	       is_in(character, hidden, sizeof hidden / sizeof *hidden);
}

/* What stands in the copy for the character at `at`; ret_length says how far it goes. */
static size_t replacement(const unsigned char *at, size_t n, enum pss_clean flags, const void **ret_text,
			  size_t *ret_length)
{
	uint32_t character = 0;

	*ret_text = at;
	*ret_length = pss_decode(at, n, &character);
	if (*ret_length == 0) {
		*ret_length = 1;
		*ret_text = flags & PSS_CLEAN_ASCII ? "?" : REPLACEMENT;
		return strlen(*ret_text);
	}
	if (character == '\n' && (flags & PSS_CLEAN_LINES))
		return 1;
	if (character == '\t' || character == '\n') {
		*ret_text = " ";
		return 1;
	}
	if (is_hidden(character))
		return 0;
	if (character >= 0x80 && (flags & PSS_CLEAN_ASCII)) {
		*ret_text = "?";
		return 1;
	}
	return *ret_length;
}

char *pss_clean_text(const void *data, size_t n, enum pss_clean flags)
{
	const unsigned char *at = data, *end = at ? at + n : at;
	size_t room = n < PSS_CLEAN_MAX / GROWTH ? n * GROWTH : PSS_CLEAN_MAX;
	char *clean = malloc(room + 1), *to = clean;

	if (!clean)
		return NULL;
	while (at < end) {
		const void *text = at;
		size_t length, kept;

		if (*at == ESC) {
			length = pss_sequence_length(at, (size_t)(end - at));
			kept = (flags & PSS_CLEAN_SGR) && pss_sequence_is_sgr(at, length) ? length : 0;
		} else {
			kept = replacement(at, (size_t)(end - at), flags, &text, &length);
		}
		if (kept > room - (size_t)(to - clean))
			break;
		to = mempcpy(to, text, kept);
		at += length;
	}
	*to = '\0';
	return clean;
}

char *pss_visible(const char *text, bool keep_lines)
{
	char *copy = malloc(strlen(text) + 1), *to = copy;
	const unsigned char *end = (const unsigned char *)text + strlen(text);

	if (!copy)
		return NULL;
	for (const unsigned char *from = (const unsigned char *)text; from < end;) {
		uint32_t character;
		size_t n = pss_decode(from, (size_t)(end - from), &character);
		if (n > 0 && (!is_hidden(character) || (keep_lines && (character == '\n' || character == '\t'))))
			to = mempcpy(to, from, n);
		else
			*to++ = '?';
		from += n ? n : 1;
	}
	*to = '\0';
	return copy;
}
