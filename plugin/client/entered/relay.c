/* SPDX-License-Identifier: MIT */
/* While a command runs: raw terminal both ways. Output is written from the frame it came in and the
 * next frame waits until it is out, keys are read only while the host process takes them, so nothing
 * grows under a flood in either direction. Used by the entered loop; shows nothing of its own. */
#include "client/entered/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/tty/signals.h"
#include "terminal/answers.h"
#include "wire/cleanup.h"

#define KEYS_MAX 16384
#define ESC 0x1b
#define ANSWER_MS 250 /* so long after a question a terminal's answer may come; typed, it would be a line's text */

struct run {
	struct pss_relay *relay;
	struct pss_attached *link;
	struct pss_tty *tty;
	struct pss_frame frame; /* the one being shown */
	bool showing;
	const char *mark; /* what is to be shown next, in front of the rest of it */
	size_t n_shown;   /* bytes of it that are out */
	struct pss_escape_keys escape;
	struct pss_buffer
		late;       /* keys that came after the prompt, escape keys left out: they never leave this machine */
	int64_t queried_at; /* ms: when a program last asked the terminal something */
	bool with_keys;
	int error;
};

/* Writes what the terminal takes of it. How much that was, or 0: no more now. */
static size_t write_some(struct run *run, const void *data, size_t length)
{
	ssize_t n = pss_tty_write(run->tty, data, length);

	if (n <= 0 && n != -EAGAIN)
		run->error = n < 0 ? (int)n : -EIO;
	return n > 0 ? (size_t)n : 0;
}

/* Writes as much of the frame's bytes up to `end` as the terminal takes. True when they are out. */
static bool show_up_to(struct run *run, size_t end)
{
	struct pss_tty_modes *modes = run->relay->modes;

	while (run->n_shown < end) {
		const unsigned char *rest = run->frame.payload + run->n_shown;
		unsigned n_queries = modes->n_queries;
		size_t n = write_some(run, rest, end - run->n_shown);

		if (n == 0)
			return false;
		pss_tty_modes_feed(modes, rest, n);
		if (modes->n_queries != n_queries)
			run->queried_at = pss_now_ms();
		run->n_shown += n;
	}
	return true;
}

/* How many of n bytes are control strings (OSC), or the rest of a sequence that has begun before them. */
static size_t leading_strings(const struct pss_tty_modes *modes, const unsigned char *bytes, size_t n)
{
	struct pss_tty_modes ahead = *modes;
	size_t at = 0;

	ahead.on_osc = NULL;
	while (at < n && (ahead.tokenizer.state != PSS_SEQUENCE_NONE ||
			  (bytes[at] == ESC && (at + 1 == n || bytes[at + 1] == ']'))))
		pss_tty_modes_feed(&ahead, bytes + at++, 1);
	return at;
}

/* Marks for the terminal where the output of a command begins. */
static bool show_beginning(struct run *run)
{
	size_t n = run->frame.header.length - run->n_shown;

	if (!*run->mark && pss_prompt_marks_await_output(run->relay->marks) && n > 0) {
		n = leading_strings(run->relay->modes, run->frame.payload + run->n_shown, n);
		if (!show_up_to(run, run->n_shown + n))
			return false;
		if (run->n_shown < run->frame.header.length)
			run->mark = pss_prompt_marks_output(run->relay->marks);
	}
	while (*run->mark) {
		size_t written = write_some(run, run->mark, strlen(run->mark));

		if (written == 0)
			return false;
		run->mark += written;
	}
	return true;
}

static bool show_output(struct run *run)
{
	return show_beginning(run) && show_up_to(run, run->frame.header.length);
}

/* Shows what is here, until the terminal takes no more. */
static void show(struct run *run)
{
	while (run->error == 0) {
		if (!run->showing) {
			run->n_shown = 0;
			run->showing = pss_attached_next(run->link, &run->frame);
			if (!run->showing)
				return;
		}
		if (run->frame.header.type == PSS_NOTE)
			run->relay->on_note(run->relay->user, &run->frame);
		else if (!show_output(run))
			return;
		pss_attached_shown(run->link, &run->frame);
		run->showing = false;
	}
}

static void show_help(struct run *run)
{
	_cleanup_(pss_free_pointer) char *help = pss_escape_keys_help(run->escape.character);

	if (!help)
		return;
	if (!run->relay->modes->at_line_start)
		pss_tty_put(run->tty, "\r\n");
	pss_tty_put(run->tty, help);
	pss_tty_modes_set_line_start(run->relay->modes);
}

static void note_answers(struct pss_tty_modes *modes, unsigned n, bool last)
{
	modes->n_queries -= n < modes->n_queries ? n : modes->n_queries;
	if (last)
		modes->n_queries = 0;
	if (modes->n_queries == 0)
		modes->position_asked = false;
}

