/* SPDX-License-Identifier: MIT */
/* The life of a session: opening (transport, two channels, the engine's bootstrap), open (lines, keys
 * and output between engine, channels and the terminal that watches), and its end. Called by the
 * requests of clients; calls the transport and the engine. It must never block, and it must never
 * free either of them from inside one of their callbacks: endings are finished in an idle call. */
#include <string.h>

#include "base/error.h"
#include "host/session/command-queue.h"
#include "host/session/private.h"
#include "host/session/session-file.h"
#include "link/resilient/transport-resilient.h"

#define START_UP_PATIENCE_SECONDS 10
#define PROOF_SECONDS 2 /* a login that only says something ends sooner */

static const PssTransportEvents transport_events;

PssSession *pss_session_ref(PssSession *session)
{
	session->refs++;
	return session;
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
	g_assert(!session->watcher);
	pss_session_delist(session);
	pss_record_free(session->record);
	pss_session_free_link(session);
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
	g_ptr_array_unref(session->waiters);
	g_ptr_array_unref(session->begun_waiters);
	g_clear_pointer(&session->saved, g_key_file_unref);
	g_clear_pointer(&session->place, g_key_file_unref);
	g_free(session->memo);
	pss_session_forget_line(session);
	g_free(session);
}

void pss_session_tell_left(PssSession *session, enum pss_left_reason reason, int status, const char *message)
{
	const PssWatcherEvents *watcher = g_steal_pointer(&session->watcher);
	if (watcher)
		watcher->on_left(session->watcher_user, reason, status, message);
}

void pss_session_finish_opening(PssSession *session, const GError *error)
{
	const PssOpenerEvents *opener = g_steal_pointer(&session->opener);

	g_clear_handle_id(&session->patience_source, g_source_remove);
	if (!opener)
		return;
	if (error)
		opener->on_failed(session->opener_user, error);
	else
		opener->on_opened(session->opener_user);
}

void pss_session_become_opened(PssSession *session)
{
	if (session->state == PSS_STATE_OPENING) {
		session->state = PSS_STATE_OPENED;
		session->was_opened = TRUE;
		pss_session_save(session);
		pss_session_choose_dropped(session);
	}
	pss_session_finish_opening(session, NULL);
}

void pss_session_end(PssSession *session, enum pss_state state, const char *cause, enum pss_left_reason reason,
		     int status)
{
	if (session->state == PSS_STATE_BROKEN || session->state == PSS_STATE_CLOSED)
		return;
	session->state = state;
	session->link_lost = FALSE;
	pss_session_unsave(session);
	g_free(session->cause);
	session->cause = g_strdup(cause);
	if (session->invoker)
		pss_invoker_end(session->invoker,
				state == PSS_STATE_BROKEN || (status == 255 && reason != PSS_LEFT_EXIT) ? PSS_LINK_LOST
													: PSS_FAILED,
				cause);
	pss_session_free_link_soon(session);
	/* Such an exit is told as well: it looks like the end of the connection. */
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

/* NULL: the login shell. */
static PssChannel *open_terminal(PssSession *session, const char *command)
{
	const PssChannelRequest request = {
		.pty = TRUE,
		.with_environment = TRUE,
		.command = command,
		.term = session->term ? session->term : "xterm-256color",
		.columns = session->columns ? session->columns : 80,
		.rows = session->rows ? session->rows : 24,
	};
	return pss_channel_open(session->transport, &request, &pss_session_terminal_events, session);
}

static PssChannel *open_control(PssSession *session)
{
	PssChannelRequest request = { .command = pss_remote_control_command(session->remote) };
	request.first_bytes = pss_remote_control_script(session->remote, &request.n_first_bytes);
	return pss_channel_open(session->transport, &request, &pss_session_control_events, session);
}

void pss_session_open_login_shell(PssSession *session)
{
	session->terminal = open_terminal(session, NULL);
}

static gboolean on_start_up_is_slow(gpointer user)
{
	PssSession *session = user;
	if (pss_remote_state(session->remote) == PSS_REMOTE_BOOT && pss_remote_may_be_late(session->remote))
		return G_SOURCE_CONTINUE;
	session->patience_source = 0;
	pss_session_become_opened(session);
	return G_SOURCE_REMOVE;
}

void pss_session_become_plain(PssSession *session)
{
	if (!session->patience_source || !pss_remote_is_unproven(session->remote)) {
		pss_session_become_opened(session);
		return;
	}
	g_source_remove(session->patience_source);
	session->patience_source = g_timeout_add_seconds(PROOF_SECONDS, on_start_up_is_slow, session);
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
	if (session->saved)
		pss_transport_held_describe(session->transport, session->instance, session->name,
					    session->wanted_shell);

	pss_remote_begin(session->remote);
	/* The terminal first: the transport can put the first channel's requests into one flight. */
	session->terminal = open_terminal(session, pss_remote_terminal_command(session->remote));
	session->control = open_control(session);
	if (session->attach_too)
		pss_session_finish_opening(session, NULL);
	else
		session->patience_source =
			g_timeout_add_seconds(START_UP_PATIENCE_SECONDS, on_start_up_is_slow, session);
}

static void on_question(gpointer user, PssQuestion *question)
{
	PssSession *session = user;
	if (session->opener)
		session->opener->on_question(session->opener_user, question);
	else
		pss_question_answer(question, NULL);
}

void pss_session_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	PssSession *session = user;
	if (session->opener)
		session->opener->on_note(session->opener_user, kind, text);
	else if (session->watcher && kind != PSS_NOTE_DEBUG && kind != PSS_NOTE_VERBOSE)
		session->watcher->on_note(session->watcher_user, kind, text);
}

