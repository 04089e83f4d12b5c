/* SPDX-License-Identifier: MIT */
/* Strings for messages and lists. Called everywhere in the client; knows nothing of sessions and
 * never prints. */
#include "client/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/descriptor.h"
#include "wire/cleanup.h"

char *pss_format(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);
	va_end(arguments);
	return n < 0 ? NULL : text;
}

size_t pss_decode(const unsigned char *at, size_t n, uint32_t *ret_character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
			: at[0] < 0xf5 ? 4
				       : 0;
	uint32_t character;

	if (length == 0 || length > n)
		return 0;
	character = length == 1 ? at[0] : at[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (character < smallest[length] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
		return 0;
	*ret_character = character;
	return length;
}

/* C1 controls are refused because some terminals obey them, the bidirectional ones and the separators of lines
 * because they make a line look like another. */
bool pss_is_printable(uint32_t character)
{
	return !(character < 0x20 || (character >= 0x7f && character < 0xa0) ||
		 (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069));
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
		if (n > 0 && (pss_is_printable(character) || (keep_lines && strchr("\n\t", (int)character))))
			to = mempcpy(to, from, n);
		else
			*to++ = '?';
		from += n ? n : 1;
	}
	*to = '\0';
	return copy;
}

int pss_texts_add(struct pss_texts *texts, char *text)
{
	if (!text)
		return -ENOMEM;
	char **items = realloc(texts->items, (texts->n_items + 1) * sizeof *items);
	if (!items) {
		free(text);
		return -ENOMEM;
	}
	texts->items = items;
	items[texts->n_items++] = text;
	return 0;
}

int pss_texts_terminate(struct pss_texts *texts)
{
	char **items = realloc(texts->items, (texts->n_items + 1) * sizeof *items);
	if (!items)
		return -ENOMEM;
	texts->items = items;
	items[texts->n_items] = NULL;
	return 0;
}

int pss_texts_read(struct pss_texts *texts, const char *path)
{
	_cleanup_(pss_free_pointer) char *line = NULL;
	size_t size = 0;
	int rc = 0;

	int fd = pss_descriptor_raise(path ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO));
	if (fd < 0)
		return fd;
	FILE *stream = fdopen(fd, "r");
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	while (rc == 0 && getline(&line, &size, stream) >= 0) {
		char *text = line + strspn(line, " \t\r\n");
		size_t n = strlen(text);
		while (n > 0 && strchr(" \t\r\n", text[n - 1]))
			n--;
		if (n > 0 && *text != '#')
			rc = pss_texts_add(texts, strndup(text, n));
	}
	if (rc == 0 && ferror(stream))
		rc = -EIO;
	fclose(stream);
	return rc;
}

void pss_texts_finish(struct pss_texts *texts)
{
	for (size_t i = 0; i < texts->n_items; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct pss_texts){ 0 };
}
