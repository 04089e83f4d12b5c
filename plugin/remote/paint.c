/* SPDX-License-Identifier: MIT */
/* Escape sequences, as far as they tell what kind of program prints. Called by boot.c while the shell starts, and by
 * unit tests alone. It must never take a prompt that is coloured, or a title, for more than that. */
#include "remote/paint.h"

#include <string.h>

/* Private modes that only such a program sets: the cursor keys' application mode, other screens, bracketed paste. */
static gboolean is_telling_mode(guint mode)
{
	return mode == 1 || mode == 47 || mode == 1047 || mode == 1049 || mode == 2004;
}

/* `ESC [ ? N ; N … h`; one may come in pieces. */
gboolean pss_paint_takes_keyboard(PssPaint *paint, const char *data, gsize n)
{
	static const char begin[] = "\033[?";

	for (gsize i = 0; i < n; i++) {
		if (paint->n_begun < 3) {
			paint->n_begun = data[i] == begin[paint->n_begun] ? paint->n_begun + 1 : data[i] == '\033';
			paint->mode = 0;
			paint->is_telling = FALSE;
		} else if (g_ascii_isdigit(data[i])) {
			paint->mode = (paint->mode * 10 + (guint)(data[i] - '0')) % 100000;
		} else {
			paint->is_telling = paint->is_telling || is_telling_mode(paint->mode);
			if (data[i] == 'h' && paint->is_telling)
				return TRUE;
			paint->mode = 0;
			if (data[i] != ';')
				paint->n_begun = data[i] == '\033';
		}
	}
	return FALSE;
}

/* Colours, modes, erasures and moves along the line are good; moves to elsewhere are not. */
gboolean pss_paint_is_line(const char *text)
{
	for (const char *at = strchr(text, '\033'); at; at = strchr(at + 1, '\033')) {
		const char *final = at + 2 + (at[1] == '[' ? strspn(at + 2, "0123456789;?") : 0);
		if (at[1] != ']' && (at[1] != '[' || !*final || !strchr("mKJCDhl", *final)))
			return FALSE;
	}
	return TRUE;
}
