/* SPDX-License-Identifier: MIT */
/* Letting go of a session and taking it back, and what runs meanwhile: jobs, whose output somebody receives later. A
 * session that was let go of keeps its link; it is Disconnected to those who ask, and only connecting, entering or
 * receiving makes it Opened again. Called by requests.c and invocations.c. */
#include <string.h>

#include "base/error.h"
#include "host/session/private.h"
#include "link/resilient/transport-resilient.h"

#define SETTLE_MS 1000
#define BUFFER_MIN 4096u
#define BUFFER_MAX (1024u * 1024u * 1024u)

gboolean pss_session_can_disconnect(PssSession *session, GError **error)
{
	if (!pss_driver_is_runspace(session->driver))
		return TRUE;
	g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
		    "Cannot disconnect PSSession \"%s\": PowerShell remoting over SSH has no disconnected sessions. It "
		    "stays open when it is left (~d), and invoke-command -AsJob runs a command on no terminal.",
		    session->name);
	return FALSE;
}

gboolean pss_session_disconnect(PssSession *session, GError **error)
{
	if (!pss_session_can_disconnect(session, error))
		return FALSE;
	if (session->state.life != PSS_LIFE_OPEN) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN,
			    "Cannot disconnect PSSession \"%s\" because it is not in the Opened state.", session->name);
		return FALSE;
	}
	pss_session_step(session, PSS_SESSION_ON_LET_GO);
	pss_record_let_go(session->record);
	pss_session_send_away(session, PSS_LEFT_DISCONNECTED, 0,
			      "the session was disconnected; what runs in it goes on");
	pss_session_choose_dropped(session);
	return TRUE;
}

static gboolean take_back(PssSession *session, GError **error)
{
	if (session->state.life != PSS_LIFE_OPEN) {
		g_set_error(
			error, PSS_ERROR, PSS_NOT_OPEN,
			"Cannot connect PSSession \"%s\", either because it is not in the Disconnected state, or it "
			"is not available for connection.",
			session->name);
		return FALSE;
	}
	pss_session_step(session, PSS_SESSION_ON_TAKE);
	if (session->resilient)
		pss_transport_held_hurry(session->transport);
	return TRUE;
}

gboolean pss_session_connect(PssSession *session, gboolean force, GError **error)
{
	if (!take_back(session, error))
		return FALSE;
	if (force)
		pss_session_send_away(session, PSS_LEFT_TAKEN, 0, "another terminal has taken the session over");
	return TRUE;
}

gboolean pss_session_check_name(const char *name, GError **error)
{
	gboolean digits = name[0] && strspn(name, "0123456789") == strlen(name);

	if (name[0] && !digits && !g_uuid_string_is_valid(name))
		return TRUE;
	g_set_error(error, PSS_ERROR, PSS_USAGE, "-Name '%s': a session's name cannot be %s", name,
		    digits  ? "a number: that is an Id"
		    : *name ? "a UUID: that is an InstanceId"
			    : "empty");
	return FALSE;
}

void pss_session_rename(PssSession *session, const char *name)
{
	g_free(session->name);
	session->name = g_strdup(name);
	pss_session_save(session);
}

/* ---- the link of a resilient session */

typedef struct {
	PssLinkWaiterFunc func;
	PssBegunFunc on_begun; /* in the place of func */
	gpointer user;
} Waiter;

gboolean pss_session_park(PssSession *session, gboolean has_idle, guint idle_s)
{
	if (!session->resilient || !session->transport || !pss_session_step(session, PSS_SESSION_ON_RELEASE))
		return FALSE;
	if (has_idle) {
		session->holder.idle_s = idle_s;
		pss_transport_held_set_idle(session->transport, idle_s);
	}
	pss_session_park_if_settled(session);
	return !pss_session_waits_for_link(session);
}

/* What nobody watches goes to the record. */
static void set_unwatched(const PssSession *session, PssChannel *channel, gboolean unwatched)
{
	gboolean drops = pss_record_buffering(session->record) == PSS_BUFFERING_DROP;

	if (!channel)
		return;
	pss_channel_held_set_passing(channel, unwatched);
	pss_channel_held_set_drop(channel, unwatched && drops);
}

void pss_session_choose_dropped(PssSession *session)
{
	PssInvoker *invoker = session->invoker;

	if (!session->resilient || !session->transport)
		return;
	set_unwatched(session, pss_driver_terminal(session->driver), session->kept && !session->attached.events);
	set_unwatched(session, pss_invoker_current_channel(invoker),
		      pss_record_has_job(session->record, pss_invoker_current_run(invoker)));
	set_unwatched(session, pss_orphan_channel(session->holder.orphan), TRUE);
}