static void on_lost(gpointer user, const GError *error)
{
	PssSession *session = user;
	session->control = session->terminal = NULL;
	if (session->going) {
		pss_session_has_gone(session);
		return;
	}
	if (session->opener) {
		pss_session_ref(session);
		pss_session_finish_opening(session, error);
		pss_session_end(session, PSS_STATE_CLOSED, error->message, PSS_LEFT_LOST, 255);
		pss_session_unref(session);
		return;
	}
	pss_session_end(session, session->resilient ? PSS_STATE_CLOSED : PSS_STATE_BROKEN, error->message,
			PSS_LEFT_LOST, 255);
}

/* Whoever has entered the session stays in it, and is told. */
void pss_session_tell_link(PssSession *session, PssLinkNews news)
{
	static const char *const notes[][2] = {
		[PSS_LINK_DOWN] = { "connection to ", " lost, reconnecting… (~. leaves)" },
		[PSS_LINK_STUCK] = { "connection to ", " lost, and cannot be made without a person (~. leaves)" },
		[PSS_LINK_PARKED] = { "reconnecting to ", "… (~. leaves)" },
		[PSS_LINK_UP] = { "reconnected to ", "" },
	};

	if (!session->watcher)
		return;
	g_autofree char *note = g_strconcat(notes[news][0], session->computer, notes[news][1], NULL);
	session->watcher->on_note(session->watcher_user, PSS_NOTE_WARNING, note);
}

/* A link that is lost and comes back. */
static void on_link(gpointer user, PssLinkNews news, const char *text)
{
	PssSession *session = user;

	if (pss_session_has_ended(session))
		return;
	if (news == PSS_LINK_HELD) {
		session->resilient = TRUE;
		return;
	}
	gboolean was_parked = session->parked;
	gboolean told = session->link_lost && news == PSS_LINK_DOWN && !session->parked;
	session->link_lost = news != PSS_LINK_UP;
	session->parked = news == PSS_LINK_PARKED;
	session->link_failed = news == PSS_LINK_STUCK || told || (was_parked && news == PSS_LINK_DOWN);
	pss_remote_set_link(session->remote, !session->link_lost);
	g_free(session->cause);
	session->cause = g_strdup(text);
	if (session->link_lost && pss_session_state(session) == PSS_STATE_OPENED)
		session->disconnected_at = g_get_real_time() / G_USEC_PER_SEC;
	if (session->state == PSS_STATE_OPENED && session->link_lost)
		session->state = PSS_STATE_DISCONNECTED;
	else if (session->state == PSS_STATE_DISCONNECTED && !session->link_lost)
		session->state = PSS_STATE_OPENED;
	if (!told)
		pss_session_tell_link(session, news);
	g_autoptr(GError) error =
		session->link_lost ? g_error_new(PSS_ERROR, PSS_LINK_LOST,
						 "Cannot connect PSSession \"%s\" now: %s; it stays Disconnected",
						 session->name, text ? text : "it was disconnected meanwhile")
				   : NULL;
	if (!error) {
		/* Before anything is said, as that confirms what has come. */
		pss_session_orphan_caught_up(session);
		pss_record_caught_up(session->record);
		pss_session_save(session);
		pss_session_choose_dropped(session);
	}
	if (error)
		pss_session_tell_waiters(session, error);
	else
		pss_session_await_prompt(session);
	pss_record_settle(session->record);
}

