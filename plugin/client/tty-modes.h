/* SPDX-License-Identifier: MIT */
/* What the output of the remote has switched on in the terminal, so that it can be switched off again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/tty-settings.h"

#define PSS_TTY_STRING_KEPT 256

enum pss_escape {
	PSS_ESCAPE_NONE,
	PSS_ESCAPE_START,        /* after ESC */
	PSS_ESCAPE_INTERMEDIATE, /* ESC and intermediate bytes: the next one ends it */
	PSS_ESCAPE_CSI,
	PSS_ESCAPE_STRING,     /* OSC, DCS, APC, PM, SOS */
	PSS_ESCAPE_STRING_ESC, /* an ESC inside: ST, or a new sequence */
};

struct pss_tty_modes {
	enum pss_escape escape; /* not NONE: a sequence is unfinished */
	size_t n_unfinished;    /* its bytes so far */
	char csi[48];           /* its parameters so far; what is longer is none of ours */
	size_t n_csi;
	char introducer; /* of the charset designation */
	struct pss_tty_settings settings;
	unsigned char last; /* the last byte of text, or ESC */
	bool in_first_column;
	bool at_line_start; /* and no sequence is unfinished: the cursor is known to be in the first column */
	/* What programs have asked the terminal and it has, as far as is known, not answered; reset by who sees that.
	 */
	unsigned n_queries;
	bool position_asked;                  /* … among them where the cursor is */
	char string[PSS_TTY_STRING_KEPT + 1]; /* its introducer and what follows, as far as there is room */
	char string_last;
	size_t n_string; /* all of it */
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
