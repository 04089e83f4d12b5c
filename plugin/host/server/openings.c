/* SPDX-License-Identifier: MIT */
/* OPEN, CANCEL and ANSWER: sessions on their way, and the person in front of the client who is asked
 * what their logins want to know. Several openings of one client run at once; their questions queue. */
#include "host/server/openings.h"

#include <malloc.h>
#include <string.h>

#include "base/error.h"
#include "base/system.h"
#include "host/server/attachment.h"
#include "host/server/registry.h"

#define IDLE_DEFAULT_S 7200

struct opening {
	PssOpenings *owner;
	uint32_t id;
	gboolean attach_too;
	guint verbose; /* 1: PSS_NOTE_VERBOSE is wanted too, 2: PSS_NOTE_DEBUG as well */
	guint columns, rows;
	PssSession *session;
};

struct asked {
	PssQuestion *question;
	const char *computer; /* borrowed from the session of `id`; NULL when that is over */
	uint32_t id;
};

struct PssOpenings {
	PssPeer *peer;
	GHashTable *by_id; /* uint32_t → struct opening */
	GQueue questions;  /* struct asked; the head is the one that has been put */
	guint64 last_ask_id;
};

static void free_asked(struct asked *asked)
{
	pss_question_unref(asked->question);
	g_free(asked);
}

static void free_opening(gpointer data)
{
	struct opening *opening = data;
	if (opening->session) {
		pss_session_cancel(opening->session);
		pss_session_unref(opening->session);
	}
	g_free(opening);
}

PssOpenings *pss_openings_new(PssPeer *peer)
{
	PssOpenings *openings = g_new0(PssOpenings, 1);
	openings->peer = peer;
	openings->by_id = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_opening);
	g_queue_init(&openings->questions);
	return openings;
}

void pss_openings_free(PssOpenings *openings)
{
	if (!openings)
		return;
	g_hash_table_unref(openings->by_id);
	g_queue_clear_full(&openings->questions, (GDestroyNotify)free_asked);
	g_free(openings);
}

/* ---- questions */

static void put_next_question(PssOpenings *openings)
{
	struct asked *asked = g_queue_peek_head(&openings->questions);
	struct pss_message message;

	if (!asked)
		return;
	pss_message_begin(&message, pss_peer_out(openings->peer), PSS_ASK, asked->id);
	pss_message_number(&message, PSS_TAG_ASK_ID, ++openings->last_ask_id);
	pss_message_number(&message, PSS_TAG_ASK_KIND, pss_question_kind(asked->question));
	pss_message_number(&message, PSS_TAG_ECHO, pss_question_kind(asked->question) != PSS_ASK_SECRET);
	pss_message_text(&message, PSS_TAG_MESSAGE, pss_question_text(asked->question));
	pss_message_text(&message, PSS_TAG_COMPUTER, asked->computer);
	if (pss_message_end(&message) < 0)
		pss_question_answer(asked->question, NULL);
	pss_peer_flush(openings->peer);
}

static void on_question(gpointer user, PssQuestion *question)
{
	struct opening *opening = user;
	pss_openings_ask(opening->owner, opening->id, pss_session_computer(opening->session), question);
}

void pss_openings_ask(PssOpenings *openings, uint32_t id, const char *computer, PssQuestion *question)
{
	struct asked *asked = g_new0(struct asked, 1);

	asked->question = pss_question_ref(question);
	asked->id = id;
	asked->computer = computer;
	g_queue_push_tail(&openings->questions, asked);
	if (g_queue_get_length(&openings->questions) == 1)
		put_next_question(openings);
}

void pss_openings_on_answer(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssOpenings *openings = pss_peer_openings(peer);

	if (g_queue_is_empty(&openings->questions) ||
	    pss_fields_number(fields, PSS_TAG_ASK_ID, 0) != openings->last_ask_id)
		return;
	struct asked *asked = g_queue_pop_head(&openings->questions);
	pss_question_answer(asked->question, pss_fields_text(fields, PSS_TAG_ANSWER_TEXT));
	free_asked(asked);
	put_next_question(openings);
}

