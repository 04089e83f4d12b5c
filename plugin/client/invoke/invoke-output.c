/* SPDX-License-Identifier: MIT */
/* What the commands print, in the form that was asked for. Bare output is written from the frame it came in; the other
 * forms take whole lines into a buffer of bounded length, which the loop empties before it reads on. Called by
 * invoke-loop.c and invoke-frames.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/invoke/invoke-loop.h"
#include "wire/cleanup.h"

#define PART_MAX_BYTES (256u * 1024u)        /* of a line in JSON */
#define HELD_MAX_BYTES (64u * 1024u * 1024u) /* of unfinished lines of text, all targets together */
#define GROUP_MAX_BYTES (16u * 1024u * 1024u)

void pss_invoke_put(struct pss_invoke *invoke, int stream, const void *data, size_t n)
{
	if (!invoke->broken && pss_buffer_append(&invoke->out[stream], data, n) < 0)
		invoke->broken = ENOMEM;
}

static void put_text(struct pss_invoke *invoke, int stream, const char *text)
{
	pss_invoke_put(invoke, stream, text, strlen(text));
}

bool pss_invoke_has_output(const struct pss_invoke *invoke)
{
	return !invoke->broken && (invoke->showing || invoke->out[0].length > 0 || invoke->out[1].length > 0);
}

/* ---- lines */

static unsigned color_of(const char *label)
{
	static const unsigned char colors[] = { 31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96 };
	unsigned hash = 5381;

	while (*label)
		hash = hash * 33 + (unsigned char)*label++;
	return colors[hash % sizeof colors];
}

void pss_invoke_put_label(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream)
{
	char start[16];

	snprintf(start, sizeof start, "\033[%um", color_of(target->label));
	if (invoke->color[stream])
		put_text(invoke, stream, start);
	put_text(invoke, stream, target->label);
	put_text(invoke, stream, invoke->color[stream] ? ":\033[0m " : ": ");
}

/* One line, without its newline, or a part of one. */
static void put_line(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream, const void *line,
		     size_t n, bool partial)
{
	if (invoke->tty && !partial && n > 0 && ((const char *)line)[n - 1] == '\r')
		n--; /* a terminal's newline */
	if (invoke->form == PSS_FORM_JSON) {
		pss_invoke_put_json(invoke, target, stream, line, n, partial);
		return;
	}
	bool labelled = invoke->form == PSS_FORM_LINES;
	if (labelled)
		pss_invoke_put_label(invoke, target, stream);
	if (labelled && invoke->on_terminal[stream])
		pss_invoke_put_safe(invoke, target, stream, line, n);
	else
		pss_invoke_put(invoke, stream, line, n);
	pss_invoke_put(invoke, stream, "\n", 1);
}

/* How much of an unfinished line makes a part that ends with a whole character. */
static size_t part_length(const struct pss_buffer *held)
{
	const unsigned char *bytes = pss_buffer_bytes(held);
	size_t begun = 0;

	while (begun < 3 && begun + 1 < held->length && (bytes[held->length - 1 - begun] & 0xc0) == 0x80)
		begun++;
	return held->length > begun + 1 && bytes[held->length - 1 - begun] >= 0xc0 ? held->length - 1 - begun
										   : held->length;
}

static void put_held(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, size_t n, bool partial)
{
	struct pss_buffer *held = &target->partial[stream];

	put_line(invoke, target, stream, pss_buffer_bytes(held), n, partial);
	pss_buffer_consume(held, n);
	target->in_parts[stream] = partial;
	invoke->n_held -= n;
	if (held->capacity > PART_MAX_BYTES && held->length == 0)
		pss_buffer_finish(held);
}

