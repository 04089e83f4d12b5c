/* SPDX-License-Identifier: MIT */
/* What escape sequences tell of who prints them: a shell's start-up files, or a program that lives on the terminal. */
#pragma once

#include <glib.h>

/* All zero at first. */
typedef struct {
	guint n_begun, mode; /* of a sequence so far */
	gboolean is_telling;
} PssPaint;

/* Whether it sets a private mode that only a program does that takes the keyboard: another shell's editor, a
 * multiplexer, a pager. Sequences may come in pieces. */
gboolean pss_paint_takes_keyboard(PssPaint *paint, const char *data, gsize n);

/* Whether the text is a line and no part of a screen: it may be drawn again, elsewhere. */
gboolean pss_paint_is_line(const char *text);