/* The questions of an opening that has ended are taken back; the next one is put if the first was its. */
void pss_openings_drop_questions(PssOpenings *openings, uint32_t id)
{
	GList *head = openings->questions.head;
	gboolean was_put = head && ((struct asked *)head->data)->id == id;

	for (GList *link = head, *next; link; link = next) {
		next = link->next;
		if (((struct asked *)link->data)->id == id) {
			free_asked(link->data);
			g_queue_delete_link(&openings->questions, link);
		}
	}
	if (was_put)
		put_next_question(openings);
}

/* ---- the session's events while it opens */

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	struct opening *opening = user;
	guint level = kind == PSS_NOTE_DEBUG ? 2 : kind == PSS_NOTE_VERBOSE ? 1 : 0;

	if (level > opening->verbose)
		return;
	pss_peer_note(opening->owner->peer, opening->id, kind, text);
	pss_peer_flush(opening->owner->peer);
}

/* Logging in leaves more free memory among what stays than an idle session needs. */
static gboolean on_trim_time(gpointer user)
{
	guint *timer = user;

	*timer = 0;
	pss_system_trim_memory();
	return G_SOURCE_REMOVE;
}

static void trim_soon(void)
{
	static guint timer;

	if (timer == 0)
		timer = g_timeout_add_seconds(1, on_trim_time, &timer);
}

static PssSession *end_opening(struct opening *opening)
{
	PssOpenings *openings = opening->owner;
	PssSession *session = g_steal_pointer(&opening->session);
	uint32_t id = opening->id;

	g_hash_table_remove(openings->by_id, GUINT_TO_POINTER(id));
	pss_openings_drop_questions(openings, id);
	trim_soon();
	return session;
}

/* Where it cannot be entered nobody has it, and a callback of its link is no place to free it. */
static void enter(PssPeer *peer, const struct opening *ended, PssSession *session)
{
	pss_attachment_enter(pss_peer_attachment(peer), ended->id, session, ended->columns, ended->rows, FALSE);
	if (!pss_session_is_attached(session) && !pss_session_is_kept(session))
		pss_session_close(session, "it could not be entered");
}

static void on_opened(gpointer user)
{
	struct opening ended = *(struct opening *)user;
	PssPeer *peer = ended.owner->peer;
	g_autoptr(PssSession) session = end_opening(user);

	if (ended.attach_too)
		enter(peer, &ended, session);
	else
		pss_peer_session(peer, PSS_RESULT, ended.id, session);
	pss_peer_flush(peer);
}

static void on_failed(gpointer user, const GError *error)
{
	struct opening *opening = user;
	PssPeer *peer = opening->owner->peer;
	uint32_t id = opening->id;

	pss_session_unref(end_opening(opening));
	pss_peer_error(peer, id, error);
	pss_peer_flush(peer);
}

static const PssOpenerEvents opener_events = {
	.on_question = on_question,
	.on_note = on_note,
	.on_opened = on_opened,
	.on_failed = on_failed,
};

/* ---- requests */

/* A session that is neither kept nor entered would end as soon as it is open. */
static gboolean check_options(const PssSessionOptions *options, GError **error)
{
	if (!options->kept && !options->attach_too) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a session has to be kept or entered");
		return FALSE;
	}
	return !options->name || pss_session_check_name(options->name, error);
}

/* The session beside which another one is wanted, or NULL. */
static PssSession *find_again(struct pss_fields fields)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);

	return instance ? pss_registry_find(instance) : NULL;
}

/* A new one in the place of the session that the fields name. NULL: there is no such session. */
static PssTarget *find_place(const PssPeer *peer, struct pss_fields fields, PssSessionOptions *options, GError **error)
{
	PssSession *again = pss_registry_find(pss_fields_text(fields, PSS_TAG_ANEW));

	if (!again) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	pss_session_options_again(again, options);
	return pss_peer_target_of(peer, again, fields);
}

