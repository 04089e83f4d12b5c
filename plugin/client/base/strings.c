/* SPDX-License-Identifier: MIT */
/* Strings for messages and lists. Called everywhere in the client; knows nothing of sessions and
 * never prints. */
#include "client/base/strings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/file.h"
#include "wire/cleanup.h"

#define BLANKS " \t\r\n"
#define LISTS_MAX (64u * 1024u * 1024u)

char *pss_format(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);
	va_end(arguments);
	return n < 0 ? NULL : text;
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

/* Adds the line, up to `end`, without the blanks around it. */
static int add_line(struct pss_texts *texts, const char *line, const char *end)
{
	while (line < end && strchr(BLANKS, *line))
		line++;
	while (end > line && strchr(BLANKS, end[-1]))
		end--;
	return line == end || *line == '#' ? 0 : pss_texts_add(texts, strndup(line, (size_t)(end - line)));
}

int pss_texts_read(struct pss_texts *texts, const char *path, bool (*interrupted)(void))
{
	_cleanup_(pss_close_fd) int fd = pss_file_open(path, interrupted);
	_cleanup_(pss_free_pointer) char *text = NULL;
	size_t n = 0;

	int rc = fd < 0 ? fd : pss_file_read_all(fd, LISTS_MAX, interrupted, &text, &n);
	for (const char *line = text, *end; rc == 0 && line < text + n; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + n - line));
		end = end ? end : text + n;
		rc = add_line(texts, line, end);
	}
	return rc;
}

void pss_texts_finish(struct pss_texts *texts)
{
	for (size_t i = 0; i < texts->n_items; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct pss_texts){ 0 };
}
