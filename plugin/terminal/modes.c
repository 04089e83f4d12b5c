/* SPDX-License-Identifier: MIT */
/* What control sequences mean for the terminal they are written to, just far enough to know what they left switched on
 * (settings.c), what it asked, and whether a sequence is unfinished. Plain text costs one memchr. Used by the relay
 * and by what is shown at a prompt; writes to no terminal itself. */
#include "terminal/modes.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/tokenizer.h"

#define ESC 0x1b
#define SHIFT_OUT 0x0e

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
	const struct pss_tokenizer *string = &modes->tokenizer;
	const char *text = string->text;
	bool is_request = string->introducer == 'P' && (text[0] == '$' || text[0] == '+') && text[1] == 'q';
	bool is_question = string->introducer == ']' && string->n_text >= 2 && string->last == '?';

	if (is_request || is_question)
		note_query(modes, false);
	if (string->introducer == ']')
		pss_tty_settings_osc(&modes->settings, text, pss_tokenizer_is_cut(string));
	if (string->introducer == ']' && modes->on_osc)
		modes->on_osc(modes->user, text, pss_tokenizer_is_cut(string));
}

static void end_csi(struct pss_tty_modes *modes)
{
	const struct pss_tokenizer *csi = &modes->tokenizer;

	if (csi->final != 'm')
		modes->in_first_column = false;
	if (pss_tokenizer_is_cut(csi))
		return;
	if (is_query(csi->text, csi->final))
		note_query(modes, csi->final == 'n' && strchr(csi->text, '6'));
	pss_tty_settings_csi(&modes->settings, csi->text, csi->final);
}

static void end_escape(struct pss_tty_modes *modes)
{
	modes->in_first_column = false;
	pss_tty_settings_escape(&modes->settings, modes->tokenizer.intermediate, modes->tokenizer.final);
}

/* One byte of a sequence. A string, and attributes, leave the cursor where it is. */
static void take_byte(struct pss_tty_modes *modes, unsigned char byte)
{
	switch (pss_tokenizer_step(&modes->tokenizer, byte)) {
	case PSS_TOKEN_ESCAPE:
		end_escape(modes);
		break;
	case PSS_TOKEN_CSI:
		end_csi(modes);
		break;
	case PSS_TOKEN_STRING:
		end_string(modes);
		break;
	case PSS_TOKEN_TEXT:
	case PSS_TOKEN_CONTROL:
		modes->in_first_column = false;
		break;
	case PSS_TOKEN_PART:
	case PSS_TOKEN_CANCEL:
		break;
	}
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

		if (modes->tokenizer.state != PSS_SEQUENCE_NONE) {
			take_byte(modes, *at++);
			continue;
		}
		escape = memchr(at, ESC, (size_t)(end - at));
		take_text(modes, at, (size_t)((escape ? escape : end) - at));
		if (!escape)
			break;
		pss_tokenizer_step(&modes->tokenizer, ESC);
		modes->last = ESC;
		at = escape + 1;
	}
	if (n > 0)
		modes->at_line_start = modes->tokenizer.state == PSS_SEQUENCE_NONE && modes->in_first_column;
}

size_t pss_tty_modes_reset(struct pss_tty_modes *modes, bool all, char *ret)
{
	static const char cancel[] = "\030\033\\", no_attributes[] = "\033[m";
	size_t n = 0;

	if (modes->tokenizer.state != PSS_SEQUENCE_NONE) {
		memcpy(ret, cancel, strlen(cancel));
		n = strlen(cancel);
	}
	n = pss_tty_settings_put_back(&modes->settings, all, ret, n, PSS_TTY_MODES_RESET_MAX - strlen(no_attributes));
	memcpy(ret + n, no_attributes, strlen(no_attributes));
	modes->tokenizer.state = PSS_SEQUENCE_NONE;
	modes->tokenizer.length = 0;
	return n + strlen(no_attributes);
}
