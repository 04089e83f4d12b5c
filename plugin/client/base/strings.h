/* SPDX-License-Identifier: MIT */
/* Small strings, formatted and listed. Every result is malloc()ed; the caller frees it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* printf into the heap. NULL when memory is short. */
char *pss_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A list of strings that owns them. */
struct pss_texts {
	char **items;
	size_t n_items;
};

/* Takes `text` over, in every case. 0 or -ENOMEM; a NULL text (memory was short already) is -ENOMEM too. */
int pss_texts_add(struct pss_texts *texts, char *text);

/* Puts a NULL behind the items that does not count, for those who want a vector. 0 or -ENOMEM. */
int pss_texts_terminate(struct pss_texts *texts);

/* Adds the lines of a file (NULL: standard input), without blanks around them; empty ones and those that begin with
 * # do not count. Blocks where the file does, until `interrupted` (file.h). 0 or -errno. */
int pss_texts_read(struct pss_texts *texts, const char *path, bool (*interrupted)(void));

void pss_texts_finish(struct pss_texts *texts);
