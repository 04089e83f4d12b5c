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
#include "client/invoke/private.h"
#include "wire/cleanup.h"

#define PART_MAX_BYTES (256u * 1024u)        /* of a line in JSON */
#define HELD_MAX_BYTES (64u * 1024u * 1024u) /* of unfinished lines of text, all targets together */
#define GROUP_MAX_BYTES (16u * 1024u * 1024u)

/* ---- lines */

/* One line, without its newline, or a part of one. */
static void put_line(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream, const void *line,
		     size_t n, bool partial)
{
	if (invoke->request.tty && !partial && n > 0 && ((const char *)line)[n - 1] == '\r')
		n--; /* a terminal's newline */
	if (invoke->request.form == PSS_FORM_JSON) {
		pss_invoke_put_json(invoke, target, stream, line, n, partial);
		return;
	}
	/* Errors are not grouped: they are not waited for. */
	bool labelled = invoke->request.form == PSS_FORM_LINES ||
			(invoke->request.form == PSS_FORM_GROUPED && invoke->n_targets > 1);
	if (labelled)
		pss_invoke_put_label(invoke, target, stream);
	if (labelled && invoke->run->output.on_terminal[stream])
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
	struct pss_buffer *held = &target->output.partial[stream];

	put_line(invoke, target, stream, pss_buffer_bytes(held), n, partial);
	pss_buffer_consume(held, n);
	target->output.in_parts[stream] = partial;
	invoke->run->output.n_held -= n;
	if (held->capacity > PART_MAX_BYTES && held->length == 0)
		pss_buffer_finish(held);
}

/* JSON says of a part that it is one. A line of text has to be whole, as far as there is room for all of them. */
static void put_part_of_long(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream)
{
	const struct pss_buffer *held = &target->output.partial[stream];
	bool json = invoke->request.form == PSS_FORM_JSON;

	if (json ? held->length < PART_MAX_BYTES : invoke->run->output.n_held < HELD_MAX_BYTES)
		return;
	if (!json && !target->output.warned_parts)
		pss_call_warning(invoke->call, "[%s] a line is too long to be held here, and is shown in parts",
				 target->label);
	target->output.warned_parts = true;
	put_held(invoke, target, stream, part_length(held), true);
}

