/* SPDX-License-Identifier: MIT */
/* The entered loop: the relay while the terminal is the remote's, the editor while the remote waits for a
 * line, until the session is left. Called by enter-pssession inside pss_shell.run_entered(). It leaves the
 * terminal, the signals and the shell as it found them, and never closes the connection. */
#include "client/entered/entered-loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/poll.h"
#include "client/entered/hop.h"
#include "client/entered/private.h"
#include "client/tty/signals.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"
#include "wire/status.h"

#define HISTORY_DEFAULT 500

static void show_note_raw(void *user, const struct pss_frame *frame)
{
	struct pss_entered_state *state = user;
	_cleanup_(pss_free_pointer) char *note = pss_screen_note(state, frame, "\r\n");

	if (!note)
		return;
	if (!state->modes.at_line_start)
		pss_tty_put(&state->tty, "\r\n");
	pss_tty_put(&state->tty, note);
	pss_tty_modes_set_line_start(&state->modes);
}

static void load_history(struct pss_entered_state *state)
{
	const struct pss_shell *shell = state->shell;
	size_t in_memory = pss_history_limit(shell->get_variable("HISTSIZE"), HISTORY_DEFAULT);
	size_t limit = pss_history_limit(shell->get_variable("HISTFILESIZE"), in_memory);
	const char *value = shell->get_variable("XDG_STATE_HOME");
	_cleanup_(pss_free_pointer) char *state_home = value ? strdup(value) : NULL;

	pss_history_load(state_home, shell->get_variable("HOME"), state->entered->history_key, limit, &state->history);
}

static bool can_detach(const struct pss_entered_state *state)
{
	return state->entered->kept || state->link.connection->version >= 2;
}

static void run_remote(struct pss_entered_state *state)
{
	pss_above_release(state);
	if (pss_relay_run(&state->relay) < 0 || pss_signals_ending())
		state->ended = true;
	state->escaped = state->relay.asked;
	if (state->escaped == PSS_ESCAPE_KEY_DETACH && !can_detach(state)) {
		pss_tty_put(&state->tty, "an older pssession host process cannot keep a temporary session\n");
		state->escaped = PSS_ESCAPE_KEY_NONE;
	}
	if (state->escaped != PSS_ESCAPE_KEY_NONE && !state->ended) {
		state->leaving = true;
		pss_attached_leave(&state->link, state->escaped == PSS_ESCAPE_KEY_DETACH);
	}
}

static void run(struct pss_entered_state *state)
{
	while (!state->ended && !state->leaving && !state->hopping) {
		switch (state->link.stage) {
		case PSS_STAGE_REMOTE:
			run_remote(state);
			break;
		case PSS_STAGE_PROMPT:
			pss_entered_edit(state);
			break;
		case PSS_STAGE_LEFT:
		case PSS_STAGE_LOST:
			return;
		}
	}
	if (state->leaving && !state->ended)
		pss_relay_drain(&state->relay,
				state->escaped ? pss_deadline(PSS_ESCAPE_MS) : pss_deadline(PSS_LEAVE_MS));
}

static bool is_lost(const struct pss_entered_state *state)
{
	return state->link.stage == PSS_STAGE_LOST ||
	       (state->link.stage == PSS_STAGE_LEFT && state->link.end.reason == PSS_LEFT_LOST);
}

/* The user did not ask for it, so what is being typed was meant for that computer, not for this one. */
static bool is_thrown_out(const struct pss_entered_state *state)
{
	return is_lost(state) ||
	       (state->link.stage == PSS_STAGE_LEFT && !state->leaving &&
		(state->link.end.at_prompt || state->link.end.reason == PSS_LEFT_TAKEN ||
		 state->link.end.reason == PSS_LEFT_REMOVED || state->link.end.reason == PSS_LEFT_DISCONNECTED));
}

