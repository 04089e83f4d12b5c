/* SPDX-License-Identifier: MIT */
/* OPEN: sessions that are being opened. Several of one client open at once. Called by client.c. */
#include "host/requests/openings.h"

#include "base/error.h"
#include "host/commands/powershell.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"
#include "host/common/request-target.h"
#include "wire/deadlines.h"

struct opening {
	PssOpenings *owner;
	uint32_t id;
	gboolean attach_too;
	guint verbose; /* as PSS_TAG_VERBOSE */
	struct pss_size size;
	PssSession *session;
};

struct PssOpenings {
	const PssClientContext *context;
	PssAttachment *attachment;
	GHashTable *by_id; /* uint32_t → struct opening */
};

static void free_opening(gpointer data)
{
	struct opening *opening = data;
	if (opening->session) {
		pss_session_cancel(opening->session);
		pss_session_unref(opening->session);
	}
	g_free(opening);
}

PssOpenings *pss_openings_new(const PssClientContext *context, PssAttachment *attachment)
{
	PssOpenings *openings = g_new0(PssOpenings, 1);

	openings->context = context;
	openings->attachment = attachment;
	openings->by_id = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_opening);
	return openings;
}

void pss_openings_free(PssOpenings *openings)
{
	g_hash_table_unref(openings->by_id);
	g_free(openings);
}

/* ---- the session's events while it opens */

static void on_question(gpointer user, PssQuestion *question)
{
	const struct opening *opening = user;

	pss_questions_ask(opening->owner->context->questions, opening->id, pss_session_computer(opening->session),
			  question);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const struct opening *opening = user;

	if (pss_note_level(kind) <= opening->verbose)
		pss_reply_note(opening->owner->context->peer, opening->id, kind, text);
}

/* Returns the session, with its reference. */
static PssSession *end_opening(struct opening *opening)
{
	PssOpenings *openings = opening->owner;
	PssSession *session = g_steal_pointer(&opening->session);
	uint32_t id = opening->id;

	g_hash_table_remove(openings->by_id, GUINT_TO_POINTER(id));
	pss_questions_drop(openings->context->questions, id);
	if (openings->context->on_login_over)
		openings->context->on_login_over(openings->context->user);
	return session;
}

/* A temporary session that cannot be entered is closed, not freed: the caller may be its link. */
static void enter(const struct opening *ended, PssSession *session)
{
	pss_attachment_enter(ended->owner->attachment, ended->id, session, ended->size, FALSE);
	if (!pss_session_is_attached(session) && !pss_session_is_kept(session))
		pss_session_close(session, "its terminal could not be attached");
}

static void on_opened(gpointer user)
{
	struct opening ended = *(struct opening *)user;
	PssPeer *peer = ended.owner->context->peer;
	g_autoptr(PssSession) session = end_opening(user);

	if (ended.attach_too)
		enter(&ended, session);
	else
		pss_reply_session(peer, PSS_RESULT, ended.id, session, NULL);
	pss_peer_flush(peer);
}

static void on_failed(gpointer user, const GError *error)
{
	struct opening *opening = user;
	PssPeer *peer = opening->owner->context->peer;
	uint32_t id = opening->id;

	pss_session_unref(end_opening(opening));
	pss_reply_error(peer, id, error);
	pss_peer_flush(peer);
}

static const PssOpenerEvents opener_events = {
	.on_question = on_question,
	.on_note = on_note,
	.on_opened = on_opened,
	.on_failed = on_failed,
};

/* ---- the request */

static PssSessionOptions read_options(const PssClientContext *context, struct pss_fields fields)
{
	struct pss_size size = pss_fields_size(fields);

	return (PssSessionOptions){
		.new_transport = context->new_transport,
		.kept = pss_fields_flag(fields, PSS_TAG_KEEP),
		.attach_too = pss_fields_flag(fields, PSS_TAG_ATTACH_TOO),
		.name = pss_fields_text(fields, PSS_TAG_NAME),
		.shell = pss_fields_text(fields, PSS_TAG_SHELL),
		.columns = size.columns,
		.rows = size.rows,
		.resilient = pss_fields_flag(fields, PSS_TAG_RESILIENT),
		.idle_s = (guint)MIN(pss_fields_number(fields, PSS_TAG_IDLE_TIMEOUT, PSS_IDLE_DEFAULT_S), G_MAXINT),
		.tell_motd = pss_fields_flag(fields, PSS_TAG_TELL_MOTD),
	};
}

