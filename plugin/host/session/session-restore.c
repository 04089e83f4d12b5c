/* SPDX-License-Identifier: MIT */
/* Resilient sessions that outlive this process: written down while they live, made again from what is written, taken
 * over from their holder by the first connection. What the engine needs (its secrets too) the holder has kept. Called
 * by session.c and main.c. */
#include <string.h>

#include "host/session/private.h"
#include "host/state/session-file.h"
#include "link/resilient/transport-resilient.h"

#define GROUP "Session"

static void set_text(GKeyFile *file, const char *key, const char *text)
{
	if (text)
		g_key_file_set_string(file, GROUP, key, text);
}

typedef void (*NoteFunc)(PssTransport *transport, const char *memo);

/* Changes with each request; a line for the holder only where it does. */
static void tell_holder(PssSession *session, NoteFunc note)
{
	if (!session->resilient || !session->was_opened || !session->invoker)
		return;
	PssChannel *job = pss_invoker_current_channel(session->invoker);
	/* As long as the old process' command runs, what that one said is what the next one needs. */
	if (session->holder.orphan_child && !job)
		return;
	g_autofree char *memo = pss_driver_memo(session->driver, job ? pss_channel_held_number(job) : 0);
	if (!memo || g_strcmp0(memo, session->holder.memo) == 0)
		return;
	g_free(session->holder.memo);
	session->holder.memo = g_steal_pointer(&memo);
	note(session->transport, session->holder.memo);
}

void pss_session_tell_holder(PssSession *session)
{
	tell_holder(session, pss_transport_held_note);
}

/* Behind a command another one may follow at once, and say more. */
void pss_session_tell_holder_soon(PssSession *session)
{
	tell_holder(session, pss_transport_held_note_soon);
}

/* A full disk: the session is as good as another, as long as this process lives. */
static void write_down(PssSession *session)
{
	g_autoptr(GError) error = NULL;

	if (pss_saved_write(session->holder.saved, session->instance, &error))
		return;
	g_autofree char *note =
		g_strdup_printf("session %s cannot be written down, and will not be listed any more when "
				"the host process has ended (get-pssession -ComputerName finds it then): %s",
				session->name, error->message);
	pss_session_note(session, PSS_NOTE_WARNING, note);
}

void pss_session_save(PssSession *session)
{
	GKeyFile *file = session->holder.saved;

	if (!session->resilient || !file || !session->kept)
		return;
	set_text(file, "InstanceId", session->instance);
	set_text(file, "Name", session->name);
	set_text(file, "Computer", session->computer);
	set_text(file, "PromptName", session->prompt_name);
	set_text(file, "RemoteUser", session->remote_user);
	set_text(file, "HistoryKey", session->history_key);
	set_text(file, "Forwards", session->forwards);
	set_text(file, "Shell", pss_session_configuration_name(session));
	set_text(file, "Boot", pss_session_boot(session));
	set_text(file, "Holder", pss_transport_held_name(session->transport));
	g_key_file_set_integer(file, GROUP, "IdleTimeout", (int)session->holder.idle_s);
	g_key_file_set_int64(file, GROUP, "OpenedAt", session->opened_at);
	g_key_file_set_integer(file, GROUP, "Buffering", pss_record_buffering(session->record));
	g_key_file_set_integer(file, GROUP, "BufferSize", (int)pss_record_limit(session->record));
	write_down(session);
}

void pss_session_unsave(PssSession *session)
{
	if (session->holder.saved && !session->holder.is_left)
		pss_saved_remove(session->instance);
}

/* One that was never at a prompt has left no word with its holder: nobody could go on with it. */
void pss_session_leave(PssSession *session)
{
	if (!session->resilient || !session->holder.saved || !session->transport || !session->was_opened)
		return;
	session->holder.is_left = TRUE;
	pss_transport_held_leave(session->transport);
}

/* ---- the other way */

static char *text_of(GKeyFile *file, const char *key)
{
	return g_key_file_get_string(file, GROUP, key, NULL);
}

static void on_orphan_over(gpointer user)
{
	PssSession *session = user;
	PssOrphan *orphan = g_steal_pointer(&session->holder.orphan);

	session->holder.orphan_child = 0;
	pss_orphan_end(orphan);
	pss_session_tell_holder(session);
	pss_record_settle(session->record);
}

