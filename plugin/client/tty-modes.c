/* SPDX-License-Identifier: MIT */
/* Follows the remote's output just far enough to know what it left switched on: mouse reporting, an
 * invisible cursor, application keys, the alternate screen, an unfinished sequence. Plain text costs one
 * memchr. Used by the relay; writes to no terminal itself. */
#include "client/tty-modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESC 0x1b
#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f

/* DEC private modes that programs leave on when they are killed, with what a shell's prompt wants. */
static const struct private_mode {
	unsigned number;
	bool normal;
	bool only_at_end; /* a prompt on the alternate screen may be meant */
} private_modes[] = {
	{ 2026, false, false },                        /* synchronized output: first, or nothing shows */
	{ 47, false, true },    { 1047, false, true }, /* alternate screens */
	{ 1049, false, true },  { 1, false, false },   /* application cursor keys */
	{ 6, false, false },                           /* origin mode */
	{ 9, false, false },    { 1000, false, false }, { 1001, false, false }, { 1002, false, false }, /* mouse */
	{ 1003, false, false }, { 1005, false, false }, { 1006, false, false }, { 1015, false, false },
	{ 1016, false, false }, { 1004, false, false }, /* focus reports */
	{ 2004, false, false },                         /* bracketed paste: the editor has its own idea */
	{ 2031, false, false },                         /* colour scheme reports */
	{ 2048, false, false },                         /* size reports */
	{ 5, false, false },                            /* reverse video */
	{ 7, true, false },                             /* wrapping */
	{ 25, true, false },                            /* the cursor */
};
#define N_PRIVATE_MODES (sizeof(private_modes) / sizeof(private_modes[0]))
_Static_assert(N_PRIVATE_MODES <= 32, "a bit each");

void pss_tty_modes_init(struct pss_tty_modes *modes)
{
	*modes = (struct pss_tty_modes){ .at_line_start = true };
}

static void forget_settings(struct pss_tty_modes *modes)
{
	modes->changed = 0;
	modes->kitty_pushes = 0;
	modes->keypad = modes->charset = modes->other_keys = modes->scroll_region = false;
}

static void set_private_mode(struct pss_tty_modes *modes, unsigned long number, bool on)
{
	for (size_t i = 0; i < N_PRIVATE_MODES; i++) {
		if (private_modes[i].number != number)
			continue;
		if (on == private_modes[i].normal)
			modes->changed &= ~(1u << i);
		else
			modes->changed |= 1u << i;
	}
}

static void set_private_modes(struct pss_tty_modes *modes, const char *parameters, bool on)
{
	const char *at = parameters;

	while (*at) {
		char *end;
		unsigned long number = strtoul(at, &end, 10);

		if (end > at)
			set_private_mode(modes, number, on);
		at = *end ? end + 1 : end;
	}
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
	const unsigned char *start = modes->string;

	if (modes->n_string >= 3 && ((start[0] == ']' && modes->string_last == '?') ||
				     (start[0] == 'P' && (start[1] == '$' || start[1] == '+') && start[2] == 'q')))
		note_query(modes, false);
}

static void in_string(struct pss_tty_modes *modes, unsigned char byte)
{
	if (modes->n_string < sizeof modes->string)
		modes->string[modes->n_string++] = byte;
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
	if (text[0] == '?' && (final == 'h' || final == 'l'))
		set_private_modes(modes, text + 1, final == 'h');
	else if (text[0] == '>' && final == 'u')
		modes->kitty_pushes++;
	else if (text[0] == '<' && final == 'u' && modes->kitty_pushes > 0)
		modes->kitty_pushes--;
	else if (text[0] == '>' && final == 'm')
		modes->other_keys = strncmp(text, ">4;", 3) == 0 && text[3] != '0' && text[3] != '\0';
	else if (final == 'r' && (text[0] == '\0' || (text[0] >= '0' && text[0] <= '9')))
		modes->scroll_region = text[0] != '\0';
	else if (strcmp(text, "!") == 0 && final == 'p')
		forget_settings(modes);
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
		in_string(modes, byte);
	} else if (byte >= 0x20 && byte <= 0x2f) {
		modes->escape = PSS_ESCAPE_INTERMEDIATE;
		modes->introducer = (char)byte;
	} else if (byte == ESC) {
		modes->escape = PSS_ESCAPE_START;
	} else if (byte == '=' || byte == '>') {
		modes->keypad = byte == '=';
	} else if (byte == 'c') {
		forget_settings(modes);
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
		if (byte >= 0x30) {
			modes->escape = PSS_ESCAPE_NONE;
			if (modes->introducer == '(')
				modes->charset = byte != 'B';
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
			in_string(modes, byte);
		break;
	case PSS_ESCAPE_STRING_ESC:
		if (byte == '\\')
			end_string(modes);
		after_escape(modes, byte);
		break;
	}
}

void pss_tty_modes_feed(struct pss_tty_modes *modes, const void *data, size_t n)
{
	const unsigned char *at = data, *end = at + n;

	if (n == 0)
		return;
	while (at < end) {
		const unsigned char *escape;

		if (modes->escape != PSS_ESCAPE_NONE) {
			in_sequence(modes, *at++);
			continue;
		}
		escape = memchr(at, ESC, (size_t)(end - at));
		if (memchr(at, SHIFT_OUT, (size_t)((escape ? escape : end) - at)))
			modes->charset = true;
		if (!escape)
			break;
		modes->escape = PSS_ESCAPE_START;
		at = escape + 1;
	}
	modes->at_line_start =
		modes->escape == PSS_ESCAPE_NONE && (end[-1] == '\r' || (end[-1] == '\n' && n > 1 && end[-2] == '\r'));
}

struct writer {
	char *text;
	size_t n;
};

static void put(struct writer *writer, const char *text)
{
	size_t n = strlen(text);

	if (n < PSS_TTY_MODES_RESET_MAX - writer->n) {
		memcpy(writer->text + writer->n, text, n);
		writer->n += n;
	}
}

static void put_private_modes(struct writer *writer, struct pss_tty_modes *modes, bool all)
{
	for (size_t i = 0; i < N_PRIVATE_MODES; i++) {
		char sequence[16];

		if (!(modes->changed & (1u << i)) || (private_modes[i].only_at_end && !all))
			continue;
		snprintf(sequence, sizeof(sequence), "\033[?%u%c", private_modes[i].number,
			 private_modes[i].normal ? 'h' : 'l');
		put(writer, sequence);
		modes->changed &= ~(1u << i);
	}
}

size_t pss_tty_modes_reset(struct pss_tty_modes *modes, bool all, char *ret)
{
	struct writer writer = { .text = ret };

	if (modes->escape != PSS_ESCAPE_NONE)
		put(&writer, "\030\033\\");
	put_private_modes(&writer, modes, all);
	if (modes->keypad)
		put(&writer, "\033>");
	if (modes->other_keys)
		put(&writer, "\033[>4m");
	if (modes->kitty_pushes > 0) {
		char sequence[32];

		snprintf(sequence, sizeof(sequence), "\033[<%uu", modes->kitty_pushes);
		put(&writer, sequence);
	}
	if (modes->scroll_region)
		put(&writer, "\0337\033[r\0338"); /* setting it moves the cursor */
	if (modes->charset)
		put(&writer, "\017\033(B");
	put(&writer, "\033[m");
	modes->keypad = modes->other_keys = modes->charset = modes->scroll_region = false;
	modes->kitty_pushes = 0;
	modes->escape = PSS_ESCAPE_NONE;
	return writer.n;
}
