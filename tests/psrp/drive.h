/* SPDX-License-Identifier: MIT */
/* A client of PowerShell remoting on a peer, driven step by step: every step waits for an event, with a deadline, and
 * fails the test with what was seen. The peer is a PowerShell (PSS_PWSH), or one that was recorded (recording.h). */
#pragma once

#include <glib.h>

#include "psrp/client/client.h"
#include "psrp/wire/elements.h"

typedef struct Drive Drive;

/* What one command has given; the texts are the caller's to read until the next one. */
typedef struct {
	/* lines, each with its newline; messages: "warning: …"; questions: "Name: ", secret ones with "(secret)" */
	GString *output, *errors, *host, *messages, *json, *questions;
	char *error_id, *category, *type;
	int status; /* -1: it runs */
} Result;

/* PSS_PWSH, or NULL: the real one's tests are left out. */
const char *drive_powershell(void);

/* Starts `program -sshs -NoLogo` with an empty home, and opens a client on it; the conversation is recorded where
 * `record` is not NULL. */
Drive *drive_new(const char *program, guint columns, const char *record);
/* On a recording, whose bytes come so many at a time; 0: lines. */
Drive *drive_new_recorded(const char *file, guint columns, gsize cut);
gboolean drive_is_recorded(Drive *drive);
void drive_free(Drive *drive); /* the peer is gone afterwards */

PssPsrp *drive_client(Drive *drive);

/* To the first prompt. */
void drive_open(Drive *drive);

/* Sends a line, and waits for its prompt; `status` -1: any. The output since is in drive_output(). */
void drive_line(Drive *drive, const char *text, int status);
void drive_begin_line(Drive *drive, const char *text);
void drive_until_prompt(Drive *drive, int status);
void drive_until_second_prompt(Drive *drive);
void drive_until_output(Drive *drive, const char *text);
void drive_until_notice(Drive *drive, const char *text);
void drive_until_end(Drive *drive, const char *cause);
void drive_keys(Drive *drive, const char *keys);

/* Of the last line: as a terminal is shown it, without SGR sequences and carriage returns. */
const char *drive_output(Drive *drive);
const char *drive_raw_output(Drive *drive);
const char *drive_prompt(Drive *drive);
const char *drive_directory(Drive *drive);
const char *drive_typed(Drive *drive);
int drive_left(Drive *drive); /* on_leave's status, -1: it has not come */

/* Round trips so far: times that the client has waited for the server before it sent more. */
guint drive_flights(Drive *drive);

const Result *drive_invoke(Drive *drive, const PssPsrpCommand *command, const char *input);
void drive_begin_invoke(Drive *drive, const PssPsrpCommand *command);
const Result *drive_until_done(Drive *drive);

/* Its questions are answered one after the other; beyond the last answer they are declined. */
const Result *drive_invoke_and_answer(Drive *drive, const char *text, const char *const *answers);

/* "START[!]: word|word", ! where no space follows; "given up". */
char *drive_complete(Drive *drive, const char *line_with_caret);
