/* SPDX-License-Identifier: MIT */
/* One line at the remote's prompt: the shell's editor reads it, what happens meanwhile on the
 * connection is shown above it, then it is expanded, remembered and sent, or it leaves. Used by the
 * entered loop. A line is never run that the user has not ended with Enter in the editor. */
#include <stdlib.h>
#include <string.h>

#include "client/base/strings.h"
#include "client/entered/entered-line.h"
#include "client/entered/hop.h"
#include "client/entered/private.h"
#include "client/tty/signals.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

void pss_entered_remember(struct pss_entered_state *state)
{
	char *entry = state->pending;

	state->pending = NULL;
	if (entry && *entry && state->shell->add_history(entry))
		pss_history_append(&state->history, entry); /* a full disk must not keep anyone from working */
	free(entry);
}

/* A line that went out, or was typed: it joins those that it continues. */
static void keep_for_history(struct pss_entered_state *state, const char *line)
{
	char *joined = state->pending ? pss_format("%s\n%s", state->pending, line) : strdup(line);

	if (!joined)
		return;
	free(state->pending);
	state->pending = joined;
}

/* The connection is readable while a line is edited. True: the editing is over. */
static bool on_wake(void *user)
{
	return pss_entered_take_frames(user);
}

/* What has been typed behind a line that leaves is lost with the session, as it is with ssh, which has read it by now:
 * it was typed for that computer, and does not run here. */
static void leave(struct pss_entered_state *state, int status)
{
	state->leaving = true;
	state->wanted_status = status;
	pss_typed_forget(&state->typed);
	pss_tty_drop_keys(&state->tty);
	pss_attached_leave(&state->link, false);
}

static void send_line(struct pss_entered_state *state, const char *line)
{
	if (pss_tty_size(&state->tty))
		pss_attached_resize(&state->link, state->tty.columns, state->tty.rows);
	pss_attached_line(&state->link, line, strlen(line));
}

/* `exit`, `logout`, Ctrl-D: a temporary session's shell hears it itself, so that its traps run and its
 * stopped jobs are spoken of; a kept session stays as it is. */
static void leave_by_exit(struct pss_entered_state *state, int status)
{
	_cleanup_(pss_free_pointer) char *line = NULL;

	if (state->entered->kept) {
		leave(state, status);
		return;
	}
	line = status >= 0 ? pss_format("exit %d", status) : strdup("exit");
	if (line)
		send_line(state, line);
}

/* What becomes of it verb-enter.c sees to, when the terminal and the editor are free. */
static void hop(struct pss_entered_state *state, const char *line)
{
	state->entered->hop->line = strdup(line);
	state->hopping = state->entered->hop->line != NULL;
	if (state->hopping)
		pss_tty_put(&state->tty, pss_prompt_marks_output(&state->marks));
}

static void submit(struct pss_entered_state *state, const char *line)
{
	int status = -1;
	enum pss_leaving leaving = state->link.prompt.continuation ? PSS_LEAVING_NOT : pss_line_leaves(line, &status);

	keep_for_history(state, line);
	pss_prompt_marks_send(&state->marks, line);
	if (state->entered->hop && !state->link.prompt.continuation && pss_hop_is_one(line))
		hop(state, line);
	else if (leaving == PSS_LEAVING_PSSESSION)
		leave(state, -1);
	else if (leaving == PSS_LEAVING_EXIT)
		leave_by_exit(state, status);
	else
		send_line(state, line);
}

static void show_line(struct pss_entered_state *state, const char *line)
{
	_cleanup_(pss_free_pointer) char *clean = pss_clean_text(line, strlen(line), PSS_CLEAN_LINES);

	if (clean)
		pss_tty_put(&state->tty, clean);
	pss_tty_put(&state->tty, "\n");
}

static void on_line(struct pss_entered_state *state, const char *line)
{
	_cleanup_(pss_free_pointer) char *expanded = NULL;
	bool changed = false;

	switch (state->shell->expand_history(line, &expanded, &changed)) {
	case PSS_EXPAND_RUN:
		if (changed && expanded)
			show_line(state, expanded);
		submit(state, expanded ? expanded : line);
		break;
	case PSS_EXPAND_SHOW:
		if (expanded) {
			show_line(state, expanded);
			keep_for_history(state, expanded);
		}
		break;
	case PSS_EXPAND_EDIT:
		state->insert = expanded;
		expanded = NULL;
		break;
	case PSS_EXPAND_ERROR:
		if (expanded)
			state->shell->error("enter-pssession", expanded);
		break;
	}
}

/* Unfinished lines are given up. */
static void discard(struct pss_entered_state *state)
{
	pss_prompt_marks_refuse(&state->marks);
	pss_attached_discard(&state->link);
}

static void on_end_of_file(struct pss_entered_state *state)
{
	if (state->link.prompt.continuation) {
		discard(state);
		return;
	}
	pss_tty_put(&state->tty, "exit\n");
	pss_prompt_marks_send(&state->marks, "exit");
	leave_by_exit(state, -1);
}

/* The editor was left before Enter. What was typed goes on in the next edit, or into the history. */
static void on_leave(struct pss_entered_state *state, char *line)
{
	bool goes_on = state->link.stage == PSS_STAGE_REMOTE || state->link.stage == PSS_STAGE_PROMPT;

	if (goes_on && !state->again && state->link.n_prompts == state->n_edited &&
	    state->link.stage == PSS_STAGE_PROMPT) {
		state->ended = true;
		goes_on = false;
	}
	if (goes_on)
		state->insert = line;
	else if (line && *line)
		keep_for_history(state, line);
	if (!goes_on)
		free(line);
}

/* The shell ends under us. */
static void on_shell_exit(void *user, const char *typed)
{
	struct pss_entered_state *state = user;

	if (typed && *typed)
		keep_for_history(state, typed);
	pss_entered_remember(state);
	pss_tty_close(&state->tty);
}

void pss_entered_edit(struct pss_entered_state *state)
{
	_cleanup_(pss_free_pointer) char *prompt = NULL, *right = NULL, *insert = state->insert;
	struct pss_read_request request = { .on_wake = on_wake, .on_exit = on_shell_exit, .user = state };
	char *line = NULL;
	enum pss_read result;

	if (!state->link.prompt.continuation)
		pss_entered_remember(state);
	pss_attached_flush(&state->link); /* a DISCARD */
	pss_screen_prepare(state);
	state->n_edited = state->link.n_prompts;
	state->link.repainted = false;
	request.before = request.behind = "";
	if (!state->link.prompt.continuation)
		pss_prompt_marks_prompt(&state->marks, &request.before, &request.behind);
	request.prompt = prompt = pss_screen_prompt(state);
	request.right = right = pss_screen_right_prompt(state);
	request.insert = insert;
	state->insert = NULL;
	state->again = false;
	request.typed = &state->typed;
	request.continuation = state->link.prompt.continuation;
	request.wake_fd = state->link.connection->fd;
	if (state->link.connection->version >= 2)
		request.complete = pss_entered_complete;
	if (!prompt)
		request.prompt = "";
	result = state->shell->read_line(&request, &line);
	if (result == PSS_READ_INTERRUPT)
		pss_typed_forget(&state->typed);
	if (result == PSS_READ_LEAVE) {
		on_leave(state, line);
		return;
	}
	if (!request.continuation)
		pss_prompt_marks_refuse(&state->marks); /* until it is sent */
	if (result == PSS_READ_LINE && line)
		on_line(state, line);
	else if (result == PSS_READ_EOF)
		on_end_of_file(state);
	else if (state->link.prompt.continuation)
		discard(state);
	free(line);
}