/* A session that is neither kept nor entered would end as soon as it is open. */
static gboolean check_options(const PssSessionOptions *options, GError **error)
{
	if (!options->kept && !options->attach_too) {
		g_set_error_literal(error, PSS_ERROR, PSS_USAGE, "a session has to be kept or entered");
		return FALSE;
	}
	if (options->resilient && pss_is_powershell(options->shell)) {
		g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "-Resilient does not go with %s: PowerShell remoting over SSH cannot be disconnected; "
			    "-ConfigurationName pwsh is a session of the PowerShell there that can",
			    options->shell);
		return FALSE;
	}
	return !options->name || pss_session_check_name(options->name, error);
}

/* A new session in the place of the one that ANEW names. NULL: there is no such session. */
static PssTarget *find_place(const PssClientContext *context, struct pss_fields fields, PssSessionOptions *options,
			     GError **error)
{
	PssSession *again = pss_registry_find(pss_fields_text(fields, PSS_TAG_ANEW));

	if (!again) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	pss_session_options_again(again, options);
	return pss_request_target_of(context, again, fields);
}

static PssTarget *find_target(const PssClientContext *context, struct pss_fields fields, PssSessionOptions *options,
			      GError **error)
{
	if (pss_fields_text(fields, PSS_TAG_ANEW))
		return find_place(context, fields, options, error);
	PssTarget *target = check_options(options, error) ? pss_request_target(context, fields, error) : NULL;
	if (!target || !target->via || !options->resilient)
		return target;
	g_set_error_literal(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "-Resilient does not go with a computer that is reached through a session");
	pss_target_free(target);
	return NULL;
}

static void begin(PssOpenings *openings, uint32_t id, struct pss_fields fields, PssTarget *target,
		  PssSessionOptions *options)
{
	struct opening *opening = g_new0(struct opening, 1);

	opening->owner = openings;
	opening->id = id;
	opening->attach_too = options->attach_too;
	opening->verbose = target->verbose;
	opening->size = (struct pss_size){ .columns = options->columns, .rows = options->rows };
	options->term = pss_target_getenv(target, "TERM");
	g_hash_table_insert(openings->by_id, GUINT_TO_POINTER(id), opening);
	opening->session = pss_session_open(target, options, &opener_events, opening);
	pss_session_take_buffering(opening->session, fields);
}

void pss_openings_on_open(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssOpenings *openings = user;
	const PssClientContext *context = openings->context;
	PssSessionOptions options = read_options(context, fields);
	g_autoptr(GError) error = NULL;

	if (id == 0 || g_hash_table_contains(openings->by_id, GUINT_TO_POINTER(id))) {
		pss_peer_fail(context->peer, "a request id that is in use");
		return;
	}
	pss_reply_ack(context->peer, id);
	/* Beside which another one is wanted. */
	PssSession *other = pss_registry_find(pss_fields_text(fields, PSS_TAG_INSTANCE));
	if (other && !options.shell)
		options.shell = pss_session_wanted_shell(other);
	PssTarget *target = find_target(context, fields, &options, &error);
	if (target)
		begin(openings, id, fields, target, &options);
	else
		pss_reply_error(context->peer, id, error);
}

void pss_openings_detach(PssOpenings *openings, uint32_t id)
{
	struct opening *opening = g_hash_table_lookup(openings->by_id, GUINT_TO_POINTER(id));

	if (!opening)
		return;
	g_autoptr(PssSession) session = end_opening(opening);
	pss_session_keep(session);
	g_autofree char *parting = pss_session_parting(session);
	pss_reply_session(openings->context->peer, PSS_RESULT, id, session, parting);
}

gboolean pss_openings_cancel(PssOpenings *openings, uint32_t id)
{
	if (!g_hash_table_remove(openings->by_id, GUINT_TO_POINTER(id)))
		return FALSE;
	pss_questions_drop(openings->context->questions, id);
	pss_reply_result(openings->context->peer, id, PSS_INTERRUPTED, "the opening was interrupted");
	return TRUE;
}
