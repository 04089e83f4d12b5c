/* SPDX-License-Identifier: MIT */
/* What the entered loop shows of its own: the prompt, a clean line to put it on, notes, the last
 * message. Everything of the remote's goes through pss_clean_text() first. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/strings.h"
#include "client/entered/private.h"
#include "client/prompt/prompt.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define TITLE_PUSH "\033[22;0t"
#define TITLE_POP "\033[23;0t"
#define COLUMNS_MAX 4096

static bool is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static enum pss_clean charset(void)
{
	return is_utf8() ? PSS_CLEAN_PLAIN : PSS_CLEAN_ASCII;
}

void pss_screen_enter(struct pss_entered_state *state)
{
	pss_tty_modes_init(&state->modes);
	state->modes.on_osc = pss_prompt_marks_hear;
	state->modes.user = &state->marks;
	if (state->tty.has_title_stack)
		pss_tty_put(&state->tty, TITLE_PUSH);
}

/* Spaces up to the right margin wrap to the next line exactly when the cursor was not in the first column. */
static void make_fresh_line(struct pss_entered_state *state)
{
	unsigned columns = state->tty.columns > 0 && state->tty.columns <= COLUMNS_MAX ? state->tty.columns : 80;
	_cleanup_(pss_free_pointer) char *line = NULL;

	if (state->tty.plain) {
		pss_tty_put(&state->tty, "\n");
		return;
	}
	line = pss_format("%*s\r\033[K", (int)columns, "");
	if (line)
		pss_tty_put(&state->tty, line);
}

static void reset_modes(struct pss_entered_state *state, bool all)
{
	char reset[PSS_TTY_MODES_RESET_MAX];

	if (!state->tty.dumb)
		pss_tty_write_all(&state->tty, reset, pss_above_reset(state, all, reset));
}

/* Heap, or NULL: nothing is to be shown. */
static void put_mark(struct pss_entered_state *state, char *mark)
{
	if (mark)
		pss_tty_put(&state->tty, mark);
	free(mark);
}

void pss_screen_prepare(struct pss_entered_state *state)
{
	const struct pss_last_prompt *prompt = &state->link.prompt;
	bool fresh = state->modes.at_line_start || prompt->fresh;

	reset_modes(state, false);
	if (!prompt->continuation)
		put_mark(state, pss_prompt_marks_end(&state->marks, state->link.status));
	if (!fresh)
		make_fresh_line(state);
	pss_tty_modes_set_line_start(&state->modes);
	if (!prompt->continuation)
		put_mark(state, pss_prompt_marks_directory(&state->marks, state->entered->name,
							   (const char *)pss_buffer_bytes(&prompt->directory),
							   prompt->directory.length));
}

/* What an escape key has done. The host process names the session that a `~d` keeps. */
static void show_parting(struct pss_entered_state *state)
{
	const char *name = state->entered->name, *message = state->link.end.message;
	_cleanup_(pss_free_pointer) char *clean_name = pss_clean_text(name, strlen(name), charset());
	_cleanup_(pss_free_pointer) char *text = NULL;

	if (!state->escaped || state->ended || !clean_name)
		return;
	if (message && state->link.end.reason == PSS_LEFT_BY_REQUEST)
		text = pss_clean_text(message, strlen(message), charset());
	else if (state->entered->kept)
		text = pss_format("left %s; what runs there goes on", clean_name);
	else
		text = pss_format("connection to %s closed", clean_name);
	if (text)
		pss_tty_put(&state->tty, text);
	pss_tty_put(&state->tty, "\n");
}

void pss_screen_leave(struct pss_entered_state *state)
{
	bool fresh = state->modes.at_line_start;

	reset_modes(state, true);
	if (!state->hopping)
		put_mark(state, pss_prompt_marks_last(&state->marks, pss_entered_status(state)));
	if (!fresh)
		make_fresh_line(state);
	show_parting(state);
	if (!state->hopping)
		put_mark(state, pss_prompt_marks_back(&state->marks));
	if (state->tty.has_title_stack)
		pss_tty_put(&state->tty, TITLE_POP);
}

