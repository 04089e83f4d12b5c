/* SPDX-License-Identifier: MIT */
/* The life of a session: opening (transport, two channels, the engine's bootstrap), open (lines, keys
 * and output between engine, channels and the terminal that watches), and its end. Called by the
 * requests of clients; calls the transport and the engine. It must never block, and it must never
 * free either of them from inside one of their callbacks: endings are finished in an idle call. */
#include <string.h>

#include "base/error.h"
#include "host/commands/powershell.h"
#include "host/session/private.h"
#include "host/state/session-file.h"
#include "link/resilient/transport-resilient.h"
#include "wire/deadlines.h"

#define PROOF_SECONDS 2 /* a login that only says something ends sooner */

static const PssTransportEvents transport_events;

PssSession *pss_session_ref(PssSession *session)
{
	session->refs++;
	return session;
}

gboolean pss_session_step(PssSession *session, PssSessionEvent event)
{
	enum pss_state before = pss_session_state(session);

	if (!pss_session_state_step(&session->state, event))
		return FALSE;
	enum pss_state now = pss_session_state(session);
	if (before == PSS_STATE_OPENED && now == PSS_STATE_DISCONNECTED)
		session->disconnected_at = g_get_real_time() / G_USEC_PER_SEC;
	if (before != now)
		g_debug("session %s: %s, was %s", session->instance, pss_state_name(now), pss_state_name(before));
	return TRUE;
}

const PssSessionOwner *pss_session_owner;

void pss_sessions_set_owner(const PssSessionOwner *owner)
{
	pss_session_owner = owner;
}

void pss_session_unref(PssSession *session)
{
	if (!session || --session->refs > 0)
		return;
	g_assert(!session->attached.events);
	pss_session_delist(session);
	pss_record_free(session->record);
	pss_session_free_link(session);
	pss_driver_free(session->driver);
	g_free(session->name);
	g_free(session->instance);
	g_free(session->computer);
	g_free(session->prompt_name);
	g_free(session->remote_user);
	g_free(session->history_key);
	g_free(session->forwards);
	g_free(session->boot);
	pss_target_free(session->target);
	pss_session_unref(session->again);
	g_free(session->asked_shell);
	g_free(session->wanted_shell);
	g_free(session->term);
	g_free(session->cause);
	g_ptr_array_unref(session->holder.waiters);
	g_ptr_array_unref(session->holder.begun_waiters);
	g_clear_pointer(&session->holder.saved, g_key_file_unref);
	g_clear_pointer(&session->place, g_key_file_unref);
	g_free(session->holder.memo);
	pss_running_forget_line(&session->running);
	g_free(session);
}

void pss_session_tell_left(PssSession *session, enum pss_left_reason reason, int status, const char *message)
{
	const PssWatcherEvents *watcher = g_steal_pointer(&session->attached.events);
	if (watcher)
		watcher->on_left(session->attached.user, reason, status, message);
}

void pss_session_finish_opening(PssSession *session, const GError *error)
{
	const PssOpenerEvents *opener = g_steal_pointer(&session->opening.events);

	g_clear_handle_id(&session->opening.patience_source, g_source_remove);
	if (!opener)
		return;
	if (error)
		opener->on_failed(session->opening.user, error);
	else
		opener->on_opened(session->opening.user);
}

void pss_session_become_opened(PssSession *session)
{
	if (pss_session_step(session, PSS_SESSION_ON_OPENED)) {
		session->was_opened = TRUE;
		pss_session_save(session);
		pss_session_choose_dropped(session);
	}
	pss_session_finish_opening(session, NULL);
}

void pss_session_end(PssSession *session, PssSessionEvent how, const char *cause, enum pss_left_reason reason,
		     int status)
{
	if (!pss_session_step(session, how))
		return;
	pss_session_unsave(session);
	g_free(session->cause);
	session->cause = g_strdup(cause);
	if (session->invoker)
		pss_invoker_end(session->invoker,
				how == PSS_SESSION_ON_BROKEN || (status == 255 && reason != PSS_LEFT_EXIT)
					? PSS_LINK_LOST
					: PSS_FAILED,
				cause);
	pss_session_end_channels(session, cause);
	pss_session_free_link_soon(session);
	/* Reports such an exit as well: it looks like the end of the connection. */
	pss_session_tell_left(session, reason, status, reason == PSS_LEFT_EXIT && status != 255 ? NULL : cause);
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_NOT_OPEN, "Cannot connect PSSession \"%s\": %s", session->name, cause);
	pss_session_tell_waiters(session, error);
	pss_session_tell_begun(session);
	pss_record_settle(session->record);
	if (!session->registered && !session->again)
		pss_session_owner->give_back(session->id);
	pss_session_owner->note_end(session);
}

