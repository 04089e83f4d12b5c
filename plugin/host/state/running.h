/* SPDX-License-Identifier: MIT */
/* What a session runs, and what became of what it ran last, for the properties RunningCommand and LastStatus. What
 * another host process has begun is not known here. */
#pragma once

#include <glib.h>

#include "host/commands/command.h"
#include "wire/message.h"

/* All 0 at first. */
typedef struct {
	GString *line;       /* that a terminal has sent, until the next first prompt; or NULL */
	gboolean has_status; /* one is known: */
	guint8 last_status;  /* … of the last line or command */
} PssRunning;

void pss_running_note_line(PssRunning *running, const void *data, gsize n); /* of a terminal */
void pss_running_forget_line(PssRunning *running);                          /* it was discarded */
void pss_running_note_prompt(PssRunning *running, int kind, int status);    /* of a PssRemotePrompt */
void pss_running_note_status(PssRunning *running, int status);              /* of a command beside the terminal */

/* `command` runs beside the terminal, or NULL; a session that has ended runs nothing. */
void pss_running_write(const PssRunning *running, gboolean has_ended, const PssCommand *command,
		       struct pss_message *message);
