/* SPDX-License-Identifier: MIT */
/* Settings of a terminal that outlast the program that made them, and the sequences that undo them: modes, keyboard
 * protocols, charsets, colours. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: as a terminal is at first. */
struct pss_tty_settings {
	uint64_t modes;   /* a bit per row of the table of modes that is not as it should be */
	uint64_t flags;   /* a bit per row of the table of other settings */
	uint16_t colours; /* a bit for each of OSC 10 to 19 */
	uint8_t palette[32];
	struct {
		unsigned pushes, flags;
	} kitty[2]; /* the keyboard protocol, of the main and of the alternate screen */
};

/* `text` is what stands between CSI and its final byte. */
void pss_tty_settings_csi(struct pss_tty_settings *settings, const char *text, char final);
/* What stands between OSC and its end. `is_cut`: the end of it is not known. */
void pss_tty_settings_osc(struct pss_tty_settings *settings, const char *text, bool is_cut);
/* ESC, an intermediate byte or 0, and the last byte. */
void pss_tty_settings_escape(struct pss_tty_settings *settings, char intermediate, char final);
/* SHIFT OUT */
void pss_tty_settings_shift(struct pss_tty_settings *settings);

/* Appends what puts the settings back to `text`, which has room for `max` bytes and holds `n`, and forgets them.
 * `all`: for leaving; without it, what a prompt can live with stays. Returns the new length. */
size_t pss_tty_settings_put_back(struct pss_tty_settings *settings, bool all, char *text, size_t n, size_t max);
