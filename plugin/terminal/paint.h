/* SPDX-License-Identifier: MIT */
/* Judges by escape sequences what prints them: a shell's start-up files, or a program that takes over the terminal. */
#pragma once

#include "terminal/tokenizer.h"

/* Whether it sets a private mode that only a program does that takes the keyboard: another shell's editor, a
 * multiplexer, a pager. Sequences may come in pieces. */
bool pss_paint_takes_keyboard(struct pss_tokenizer *paint, const void *data, size_t n);

/* Whether the text is a line and no part of a screen: it may be drawn again, elsewhere. */
bool pss_paint_is_line(const char *text);
