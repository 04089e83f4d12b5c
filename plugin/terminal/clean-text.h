/* SPDX-License-Identifier: MIT */
/* Makes text that somebody else wrote fit to be shown: it can neither forge what stands beside it nor make a terminal
 * or a shell do anything. Every result is malloc()ed, valid UTF-8, and the caller's; NULL when memory is short. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSS_CLEAN_MAX 8192

enum pss_clean {
	PSS_CLEAN_PLAIN = 0,
	PSS_CLEAN_SGR = 1,   /* colours and attributes (CSI … m) stay */
	PSS_CLEAN_LINES = 2, /* newlines stay */
	PSS_CLEAN_ASCII = 4, /* the local character set is no UTF-8: the rest becomes '?' */
};

/* What is printable in `data`, without control, bidirectional and invisible formatting characters; bytes that are no
 * UTF-8 become U+FFFD, tabs and newlines blanks. Every other escape sequence is dropped whole. At most PSS_CLEAN_MAX
 * bytes, and the NUL. */
char *pss_clean_text(const void *data, size_t n, enum pss_clean flags);

/* A name, or what a server said, whole: a '?' stands in the place of each of those characters, so that one sees that
 * there was something. `keep_lines` lets newlines and tabs through. */
char *pss_visible(const char *text, bool keep_lines);

/* No control character (C0, DEL, C1) and none that turns the direction of writing or separates lines: those make a line
 * look like another. */
bool pss_is_printable(uint32_t character);