static void adopt_orphan(PssSession *session, guint child)
{
	g_autofree char *begin = pss_driver_old_mark(session->driver, '<');
	g_autofree char *end = pss_driver_old_mark(session->driver, '>');
	g_autofree char *relay = pss_driver_relay_mark(session->driver);
	const PssOrphanMarks marks = { .begin = begin, .end = end, .relay = relay };

	session->holder.orphan =
		pss_orphan_adopt(session->transport, child, &marks, session->record, on_orphan_over, session);
}

void pss_session_on_taken_over(gpointer user, const char *memo, guint last_child)
{
	PssSession *session = user;
	PssDriverMemo read;

	if (pss_session_has_ended(session))
		return;
	if (!pss_driver_read_memo(memo, &read)) {
		pss_session_close(session, "the remote keeper has no state to resume from");
		return;
	}
	pss_invoker_begin_at(session->invoker, last_child); /* each relay was a child */
	session->holder.orphan_child = read.job;
	pss_driver_resume(session->driver, session->transport, &read);
	if (read.job)
		adopt_orphan(session, read.job);
	pss_session_choose_dropped(session);
}

static void restore(GKeyFile *file, gpointer user)
{
	g_autofree char *holder = text_of(file, "Holder");
	g_autofree char *computer = text_of(file, "Computer");
	g_autofree char *instance = text_of(file, "InstanceId");
	PssTarget *target = pss_saved_target(file);

	if (!holder || strlen(holder) != 32 || !computer || !instance || !target->host) {
		pss_target_free(target);
		g_key_file_unref(file);
		return;
	}
	const PssHolderThere there = {
		.name = holder,
		.idle_s = (guint)g_key_file_get_integer(file, GROUP, "IdleTimeout", NULL),
	};
	PssSession *session = pss_session_new_restored(__extension__((PssTransportNewFunc)user), target, &there);
	g_free(session->instance);
	session->instance = g_steal_pointer(&instance);
	session->computer = g_steal_pointer(&computer);
	session->name = text_of(file, "Name");
	session->prompt_name = text_of(file, "PromptName");
	session->remote_user = text_of(file, "RemoteUser");
	session->history_key = text_of(file, "HistoryKey");
	session->forwards = text_of(file, "Forwards");
	session->boot = text_of(file, "Boot");
	session->wanted_shell = text_of(file, "Shell");
	session->opened_at = g_key_file_get_int64(file, GROUP, "OpenedAt", NULL);
	session->holder.saved = file;
	session->place = g_key_file_ref(file);
	if (g_key_file_get_integer(file, GROUP, "Buffering", NULL) == PSS_BUFFERING_BLOCK)
		pss_record_set_buffering(session->record, PSS_BUFFERING_BLOCK, 0);
	pss_record_set_buffering(session->record, pss_record_buffering(session->record),
				 (gsize)MAX(g_key_file_get_integer(file, GROUP, "BufferSize", NULL), 0));
	pss_session_enter_registry(session);
	pss_session_unref(session);
}

PssSession *pss_session_adopt(PssTransportNewFunc new_transport, const PssTarget *target, const PssFound *found,
			      const PssFoundLink *link, gboolean force)
{
	const PssHolderThere there = {
		.name = found->holder,
		.idle_s = found->idle_s,
		.if_free = !force,
		.beside = TRUE,
	};
	PssSession *session = pss_session_new_restored(new_transport, pss_target_copy(target), &there);

	session->instance = g_strdup(found->instance);
	session->computer = g_strdup(target->host);
	session->name = g_strdup(found->name);
	session->remote_user = g_strdup(link->remote_user);
	session->history_key = g_strdup(link->history_key);
	session->forwards = g_strdup(link->forwards);
	session->wanted_shell = g_strdup(found->shell);
	session->opened_at = found->opened;
	session->holder.saved = pss_saved_new(target);
	session->place = g_key_file_ref(session->holder.saved);
	pss_session_name_prompt(session);
	pss_session_enter_registry(session);
	return session;
}

void pss_session_give_back(PssSession *session, const char *cause)
{
	pss_session_leave(session);
	pss_session_close(session, cause);
	pss_session_owner->remove(session);
}

void pss_session_restore_all(PssTransportNewFunc new_transport)
{
	pss_saved_load(restore, __extension__((gpointer)new_transport));
}
