/* SPDX-License-Identifier: MIT */
/* What a session runs, and what became of what it ran last, for the properties RunningCommand and LastStatus. Called
 * where lines and commands begin and end (session-attached.c, session-engine.c, command-queue.c). It tells and changes
 * nothing else. What another host process has begun is not known here. */
#include <string.h>

#include "host/session/private.h"

#define SHOWN_MAX 4096

void pss_session_note_line(PssSession *session, const void *data, gsize n)
{
	if (!session->running.line)
		session->running.line = g_string_new(NULL);
	else if (session->running.line->len > 0)
		g_string_append_c(session->running.line, '\n');
	if (session->running.line->len < SHOWN_MAX)
		g_string_append_len(session->running.line, data, (gssize)MIN(n, SHOWN_MAX));
}

void pss_session_note_status(PssSession *session, int status)
{
	session->running.has_status = TRUE;
	session->running.last_status = (guint8)status;
}

void pss_session_forget_line(PssSession *session)
{
	if (session->running.line)
		g_string_free(session->running.line, TRUE);
	session->running.line = NULL;
}

/* At a second prompt the line goes on; a prompt that no line of a terminal stands behind says nothing new. */
void pss_session_note_prompt(PssSession *session, const PssRemotePrompt *prompt)
{
	if (prompt->kind != 1 || !session->running.line)
		return;
	pss_session_forget_line(session);
	pss_session_note_status(session, prompt->status);
}

static char *text_of(const PssCommand *command)
{
	if (command->words)
		return g_strjoinv(" ", (char **)command->words);
	return g_strndup(command->text ? command->text : "", MIN(command->n_text, SHOWN_MAX));
}

static char *running(PssSession *session)
{
	const PssCommand *command = session->invoker ? pss_invoker_current_command(session->invoker) : NULL;

	if (pss_session_has_ended(session))
		return NULL;
	if (command)
		return text_of(command);
	return session->running.line ? g_strdup(session->running.line->str) : NULL;
}

void pss_session_write_running(PssSession *session, struct pss_message *message)
{
	g_autofree char *text = running(session);

	if (text) {
		g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, SHOWN_MAX));
		pss_message_text(message, PSS_TAG_RUNNING_COMMAND, g_strstrip(g_strdelimit(valid, "\r\n\t", ' ')));
	}
	if (session->running.has_status)
		pss_message_number(message, PSS_TAG_LAST_STATUS, session->running.last_status);
}
