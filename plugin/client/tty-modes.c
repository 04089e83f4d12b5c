/* SPDX-License-Identifier: MIT */
/* Takes the remote's output apart into text and control sequences, just far enough to know what it left switched on
 * (tty-settings.c), what it asked, and whether a sequence is unfinished. Plain text costs one memchr. Used by the relay
 * and by what is shown at a prompt; writes to no terminal itself. */
#include "client/tty-modes.h"

#include <stdlib.h>
#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

void pss_tty_modes_init(struct pss_tty_modes *modes)
{
	*modes = (struct pss_tty_modes){ .at_line_start = true, .in_first_column = true };
}

void pss_tty_modes_set_line_start(struct pss_tty_modes *modes)
{
	modes->at_line_start = modes->in_first_column = true;
}

static bool starts_with_any(const char *text, const char *first)
{
	return *text && strchr(first, *text);
}

/* A CSI sequence that a terminal answers (xterm's ctlseqs). */
static bool is_query(const char *text, char final)
{
	unsigned long number = strtoul(text, NULL, 10);

	switch (final) {
	case 'c':
		return !*text || strcmp(text, "0") == 0 || starts_with_any(text, ">=");
	case 'n':
		return number == 5 || number == 6 || starts_with_any(text, "?");
	case 'p':
		return *text && text[strlen(text) - 1] == '$';
	case 't':
		return number == 11 || (number >= 13 && number <= 21 && number != 17);
	case 'q':
		return starts_with_any(text, ">");
	case 'u':
		return strcmp(text, "?") == 0;
	case 'm':
	case 'S':
		return starts_with_any(text, "?");
	case 'x':
		return number <= 1;
	default:
		return false;
	}
}

static void note_query(struct pss_tty_modes *modes, bool position)
{
	modes->n_queries++;
	modes->position_asked = modes->position_asked || position;
}

static void end_string(struct pss_tty_modes *modes)
{
	const char *start = modes->string;
	bool is_cut = modes->n_string > PSS_TTY_STRING_KEPT;

	modes->string[is_cut ? PSS_TTY_STRING_KEPT : modes->n_string] = '\0';
	if (modes->n_string >= 3 && ((start[0] == ']' && modes->string_last == '?') ||
				     (start[0] == 'P' && (start[1] == '$' || start[1] == '+') && start[2] == 'q')))
		note_query(modes, false);
	if (start[0] == ']')
		pss_tty_settings_osc(&modes->settings, start + 1, is_cut);
}

static void in_string(struct pss_tty_modes *modes, char byte)
{
	if (modes->n_string < PSS_TTY_STRING_KEPT)
		modes->string[modes->n_string] = byte;
	modes->n_string++;
	modes->string_last = byte;
}

static void end_csi(struct pss_tty_modes *modes, char final)
{
	const char *text = modes->csi;

	if (modes->n_csi >= sizeof(modes->csi))
		return;
	modes->csi[modes->n_csi] = '\0';
	if (is_query(text, final))
		note_query(modes, final == 'n' && strchr(text, '6'));
	pss_tty_settings_csi(&modes->settings, text, final);
}

static void after_escape(struct pss_tty_modes *modes, unsigned char byte)
{
	modes->escape = PSS_ESCAPE_NONE;
	if (byte == '[') {
		modes->escape = PSS_ESCAPE_CSI;
		modes->n_csi = 0;
	} else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^' || byte == 'X') {
		modes->escape = PSS_ESCAPE_STRING;
		modes->n_string = 0;
		in_string(modes, (char)byte);
	} else if (byte >= 0x20 && byte <= 0x2f) {
		modes->escape = PSS_ESCAPE_INTERMEDIATE;
		modes->introducer = (char)byte;
	} else if (byte == ESC) {
		modes->escape = PSS_ESCAPE_START;
	} else {
		pss_tty_settings_escape(&modes->settings, 0, (char)byte);
	}
}

static void in_csi(struct pss_tty_modes *modes, unsigned char byte)
{
	if (byte >= 0x40 && byte <= 0x7e) {
		modes->escape = PSS_ESCAPE_NONE;
		end_csi(modes, (char)byte);
	} else if (byte >= 0x20 && byte < 0x40) {
		if (modes->n_csi < sizeof(modes->csi))
			modes->csi[modes->n_csi++] = (char)byte;
	}
}