/* ---- the transport's events */

static gboolean on_start_up_is_slow(gpointer user)
{
	PssSession *session = user;
	if (pss_driver_state(session->driver) == PSS_REMOTE_BOOT && pss_driver_may_be_late(session->driver))
		return G_SOURCE_CONTINUE;
	session->opening.patience_source = 0;
	pss_session_become_opened(session);
	return G_SOURCE_REMOVE;
}

void pss_session_note_cause(PssSession *session, const char *cause)
{
	g_free(session->cause);
	session->cause = g_strdup(cause);
}

/* Start-up files that take long and ask nothing: the first prompt is waited for still. */
static gboolean may_come_to_prompt(const PssSession *session)
{
	gboolean asks;

	return session->opening.patience_source && pss_driver_is_slow_to_start(session->driver, &asks) && !asks;
}

void pss_session_look_at_start(PssSession *session)
{
	gboolean asks;

	if (session->opening.patience_source && pss_driver_is_slow_to_start(session->driver, &asks) && asks)
		pss_session_become_opened(session);
}

void pss_session_become_plain(PssSession *session)
{
	if (may_come_to_prompt(session))
		return;
	if (!session->opening.patience_source || !pss_driver_is_unproven(session->driver)) {
		pss_session_become_opened(session);
		return;
	}
	g_source_remove(session->opening.patience_source);
	session->opening.patience_source = g_timeout_add_seconds(PROOF_SECONDS, on_start_up_is_slow, session);
}

void pss_session_enter_registry(PssSession *session)
{
	if (session->id == 0)
		session->id = pss_session_owner->reserve();
	if (!session->name)
		session->name = g_strdup_printf("Session%u", session->id);
	session->registered = TRUE;
	if (session->again)
		pss_session_take_place(session);
	pss_session_owner->add(session);
}

void pss_session_name_prompt(PssSession *session)
{
	session->prompt_name = strcmp(session->remote_user, g_get_user_name()) != 0
				       ? g_strdup_printf("%s@%s", session->remote_user, session->computer)
				       : g_strdup(session->computer);
}

/* Events that are due in the turn of the main loop in which the session ends still come: the link is freed behind it.
 */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	PssSession *session = user;

	if (pss_session_has_ended(session))
		return;
	session->remote_user = g_strdup(remote_user);
	session->history_key = g_strdup(history_key);
	session->forwards = g_strdup(forwards);
	pss_session_name_prompt(session);
	if (session->kept && !session->registered)
		pss_session_enter_registry(session);
	if (session->holder.saved)
		pss_transport_held_describe(session->transport, session->instance, session->name,
					    session->wanted_shell);

	if (!pss_session_choose_driver(session))
		return;
	pss_session_expect_shell(session);
	pss_driver_begin(session->driver, session->transport);
	if (session->opening.attach_too)
		pss_session_finish_opening(session, NULL);
	else
		session->opening.patience_source =
			g_timeout_add(pss_deadline(PSS_OPENING_MS), on_start_up_is_slow, session);
}

static void on_question(gpointer user, PssQuestion *question)
{
	PssSession *session = user;
	if (session->opening.events)
		session->opening.events->on_question(session->opening.user, question);
	else
		pss_question_answer(question, NULL);
}

void pss_session_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	PssSession *session = user;
	if (session->opening.events)
		session->opening.events->on_note(session->opening.user, kind, text);
	else if (session->attached.events && pss_note_level(kind) == 0)
		session->attached.events->on_note(session->attached.user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	PssSession *session = user;
	pss_driver_lost(session->driver);
	if (session->farewell.is_under_way) {
		pss_session_has_gone(session);
		return;
	}
	if (session->opening.events) {
		pss_session_ref(session);
		pss_session_finish_opening(session, error);
		pss_session_end(session, PSS_SESSION_ON_CLOSED, error->message, PSS_LEFT_LOST, 255);
		pss_session_unref(session);
		return;
	}
	pss_session_end(session, session->resilient ? PSS_SESSION_ON_CLOSED : PSS_SESSION_ON_BROKEN, error->message,
			PSS_LEFT_LOST, 255);
}

