/* SPDX-License-Identifier: MIT */
/* What the entered loop's files share while one session is entered. */
#pragma once

#include "client/entered/attached.h"
#include "client/entered/entered-loop.h"
#include "client/prompt/history.h"
#include "client/prompt/prompt-marks.h"
#include "client/entered/relay.h"
#include "client/prompt/typed.h"
#include "client/tty/tty.h"
#include "terminal/modes.h"

/* What has come for the screen while a line is edited. */
struct pss_above {
	struct pss_buffer text; /* not shown yet; its end may be the beginning of a sequence, or of a letter */
	int64_t since;          /* ms: when that began to wait */
	bool is_dropping;       /* a sequence was given up: what comes of it is no text */
	size_t n_dropped;
};

struct pss_entered_state {
	const struct pss_entered *entered;
	const struct pss_shell *shell;
	struct pss_attached link;
	struct pss_tty tty;
	struct pss_tty_modes modes;
	struct pss_prompt_marks marks;
	struct pss_history history;
	struct pss_relay relay;
	struct pss_above above;
	char *pending;          /* the lines that went out since the last first prompt, not yet in the history; heap */
	char *insert;           /* what the next edit starts with; heap */
	struct pss_typed typed; /* … and reads before the terminal's keys */
	bool again;             /* keys have come while a line was edited: it is edited again, in front of them */
	unsigned n_edited;      /* link.n_prompts, of the prompt that is being edited */
	int wanted_status;      /* given with `exit N`, or -1 */
	bool hopping;           /* a line may lead on to another computer: entered->hop */
	bool leaving;           /* the user has asked to leave */
	enum pss_escape_key escaped; /* … by which escape key */
	bool ended;                  /* the shell is being ended, or its terminal is gone */
};

/* entered-edit.c: one line at the remote's prompt. */
void pss_entered_edit(struct pss_entered_state *state);

/* entered-above.c. While a line is edited: takes what has come from the host process. True: the editing is over. */
bool pss_entered_take_frames(struct pss_entered_state *state);
/* The terminal is the remote's again: what is left goes there as it is. */
void pss_above_release(struct pss_entered_state *state);
/* The bytes that end what was left on (pss_tty_modes_reset), where the terminal has not seen an unfinished sequence. */
size_t pss_above_reset(struct pss_entered_state *state, bool all, char *ret);

/* entered-complete.c: pss_read_request.complete; `user` is the state. */
int pss_entered_complete(void *user, const char *line, size_t length, size_t point, struct pss_completion *ret);

/* Puts what was sent since the last first prompt into the history. */
void pss_entered_remember(struct pss_entered_state *state);

/* entered-loop.c: the exit status of enter-pssession, as things stand. */
int pss_entered_status(const struct pss_entered_state *state);

/* entered-screen.c: what is shown around the editor. */
void pss_screen_enter(struct pss_entered_state *state);
void pss_screen_leave(struct pss_entered_state *state);
/* The terminal fit for an editor, the cursor in the first column. */
void pss_screen_prepare(struct pss_entered_state *state);
char *pss_screen_prompt(const struct pss_entered_state *state);
char *pss_screen_right_prompt(const struct pss_entered_state *state); /* NULL: none. Heap */
/* A NOTE as a line of text with `newline` behind it, or NULL: not to be shown. Heap. */
char *pss_screen_note(const struct pss_entered_state *state, const struct pss_frame *frame, const char *newline);
/* "connection to NAME lost…" and the like, after the terminal is back. */
void pss_screen_farewell(const struct pss_entered_state *state);