/* JSON says of a part that it is one. A line of text has to be whole, as far as there is room for all of them. */
static void put_part_of_long(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream)
{
	const struct pss_buffer *held = &target->partial[stream];
	bool json = invoke->form == PSS_FORM_JSON;

	if (json ? held->length < PART_MAX_BYTES : invoke->n_held < HELD_MAX_BYTES)
		return;
	if (!json && !target->told_parts)
		pss_call_warning(invoke->call, "[%s] a line is too long to be held here, and is shown in parts",
				 target->label);
	target->told_parts = true;
	put_held(invoke, target, stream, part_length(held), true);
}

static void take_lines(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const char *data,
		       size_t n)
{
	struct pss_buffer *held = &target->partial[stream];

	while (n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t n_part = newline ? (size_t)(newline - data) : n;
		if (newline && held->length == 0) {
			put_line(invoke, target, stream, data, n_part, false);
			target->in_parts[stream] = false;
		} else if (pss_buffer_append(held, data, n_part) < 0) {
			invoke->broken = ENOMEM;
		} else {
			invoke->n_held += n_part;
			if (newline)
				put_held(invoke, target, stream, held->length, false);
			else
				put_part_of_long(invoke, target, stream);
		}
		data += n_part + (newline != NULL);
		n -= n_part + (newline != NULL);
	}
}

static void take_group(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const char *data,
		       size_t n)
{
	struct pss_buffer *partial = &target->partial[stream];
	size_t room = partial->length < GROUP_MAX_BYTES ? GROUP_MAX_BYTES - partial->length : 0;

	if (stream == 1) { /* it is not to be waited for */
		take_lines(invoke, target, stream, data, n);
		return;
	}
	pss_buffer_append(partial, data, n < room ? n : room);
	if (n > room && room > 0)
		pss_call_warning(invoke->call, "[%s] -Grouped keeps the first %u bytes; the rest is dropped",
				 target->label, GROUP_MAX_BYTES);
}

/* ---- bare */

static bool show_bare(struct pss_invoke *invoke, int stream, const unsigned char *data, size_t n)
{
	while (invoke->n_shown < n && !invoke->broken) {
		ssize_t written =
			pss_writer_write(&invoke->writers[stream], data + invoke->n_shown, n - invoke->n_shown);
		if (written == -EAGAIN)
			return false;
		if (written < 0)
			invoke->broken = (int)-written;
		else
			invoke->n_shown += (size_t)written;
	}
	return true;
}

bool pss_invoke_show(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const void *data,
		     size_t n)
{
	if (invoke->broken)
		return true;
	if (invoke->form == PSS_FORM_BARE && invoke->n_targets == 1)
		return show_bare(invoke, stream, data, n);
	target->printed = pss_now_ms();
	if (invoke->form == PSS_FORM_GROUPED)
		take_group(invoke, target, stream, data, n);
	else
		take_lines(invoke, target, stream, data, n);
	return true;
}

static size_t last_line_length(const struct pss_buffer *held)
{
	const unsigned char *bytes = pss_buffer_bytes(held);
	const unsigned char *newline = held->length > 0 ? memrchr(bytes, '\n', held->length) : NULL;

	return newline ? held->length - (size_t)(newline + 1 - bytes) : held->length;
}

void pss_invoke_show_question(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	const struct pss_buffer *held = &target->partial[0];
	size_t n = last_line_length(held);
	_cleanup_(pss_free_pointer) char *tail =
		n > 0 ? strndup((const char *)pss_buffer_bytes(held) + held->length - n, n) : NULL;

	target->printed = 0;
	if (!tail || !*tail)
		return;
	if (invoke->form != PSS_FORM_GROUPED)
		put_held(invoke, target, 0, n, true);
	pss_invoke_write(invoke);
	if (!target->told_question)
		pss_call_warning(invoke->call,
				 "[%s] stands at '%s': if it asks, it waits for ever, as no answer can be given to "
				 "several targets; -AllocateTty with this one alone can",
				 target->label, tail);
	target->told_question = true;
}