int pss_entered_status(const struct pss_entered_state *state)
{
	if (state->ended)
		return 128 + (pss_signals_ending() ? pss_signals_ending() : SIGHUP);
	if (is_lost(state))
		return pss_status_exit(PSS_LINK_LOST);
	if (state->link.stage == PSS_STAGE_LEFT && !state->leaving &&
	    (state->link.end.reason == PSS_LEFT_TAKEN || state->link.end.reason == PSS_LEFT_REMOVED))
		return pss_status_exit(PSS_FAILED);
	if (state->leaving)
		return state->wanted_status >= 0 ? state->wanted_status : state->link.status;
	return state->link.end.status >= 0 ? state->link.end.status : state->link.status;
}

static int refuse(const struct pss_entered *entered, int error)
{
	entered->shell->error("enter-pssession",
			      error == -ENOKEY
				      ? "another line editor has the keys of this shell and cannot be set aside; "
					"detach it first (ble.sh: ble-detach)"
				      : "cannot open the terminal; use invoke-command");
	return pss_status_exit(PSS_FAILED);
}

/* Of a loop that goes on behind another computer, the link is as it was left: at a prompt. */
static void begin_link(struct pss_entered_state *state)
{
	struct pss_hop *hop = state->entered->hop;

	if (!hop || !hop->resumes) {
		pss_attached_init(&state->link, state->entered->connection, state->entered->id);
		return;
	}
	state->link = hop->link;
	state->marks = hop->marks;
	state->link.host.heard_at = pss_now_ms();
	if (hop->sends_line)
		pss_attached_line(&state->link, hop->line, strlen(hop->line));
	free(hop->line);
	*hop = (struct pss_hop){ .typed = hop->typed };
}

int pss_entered_run(const struct pss_entered *entered)
{
	struct pss_entered_state state = { .entered = entered, .shell = entered->shell, .wanted_status = -1 };
	const char *term = entered->shell->get_variable("TERM");
	int editor, ending, status;

	if (pss_tty_open(&state.tty, term) < 0)
		return refuse(entered, -ENOTTY);
	pss_signals_catch(NULL);
	pss_prompt_marks_init(&state.marks, state.tty.has_marks, entered->shell->get_variable);
	begin_link(&state);
	state.relay = (struct pss_relay){
		.link = &state.link,
		.tty = &state.tty,
		.modes = &state.modes,
		.marks = &state.marks,
		.on_note = show_note_raw,
		.user = &state,
		.escape_character = entered->escape_character,
		.typed = &state.typed,
	};
	pss_typed_init(&state.typed, &state.tty.cooked);
	if (entered->ahead)
		pss_typed_read(&state.typed, pss_buffer_bytes(entered->ahead), entered->ahead->length);
	load_history(&state);
	editor = entered->shell->editor_begin(state.history.entries, state.history.n_entries);
	if (editor == 0) {
		pss_screen_enter(&state);
		run(&state);
		pss_entered_remember(&state);
		pss_screen_leave(&state);
		entered->shell->editor_end();
	}
	if ((editor != 0 || is_thrown_out(&state)) && !state.ended)
		pss_tty_drop_keys_until_quiet(&state.tty);
	status = editor == 0 ? pss_entered_status(&state) : refuse(entered, editor);
	ending = pss_signals_ending();
	pss_tty_close(&state.tty);
	pss_signals_release();
	if (!state.ended && !state.hopping)
		pss_screen_farewell(&state);
	pss_history_finish(&state.history);
	if (state.hopping) {
		entered->hop->link = state.link;
		entered->hop->marks = state.marks;
		entered->hop->typed = state.typed.keys;
		pss_buffer_init(&state.typed.keys);
	} else {
		pss_attached_finish(&state.link);
		pss_prompt_marks_finish(&state.marks);
	}
	free(state.pending);
	free(state.insert);
	pss_typed_finish(&state.typed);
	pss_buffer_finish(&state.above.text);
	if (ending)
		raise(ending); /* now with the shell's own disposition */
	return status;
}