/* What waits to be run would wait until somebody connects. */
void pss_session_park_if_settled(PssSession *session)
{
	if (session->state.claim != PSS_CLAIM_RELEASING || !pss_invoker_is_settled(session->invoker))
		return;
	pss_session_step(session, PSS_SESSION_ON_SETTLED);
	pss_transport_held_park(session->transport);
}

gboolean pss_session_waits_for_link(PssSession *session)
{
	return session->state.link != PSS_LINK_IS_UP && !pss_session_has_ended(session);
}

void pss_session_add_waiter(PssSession *session, PssLinkWaiterFunc func, gpointer user)
{
	Waiter *waiter = g_new(Waiter, 1);

	*waiter = (Waiter){ .func = func, .user = user };
	g_ptr_array_add(session->holder.waiters, waiter);
}

/* ---- what has been given to the shell of a resilient session outlives this process, what waits for it does not */

gboolean pss_session_keeps_jobs(const PssSession *session)
{
	return !session->resilient || !session->invoker || pss_invoker_has_begun(session->invoker);
}

void pss_session_await_begun(PssSession *session, PssBegunFunc func, gpointer user)
{
	Waiter *waiter = g_new(Waiter, 1);

	*waiter = (Waiter){ .on_begun = func, .user = user };
	g_ptr_array_add(session->holder.begun_waiters, waiter);
}

static void forget(GPtrArray *waiters, gpointer user)
{
	for (guint i = waiters->len; i-- > 0;)
		if (((Waiter *)waiters->pdata[i])->user == user)
			g_ptr_array_remove_index(waiters, i);
}

void pss_session_forget_waiter(PssSession *session, gpointer user)
{
	forget(session->holder.waiters, user);
	forget(session->holder.begun_waiters, user);
}

void pss_session_tell_begun(PssSession *session)
{
	if (!pss_session_keeps_jobs(session) && !pss_session_has_ended(session))
		return;
	g_autoptr(GPtrArray) waiters = g_steal_pointer(&session->holder.begun_waiters);

	session->holder.begun_waiters = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < waiters->len; i++) {
		const Waiter *waiter = waiters->pdata[i];
		waiter->on_begun(waiter->user);
	}
}

/* ---- who waits for the link */

static gboolean on_no_prompt(gpointer user)
{
	PssSession *session = user;

	session->holder.settle_source = 0;
	pss_session_tell_waiters(session, NULL);
	return G_SOURCE_REMOVE;
}

/* A shell that was taken over is Busy until it has answered, and looks like one where something runs. */
void pss_session_await_prompt(PssSession *session)
{
	PssRemotePrompt prompt;

	if (pss_driver_last_prompt(session->driver, &prompt))
		pss_session_tell_waiters(session, NULL);
	else if (!session->holder.settle_source)
		session->holder.settle_source = g_timeout_add(SETTLE_MS, on_no_prompt, session);
}

void pss_session_at_prompt(PssSession *session)
{
	if (session->holder.settle_source)
		pss_session_tell_waiters(session, NULL);
}

void pss_session_tell_waiters(PssSession *session, const GError *error)
{
	g_clear_handle_id(&session->holder.settle_source, g_source_remove);
	g_autoptr(GPtrArray) waiters = g_steal_pointer(&session->holder.waiters);

	session->holder.waiters = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < waiters->len; i++) {
		const Waiter *waiter = waiters->pdata[i];
		waiter->func(waiter->user, error);
	}
}

void pss_session_take_buffering(PssSession *session, struct pss_fields fields)
{
	guint64 buffering = pss_fields_number(fields, PSS_TAG_BUFFERING, 0);
	guint64 size = pss_fields_number(fields, PSS_TAG_BUFFER_SIZE, 0);

	pss_record_set_buffering(session->record,
				 buffering == PSS_BUFFERING_BLOCK  ? PSS_BUFFERING_BLOCK
				 : buffering == PSS_BUFFERING_DROP ? PSS_BUFFERING_DROP
								   : pss_record_buffering(session->record),
				 size ? CLAMP(size, BUFFER_MIN, BUFFER_MAX) : 0);
	pss_session_save(session);
	pss_session_choose_dropped(session);
}

gboolean pss_session_run_job(PssSession *session, const PssCommand *command, gboolean wait, GError **error)
{
	return pss_record_run(session->record, command, wait, error);
}

PssRun *pss_session_receive(PssSession *session, const PssReceiveOptions *options, const PssRunEvents *events,
			    gpointer user, GError **error)
{
	PssRun *run = pss_record_receive(session->record, options, events, user, error);

	if (run)
		pss_session_step(session, PSS_SESSION_ON_TAKE);
	if (run && session->resilient && session->transport)
		pss_transport_held_hurry(session->transport);
	return run;
}
