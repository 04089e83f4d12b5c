/* SPDX-License-Identifier: MIT */
/* The entered loop: an attached connection on one side, the user's terminal and the shell's editor on
 * the other. Runs until LEFT, the end of the connection or the end of the shell. */
#pragma once

#include <stdint.h>

#include "client/command/shell.h"
#include "client/requests/connection.h"
#include "wire/message.h"

struct pss_hop;

struct pss_entered {
	const struct pss_shell *shell;
	struct pss_connection *connection; /* attached: the next frame is STARTED or PROMPT */
	uint32_t id;                       /* of the ATTACH, or of the OPEN with ATTACH_TOO */
	bool kept;                         /* `exit` leaves; else it ends the remote shell */
	const char *name;                  /* COMPUTER, for messages: "connection to NAME lost" */
	const char *user;                  /* REMOTE_USER, or NULL: %u of PSSESSION_PROMPT */
	const char *prompt_name;           /* PROMPT_NAME: "NAME" or "user@NAME" */
	const char *history_key;           /* HISTORY_KEY */
	int escape_character;              /* of `~.` and the like; -1: none */
	const struct pss_buffer *ahead;    /* keys that were typed before there was a session, or NULL */
	/* Takes note of a NOTE, and says whether it is to be shown. NULL: all are. */
	bool (*on_note)(void *user, enum pss_note_kind kind, const char *text);
	void *user_data;
	struct pss_hop *hop; /* a line that may lead on ends the loop, which is gone on with later; or NULL */
};

/* Blocks as long as the user stays. The terminal, signal handlers and the shell's editor are as they
 * were when it returns. Returns the exit status of enter-pssession (SPEC §3); messages have been shown. */
int pss_entered_run(const struct pss_entered *entered);
