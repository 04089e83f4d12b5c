/* SPDX-License-Identifier: MIT */
/* A line of a command's output behind its label on a terminal: whatever the line holds, the label in front of it stays
 * what the reader sees. Characters, tabs and colours pass, and colours end with the line. A carriage return begins
 * again behind the label, a backspace takes back a character of this line, and every other control is left out. Called
 * by invoke-output.c; what goes into a pipe or a file does not come here. */
#include <stdint.h>
#include <string.h>

#include "client/invoke/private.h"
#include "terminal/clean-text.h"
#include "terminal/tokenizer.h"
#include "terminal/utf8.h"

#define ESC 0x1b
#define SGR_RESET "\033[m"

struct line {
	struct pss_invoke *invoke;
	const struct pss_invoke_target *target; /* or NULL: no label */
	int stream;
	size_t floor; /* how much of the stream's bytes no backspace may take */
	bool colored;
};

static size_t length_of(const struct line *line)
{
	return line->invoke->run->output.queue[line->stream].length;
}

static void put(struct line *line, const void *data, size_t n)
{
	pss_invoke_put(line->invoke, line->stream, data, n);
}

static size_t take_escape(struct line *line, const unsigned char *at, size_t n)
{
	size_t length = pss_sequence_length(at, n);

	if (pss_sequence_is_sgr(at, length)) {
		put(line, at, length);
		line->colored = true;
		line->floor = length_of(line);
	}
	return length;
}

static void begin_again(struct line *line)
{
	if (line->colored)
		put(line, SGR_RESET, strlen(SGR_RESET));
	put(line, "\r", 1);
	if (line->target)
		pss_invoke_put_label(line->invoke, line->target, line->stream);
	line->floor = length_of(line);
}

static void take_back(struct line *line)
{
	struct pss_buffer *out = &line->invoke->run->output.queue[line->stream];
	bool continues = true;

	while (continues && out->length > line->floor)
		continues = (pss_buffer_bytes(out)[--out->length] & 0xc0) == 0x80;
}

/* Bytes that are no UTF-8 are characters of another character set, or its C1 controls. */
static size_t take_character(struct line *line, const unsigned char *at, size_t n)
{
	uint32_t character = *at;
	size_t length = pss_decode(at, n, &character);

	if (character == '\t' || pss_is_printable(character))
		put(line, at, length ? length : 1);
	return length ? length : 1;
}

static size_t take(struct line *line, const unsigned char *at, size_t n)
{
	if (*at == ESC)
		return take_escape(line, at, n);
	if (*at == '\r')
		begin_again(line);
	else if (*at == '\b')
		take_back(line);
	else
		return take_character(line, at, n);
	return 1;
}

void pss_invoke_put_safe(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *data, size_t n)
{
	struct line line = { .invoke = invoke, .target = target, .stream = stream };
	const unsigned char *at = data, *end = at + n;

	line.floor = length_of(&line);
	while (end > at && end[-1] == '\r') /* of a line that ends as on DOS */
		end--;
	while (at < end)
		at += take(&line, at, (size_t)(end - at));
	if (line.colored)
		put(&line, SGR_RESET, strlen(SGR_RESET));
}