static void in_sequence(struct pss_tty_modes *modes, unsigned char byte)
{
	if (byte == CAN || byte == SUB) {
		modes->escape = PSS_ESCAPE_NONE;
		return;
	}
	switch (modes->escape) {
	case PSS_ESCAPE_NONE:
		break;
	case PSS_ESCAPE_START:
		after_escape(modes, byte);
		break;
	case PSS_ESCAPE_INTERMEDIATE:
		if (byte == ESC) {
			modes->escape = PSS_ESCAPE_START;
		} else if (byte >= 0x30) {
			modes->escape = PSS_ESCAPE_NONE;
			pss_tty_settings_escape(&modes->settings, modes->introducer, (char)byte);
		}
		break;
	case PSS_ESCAPE_CSI:
		if (byte == ESC)
			modes->escape = PSS_ESCAPE_START;
		else
			in_csi(modes, byte);
		break;
	case PSS_ESCAPE_STRING:
		if (byte == BEL)
			modes->escape = PSS_ESCAPE_NONE;
		else if (byte == ESC)
			modes->escape = PSS_ESCAPE_STRING_ESC;
		if (byte == BEL)
			end_string(modes);
		else if (byte != ESC)
			in_string(modes, (char)byte);
		break;
	case PSS_ESCAPE_STRING_ESC:
		if (byte == '\\')
			end_string(modes);
		after_escape(modes, byte);
		break;
	}
}

/* An ESC inside a sequence begins another one; inside a string it may be the first byte of its end. */
static size_t length_behind_escape(const struct pss_tty_modes *modes)
{
	return modes->escape == PSS_ESCAPE_STRING_ESC ? modes->n_unfinished + 1 : 1;
}

/* One byte of a sequence. A string, and attributes, leave the cursor where it is. */
static void take_byte(struct pss_tty_modes *modes, unsigned char byte)
{
	bool is_string = modes->escape >= PSS_ESCAPE_STRING;

	in_sequence(modes, byte);
	if (modes->escape != PSS_ESCAPE_NONE)
		modes->n_unfinished = byte == ESC ? length_behind_escape(modes) : modes->n_unfinished + 1;
	else if (!is_string && byte != 'm')
		modes->in_first_column = false;
}

static void take_text(struct pss_tty_modes *modes, const unsigned char *text, size_t n)
{
	unsigned char before = n > 1 ? text[n - 2] : modes->last;

	if (n == 0)
		return;
	if (memchr(text, SHIFT_OUT, n))
		pss_tty_settings_shift(&modes->settings);
	modes->last = text[n - 1];
	modes->in_first_column = modes->last == '\r' || (modes->last == '\n' && before == '\r');
}

void pss_tty_modes_feed(struct pss_tty_modes *modes, const void *data, size_t n)
{
	const unsigned char *at = data, *end = at + n;

	while (at < end) {
		const unsigned char *escape;

		if (modes->escape != PSS_ESCAPE_NONE) {
			take_byte(modes, *at++);
			continue;
		}
		escape = memchr(at, ESC, (size_t)(end - at));
		take_text(modes, at, (size_t)((escape ? escape : end) - at));
		if (!escape)
			break;
		modes->escape = PSS_ESCAPE_START;
		modes->n_unfinished = 1;
		modes->last = ESC;
		at = escape + 1;
	}
	if (modes->escape == PSS_ESCAPE_NONE)
		modes->n_unfinished = 0;
	if (n > 0)
		modes->at_line_start = modes->escape == PSS_ESCAPE_NONE && modes->in_first_column;
}

size_t pss_tty_modes_reset(struct pss_tty_modes *modes, bool all, char *ret)
{
	static const char cancel[] = "\030\033\\", no_attributes[] = "\033[m";
	size_t n = 0;

	if (modes->escape != PSS_ESCAPE_NONE) {
		memcpy(ret, cancel, strlen(cancel));
		n = strlen(cancel);
	}
	n = pss_tty_settings_put_back(&modes->settings, all, ret, n, PSS_TTY_MODES_RESET_MAX - strlen(no_attributes));
	memcpy(ret + n, no_attributes, strlen(no_attributes));
	modes->escape = PSS_ESCAPE_NONE;
	modes->n_unfinished = 0;
	return n + strlen(no_attributes);
}
