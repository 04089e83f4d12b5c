/* SPDX-License-Identifier: MIT */
/* What comes for the screen while a line is edited: it is shown above the line, in one piece where it comes in several.
 * Each piece ends with the attributes and modes put back, as the editor paints next; so a control sequence, or a
 * letter, that was cut on its way waits for its end, for a moment. Called by the editor when the connection
 * is readable. It must never keep text back for longer than that, nor hold up a key. */
#include <poll.h>
#include <string.h>

#include "client/base/poll.h"
#include "client/entered/private.h"
#include "client/tty/signals.h"
#include "terminal/tokenizer.h"
#include "wire/cleanup.h"

#define PATIENCE_MS 50
#define TEXT_MAX (64u * 1024u)
#define DROPPED_MAX 4096 /* of a sequence whose beginning was given up */

static const unsigned char cancel[] = { 0x18 };
#define ESC 0x1b

/* ---- what waits */

/* Bytes at the end that begin a letter of UTF-8 and do not end it. */
static size_t unfinished_letter(const unsigned char *text, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char byte = text[n - back];
		size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

		if ((byte & 0xc0) != 0x80)
			return length > back ? back : 0;
	}
	return 0;
}

static size_t unfinished(const struct pss_entered_state *state)
{
	const struct pss_buffer *text = &state->above.text;
	size_t n = state->modes.tokenizer.length;

	if (n == 0)
		n = unfinished_letter(pss_buffer_bytes(text), text->length);

	return state->above.is_dropping ? 0 : n < text->length ? n : text->length;
}

static bool is_settled(const struct pss_entered_state *state)
{
	const struct pss_buffer *text = &state->above.text;

	return text->length == 0 || text->length > TEXT_MAX || (state->modes.at_line_start && unfinished(state) == 0);
}

/* ---- showing */

size_t pss_above_reset(struct pss_entered_state *state, bool all, char *ret)
{
	struct pss_tokenizer tokenizer = state->modes.tokenizer;
	size_t n;
	bool was_written = state->above.text.length == 0 && !state->above.is_dropping;

	if (was_written)
		return pss_tty_modes_reset(&state->modes, all, ret);
	state->modes.tokenizer.state = PSS_SEQUENCE_NONE;
	n = pss_tty_modes_reset(&state->modes, all, ret);
	state->modes.tokenizer = tokenizer;
	return n;
}

static void show_text(struct pss_entered_state *state, size_t n)
{
	char reset[PSS_TTY_MODES_RESET_MAX];
	struct pss_buffer shown;

	if (n == 0)
		return;
	pss_buffer_init(&shown);
	if (pss_buffer_append(&shown, pss_buffer_bytes(&state->above.text), n) == 0) {
		if (!state->tty.dumb)
			pss_buffer_append(&shown, reset, pss_above_reset(state, false, reset));
		if (!state->modes.in_first_column)
			pss_buffer_append(&shown, "\r\n", 2);
		state->shell->print_above((const char *)pss_buffer_bytes(&shown), shown.length);
	}
	state->modes.in_first_column = true;
	state->modes.at_line_start = state->modes.tokenizer.state == PSS_SEQUENCE_NONE;
	pss_buffer_finish(&shown);
	pss_buffer_consume(&state->above.text, n);
}

/* What is there, but for a sequence that may still be finished. */
static void show(struct pss_entered_state *state, bool gives_up)
{
	struct pss_above *above = &state->above;
	size_t n = unfinished(state);

	if (gives_up && state->modes.tokenizer.state == PSS_SEQUENCE_NONE)
		n = 0;
	show_text(state, above->text.length - n);
	if (!gives_up || n == 0)
		return;
	above->is_dropping = true;
	above->n_dropped = 0;
	pss_buffer_finish(&above->text);
}

/* ---- taking */

static void stop_dropping(struct pss_entered_state *state)
{
	state->above.is_dropping = false;
	if (state->modes.tokenizer.state != PSS_SEQUENCE_NONE)
		pss_tty_modes_feed(&state->modes, cancel, sizeof cancel);
	pss_tty_modes_set_line_start(&state->modes);
}

/* Ends there what is no rest of a sequence: a line's end, or another sequence. */
static bool ends_there(const unsigned char *at, const unsigned char *end)
{
	return *at == '\n' || *at == '\r' || (*at == ESC && at + 1 < end && at[1] != '\\');
}

