/* SPDX-License-Identifier: MIT */
/* Escape sequences, as far as they tell what kind of program prints. Called while a remote shell starts. It must never
 * take a prompt that is coloured, or a title, for more than that. */
#include "terminal/paint.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/tokenizer.h"

/* Private modes that only such a program sets: the cursor keys' application mode, other screens, bracketed paste. */
static bool is_telling_mode(unsigned long mode)
{
	return mode == 1 || mode == 47 || mode == 1047 || mode == 1049 || mode == 2004;
}

/* `CSI ? N ; N … h` */
static bool is_telling(const struct pss_tokenizer *csi)
{
	if (csi->final != 'h' || csi->text[0] != '?')
		return false;
	for (const char *at = csi->text; at; at = strchr(at + 1, ';'))
		if (is_telling_mode(strtoul(at + 1, NULL, 10)))
			return true;
	return false;
}

bool pss_paint_takes_keyboard(struct pss_tokenizer *paint, const void *data, size_t n)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < n; i++)
		if (pss_tokenizer_step(paint, at[i]) == PSS_TOKEN_CSI && is_telling(paint))
			return true;
	return false;
}

/* Colours, modes, erasures and moves along the line are good; moves to elsewhere are not. */
static bool stays_in_line(const struct pss_tokenizer *csi)
{
	return strspn(csi->text, "0123456789;?") == csi->n_text && strchr("mKJCDhl", csi->final);
}

bool pss_paint_is_line(const char *text)
{
	struct pss_tokenizer tokenizer = { .state = PSS_SEQUENCE_NONE };

	for (const char *at = text; *at; at++) {
		enum pss_token token = pss_tokenizer_step(&tokenizer, (unsigned char)*at);
		bool is_string = token == PSS_TOKEN_STRING && tokenizer.introducer == ']';

		if (token == PSS_TOKEN_ESCAPE || (token == PSS_TOKEN_CSI && !stays_in_line(&tokenizer)) ||
		    (token == PSS_TOKEN_STRING && !is_string))
			return false;
	}
	return tokenizer.state == PSS_SEQUENCE_NONE || tokenizer.state == PSS_SEQUENCE_STRING;
}