/* A program that has its answer owes the editor none. One that comes in two reads is not seen. */
static void look_for_answers(struct run *run, const char *keys, size_t n)
{
	struct pss_tty_modes *modes = run->relay->modes;
	const unsigned char *at = (const unsigned char *)keys, *end = at + n;

	while (modes->n_queries > 0 && at < end && (at = memchr(at, ESC, (size_t)(end - at)))) {
		size_t length = 1;

		if (pss_answer_find(at, (size_t)(end - at), modes->position_asked, &length) == PSS_ANSWER_WHOLE)
			note_answers(modes, 1, pss_answer_is_last(at, length));
		else
			length = 1;
		at += length;
	}
}

static void put_keys(struct run *run, const char *keys, size_t n)
{
	int error = 0;

	if (run->link->stage == PSS_STAGE_REMOTE)
		pss_attached_keys(run->link, keys, n);
	else
		error = pss_buffer_append(&run->late, keys, n);
	if (error < 0)
		run->error = error;
}

/* Keys for the remote, or for the editor while those before them are still on their way home, which may be long: either
 * way without the escape keys among them. What follows a `~.` is dropped. */
static void pass_keys(struct run *run, const char *keys, size_t n)
{
	char passed[KEYS_MAX + 1];

	if (run->link->stage == PSS_STAGE_REMOTE)
		look_for_answers(run, keys, n);
	while (n > 0 && run->relay->asked == PSS_ESCAPE_KEY_NONE) {
		enum pss_escape_key action;
		size_t n_passed, taken = pss_escape_keys_take(&run->escape, keys, n, passed, &n_passed, &action);

		if (n_passed > 0)
			put_keys(run, passed, n_passed);
		if (action == PSS_ESCAPE_KEY_HELP)
			show_help(run);
		else
			run->relay->asked = action;
		keys += taken;
		n -= taken;
	}
	pss_wipe(passed, sizeof(passed));
}

static void take_keys(struct run *run)
{
	char keys[KEYS_MAX];
	ssize_t n = pss_tty_read(run->tty, keys, sizeof(keys));

	if (n == 0 || (n < 0 && n != -EAGAIN))
		run->error = n < 0 ? (int)n : -EIO;
	else if (n > 0)
		pass_keys(run, keys, (size_t)n);
	pss_wipe(keys, sizeof(keys));
}

/* What was typed behind the line that has just been sent is for what runs now. */
static void take_keys_from_before(struct run *run)
{
	struct pss_typed *typed = run->relay->typed;

	while (run->link->stage == PSS_STAGE_REMOTE && typed->keys.length > 0 &&
	       run->relay->asked == PSS_ESCAPE_KEY_NONE) {
		const char *keys = (const char *)pss_buffer_bytes(&typed->keys);
		size_t there = typed->n_passed > 0 ? typed->n_passed : typed->keys.length;
		size_t n = there < KEYS_MAX ? there : KEYS_MAX;

		if (typed->n_passed > 0) {
			pss_attached_keys(run->link, keys, n);
			run->escape.at_start = keys[n - 1] == '\r' || keys[n - 1] == '\n';
		} else {
			pass_keys(run, keys, n);
		}
		pss_typed_take(typed, n);
	}
}

/* Keys that were typed into the editor's terminal, or between the two: its modes made newlines of Enter. */
static void take_keys_of_editor(struct run *run)
{
	char keys[KEYS_MAX], *newline;
	ssize_t n = pss_tty_read(run->tty, keys, sizeof(keys));

	if (n > 0) {
		while ((newline = memchr(keys, '\n', (size_t)n)))
			*newline = '\r';
		pass_keys(run, keys, (size_t)n);
	}
	pss_wipe(keys, sizeof(keys));
}

static void send_size(struct run *run)
{
	if (pss_tty_size(run->tty))
		pss_attached_resize(run->link, run->tty->columns, run->tty->rows);
}

static void take_signals(struct run *run)
{
	if (pss_signals_take_continue()) {
		run->error = pss_tty_make_raw(run->tty); /* in the background this stops us again, as it should */
		send_size(run);
	}
	if (pss_signals_take_resize())
		send_size(run);
	if (pss_signals_take_interrupts())
		pss_attached_command(run->link, PSS_INTERRUPT);
}

/* At a prompt: are the keys home that went out before it? They come back before the answer to a PING. */
static bool keys_are_home(struct run *run)
{
	if (run->link->keys.n_away == 0)
		return true;
	if (run->link->host.ping == 0) {
		pss_attached_command(run->link, PSS_PING);
		pss_attached_flush(run->link);
	}
	return false;
}

static bool is_over(struct run *run)
{
	if (run->error < 0 || pss_signals_ending() || run->relay->asked != PSS_ESCAPE_KEY_NONE)
		return true;
	if (run->showing)
		return false;
	if (run->link->stage == PSS_STAGE_PROMPT)
		return run->with_keys && keys_are_home(run);
	return run->link->stage != PSS_STAGE_REMOTE;
}