static PssTarget *find_target(const PssPeer *peer, struct pss_fields fields, PssSessionOptions *options, GError **error)
{
	if (pss_fields_text(fields, PSS_TAG_ANEW))
		return find_place(peer, fields, options, error);
	return check_options(options, error) ? pss_peer_target(peer, fields, error) : NULL;
}

void pss_openings_on_open(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssOpenings *openings = pss_peer_openings(peer);
	g_autoptr(GError) error = NULL;

	if (id == 0 || g_hash_table_contains(openings->by_id, GUINT_TO_POINTER(id))) {
		pss_peer_fail(peer, "a request id that is in use");
		return;
	}
	pss_peer_ack(peer, id);
	PssSessionOptions options = {
		.new_transport = pss_peer_new_transport(peer),
		.kept = pss_fields_number(fields, PSS_TAG_KEEP, 0) != 0,
		.attach_too = pss_fields_number(fields, PSS_TAG_ATTACH_TOO, 0) != 0,
		.name = pss_fields_text(fields, PSS_TAG_NAME),
		.shell = pss_fields_text(fields, PSS_TAG_SHELL),
		.columns = (guint)MIN(pss_fields_number(fields, PSS_TAG_COLUMNS, 0), 10000),
		.rows = (guint)MIN(pss_fields_number(fields, PSS_TAG_ROWS, 0), 10000),
		.resilient = pss_fields_number(fields, PSS_TAG_RESILIENT, 0) != 0,
		.idle_s = (guint)MIN(pss_fields_number(fields, PSS_TAG_IDLE_TIMEOUT, IDLE_DEFAULT_S), G_MAXINT),
		.tell_motd = pss_fields_number(fields, PSS_TAG_TELL_MOTD, 0) != 0,
	};
	PssSession *again = find_again(fields);
	if (again && !options.shell)
		options.shell = pss_session_wanted_shell(again);
	g_autoptr(PssTarget) target = find_target(peer, fields, &options, &error);
	if (!target) {
		pss_peer_error(peer, id, error);
		return;
	}
	if (target->via && options.resilient) {
		pss_peer_result(peer, id, PSS_UNSUPPORTED,
				"-Resilient does not go with a computer that is reached through a session");
		return;
	}
	struct opening *opening = g_new0(struct opening, 1);
	opening->owner = openings;
	opening->id = id;
	opening->attach_too = options.attach_too;
	opening->verbose = target->verbose;
	opening->columns = options.columns;
	opening->rows = options.rows;
	options.term = pss_target_getenv(target, "TERM");
	g_hash_table_insert(openings->by_id, GUINT_TO_POINTER(id), opening);
	opening->session = pss_session_open(g_steal_pointer(&target), &options, &opener_events, opening);
	pss_session_take_buffering(opening->session, fields);
}

void pss_openings_detach(PssOpenings *openings, uint32_t id)
{
	struct opening *opening = g_hash_table_lookup(openings->by_id, GUINT_TO_POINTER(id));
	PssPeer *peer = openings->peer;
	struct pss_message message;

	if (!opening)
		return;
	g_autoptr(PssSession) session = end_opening(opening);
	pss_session_keep(session);
	g_autofree char *parting = pss_session_parting(session);
	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, id);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_text(&message, PSS_TAG_MESSAGE, parting);
	pss_session_write_fields(session, &message);
	if (pss_message_end(&message) < 0)
		pss_peer_fail(peer, "a message to it would be too long");
}

void pss_openings_on_cancel(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssOpenings *openings = pss_peer_openings(peer);

	if (!g_hash_table_remove(openings->by_id, GUINT_TO_POINTER(id)))
		return;
	pss_openings_drop_questions(openings, id);
	pss_peer_result(peer, id, PSS_INTERRUPTED, "the opening was interrupted");
}