static void on_dropped(gpointer user, guint64 n)
{
	PssSession *session = user;
	g_autofree char *note = g_strdup_printf("%" G_GUINT64_FORMAT " bytes dropped", n);

	if (session->watcher)
		session->watcher->on_note(session->watcher_user, PSS_NOTE_WARNING, note);
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
	session->refs = 1;
	pss_session_enlist(session);
	session->state = PSS_STATE_OPENING;
	session->opened_at = g_get_real_time() / G_USEC_PER_SEC;
	session->again = options->again ? pss_session_ref(options->again) : NULL;
	session->instance = session->again ? g_strdup(session->again->instance) : g_uuid_string_random();
	session->target = pss_session_copy_target(target);
	session->computer = g_strdup(target->host);
	session->by_program = target->by_program;
	session->name = g_strdup(options->name);
	session->asked_shell = g_strdup(options->shell);
	session->wanted_shell = g_strdup(options->shell);
	session->term = g_strdup(options->term);
	session->kept = options->kept;
	session->id = session->again ? session->again->id : options->kept ? pss_session_owner->reserve() : 0;
	session->attach_too = options->attach_too;
	session->columns = options->columns;
	session->rows = options->rows;
	session->opener = events;
	session->opener_user = user;
	session->record = pss_record_new(session);
	session->waiters = g_ptr_array_new_with_free_func(g_free);
	session->begun_waiters = g_ptr_array_new_with_free_func(g_free);

	PssRemoteOptions remote_options = { .shell = session->wanted_shell,
					    .kept = session->kept,
					    .resilient = options->resilient,
					    .tell_motd = options->tell_motd };
	session->remote = pss_remote_new(&remote_options, &pss_session_remote_events, session);
	session->invoker = pss_invoker_new(session, session->remote);
	session->idle_s = options->idle_s;
	session->place = pss_saved_new(target);
	session->saved = options->resilient ? g_key_file_ref(session->place) : NULL;
	session->transport = options->resilient ? pss_transport_held_new(target, options->new_transport,
									 options->idle_s, &transport_events, session)
						: options->new_transport(target, &transport_events, session);
	pss_transport_connect(session->transport);
	return session;
}

PssSession *pss_session_new_restored(PssTransportNewFunc new_transport, PssTarget *target, const PssHolderThere *there)
{
	PssSession *session = g_new0(PssSession, 1);
	const PssRemoteOptions options = { .kept = TRUE, .resilient = TRUE };

	session->refs = 1;
	pss_session_enlist(session);
	session->state = PSS_STATE_DISCONNECTED;
	session->kept = session->was_opened = session->resilient = TRUE;
	session->by_program = target->by_program;
	session->target = pss_session_copy_target(target);
	session->link_lost = session->parked = session->let_go = TRUE;
	session->record = pss_record_new(session);
	session->waiters = g_ptr_array_new_with_free_func(g_free);
	session->begun_waiters = g_ptr_array_new_with_free_func(g_free);
	session->remote = pss_remote_new(&options, &pss_session_remote_events, session);
	pss_remote_await(session->remote);
	pss_remote_set_link(session->remote, FALSE);
	session->invoker = pss_invoker_new(session, session->remote);
	session->idle_s = there->idle_s;
	session->transport = pss_transport_held_restore(target, new_transport, there, &transport_events, session);
	return session;
}

PssChannel *pss_session_adopt_channel(PssSession *session, guint number, gboolean is_terminal)
{
	return pss_transport_held_adopt(session->transport, number, is_terminal,
					is_terminal ? &pss_session_terminal_events : &pss_session_control_events,
					session);
}

void pss_session_cancel(PssSession *session)
{
	session->opener = NULL;
	pss_session_close(session, "the opening was given up");
}

void pss_session_close(PssSession *session, const char *cause)
{
	if (session->remote && !session->left && (session->state == PSS_STATE_OPENED || session->link_lost))
		session->asked_to_go = pss_remote_hang_up(session->remote) && !session->resilient;
	pss_session_end(session, PSS_STATE_CLOSED, cause, PSS_LEFT_REMOVED, 255);
}

gboolean pss_session_close_told(PssSession *session, const char *cause, PssSessionEndFunc func, gpointer user)
{
	gboolean has_holder = session->resilient && session->transport && !pss_session_has_ended(session);

	if (has_holder)
		pss_transport_held_await_end(session->transport, func, user);
	pss_session_close(session, cause);
	return has_holder;
}

void pss_session_keep(PssSession *session)
{
	if (session->kept || session->end_source)
		return;
	session->kept = TRUE;
	pss_remote_keep(session->remote);
	pss_session_enter_registry(session);
	if (session->remote_user)
		return;
	session->opener = NULL;
	session->attach_too = FALSE;
	session->left_to_itself = TRUE;
}

/* ---- commands beside the terminal */

PssRun *pss_session_run(PssSession *session, const PssCommand *command, gboolean input, gboolean wait,
			const PssRunEvents *events, gpointer user, GError **error)
{
	if ((session->state != PSS_STATE_OPENED && !session->link_lost) || session->let_go || !session->invoker) {
		g_set_error(error, PSS_ERROR, PSS_NOT_OPEN,
			    "Because the session state for session %s, %s, %s is not equal to Open, you cannot run a "
			    "command in the session.  The session state is %s.",
			    session->name ? session->name : "", session->instance, session->computer,
			    pss_state_name(pss_session_state(session)));
		return NULL;
	}
	return pss_invoker_run(session->invoker, command, input, wait, events, user, error);
}