/* The terminal that has entered the session stays in it. */
void pss_session_tell_link(PssSession *session, PssLinkNews news)
{
	static const char *const notes[][2] = {
		[PSS_LINK_DOWN] = { "connection to ", " lost, reconnecting… (~. leaves)" },
		[PSS_LINK_STUCK] = { "connection to ", " lost, and cannot be made without a person (~. leaves)" },
		[PSS_LINK_PARKED] = { "reconnecting to ", "… (~. leaves)" },
		[PSS_LINK_UP] = { "reconnected to ", "" },
	};

	if (!session->attached.events)
		return;
	g_autofree char *note = g_strconcat(notes[news][0], session->computer, notes[news][1], NULL);
	session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, note);
}

/* Before anything is said, as that confirms what has come. */
static void catch_up(PssSession *session)
{
	pss_orphan_caught_up(session->holder.orphan);
	pss_record_caught_up(session->record);
	pss_session_save(session);
	pss_session_choose_dropped(session);
	pss_session_await_prompt(session);
}

static void refuse_waiters(PssSession *session, const char *cause)
{
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_LINK_LOST, "Cannot connect PSSession \"%s\" now: %s; it stays Disconnected",
			    session->name, cause ? cause : "it was disconnected meanwhile");
	pss_session_tell_waiters(session, error);
}

/* A link that is lost and comes back. */
static void on_link(gpointer user, PssLinkNews news, const char *text)
{
	static const PssSessionEvent events[] = {
		[PSS_LINK_DOWN] = PSS_SESSION_ON_LINK_DOWN,
		[PSS_LINK_STUCK] = PSS_SESSION_ON_LINK_STUCK,
		[PSS_LINK_PARKED] = PSS_SESSION_ON_LINK_RELEASED,
		[PSS_LINK_UP] = PSS_SESSION_ON_LINK_UP,
	};
	PssSession *session = user;
	const PssSessionState before = session->state;

	if (news == PSS_LINK_HELD) {
		session->resilient = TRUE;
		return;
	}
	if (!pss_session_step(session, events[news]))
		return;
	pss_driver_set_link(session->driver, news == PSS_LINK_UP);
	g_free(session->cause);
	session->cause = g_strdup(text);
	if (!pss_session_state_repeats(&before, &session->state))
		pss_session_tell_link(session, news);
	if (news == PSS_LINK_UP) {
		catch_up(session);
		pss_session_show_awaited(session);
	} else
		refuse_waiters(session, text);
	pss_record_settle(session->record);
}

static void on_dropped(gpointer user, guint64 n)
{
	PssSession *session = user;
	g_autofree char *note = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", n);

	if (session->attached.events)
		session->attached.events->on_note(session->attached.user, PSS_NOTE_WARNING, note);
	else
		pss_record_note_dropped(session->record, n);
}

static void on_unseen(gpointer user, guint kind, const void *data, gsize n)
{
	const PssSession *session = user;
	pss_record_restore(session->record, kind, data, n);
}

static const PssTransportEvents transport_events = {
	.on_unseen = on_unseen,
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = pss_session_note,
	.on_lost = on_lost,
	.on_link = on_link,
	.on_taken_over = pss_session_on_taken_over,
	.on_dropped = on_dropped,
};

/* ---- opening and closing */

