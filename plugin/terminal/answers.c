/* SPDX-License-Identifier: MIT */
/* Recognises answers of terminals (ECMA-48, DEC's, xterm's ctlseqs, kitty's protocols). Used where keys are sorted that
 * nobody has read. It knows the forms of answers and not of keys: what is in none of the tables is a key. One form is
 * both: a position of the cursor in the first row is F3 with modifiers too (a column of 2 to 16); it is a key unless a
 * position was asked for. */
#include "terminal/answers.h"

#include <string.h>

#define ESC 0x1b
#define BEL 0x07

/* `CSI PREFIX parameters INTERMEDIATE FINAL` */
static const struct {
	char prefix, intermediate, final; /* 0: none */
	size_t least, most;               /* number of parameters */
} controls[] = {
	{ '?', 0, 'c', 1, 99 },  { '>', 0, 'c', 1, 99 }, { '=', 0, 'c', 1, 99 }, /* device attributes */
	{ 0, 0, 'n', 1, 1 },     { '?', 0, 'n', 1, 99 },                         /* status */
	{ 0, 0, 'R', 2, 2 },     { '?', 0, 'R', 2, 3 },                          /* position of the cursor */
	{ '?', '$', 'y', 2, 2 }, { 0, '$', 'y', 2, 2 },                          /* is a mode set */
	{ 0, 0, 't', 1, 99 },    { '?', 0, 'S', 2, 99 },                         /* window, graphics */
	{ '?', 0, 'u', 1, 1 },   { '>', 0, 'm', 1, 2 },                          /* keyboard protocols */
	{ 0, 0, 'x', 2, 99 },                                                    /* parameters */
	{ 0, 0, 'I', 0, 0 },     { 0, 0, 'O', 0, 0 },                            /* focus */
	{ '<', 0, 'M', 3, 3 },   { '<', 0, 'm', 3, 3 },  { 0, 0, 'M', 3, 3 },    /* mouse */
};

/* Mouse reports of the oldest kind have three bytes behind them. */
static const unsigned char old_mouse[] = { ESC, '[', 'M' };
#define OLD_MOUSE_LENGTH 6

struct control {
	char prefix, intermediate, final;
	size_t n_parameters;
	unsigned parameters[2]; /* the first ones */
};

static bool is_between(unsigned char byte, unsigned char first, unsigned char last)
{
	return byte >= first && byte <= last;
}

/* The parameters from `at` on; where they end. */
static size_t read_parameters(const unsigned char *bytes, size_t at, size_t n, struct control *ret)
{
	while (at < n && is_between(bytes[at], '0', ';')) {
		if (ret->n_parameters == 0)
			ret->n_parameters = 1;
		if (bytes[at] == ';')
			ret->n_parameters++;
		else if (bytes[at] != ':' && ret->n_parameters <= 2 && ret->parameters[ret->n_parameters - 1] < 100000)
			ret->parameters[ret->n_parameters - 1] =
				ret->parameters[ret->n_parameters - 1] * 10 + (unsigned)(bytes[at] - '0');
		at++;
	}
	return at;
}

static enum pss_answer read_control(const unsigned char *bytes, size_t n, struct control *ret, size_t *ret_length)
{
	size_t at = 2;

	*ret = (struct control){ 0 };
	if (at < n && is_between(bytes[at], '<', '?'))
		ret->prefix = (char)bytes[at++];
	at = read_parameters(bytes, at, n, ret);
	if (at < n && is_between(bytes[at], ' ', '/'))
		ret->intermediate = (char)bytes[at++];
	if (at == n)
		return PSS_ANSWER_PART;
	ret->final = (char)bytes[at];
	*ret_length = at + 1;
	return is_between(bytes[at], '@', '~') ? PSS_ANSWER_WHOLE : PSS_ANSWER_NONE;
}

static bool is_modified_f3(const struct control *control)
{
	return control->final == 'R' && control->prefix == 0 && control->parameters[0] == 1 &&
	       control->parameters[1] >= 2 && control->parameters[1] <= 16;
}

static enum pss_answer find_control(const unsigned char *bytes, size_t n, bool position_asked, size_t *ret_length)
{
	struct control control;
	enum pss_answer found;

	if (n >= sizeof old_mouse && memcmp(bytes, old_mouse, sizeof old_mouse) == 0) {
		*ret_length = OLD_MOUSE_LENGTH;
		return n >= OLD_MOUSE_LENGTH ? PSS_ANSWER_WHOLE : PSS_ANSWER_PART;
	}
	found = read_control(bytes, n, &control, ret_length);
	if (found != PSS_ANSWER_WHOLE || (is_modified_f3(&control) && !position_asked))
		return found == PSS_ANSWER_WHOLE ? PSS_ANSWER_NONE : found;
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
		if (controls[i].prefix == control.prefix && controls[i].intermediate == control.intermediate &&
		    controls[i].final == control.final && control.n_parameters >= controls[i].least &&
		    control.n_parameters <= controls[i].most)
			return PSS_ANSWER_WHOLE;
	}
	return PSS_ANSWER_NONE;
}

/* What may follow the introducer of a string; Meta and such a key in a row are rare, and no end follows them. */
static bool opens_string(unsigned char introducer, unsigned char next)
{
	switch (introducer) {
	case ']': /* OSC: the number of a colour, of the clipboard; titles */
		return is_between(next, '0', '9') || next == 'l' || next == 'L' || next == 'I';
	case 'P': /* DCS: 1$r, 1+r, !|, >| */
		return is_between(next, '0', '9') || next == '!' || next == '>' || next == '$';
	default: /* APC: kitty's graphics */
		return introducer == '_' && next == 'G';
	}
}

static enum pss_answer find_string(const unsigned char *bytes, size_t n, size_t *ret_length)
{
	if (n == 2)
		return PSS_ANSWER_PART;
	if (!opens_string(bytes[1], bytes[2]))
		return PSS_ANSWER_NONE;
	for (size_t at = 3; at < n; at++) {
		bool ends = bytes[at] == ESC && at + 1 < n && bytes[at + 1] == '\\';

		*ret_length = bytes[at] == BEL ? at + 1 : at + 2;
		if (bytes[at] == BEL || ends)
			return PSS_ANSWER_WHOLE;
		if (bytes[at] == ESC && at + 1 == n)
			return PSS_ANSWER_PART;
		if (bytes[at] < ' ' || bytes[at] == 0x7f)
			return PSS_ANSWER_NONE;
	}
	return PSS_ANSWER_PART;
}

enum pss_answer pss_answer_find(const unsigned char *bytes, size_t n, bool position_asked, size_t *ret_length)
{
	if (n < 2)
		return PSS_ANSWER_NONE; /* the key Esc */
	switch (bytes[1]) {
	case '[':
		return find_control(bytes, n, position_asked, ret_length);
	case ']':
	case 'P':
	case '_':
		return find_string(bytes, n, ret_length);
	default:
		return PSS_ANSWER_NONE;
	}
}

bool pss_answer_is_last(const unsigned char *answer, size_t n)
{
	return n > 3 && answer[1] == '[' && answer[2] == '?' && answer[n - 1] == 'c';
}
