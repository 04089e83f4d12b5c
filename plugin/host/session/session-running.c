/* SPDX-License-Identifier: MIT */
/* What a session runs, and what became of what it ran last, for the properties RunningCommand and LastStatus. Called
 * where lines and commands begin and end (session-attached.c, session-engine.c, command-queue.c). It tells and changes
 * nothing else. What another host process has begun is not known here. */
#include <string.h>

#include "host/session/private.h"

#define SHOWN_MAX 4096

void pss_session_note_line(PssSession *session, const void *data, gsize n)
{
	if (!session->line)
		session->line = g_string_new(NULL);
	else if (session->line->len > 0)
		g_string_append_c(session->line, '\n');
	if (session->line->len < SHOWN_MAX)
		g_string_append_len(session->line, data, (gssize)MIN(n, SHOWN_MAX));
}

void pss_session_note_status(PssSession *session, int status)
{
	session->has_status = TRUE;
	session->last_status = (guint8)status;
}

void pss_session_forget_line(PssSession *session)
{
	if (session->line)
		g_string_free(session->line, TRUE);
	session->line = NULL;
}

/* At a second prompt the line goes on; a prompt that no line of a terminal stands behind says nothing new. */
void pss_session_note_prompt(PssSession *session, const PssRemotePrompt *prompt)
{
	if (prompt->kind != 1 || !session->line)
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
	return session->line ? g_strdup(session->line->str) : NULL;
}

void pss_session_write_running(PssSession *session, struct pss_message *message)
{
	g_autofree char *text = running(session);

	if (text) {
		g_autofree char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, SHOWN_MAX));
		pss_message_text(message, PSS_TAG_RUNNING_COMMAND, g_strstrip(g_strdelimit(valid, "\r\n\t", ' ')));
	}
	if (session->has_status)
		pss_message_number(message, PSS_TAG_LAST_STATUS, session->last_status);
}
