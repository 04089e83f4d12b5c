/* SPDX-License-Identifier: MIT */
/* What a server or a program has said, made fit to be shown (terminal/clean-text.h): its first 4 KiB. The results are
 * the caller's. */
#pragma once

#include <glib.h>

/* On one line, without blanks around it. */
char *pss_said_line(const char *text);

/* Banners and questions, whose newlines stay. */
char *pss_said_lines(const char *text);

/* Each of its lines as above, one behind the other with semicolons between. */
char *pss_said_sentences(const char *text);
