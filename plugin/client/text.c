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

/* The length of the printable UTF-8 character at `at`, or 0 where there is none. C1 controls
 * (U+0080 to U+009F) are refused because some terminals obey them. */
static size_t printable_length(const unsigned char *at)
{
	size_t n = at[0] < 0x80             ? 1
		   : (at[0] & 0xe0) == 0xc0 ? 2
		   : (at[0] & 0xf0) == 0xe0 ? 3
		   : (at[0] & 0xf8) == 0xf0 ? 4
					    : 0;

	if (n == 1)
		return at[0] >= 0x20 && at[0] != 0x7f;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if (at[0] == 0xc0 || at[0] == 0xc1 || (at[0] == 0xc2 && at[1] < 0xa0))
		return 0;
	return n;
}

char *pss_visible(const char *text, bool keep_lines)
{
	char *copy = malloc(strlen(text) + 1), *to = copy;

	if (!copy)
		return NULL;
	for (const unsigned char *from = (const unsigned char *)text; *from;) {
		size_t n = keep_lines && (*from == '\n' || *from == '\t') ? 1 : printable_length(from);
		if (n == 0)
			*to++ = '?';
		else
			to = mempcpy(to, from, n);
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
