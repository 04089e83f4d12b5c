/* SPDX-License-Identifier: MIT */
/* Terminal modes that the remote's output has switched on, so that they can be switched off again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "terminal/settings.h"
#include "terminal/tokenizer.h"

struct pss_tty_modes {
	struct pss_tokenizer tokenizer;
	struct pss_tty_settings settings;
	unsigned char last; /* the last byte of text, or ESC */
	bool in_first_column;
	bool at_line_start; /* and no sequence is unfinished: the cursor is known to be in the first column */
	/* What programs have asked the terminal and it has, as far as is known, not answered; reset by who sees that.
	 */
	unsigned n_queries;
	bool position_asked; /* … among them where the cursor is */
	/* Told what stands between OSC and its end; `is_cut`: that is its beginning. NULL: nobody is. */
	void (*on_osc)(void *user, const char *text, bool is_cut);
	void *user;
};

#define PSS_TTY_MODES_RESET_MAX 1024

void pss_tty_modes_init(struct pss_tty_modes *modes);

/* Somebody else has written to the terminal, and ended a line. */
void pss_tty_modes_set_line_start(struct pss_tty_modes *modes);

/* Takes note of bytes that were written to the terminal. Sequences may be cut anywhere. */
void pss_tty_modes_feed(struct pss_tty_modes *modes, const void *data, size_t n);

/* The bytes that end an unfinished sequence and switch off what was left on, for a prompt; `all`: the
 * alternate screen too, for leaving. At most PSS_TTY_MODES_RESET_MAX into `ret`; returns how many. */
size_t pss_tty_modes_reset(struct pss_tty_modes *modes, bool all, char *ret);