static void wait_and_move(struct run *run, int64_t limit_ms)
{
	bool wants_keys = run->with_keys && pss_attached_has_room(run->link);
	bool has_frames = run->link->connection->out.length > 0;
	struct pollfd fds[2] = {
		{ .fd = run->showing && !has_frames ? -1 : run->link->connection->fd, /* or its POLLHUP spins */
		  .events = (short)((run->showing ? 0 : POLLIN) | (has_frames ? POLLOUT : 0)) },
		{ .fd = run->tty->fd, .events = (short)((wants_keys ? POLLIN : 0) | (run->showing ? POLLOUT : 0)) },
	};
	/* While the terminal takes nothing (Ctrl-S), we do not read, and the host process owes no answer. */
	int64_t patience = run->showing ? -1 : pss_attached_patience(run->link);
	int64_t timeout = limit_ms >= 0 && (patience < 0 || limit_ms < patience) ? limit_ms : patience;
	int n = pss_signals_poll(fds, 2, timeout, NULL);

	if (n < 0) {
		if (errno != EINTR)
			run->error = -errno;
		return;
	}
	take_signals(run); /* one that came with the keys: the new size goes out before them */
	if (fds[1].revents & POLLIN)
		take_keys(run);
	else if (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		run->error = -EIO;
	if (fds[0].revents & ~POLLOUT) {
		if (!run->showing)
			pss_attached_fill(run->link);
	} else if (n == 0 && patience >= 0 && pss_attached_patience(run->link) == 0) {
		pss_attached_overdue(run->link);
	}
}

static void collect(struct run *run, const void *keys, size_t n, bool came_back)
{
	struct pss_typed *typed = run->relay->typed;
	int error = came_back ? pss_typed_came_back(typed, keys, n) : pss_typed_read(typed, keys, n);

	if (error < 0)
		run->error = error;
	note_answers(run->relay->modes, typed->n_answers, typed->last_answered);
	typed->n_answers = 0;
	typed->last_answered = false;
}

/* All that there is by now. */
static void collect_from_terminal(struct run *run)
{
	char keys[KEYS_MAX];
	ssize_t n;

	while (run->error == 0 && (n = pss_tty_read(run->tty, keys, sizeof(keys))) > 0)
		collect(run, keys, (size_t)n, false);
	pss_wipe(keys, sizeof(keys));
}

/* An answer to what a program has asked, and whose end it did not wait for, must not come to the editor. */
static void await_answers(struct run *run)
{
	int64_t left;

	while (run->error == 0 && (run->relay->modes->n_queries > 0 || pss_typed_is_cut(run->relay->typed)) &&
	       (left = run->queried_at + ANSWER_MS - pss_now_ms()) > 0) {
		struct pollfd fd = { .fd = run->tty->fd, .events = POLLIN };

		if (pss_signals_poll(&fd, 1, left, NULL) <= 0 || fd.revents & ~POLLIN)
			break;
		collect_from_terminal(run);
	}
	run->relay->modes->n_queries = 0;
	run->relay->modes->position_asked = false;
}

/* An escape character that waited for another key is text of the line. */
static void collect_held(struct run *run)
{
	char held = (char)run->escape.character;

	if (run->escape.held)
		collect(run, &held, 1, false);
	run->escape.held = false;
}

/* Keys that came back, and then those that have been pressed meanwhile: the editor reads them first. */
static void collect_keys(struct run *run)
{
	struct pss_buffer *typed = &run->link->keys.returned;

	run->relay->typed->position_asked = run->relay->modes->position_asked;
	collect(run, pss_buffer_bytes(typed), typed->length, true);
	pss_buffer_wipe(typed);
	collect(run, pss_buffer_bytes(&run->late), run->late.length, true);
	collect_held(run);
	collect_from_terminal(run);
	await_answers(run);
}

static int loop(struct run *run, int64_t deadline_ms)
{
	int64_t end = deadline_ms < 0 ? -1 : pss_now_ms() + deadline_ms;
	int error;

	run->error = pss_tty_make_raw(run->tty);
	if (run->error == 0 && run->with_keys) {
		send_size(run);
		take_keys_from_before(run);
		take_keys_of_editor(run);
	}
	for (;;) {
		int64_t left = end < 0 ? -1 : end - pss_now_ms();

		show(run);
		if (is_over(run) || (end >= 0 && left <= 0))
			break;
		pss_attached_flush(run->link);
		take_signals(run);
		wait_and_move(run, left);
	}
	if (run->with_keys && run->link->stage == PSS_STAGE_PROMPT && run->relay->asked == PSS_ESCAPE_KEY_NONE)
		collect_keys(run);
	pss_buffer_wipe(&run->late);
	error = pss_tty_make_cooked(run->tty);
	return run->error < 0 ? run->error : error;
}

int pss_relay_run(struct pss_relay *relay)
{
	struct run run = { .relay = relay, .link = relay->link, .tty = relay->tty, .mark = "", .with_keys = true };

	run.escape = (struct pss_escape_keys){ .character = relay->escape_character, .at_start = true };
	relay->asked = PSS_ESCAPE_KEY_NONE;
	run.link->host.heard_at = pss_now_ms(); /* sitting in the editor was no silence of the host's */
	return loop(&run, -1);
}

int pss_relay_drain(struct pss_relay *relay, int64_t deadline_ms)
{
	struct run run = { .relay = relay, .link = relay->link, .tty = relay->tty, .mark = "" };

	relay->asked = PSS_ESCAPE_KEY_NONE;
	return loop(&run, deadline_ms);
}