PssSession *pss_session_open(PssTarget *target, const PssSessionOptions *options, const PssOpenerEvents *events,
			     gpointer user)
{
	PssSession *session = g_new0(PssSession, 1);
	gboolean is_powershell = pss_is_powershell(options->shell);
	session->refs = 1;
	pss_session_enlist(session);
	session->opened_at = g_get_real_time() / G_USEC_PER_SEC;
	session->again = options->again ? pss_session_ref(options->again) : NULL;
	session->instance = session->again ? g_strdup(session->again->instance) : g_uuid_string_random();
	session->target = pss_session_copy_target(target);
	if (is_powershell)
		target->share = MIN(target->share, 1); /* its only channel */
	session->computer = g_strdup(target->host);
	session->by_program = target->by_program;
	session->name = g_strdup(options->name);
	session->asked_shell = g_strdup(is_powershell ? PSS_POWERSHELL_NAME : options->shell);
	session->wanted_shell = g_strdup(session->asked_shell);
	session->term = g_strdup(options->term);
	session->kept = options->kept;
	session->id = session->again ? session->again->id : options->kept ? pss_session_owner->reserve() : 0;
	session->opening.attach_too = options->attach_too;
	session->columns = options->columns;
	session->rows = options->rows;
	session->opening.events = events;
	session->opening.user = user;
	session->record = pss_record_new(&pss_session_record_owner, session);
	session->holder.waiters = g_ptr_array_new_with_free_func(g_free);
	session->holder.begun_waiters = g_ptr_array_new_with_free_func(g_free);

	pss_session_make_driver(session, is_powershell, options);
	session->holder.idle_s = options->idle_s;
	session->place = pss_saved_new(target);
	session->holder.saved = options->resilient ? g_key_file_ref(session->place) : NULL;
	session->transport = options->resilient ? pss_transport_held_new(target, options->new_transport,
									 options->idle_s, &transport_events, session)
						: options->new_transport(target, &transport_events, session);
	pss_transport_connect(session->transport);
	return session;
}

PssSession *pss_session_new_restored(PssTransportNewFunc new_transport, PssTarget *target, const PssHolderThere *there)
{
	PssSession *session = g_new0(PssSession, 1);
	const PssSessionOptions options = { .resilient = TRUE };

	session->refs = 1;
	pss_session_enlist(session);
	session->state = (PssSessionState){ PSS_LIFE_OPEN, PSS_LINK_IS_RELEASED, PSS_CLAIM_LET_GO };
	session->kept = session->was_opened = session->resilient = TRUE;
	session->by_program = target->by_program;
	session->target = pss_session_copy_target(target);
	session->record = pss_record_new(&pss_session_record_owner, session);
	session->holder.waiters = g_ptr_array_new_with_free_func(g_free);
	session->holder.begun_waiters = g_ptr_array_new_with_free_func(g_free);
	pss_session_make_driver(session, FALSE, &options);
	pss_driver_await(session->driver);
	session->holder.idle_s = there->idle_s;
	session->transport = pss_transport_held_restore(target, new_transport, there, &transport_events, session);
	return session;
}

void pss_session_cancel(PssSession *session)
{
	session->opening.events = NULL;
	pss_session_close(session, "the opening was given up");
}

void pss_session_close(PssSession *session, const char *cause)
{
	if (session->invoker && !session->holder.is_left && session->state.life == PSS_LIFE_OPEN)
		session->farewell.shell_asked = pss_driver_hang_up(session->driver) && !session->resilient;
	pss_session_end(session, PSS_SESSION_ON_CLOSED, cause, PSS_LEFT_REMOVED, 255);
}

gboolean pss_session_close_and_report(PssSession *session, const char *cause, PssSessionEndFunc func, gpointer user)
{
	gboolean has_holder = session->resilient && session->transport && !pss_session_has_ended(session);

	if (has_holder)
		pss_transport_held_await_end(session->transport, func, user);
	pss_session_close(session, cause);
	return has_holder;
}

void pss_session_keep(PssSession *session)
{
	if (session->kept || session->farewell.source)
		return;
	session->kept = TRUE;
	pss_driver_keep(session->driver);
	pss_session_enter_registry(session);
	if (session->remote_user)
		return;
	session->opening.events = NULL;
	session->opening.attach_too = FALSE;
	session->left_to_itself = TRUE;
}

/* ---- commands beside the terminal */

PssRun *pss_session_run(PssSession *session, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error)
{
	if (session->state.life != PSS_LIFE_OPEN || session->state.claim != PSS_CLAIM_TAKEN || !session->invoker) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN,
			    "Because the session state for session %s, %s, %s is not equal to Open, you cannot run a "
			    "command in the session.  The session state is %s.",
			    session->name ? session->name : "", session->instance, session->computer,
			    pss_state_name(pss_session_state(session)));
		return NULL;
	}
	return pss_invoker_run(session->invoker, command, input, wait, events, user, error);
}
