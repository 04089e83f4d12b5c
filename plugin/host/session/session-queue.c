/* SPDX-License-Identifier: MIT */
/* What the commands beside the terminal (host/queue) need of the session: how it is now, its shell, the terminal that
 * has entered it, and what follows from each of them. Called by the queue alone. */
#include "host/session/private.h"

static void look(gpointer user, PssInvokerSession *ret_session)
{
	PssSession *session = user;

	*ret_session = (PssInvokerSession){
		.name = session->name ? session->name : session->instance,
		.transport = session->transport,
		.state = pss_driver_state(session->driver),
		.is_entered = session->attached.events != NULL,
		.edits = session->attached.at_prompt,
		.is_cut = pss_session_waits_for_link(session),
	};
}

/* ---- its shell */

static gboolean line(gpointer user, const void *data, gsize n, GError **error)
{
	PssSession *session = user;
	return pss_driver_line(session->driver, data, n, error);
}

static void keys(gpointer user, const void *data, gsize n)
{
	PssSession *session = user;
	pss_driver_keys(session->driver, data, n);
}

static gboolean last_prompt(gpointer user, PssRemotePrompt *ret_prompt)
{
	PssSession *session = user;
	return pss_driver_last_prompt(session->driver, ret_prompt);
}

/* ---- the terminal that has entered it */

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	const PssSession *session = user;
	session->attached.events->on_prompt(session->attached.user, prompt);
}

static void on_warning(gpointer user, const char *text)
{
	const PssSession *session = user;
	session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, text);
}

/* ---- the command that runs */

static void on_given(gpointer user)
{
	pss_session_choose_dropped(user);
	pss_session_park_if_settled(user);
}

static void on_begun(gpointer user)
{
	pss_session_tell_begun(user);
}

static void on_pause(gpointer user, gboolean paused)
{
	const PssSession *session = user;
	pss_driver_pause_command(session->driver, paused);
}

static void on_ending(gpointer user)
{
	PssSession *session = user;

	/* Of a job nobody has had the output: the next client must find it as that of one that is over. */
	if (pss_record_jobs(session->record) > 0)
		pss_session_tell_holder(session);
	else
		pss_session_tell_holder_soon(session);
}

static void on_status(gpointer user, int status)
{
	PssSession *session = user;
	pss_running_note_status(&session->running, status);
}

static void on_over(gpointer user)
{
	const PssSession *session = user;

	pss_session_tell_begun(user);
	pss_record_settle(session->record);
}

static void on_unable(gpointer user, const char *cause)
{
	pss_session_note_cause(user, cause);
}

const PssInvokerOwner pss_session_invoker_owner = {
	.look = look,
	.line = line,
	.keys = keys,
	.last_prompt = last_prompt,
	.on_prompt = on_prompt,
	.on_typed = pss_session_on_typed,
	.on_warning = on_warning,
	.on_given = on_given,
	.on_begun = on_begun,
	.on_pause = on_pause,
	.on_ending = on_ending,
	.on_status = on_status,
	.on_over = on_over,
	.on_unable = on_unable,
};
