/* SPDX-License-Identifier: MIT */
/* Strings for messages and lists. Called everywhere in the client; knows nothing of sessions and
 * never prints. */
#include "client/base/strings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/fd.h"
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
