/* SPDX-License-Identifier: MIT */
/* The tables of what programs switch on in a terminal and leave on when they are killed (xterm's ctlseqs, kitty's
 * keyboard protocol). Fed by modes.c with whole sequences. A setting whose value before is not known is put back
 * to what a terminal has at first. */
#include "terminal/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PALETTE 256
#define PALETTE_LISTED_MAX 16 /* with more than these the whole palette is put back */
#define COLOUR_FIRST 10
#define COLOURS 10

/* Modes, with what a shell's prompt wants. Their order is that in which they are put back. */
static const struct mode {
	char prefix; /* '?': of DEC; 0: of ANSI */
	unsigned short number;
	bool normal;
	bool at_end;      /* a prompt can live with it: it may be meant */
	bool soft;        /* a soft reset (DECSTR) puts it back */
	const char *back; /* where it is more than the mode's own sequence */
} modes[] = {
	{ '?', 2, true, .back = "\033<" }, /* VT52, which knows no CSI */
	{ '?', 2026, false },              /* synchronized output: or nothing shows */
	{ '?', 47, false, .at_end = true },
	{ '?', 1047, false, .at_end = true }, /* alternate screens */
	{ '?', 1049, false, .at_end = true },
	{ '?', 1, false, .soft = true }, /* application cursor keys */
	/* Origin: it moves the cursor to the first line, over what stands there. */
	{ '?', 6, false, .soft = true, .back = "\033[r\033[?6l\033[999;1H\r\n" },
	{ '?', 69, false, .soft = true }, /* left and right margins */
	{ '?', 9, false },
	{ '?', 1000, false },
	{ '?', 1001, false },
	{ '?', 1002, false }, /* mouse */
	{ '?', 1003, false },
	{ '?', 1005, false },
	{ '?', 1006, false },
	{ '?', 1015, false },
	{ '?', 1016, false },
	{ '?', 1004, false },                 /* focus reports */
	{ '?', 2004, false },                 /* bracketed paste: the editor has its own idea */
	{ '?', 2031, false },                 /* colour scheme reports */
	{ '?', 2048, false },                 /* size reports */
	{ '?', 9001, false },                 /* keys as Windows has them */
	{ '?', 7727, false },                 /* application escape key */
	{ '?', 66, false, .soft = true },     /* application keypad */
	{ '?', 67, false },                   /* backspace sends BS */
	{ '?', 5, false },                    /* reverse video */
	{ '?', 7, true },                     /* wrapping */
	{ '?', 45, false },                   /* and backwards */
	{ '?', 8, true },                     /* keys repeat */
	{ '?', 4, false },                    /* smooth scrolling */
	{ '?', 42, false, .soft = true },     /* national charsets */
	{ '?', 3, false, .at_end = true },    /* 132 columns: it clears the screen */
	{ '?', 2027, false, .at_end = true }, /* grapheme clusters */
	{ 0, 2, false, .soft = true },        /* the keyboard is locked (KAM) */
	{ 0, 4, false, .soft = true },        /* insert (IRM) */
	{ 0, 12, true },                      /* no local echo (SRM) */
	{ 0, 20, false },                     /* Enter sends CR LF (LNM) */
	{ '?', 25, true, .soft = true },      /* the cursor */
};
#define N_MODES (sizeof modes / sizeof *modes)
_Static_assert(N_MODES <= 64, "a bit each");

enum flag {
	KEYPAD,
	KEYS, /* modifyKeyboard and its like, eight of them */
	KEYS_OTHER = KEYS + 4,
	KEYS_LAST = KEYS + 7,
	FORMAT, /* formatOtherKeys and its like */
	FORMAT_LAST = FORMAT + 7,
	SCROLL_REGION,
	CHARSET,
	G1,
	G2,
	G3,
	RIGHT,
	NOT_UTF8,
	EIGHT_BITS,
	CURSOR_SHAPE,
	PROTECTED,
	HYPERLINK,
	POINTER,
	PROGRESS,
	SPECIAL_COLOURS,
	WHOLE_PALETTE,
	N_FLAGS,
};

