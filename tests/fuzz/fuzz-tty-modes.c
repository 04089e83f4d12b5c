/* SPDX-License-Identifier: MIT */
/* What output has switched on in the terminal: how the bytes were cut makes no difference, what switches it off fits,
 * and there is nothing left to be switched off behind that. The first byte says how the bytes are cut. */
#include <stdlib.h>
#include <string.h>

#include "terminal/modes.h"
#include "fuzz.h"

#define COLOURS_OFF "\033[m"

static size_t reset_of(struct pss_tty_modes *modes, bool all, char *ret)
{
	size_t n = pss_tty_modes_reset(modes, all, ret);

	if (n > PSS_TTY_MODES_RESET_MAX)
		abort();
	return n;
}

static void check(const uint8_t *data, size_t size, size_t step, bool all)
{
	struct pss_tty_modes whole, pieces;
	char reset[PSS_TTY_MODES_RESET_MAX], reset_pieces[PSS_TTY_MODES_RESET_MAX];
	size_t n;

	pss_tty_modes_init(&whole);
	pss_tty_modes_init(&pieces);
	pss_tty_modes_feed(&whole, data, size);
	for (size_t at = 0; at < size; at += step)
		pss_tty_modes_feed(&pieces, data + at, size - at < step ? size - at : step);
	n = reset_of(&whole, all, reset);
	if (n != reset_of(&pieces, all, reset_pieces) || memcmp(reset, reset_pieces, n) != 0)
		abort();
	/* Colours are switched off always. */
	n = reset_of(&whole, all, reset);
	if (all && (n != strlen(COLOURS_OFF) || memcmp(reset, COLOURS_OFF, n) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size > 0 && data[0] > 0 ? data[0] : 1;

	check(data, size, step, false);
	check(data, size, step, true);
	return 0;
}