void pss_invoke_show_end(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	for (int stream = 0; stream < 2; stream++) {
		const struct pss_buffer *held = &target->partial[stream];
		if (invoke->form == PSS_FORM_GROUPED && stream == 0)
			continue;
		if (held->length > 0 || (target->in_parts[stream] && invoke->form == PSS_FORM_JSON))
			put_held(invoke, target, stream, held->length, false);
	}
	if (invoke->form == PSS_FORM_JSON)
		pss_invoke_put_json_end(invoke, target);
}

/* ---- grouped */

static bool is_same(const struct pss_invoke_target *a, const struct pss_invoke_target *b)
{
	return b->outcome != PSS_OUTCOME_UNREACHABLE && a->exit_status == b->exit_status &&
	       a->partial[0].length == b->partial[0].length &&
	       (a->partial[0].length == 0 ||
		memcmp(pss_buffer_bytes(&a->partial[0]), pss_buffer_bytes(&b->partial[0]), a->partial[0].length) == 0);
}

/* On a terminal nothing in it may reach the names above it. */
static void put_output(struct pss_invoke *invoke, const struct pss_buffer *output)
{
	const unsigned char *at = pss_buffer_bytes(output), *end = at ? at + output->length : at;

	if (!invoke->on_terminal[0]) {
		pss_invoke_put(invoke, 0, at, output->length);
		return;
	}
	while (at < end) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		pss_invoke_put_safe(invoke, NULL, 0, at, (size_t)((newline ? newline : end) - at));
		put_text(invoke, 0, newline ? "\n" : "");
		at = newline ? newline + 1 : end;
	}
}

static void put_group(struct pss_invoke *invoke, size_t first, bool *shown)
{
	const struct pss_invoke_target *leader = &invoke->targets[first];
	const struct pss_buffer *output = &leader->partial[0];
	char text[64];
	size_t n = 0;

	put_text(invoke, 0, "---------------- ");
	for (size_t i = first; i < invoke->n_targets; i++) {
		if (shown[i] || !is_same(leader, &invoke->targets[i]))
			continue;
		shown[i] = true;
		put_text(invoke, 0, n++ > 0 ? "," : "");
		put_text(invoke, 0, invoke->targets[i].label);
	}
	snprintf(text, sizeof text, n > 1 ? " (%zu)" : "%.0zu", n);
	put_text(invoke, 0, n > 1 ? text : "");
	snprintf(text, sizeof text, " status %d", leader->exit_status);
	put_text(invoke, 0, leader->exit_status ? text : "");
	put_text(invoke, 0, " ----------------\n");
	put_output(invoke, output);
	if (output->length > 0 && pss_buffer_bytes(output)[output->length - 1] != '\n')
		put_text(invoke, 0, "\n");
}

void pss_invoke_show_groups(struct pss_invoke *invoke)
{
	_cleanup_(pss_free_pointer) bool *shown = calloc(invoke->n_targets, sizeof *shown);

	for (size_t i = 0; shown && i < invoke->n_targets; i++)
		if (!shown[i] &&
		    invoke->targets[i].outcome != PSS_OUTCOME_UNREACHABLE) /* of those the error has said it */
			put_group(invoke, i, shown);
}

/* ---- out */

void pss_invoke_write(struct pss_invoke *invoke)
{
	bool clear = (invoke->out[0].length == 0 && invoke->out[1].length == 0) || pss_invoke_progress_clear(invoke);

	for (int stream = 0; stream < 2; stream++) {
		struct pss_buffer *out = &invoke->out[stream];
		if (!clear && isatty(stream + 1))
			continue;
		while (out->length > 0 && !invoke->broken) {
			ssize_t n = pss_writer_write(&invoke->writers[stream], pss_buffer_bytes(out), out->length);
			if (n == -EAGAIN)
				break;
			if (n < 0)
				invoke->broken = (int)-n;
			else
				pss_buffer_consume(out, (size_t)n);
		}
	}
	/* Nobody takes it any more, and what is full would not be filled again: no end would come through. */
	for (int stream = 0; stream < 2 && invoke->broken; stream++)
		pss_buffer_consume(&invoke->out[stream], invoke->out[stream].length);
}