static const struct setting {
	const char *back;
	bool at_end, soft;
} settings_table[N_FLAGS] = {
	[KEYPAD] = { "\033>", .soft = true },
	[KEYS] = { "\033[>0m" },
	[KEYS + 1] = { "\033[>1m" },
	[KEYS + 2] = { "\033[>2m" },
	[KEYS + 3] = { "\033[>3m" },
	[KEYS_OTHER] = { "\033[>4m" },
	[KEYS + 5] = { "\033[>5m" },
	[KEYS + 6] = { "\033[>6m" },
	[KEYS_LAST] = { "\033[>7m" },
	[FORMAT] = { "\033[>0f" },
	[FORMAT + 1] = { "\033[>1f" },
	[FORMAT + 2] = { "\033[>2f" },
	[FORMAT + 3] = { "\033[>3f" },
	[FORMAT + 4] = { "\033[>4f" },
	[FORMAT + 5] = { "\033[>5f" },
	[FORMAT + 6] = { "\033[>6f" },
	[FORMAT_LAST] = { "\033[>7f" },
	[SCROLL_REGION] = { "\0337\033[r\0338", .soft = true }, /* setting it moves the cursor */
	[CHARSET] = { "\017\033(B", .soft = true },
	[G1] = { "\033)B", .soft = true },
	[G2] = { "\033*B", .soft = true },
	[G3] = { "\033+B", .soft = true },
	[RIGHT] = { "\033}", .soft = true },
	[NOT_UTF8] = { "\033%G" },
	[EIGHT_BITS] = { "\033 F" },
	[CURSOR_SHAPE] = { "\033[0 q" },
	[PROTECTED] = { "\033[0\"q", .soft = true },
	[HYPERLINK] = { "\033]8;;\033\\" },
	[POINTER] = { "\033]22;\033\\", .at_end = true },
	[PROGRESS] = { "\033]9;4;0\033\\", .at_end = true },
	[SPECIAL_COLOURS] = { "\033]105\033\\", .at_end = true },
	[WHOLE_PALETTE] = { "\033]104\033\\", .at_end = true },
};
_Static_assert(N_FLAGS <= 64, "a bit each");

static void set_flag(struct pss_tty_settings *settings, unsigned flag, bool on)
{
	if (on)
		settings->flags |= UINT64_C(1) << flag;
	else
		settings->flags &= ~(UINT64_C(1) << flag);
}

static bool has_flag(const struct pss_tty_settings *settings, unsigned flag)
{
	return settings->flags & UINT64_C(1) << flag;
}

static void soft_reset(struct pss_tty_settings *settings)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (modes[i].soft)
			settings->modes &= ~(UINT64_C(1) << i);
	for (unsigned i = 0; i < N_FLAGS; i++)
		if (settings_table[i].soft)
			set_flag(settings, i, false);
}

/* ---- CSI */

static void set_mode(struct pss_tty_settings *settings, char prefix, unsigned long number, bool on)
{
	for (size_t i = 0; i < N_MODES; i++) {
		if (modes[i].prefix != prefix || modes[i].number != number)
			continue;
		if (on == modes[i].normal)
			settings->modes &= ~(UINT64_C(1) << i);
		else
			settings->modes |= UINT64_C(1) << i;
	}
}

static void set_modes(struct pss_tty_settings *settings, const char *text, char final)
{
	char prefix = *text == '?' ? '?' : 0;
	const char *at = prefix ? text + 1 : text;

	while (*at) {
		char *end;
		unsigned long number = strtoul(at, &end, 10);

		if (end > at)
			set_mode(settings, prefix, number, final == 'h');
		at = *end ? end + 1 : end;
	}
}

static bool is_alternate(const struct pss_tty_settings *settings)
{
	for (size_t i = 0; i < N_MODES; i++)
		if (settings->modes & UINT64_C(1) << i &&
		    (modes[i].number == 47 || modes[i].number == 1047 || modes[i].number == 1049))
			return true;
	return false;
}

/* How many; 1 where nothing is said. */
static unsigned count_of(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	return n > 0 && n < UINT16_MAX ? (unsigned)n : 1;
}

