/* SPDX-License-Identifier: MIT */
/* What others want to know of a session: its state, and its fields as the wire has them. Changes nothing. */
#include <string.h>

#include "host/session/private.h"
#include "host/state/session-file.h"

guint pss_session_idle_seconds(PssSession *session)
{
	return session->holder.idle_s;
}

const char *pss_session_name(PssSession *session)
{
	return session->name;
}

guint pss_session_id(PssSession *session)
{
	return session->id;
}

gboolean pss_session_is_kept(PssSession *session)
{
	return session->kept;
}

gboolean pss_session_is_attached(PssSession *session)
{
	return session->attached.events != NULL;
}

const char *pss_session_computer(PssSession *session)
{
	return session->computer;
}

const char *pss_session_instance(PssSession *session)
{
	return session->instance;
}

const char *pss_session_cause(PssSession *session)
{
	return session->cause ? session->cause : "unknown cause";
}

gboolean pss_session_is_listed(PssSession *session)
{
	return session->was_opened || session->left_to_itself;
}

char *pss_session_parting(PssSession *session)
{
	return g_strdup_printf("detached; %s on %s %s (enter-pssession -Id %u)", session->name, session->computer,
			       session->remote_user ? "goes on" : "goes on connecting", session->id);
}

enum pss_state pss_session_state(PssSession *session)
{
	return pss_session_state_on_wire(&session->state);
}

gboolean pss_session_has_ended(PssSession *session)
{
	return pss_session_state_is_over(&session->state);
}

static enum pss_availability availability(PssSession *session)
{
	if (pss_session_state(session) != PSS_STATE_OPENED)
		return PSS_AVAILABILITY_NONE;
	if (pss_record_jobs(session->record) > 0)
		return PSS_AVAILABILITY_BUSY;
	return pss_driver_state(session->driver) == PSS_REMOTE_IDLE ? PSS_AVAILABILITY_AVAILABLE
								    : PSS_AVAILABILITY_BUSY;
}

const char *pss_session_configuration_name(PssSession *session)
{
	const char *shell = pss_driver_name(session->driver);
	if (shell && !session->wanted_shell)
		return shell;
	if (!session->wanted_shell)
		return "(login shell)";
	const char *slash = strrchr(session->wanted_shell, '/');
	return slash ? slash + 1 : session->wanted_shell;
}

PssTarget *pss_session_target_again(PssSession *session)
{
	return pss_saved_target(session->place);
}

const char *pss_session_wanted_shell(PssSession *session)
{
	return session->wanted_shell;
}

void pss_session_write_fields(PssSession *session, struct pss_message *message)
{
	pss_message_number(message, PSS_TAG_ID, session->id);
	pss_message_text(message, PSS_TAG_NAME, session->name ? session->name : "");
	pss_message_text(message, PSS_TAG_INSTANCE, session->instance);
	pss_message_text(message, PSS_TAG_COMPUTER, session->computer);
	pss_message_text(message, PSS_TAG_SHELL, pss_session_configuration_name(session));
	pss_message_text(message, PSS_TAG_TRANSPORT, session->by_program ? "ssh" : "SSH");
	pss_message_text(message, PSS_TAG_REMOTE_USER, session->remote_user);
	pss_message_text(message, PSS_TAG_HISTORY_KEY, session->history_key);
	pss_message_text(message, PSS_TAG_PROMPT_NAME, session->prompt_name);
	g_autofree char *key_file = pss_saved_key_file(session->place);
	pss_message_text(message, PSS_TAG_KEY_FILE, key_file);
	pss_message_text(message, PSS_TAG_CAUSE, session->cause);
	pss_message_text(message, PSS_TAG_FORWARDS, session->forwards);
	pss_message_number(message, PSS_TAG_OPENED_AT, (guint64)session->opened_at);
	if (pss_session_state(session) == PSS_STATE_DISCONNECTED)
		pss_message_number(message, PSS_TAG_DISCONNECTED_AT, (guint64)session->disconnected_at);
	pss_message_number(message, PSS_TAG_KEEP, session->kept);
	pss_message_number(message, PSS_TAG_RESILIENT, session->resilient);
	if (session->resilient)
		pss_message_number(message, PSS_TAG_IDLE_TIMEOUT, session->holder.idle_s);
	pss_message_number(message, PSS_TAG_STATE, pss_session_state(session));
	pss_message_number(message, PSS_TAG_AVAILABILITY, availability(session));
	pss_message_number(message, PSS_TAG_ATTACHED, session->attached.events != NULL);
	pss_message_number(message, PSS_TAG_BUFFERING, pss_record_buffering(session->record));
	pss_running_write(&session->running, pss_session_has_ended(session),
			  session->invoker ? pss_invoker_current_command(session->invoker) : NULL, message);
}
