/* SPDX-License-Identifier: MIT */
/* Prompts, and any other text of the remote that is shown by us. What comes out of here holds printable
 * characters, SGR sequences and newlines only, so that a remote can neither forge our part of the
 * prompt nor make a terminal or a shell do anything. Never expands what the remote sent. */
#include "client/prompt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/text.h"
#include "wire/buffer.h"
#include "wire/cleanup.h"

#define ESC 0x1b
#define SGR_MAX 64
#define REPLACEMENT "\xef\xbf\xbd"
#define SGR_RESET "\033[m"

/* Characters that print nothing and change how others look or in what order they stand. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200c },   { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character < 0xa0) || (character & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	}
	return false;
}

/* The length of the control string behind its introducer, up to and with BEL or ST; all that is left
 * where it does not end. */
static size_t string_length(const unsigned char *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i] == 0x07 || at[i] == 0x18 || at[i] == 0x1a)
			return i + 1;
		if (at[i] == ESC)
			return i + 1 < n && at[i + 1] == '\\' ? i + 2 : i;
	}
	return n;
}

static size_t csi_length(const unsigned char *at, size_t n)
{
	size_t i = 0;

	while (i < n && at[i] >= 0x20 && at[i] < 0x40)
		i++;
	return i < n && at[i] >= 0x40 && at[i] < 0x7f ? i + 1 : i;
}

size_t pss_escape_length(const unsigned char *at, size_t n)
{
	size_t i = 1;

	if (n < 2)
		return n;
	if (at[1] == '[')
		return 2 + csi_length(at + 2, n - 2);
	if (memchr("]P_^X", at[1], 5))
		return 2 + string_length(at + 2, n - 2);
	while (i < n && at[i] >= 0x20 && at[i] < 0x30)
		i++;
	return i < n && at[i] >= 0x30 && at[i] < 0x7f ? i + 1 : i;
}

bool pss_is_sgr(const unsigned char *at, size_t length)
{
	if (length < 3 || length > SGR_MAX || at[1] != '[' || at[length - 1] != 'm')
		return false;
	for (size_t i = 2; i < length - 1; i++) {
		if (!(at[i] >= '0' && at[i] <= '9') && at[i] != ';' && at[i] != ':')
			return false;
	}
	return true;
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
	struct pss_buffer clean;
	const unsigned char *at = data, *end = at ? at + n : at;
	int error = 0;

	pss_buffer_init(&clean);
	while (at < end && error == 0) {
		const void *text = at;
		size_t length, kept;

		if (*at == ESC) {
			length = pss_escape_length(at, (size_t)(end - at));
			kept = (flags & PSS_CLEAN_SGR) && pss_is_sgr(at, length) ? length : 0;
		} else {
			kept = replacement(at, (size_t)(end - at), flags, &text, &length);
		}
		if (clean.length + kept > PSS_PROMPT_MAX)
			break;
		if (kept > 0)
			error = pss_buffer_append(&clean, text, kept);
		at += length;
	}
	if (error == 0)
		error = pss_buffer_append(&clean, "", 1);
	if (error < 0)
		pss_buffer_finish(&clean);
	return (char *)clean.data; /* a buffer that was only appended to starts at its allocation */
}

/* Cuts off what precedes the last line and returns that; *ret_before is what stays, its last lines only. */
static char *last_line(char *text, char **ret_before)
{
	char *newline = strrchr(text, '\n');
	char *first = newline;
	int n_lines = 1;

	*ret_before = NULL;
	if (!newline)
		return text;
	while (first > text && (first[-1] != '\n' || ++n_lines < PSS_PROMPT_LINES_MAX))
		first--;
	*newline = '\0';
	*ret_before = first;
	return newline + 1;
}

struct composition {
	struct pss_buffer text;
	int error;
};

static void put(struct composition *composition, const char *text)
{
	if (text && composition->error == 0)
		composition->error = pss_buffer_append(&composition->text, text, strlen(text));
}

static void put_clean(struct composition *composition, const char *text, enum pss_clean flags)
{
	_cleanup_(pss_free_pointer) char *clean = pss_clean_text(text, text ? strlen(text) : 0, flags);

	if (!clean)
		composition->error = -1;
	put(composition, clean);
}

static void put_form(struct composition *composition, const struct pss_prompt *prompt, const char *remote,
		     const char *directory, enum pss_clean flags)
{
	_cleanup_(pss_free_pointer) char *form = NULL;
	const char *at = prompt->form ? prompt->form : "[%n]: %p";

	form = pss_clean_text(at, strlen(at), flags);
	if (!form)
		composition->error = -1;
	for (at = form; at && *at; at++) {
		char plain[2] = { *at, '\0' };

		if (*at != '%' || !at[1]) {
			put(composition, plain);
			continue;
		}
		switch (*++at) {
		case 'h':
			put_clean(composition, prompt->name, flags);
			break;
		case 'u':
			put_clean(composition, prompt->user, flags);
			break;
		case 'n':
			put_clean(composition, prompt->prompt_name, flags);
			break;
		case 'p':
			put(composition, remote);
			if (remote && strchr(remote, ESC))
				put(composition, SGR_RESET);
			break;
		case 'w':
			put(composition, directory);
			break;
		case '%':
			put(composition, "%");
			break;
		default:
			put(composition, plain);
			plain[0] = *at;
			put(composition, plain);
		}
	}
}

char *pss_prompt_compose(const struct pss_prompt *prompt)
{
	enum pss_clean charset = prompt->utf8 ? PSS_CLEAN_PLAIN : PSS_CLEAN_ASCII;
	enum pss_clean sgr = charset | (prompt->plain ? PSS_CLEAN_PLAIN : PSS_CLEAN_SGR);
	_cleanup_(pss_free_pointer) char *remote =
		pss_clean_text(prompt->remote, prompt->n_remote, sgr | PSS_CLEAN_LINES);
	_cleanup_(pss_free_pointer) char *directory = pss_clean_text(prompt->directory, prompt->n_directory, charset);
	struct composition composition = { .error = remote && directory ? 0 : -1 };
	char *before = NULL, *line = remote ? last_line(remote, &before) : NULL;

	pss_buffer_init(&composition.text);
	if (before) {
		put(&composition, before);
		put(&composition, strchr(before, ESC) ? SGR_RESET "\n" : "\n");
	}
	put_form(&composition, prompt, line, directory, sgr | PSS_CLEAN_LINES);
	if (prompt->form && strchr(prompt->form, ESC) && !prompt->plain)
		put(&composition, SGR_RESET);
	if (composition.error == 0)
		composition.error = pss_buffer_append(&composition.text, "", 1);
	if (composition.error < 0)
		pss_buffer_finish(&composition.text);
	return (char *)composition.text.data;
}
