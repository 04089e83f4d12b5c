/* SPDX-License-Identifier: MIT */
/* Foreign messages (of a server or a program) made safe to show (terminal/clean-text.h): their first 4 KiB. The caller
 * frees the results. */
#pragma once

#include <glib.h>

/* On one line, without blanks around it. */
char *pss_said_line(const char *text);

/* Banners and questions, whose newlines stay. */
char *pss_said_lines(const char *text);

/* Each of its lines as above, one behind the other with semicolons between. */
char *pss_said_sentences(const char *text);