/* kitty's: > pushes, < pops, = sets what is on top. */
static void set_kitty(struct pss_tty_settings *settings, const char *text, char final)
{
	unsigned *pushes = &settings->kitty[is_alternate(settings)].pushes;
	unsigned *flags = &settings->kitty[is_alternate(settings)].flags;
	char *rest;
	unsigned long value = strtoul(text + 1, &rest, 10);

	if (*text == '>') {
		*pushes += *pushes < UINT16_MAX;
	} else if (*text == '<' && count_of(text + 1) > *pushes) {
		*pushes = *flags = 0; /* what empties the stack switches it off */
	} else if (*text == '<') {
		*pushes -= count_of(text + 1);
	} else if (*text == '=' && *pushes == 0) {
		unsigned how = *rest == ';' ? count_of(rest + 1) : 1;

		*flags = (unsigned)(how == 1 ? value : how == 2 ? *flags | value : *flags & ~value);
	}
}

/* CSI > resource ; value m (or f): without a value it is put back, without a resource all of them. */
static void set_resource(struct pss_tty_settings *settings, const char *text, char final)
{
	unsigned first = final == 'f' ? FORMAT : KEYS;
	char *rest;
	unsigned long resource = strtoul(text + 1, &rest, 10);

	if (rest == text + 1)
		settings->flags &= ~(UINT64_C(0xff) << first);
	else if (resource <= KEYS_LAST - KEYS)
		set_flag(settings, first + (unsigned)resource,
			 *rest == ';' && rest[1] != '\0' && !(rest[1] == '0' && (final == 'f' || resource == 4)));
}

static void disable_resource(struct pss_tty_settings *settings, const char *text, char final)
{
	unsigned long resource = text[1] ? strtoul(text + 1, NULL, 10) : 2;

	if (resource <= KEYS_LAST - KEYS)
		set_flag(settings, KEYS + (unsigned)resource, resource != 4);
}

static void set_region(struct pss_tty_settings *settings, const char *text, char final)
{
	set_flag(settings, SCROLL_REGION, *text != '\0');
}

static void set_shape(struct pss_tty_settings *settings, const char *text, char final)
{
	set_flag(settings, CURSOR_SHAPE, strtoul(text, NULL, 10) != 0);
}

static void set_protection(struct pss_tty_settings *settings, const char *text, char final)
{
	set_flag(settings, PROTECTED, strtoul(text, NULL, 10) == 1);
}

static void on_soft_reset(struct pss_tty_settings *settings, const char *text, char final)
{
	soft_reset(settings);
}

/* By what stands in front of the parameters, behind them, and last. */
static const struct {
	const char *prefixes; /* one of these, or none at all where it is "" */
	char intermediate, final;
	void (*set)(struct pss_tty_settings *settings, const char *text, char final);
} sequences[] = {
	{ "?", 0, 'h', set_modes },    { "?", 0, 'l', set_modes },        { "", 0, 'h', set_modes },
	{ "", 0, 'l', set_modes },     { "<=>", 0, 'u', set_kitty },      { ">", 0, 'm', set_resource },
	{ ">", 0, 'f', set_resource }, { ">", 0, 'n', disable_resource }, { "", 0, 'r', set_region },
	{ "", ' ', 'q', set_shape },   { "", '"', 'q', set_protection },  { "", '!', 'p', on_soft_reset },
};

static bool is_prefix(const char *prefixes, char c)
{
	bool is_private = c >= '<' && c <= '?';

	return *prefixes ? is_private && strchr(prefixes, c) : !is_private;
}

void pss_tty_settings_csi(struct pss_tty_settings *settings, const char *text, char final)
{
	size_t n = strlen(text);
	char last = n > 0 && text[n - 1] >= 0x20 && text[n - 1] <= 0x2f ? text[n - 1] : 0;

	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
		if (sequences[i].final == final && sequences[i].intermediate == last &&
		    is_prefix(sequences[i].prefixes, *text))
			sequences[i].set(settings, text, final);
}

/* ---- OSC */

/* The next of several fields: where it begins, its length, and what follows it, or NULL. */
static const char *next_field(const char *at, size_t *ret_n)
{
	*ret_n = strcspn(at, ";");
	return at[*ret_n] ? at + *ret_n + 1 : NULL;
}

