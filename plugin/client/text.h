/* SPDX-License-Identifier: MIT */
/* Small strings: formatted, listed, and made safe to show. All of it is heap and the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* printf into the heap. NULL when memory is short. */
char *pss_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The length of the well-formed UTF-8 character (RFC 3629) that begins the n bytes at `at`, or 0. n is not 0. */
size_t pss_decode(const unsigned char *at, size_t n, uint32_t *ret_character);

/* No control character (C0, DEL, C1) and none that turns the direction of writing or separates lines. */
bool pss_is_printable(uint32_t character);

/* A copy of a name or of what a server said, fit to be shown, and UTF-8: control characters (C0, DEL, C1, those that
 * turn the direction of writing) and what is no UTF-8 become '?'. `keep_lines` lets newlines and tabs through. NULL
 * when memory is short. */
char *pss_visible(const char *text, bool keep_lines);

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
 * # do not count. Blocks where the file does. 0 or -errno. */
int pss_texts_read(struct pss_texts *texts, const char *path);

void pss_texts_finish(struct pss_texts *texts);
