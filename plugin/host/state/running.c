/* SPDX-License-Identifier: MIT */
/* The line or command that runs, and the status of the last one. Called by the session where lines and commands begin
 * and end. It tells and changes nothing else. */
#include "host/state/running.h"

#include <string.h>

#define SHOWN_MAX 4096

void pss_running_note_line(PssRunning *running, const void *data, gsize n)
{
	if (!running->line)
		running->line = g_string_new(NULL);
	else if (running->line->len > 0)
		g_string_append_c(running->line, '\n');
	if (running->line->len < SHOWN_MAX)
		g_string_append_len(running->line, data, (gssize)MIN(n, SHOWN_MAX));
}

void pss_running_note_status(PssRunning *running, int status)
{
	running->has_status = TRUE;
	running->last_status = (guint8)status;
}

void pss_running_forget_line(PssRunning *running)
{
	if (running->line)
		g_string_free(running->line, TRUE);
	running->line = NULL;
}

/* At a second prompt the line goes on; a prompt that no line of a terminal stands behind says nothing new. */
void pss_running_note_prompt(PssRunning *running, int kind, int status)
{
	if (kind != 1 || !running->line)
		return;
	pss_running_forget_line(running);
	pss_running_note_status(running, status);
}

static char *text_of(const PssCommand *command)
{
	if (command->words)
		return g_strjoinv(" ", (char **)command->words);
	return g_strndup(command->text ? command->text : "", MIN(command->n_text, SHOWN_MAX));
}

static char *text_shown(const PssRunning *running, const PssCommand *command)
{
	if (command)
		return text_of(command);
	return running->line ? g_strdup(running->line->str) : NULL;
}

void pss_running_write(const PssRunning *running, gboolean has_ended, const PssCommand *command,
		       struct pss_message *message)
{
	g_autofree char *text = has_ended ? NULL : text_shown(running, command);

	if (text) {
		g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, SHOWN_MAX));
		pss_message_text(message, PSS_TAG_RUNNING_COMMAND, g_strstrip(g_strdelimit(valid, "\r\n\t", ' ')));
	}
	if (running->has_status)
		pss_message_number(message, PSS_TAG_LAST_STATUS, running->last_status);
}