static void take_lines(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const char *data,
		       size_t n)
{
	struct pss_buffer *held = &target->output.partial[stream];

	while (n > 0) {
		const char *newline = memchr(data, '\n', n);
		size_t n_part = newline ? (size_t)(newline - data) : n;
		if (newline && held->length == 0) {
			put_line(invoke, target, stream, data, n_part, false);
			target->output.in_parts[stream] = false;
		} else if (pss_buffer_append(held, data, n_part) < 0) {
			invoke->run->output.error = ENOMEM;
		} else {
			invoke->run->output.n_held += n_part;
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
	struct pss_buffer *partial = &target->output.partial[stream];
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

static ssize_t write_some(struct pss_invoke_output *output, int stream, const unsigned char *data, size_t n)
{
	ssize_t written = pss_writer_write(&output->writers[stream], data, n);

	if (written > 0 && output->on_terminal[stream])
		output->has_open_line = data[written - 1] != '\n';
	return written;
}

static bool show_bare(struct pss_invoke_output *output, int stream, const unsigned char *data, size_t n)
{
	while (output->n_shown < n && !output->error) {
		ssize_t written = write_some(output, stream, data + output->n_shown, n - output->n_shown);
		if (written == -EAGAIN)
			return false;
		if (written < 0)
			output->error = (int)-written;
		else
			output->n_shown += (size_t)written;
	}
	return true;
}

bool pss_invoke_show(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const void *data,
		     size_t n)
{
	if (invoke->run->output.error)
		return true;
	if (invoke->request.form == PSS_FORM_BARE && invoke->n_targets == 1)
		return show_bare(&invoke->run->output, stream, data, n);
	target->output.printed = pss_now_ms();
	if (invoke->request.form == PSS_FORM_GROUPED)
		take_group(invoke, target, stream, data, n);
	else
		take_lines(invoke, target, stream, data, n);
	return true;
}

void pss_invoke_show_aside(struct pss_invoke *invoke, struct pss_invoke_target *target, const void *data, size_t n)
{
	if (invoke->request.form == PSS_FORM_BARE && invoke->n_targets == 1)
		pss_invoke_put(invoke, 1, data, n);
	else
		take_lines(invoke, target, 1, data, n);
}

static size_t last_line_length(const struct pss_buffer *held)
{
	const unsigned char *bytes = pss_buffer_bytes(held);
	const unsigned char *newline = held->length > 0 ? memrchr(bytes, '\n', held->length) : NULL;

	return newline ? held->length - (size_t)(newline + 1 - bytes) : held->length;
}

void pss_invoke_show_question(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	const struct pss_buffer *held = &target->output.partial[0];
	size_t n = last_line_length(held);
	_cleanup_(pss_free_pointer) char *tail =
		n > 0 ? strndup((const char *)pss_buffer_bytes(held) + held->length - n, n) : NULL;

	target->output.printed = 0;
	if (!tail || !*tail)
		return;
	if (invoke->request.form != PSS_FORM_GROUPED)
		put_held(invoke, target, 0, n, true);
	pss_invoke_write(invoke);
	if (!target->output.warned_question)
		pss_call_warning(invoke->call,
				 "[%s] stands at '%s': if it asks, it waits for ever, as no answer can be given to "
				 "several targets; -AllocateTty with this one alone can",
				 target->label, tail);
	target->output.warned_question = true;
}

void pss_invoke_show_end(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	for (int stream = 0; stream < 2; stream++) {
		const struct pss_buffer *held = &target->output.partial[stream];
		if (invoke->request.form == PSS_FORM_GROUPED && stream == 0)
			continue;
		if (held->length > 0 || (target->output.in_parts[stream] && invoke->request.form == PSS_FORM_JSON))
			put_held(invoke, target, stream, held->length, false);
	}
	pss_invoke_end_records(invoke, target);
	if (invoke->request.form == PSS_FORM_JSON)
		pss_invoke_put_json_end(invoke, target);
}

/* ---- grouped */

static bool is_same(const struct pss_invoke_target *a, const struct pss_invoke_target *b)
{
	const struct pss_buffer *of_a = &a->output.partial[0], *of_b = &b->output.partial[0];

	return b->result.outcome != PSS_OUTCOME_UNREACHABLE && a->result.exit_status == b->result.exit_status &&
	       of_a->length == of_b->length &&
	       (of_a->length == 0 || memcmp(pss_buffer_bytes(of_a), pss_buffer_bytes(of_b), of_a->length) == 0);
}

/* On a terminal nothing in it may reach the names above it. */
static void put_output(struct pss_invoke *invoke, const struct pss_buffer *output)
{
	const unsigned char *at = pss_buffer_bytes(output), *end = at ? at + output->length : at;

	if (!invoke->run->output.on_terminal[0]) {
		pss_invoke_put(invoke, 0, at, output->length);
		return;
	}
	while (at < end) {
		const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
		pss_invoke_put_safe(invoke, NULL, 0, at, (size_t)((newline ? newline : end) - at));
		pss_invoke_put_text(invoke, 0, newline ? "\n" : "");
		at = newline ? newline + 1 : end;
	}
}

static void put_group(struct pss_invoke *invoke, size_t first, bool *shown)
{
	const struct pss_invoke_target *leader = &invoke->targets[first];
	const struct pss_buffer *output = &leader->output.partial[0];
	char text[64];
	size_t n = 0;

	pss_invoke_put_text(invoke, 0, "---------------- ");
	for (size_t i = first; i < invoke->n_targets; i++) {
		if (shown[i] || !is_same(leader, &invoke->targets[i]))
			continue;
		shown[i] = true;
		pss_invoke_put_text(invoke, 0, n++ > 0 ? "," : "");
		pss_invoke_put_text(invoke, 0, invoke->targets[i].label);
	}
	snprintf(text, sizeof text, n > 1 ? " (%zu)" : "%.0zu", n);
	pss_invoke_put_text(invoke, 0, n > 1 ? text : "");
	snprintf(text, sizeof text, " status %d", leader->result.exit_status);
	pss_invoke_put_text(invoke, 0, leader->result.exit_status ? text : "");
	pss_invoke_put_text(invoke, 0, " ----------------\n");
	put_output(invoke, output);
	if (output->length > 0 && pss_buffer_bytes(output)[output->length - 1] != '\n')
		pss_invoke_put_text(invoke, 0, "\n");
}

void pss_invoke_show_groups(struct pss_invoke *invoke)
{
	_cleanup_(pss_free_pointer) bool *shown = calloc(invoke->n_targets, sizeof *shown);

	for (size_t i = 0; shown && i < invoke->n_targets; i++)
		if (!shown[i] &&
		    invoke->targets[i].result.outcome != PSS_OUTCOME_UNREACHABLE) /* of those the error has said it */
			put_group(invoke, i, shown);
}

/* ---- out */

/* As much of a queue as its descriptor takes. */
static void write_queue(struct pss_invoke_output *output, int stream)
{
	struct pss_buffer *queue = &output->queue[stream];

	while (queue->length > 0 && !output->error) {
		ssize_t n = write_some(output, stream, pss_buffer_bytes(queue), queue->length);
		if (n == -EAGAIN)
			return;
		if (n < 0)
			output->error = (int)-n;
		else
			pss_buffer_consume(queue, (size_t)n);
	}
}

void pss_invoke_write(struct pss_invoke *invoke)
{
	struct pss_invoke_output *output = &invoke->run->output;
	bool clear =
		(output->queue[0].length == 0 && output->queue[1].length == 0) || pss_invoke_progress_clear(invoke);

	for (int stream = 0; stream < 2; stream++)
		if (clear || !isatty(stream + 1))
			write_queue(output, stream);
	/* A queue that is full would not be filled again, and no end would come through: nothing is kept after an
	 * error. */
	for (int stream = 0; stream < 2 && output->error; stream++)
		pss_buffer_consume(&output->queue[stream], output->queue[stream].length);
}