char *pss_screen_prompt(const struct pss_entered_state *state)
{
	const struct pss_entered *entered = state->entered;
	const struct pss_last_prompt *last = &state->link.prompt;
	const char *form = state->shell->get_variable("PSSESSION_PROMPT");
	_cleanup_(pss_free_pointer) char *own_form = form && *form ? strdup(form) : NULL;
	struct pss_prompt prompt = {
		.form = own_form,
		.name = entered->name,
		.user = entered->user,
		.prompt_name = entered->prompt_name ? entered->prompt_name : entered->name,
		.remote = pss_buffer_bytes(&last->text),
		.n_remote = last->text.length,
		.directory = pss_buffer_bytes(&last->directory),
		.n_directory = last->directory.length,
		.utf8 = is_utf8(),
		.plain = state->tty.plain,
	};

	if (last->continuation && last->text.length == 0) {
		prompt.remote = "> ";
		prompt.n_remote = 2;
	}
	return pss_prompt_compose(&prompt);
}

char *pss_screen_right_prompt(const struct pss_entered_state *state)
{
	const struct pss_buffer *right = &state->link.prompt.right;
	char *clean;

	if (right->length == 0 || state->tty.plain)
		return NULL;
	clean = pss_clean_text(pss_buffer_bytes(right), right->length, charset() | PSS_CLEAN_SGR);
	if (clean && *clean)
		return clean;
	free(clean);
	return NULL;
}

/* Words before a note, as PowerShell's streams have them. */
static const char *note_prefix(uint64_t kind)
{
	switch (kind) {
	case PSS_NOTE_WARNING:
		return "WARNING: ";
	case PSS_NOTE_VERBOSE:
		return "VERBOSE: ";
	case PSS_NOTE_DEBUG:
		return "DEBUG: ";
	default:
		return "";
	}
}

char *pss_screen_note(const struct pss_entered_state *state, const struct pss_frame *frame, const char *newline)
{
	const struct pss_entered *entered = state->entered;
	struct pss_fields fields = pss_frame_fields(frame);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);
	uint64_t kind = pss_fields_number(fields, PSS_TAG_NOTE_KIND, 0);
	_cleanup_(pss_free_pointer) char *clean = NULL;

	if (!message || (entered->on_note && !entered->on_note(entered->user_data, (enum pss_note_kind)kind, message)))
		return NULL;
	clean = pss_clean_text(message, strlen(message), charset());
	return clean ? pss_format("%s%s%s", note_prefix(kind), clean, newline) : NULL;
}

static const char *lost_cause(int error)
{
	switch (error) {
	case -ECONNRESET:
		return " (the pssession host process ended)";
	case -ETIMEDOUT:
		return " (the pssession host process does not answer)";
	case -ENOMEM:
		return " (out of memory)";
	default:
		return " (the pssession host process sent a malformed frame)";
	}
}

static char *left_text(const struct pss_entered_state *state, const char *name, const char *message)
{
	switch (state->link.end.reason) {
	case PSS_LEFT_LOST:
		return pss_format("connection to %s lost%s%s", name, *message ? ": " : "", message);
	case PSS_LEFT_TAKEN:
		return pss_format("%s", *message ? message : "another terminal has taken the session over");
	case PSS_LEFT_REMOVED:
		return pss_format("%s", *message ? message : "the session was removed");
	default:
		return *message && !state->escaped ? strdup(message) : NULL;
	}
}

void pss_screen_farewell(const struct pss_entered_state *state)
{
	const char *name = state->entered->name, *message = state->link.end.message;
	_cleanup_(pss_free_pointer) char *clean_name = pss_clean_text(name, strlen(name), charset());
	_cleanup_(pss_free_pointer) char *clean = pss_clean_text(message, message ? strlen(message) : 0, charset());
	_cleanup_(pss_free_pointer) char *text = NULL;

	if (!clean_name || !clean)
		return;
	if (state->link.stage == PSS_STAGE_LOST)
		text = pss_format("connection to %s lost%s", clean_name, lost_cause(state->link.end.error));
	else if (state->link.stage == PSS_STAGE_LEFT)
		text = left_text(state, clean_name, clean);
	if (text)
		state->shell->error("enter-pssession", text);
}