/* How many bytes are the rest of a sequence whose beginning was given up. */
static size_t drop_rest(struct pss_entered_state *state, const unsigned char *bytes, size_t n)
{
	const unsigned char *at = bytes, *end = bytes + n;

	while (state->above.is_dropping && at < end) {
		if (ends_there(at, end) || state->above.n_dropped++ == DROPPED_MAX)
			stop_dropping(state);
		else
			pss_tty_modes_feed(&state->modes, at++, 1);
		if (state->above.is_dropping && state->modes.tokenizer.state == PSS_SEQUENCE_NONE)
			stop_dropping(state);
	}
	return (size_t)(at - bytes);
}

static void take_output(struct pss_entered_state *state, const struct pss_frame *frame)
{
	const unsigned char *bytes = frame->payload;
	size_t n = frame->header.length, n_dropped = drop_rest(state, bytes, n);

	if (n == n_dropped || pss_buffer_append(&state->above.text, bytes + n_dropped, n - n_dropped) < 0)
		return;
	pss_tty_modes_feed(&state->modes, bytes + n_dropped, n - n_dropped);
}

static void show_note(struct pss_entered_state *state, const struct pss_frame *frame)
{
	_cleanup_(pss_free_pointer) char *note = pss_screen_note(state, frame, "\n");

	show(state, false);
	if (note)
		state->shell->print_above(note, strlen(note));
}

static void take(struct pss_entered_state *state)
{
	struct pss_frame frame;
	bool was_settled = is_settled(state);

	pss_attached_fill(&state->link);
	while (pss_attached_next(&state->link, &frame)) {
		if (frame.header.type == PSS_NOTE)
			show_note(state, &frame);
		else
			take_output(state, &frame);
		pss_attached_shown(&state->link, &frame);
		if (state->above.text.length > TEXT_MAX)
			show(state, false);
	}
	if (was_settled && !is_settled(state))
		state->above.since = pss_now_ms();
}

/* Keys that come home while a line is edited (an older host process sends them with the prompt; and a new prompt may
 * come with them): it is edited again, in front of them. */
static void take_typed(struct pss_entered_state *state)
{
	struct pss_buffer *typed = &state->link.keys.returned;

	if (typed->length == 0)
		return;
	state->again = true;
	pss_typed_came_back(&state->typed, pss_buffer_bytes(typed), typed->length);
	pss_buffer_wipe(typed);
}

static bool is_over(const struct pss_entered_state *state)
{
	return state->again || state->link.stage != PSS_STAGE_PROMPT || state->link.n_prompts != state->n_edited;
}

static int64_t patience(const struct pss_entered_state *state)
{
	return state->above.since + PATIENCE_MS - pss_now_ms();
}

/* True: more has come from the host process. A key ends the waiting. */
static bool await_more(struct pss_entered_state *state)
{
	struct pollfd fds[2] = {
		{ .fd = state->link.connection->fd, .events = POLLIN },
		{ .fd = state->tty.fd, .events = POLLIN },
	};
	int64_t left = patience(state);

	return left > 0 && pss_signals_poll(fds, 2, left, state->shell->signal_pending) > 0 && !fds[1].revents;
}

/* The remote has changed its prompt: the line goes on under the new one. */
static void repaint(struct pss_entered_state *state)
{
	_cleanup_(pss_free_pointer) char *prompt = pss_screen_prompt(state), *right = pss_screen_right_prompt(state);

	state->link.repainted = false;
	if (prompt)
		state->shell->set_prompt(prompt, right);
}

bool pss_entered_take_frames(struct pss_entered_state *state)
{
	take(state);
	while (!is_settled(state) && !is_over(state) && await_more(state))
		take(state);
	show(state, patience(state) <= 0);
	take_typed(state);
	if (state->link.repainted && !is_over(state))
		repaint(state);
	return is_over(state);
}

void pss_above_release(struct pss_entered_state *state)
{
	struct pss_above *above = &state->above;

	if (above->is_dropping)
		stop_dropping(state);
	pss_tty_write_all(&state->tty, pss_buffer_bytes(&above->text), above->text.length);
	pss_buffer_finish(&above->text);
}