static bool is_query(const char *field, size_t n)
{
	return n == 1 && *field == '?';
}

static void set_palette_entry(struct pss_tty_settings *settings, unsigned long index, bool on)
{
	if (index >= PALETTE)
		set_flag(settings, SPECIAL_COLOURS, on || has_flag(settings, SPECIAL_COLOURS));
	else if (on)
		settings->palette[index / 8] |= (uint8_t)(1u << index % 8);
	else
		settings->palette[index / 8] &= (uint8_t) ~(1u << index % 8);
}

static void set_palette(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	size_t n;

	for (const char *index = text, *value; index && (value = next_field(index, &n));) {
		const char *next = next_field(value, &n);

		if (!is_query(value, n))
			set_palette_entry(settings, strtoul(index, NULL, 10), true);
		index = next;
	}
}

static void put_palette_back(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	size_t n;

	if (*text == '\0') {
		memset(settings->palette, 0, sizeof settings->palette);
		set_flag(settings, WHOLE_PALETTE, false);
	}
	for (const char *index = *text ? text : NULL; index; index = next_field(index, &n))
		set_palette_entry(settings, strtoul(index, NULL, 10), false);
}

static void set_special(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	set_flag(settings, SPECIAL_COLOURS, number == 5);
}

/* One after another: the first is of `number`, the next of the number that follows. */
static void set_colours(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	size_t n;

	for (const char *at = text; at && number < COLOUR_FIRST + COLOURS; number++) {
		const char *next = next_field(at, &n);

		if (n > 0 && !is_query(at, n))
			settings->colours |= (uint16_t)(1u << (number - COLOUR_FIRST));
		at = next;
	}
}

static void put_colour_back(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	settings->colours &= (uint16_t) ~(1u << (number - 100 - COLOUR_FIRST));
}

static void set_hyperlink(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	const char *address = strchr(text, ';');

	set_flag(settings, HYPERLINK, address && address[1] != '\0');
}

static void set_progress(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	if (strncmp(text, "4;", 2) == 0)
		set_flag(settings, PROGRESS, text[2] != '0' && text[2] != '\0');
}

static void set_pointer(struct pss_tty_settings *settings, unsigned number, const char *text)
{
	if (*text != '?')
		set_flag(settings, POINTER, *text != '\0');
}

static const struct {
	unsigned first, last;
	void (*set)(struct pss_tty_settings *settings, unsigned number, const char *text);
} commands[] = {
	{ 4, 4, set_palette },          { 5, 5, set_special },     { 8, 8, set_hyperlink },
	{ 9, 9, set_progress },         { 10, 19, set_colours },   { 22, 22, set_pointer },
	{ 104, 104, put_palette_back }, { 105, 105, set_special }, { 110, 119, put_colour_back },
};

void pss_tty_settings_osc(struct pss_tty_settings *settings, const char *text, bool is_cut)
{
	char *rest;
	unsigned long number = strtoul(text, &rest, 10);

	if (rest == text || (*rest != ';' && *rest != '\0'))
		return;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (number >= commands[i].first && number <= commands[i].last)
			commands[i].set(settings, (unsigned)number, *rest ? rest + 1 : rest);
	if (is_cut && number == 4)
		set_flag(settings, WHOLE_PALETTE, true);
}

/* ---- ESC */

/* What stays, by the intermediate byte and the last one; where that is 0, by any but `off`. */
static const struct {
	char intermediate, on, off;
	enum flag flag;
} escapes[] = {
	{ 0, '=', '>', KEYPAD },     { '(', 0, 'B', CHARSET },
	{ ')', 0, 'B', G1 },         { '*', 0, 'B', G2 },
	{ '+', 0, 'B', G3 },         { '-', 0, 0, G1 },
	{ '.', 0, 0, G2 },           { '/', 0, 0, G3 },
	{ 0, 'n', 0, CHARSET },      { 0, 'o', 0, CHARSET },
	{ 0, '~', '}', RIGHT },      { 0, '|', '}', RIGHT },
	{ '%', '@', 'G', NOT_UTF8 }, { ' ', 'G', 'F', EIGHT_BITS },
};

void pss_tty_settings_escape(struct pss_tty_settings *settings, char intermediate, char final)
{
	if (intermediate == 0 && final == 'c')
		*settings = (struct pss_tty_settings){ 0 };
	for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
		if (escapes[i].intermediate != intermediate)
			continue;
		if (final == escapes[i].off)
			set_flag(settings, escapes[i].flag, false);
		else if (final == escapes[i].on || (escapes[i].on == 0))
			set_flag(settings, escapes[i].flag, true);
	}
}

void pss_tty_settings_shift(struct pss_tty_settings *settings)
{
	set_flag(settings, CHARSET, true);
}

/* ---- and back */

struct writer {
	char *text;
	size_t n, max;
};

static void put(struct writer *writer, const char *text)
{
	size_t n = strlen(text);

	if (n < writer->max - writer->n) {
		memcpy(writer->text + writer->n, text, n);
		writer->n += n;
	}
}

static void put_number(struct writer *writer, const char *before, unsigned number, const char *after)
{
	char sequence[32];

	snprintf(sequence, sizeof sequence, "%s%u%s", before, number, after);
	put(writer, sequence);
}

static void put_modes(struct writer *writer, struct pss_tty_settings *settings, bool all)
{
	for (size_t i = 0; i < N_MODES; i++) {
		if (!(settings->modes & UINT64_C(1) << i) || (modes[i].at_end && !all))
			continue;
		if (modes[i].back)
			put(writer, modes[i].back);
		else
			put_number(writer, modes[i].prefix ? "\033[?" : "\033[", modes[i].number,
				   modes[i].normal ? "h" : "l");
		settings->modes &= ~(UINT64_C(1) << i);
	}
}

static void put_flags(struct writer *writer, struct pss_tty_settings *settings, bool all, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++) {
		if (!has_flag(settings, i) || (settings_table[i].at_end && !all))
			continue;
		put(writer, settings_table[i].back);
		set_flag(settings, i, false);
	}
}

static void put_kitty(struct writer *writer, struct pss_tty_settings *settings)
{
	bool alternate = is_alternate(settings);

	if (settings->kitty[alternate].pushes > 0)
		put_number(writer, "\033[<", settings->kitty[alternate].pushes, "u");
	if (settings->kitty[alternate].flags > 0)
		put(writer, "\033[=0u");
	settings->kitty[alternate].pushes = settings->kitty[alternate].flags = 0;
}

static unsigned count_palette(const struct pss_tty_settings *settings)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof settings->palette; i++)
		for (unsigned bits = settings->palette[i]; bits; bits &= bits - 1)
			n++;
	return n;
}

static void put_colours(struct writer *writer, struct pss_tty_settings *settings)
{
	if (count_palette(settings) > PALETTE_LISTED_MAX)
		set_flag(settings, WHOLE_PALETTE, true);
	for (unsigned i = 0; i < PALETTE && !has_flag(settings, WHOLE_PALETTE); i++)
		if (settings->palette[i / 8] & 1u << i % 8)
			put_number(writer, "\033]104;", i, "\033\\");
	for (unsigned i = 0; i < COLOURS; i++)
		if (settings->colours & 1u << i)
			put_number(writer, "\033]", 100 + COLOUR_FIRST + i, "\033\\");
	memset(settings->palette, 0, sizeof settings->palette);
	settings->colours = 0;
}

size_t pss_tty_settings_put_back(struct pss_tty_settings *settings, bool all, char *text, size_t n, size_t max)
{
	struct writer writer = { .text = text, .n = n, .max = max };

	if (is_alternate(settings)) /* which has a keyboard protocol of its own */
		put_kitty(&writer, settings);
	put_modes(&writer, settings, all);
	put_flags(&writer, settings, all, 0, SCROLL_REGION);
	put_kitty(&writer, settings);
	if (all)
		put_colours(&writer, settings);
	put_flags(&writer, settings, all, SCROLL_REGION, N_FLAGS);
	if (all)
		memset(settings->kitty, 0, sizeof settings->kitty);
	return writer.n;
}
