/* SPDX-License-Identifier: MIT */
/* WATCH and AWAIT: a connection of its own to a computer that is going to restart. It is held until it is lost, and is
 * made again until the computer answers with another boot id: a lost link alone is no restart. A computer that only has
 * to answer again is asked once. Between the two requests nobody can be asked, so the link is not made again then.
 * Called by client.c. */
#include "host/requests/awaits.h"

#include "base/error.h"
#include "host/commands/boot-id.h"
#include "host/common/link-request.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"
#include "host/common/request-target.h"
#include "host/session/session.h"

#define FIRST_DELAY_MS 250u
#define LAST_DELAY_MS 4000u
#define ATTEMPT_MS 10000u /* a computer that is down may drop what is sent to it, and come up a moment later */

/* WATCH: LEARNS → WATCHED; AWAIT of it: → RESTARTS; AWAIT without one: ANSWERS. Each but WATCHED ends with a RESULT. */
enum state {
	LEARNS,   /* its boot id is asked for, over the first link */
	WATCHED,  /* the boot id is known; no request is under way */
	RESTARTS, /* until it has another boot id */
	ANSWERS,  /* until it answers at all */
};

typedef struct {
	PssLinkRequest base;
	enum state state;
	uint32_t watch_id; /* of its WATCH; 0: none */
	gboolean asked;    /* a person, in this attempt */
	PssBootId *asking;
	char *boot; /* the id that has to change; NULL: not known */
	char *history_key;
	guint delay_ms;
	guint retry, deadline; /* sources */
} Await;

struct PssAwaits {
	PssLinkRequests requests;
};

/* ---- life */

static void drop_link(Await *await)
{
	g_clear_pointer(&await->asking, pss_boot_id_free);
	g_clear_pointer(&await->base.transport, pss_transport_free);
}

static void finish_await(PssLinkRequest *request)
{
	Await *await = (Await *)request;

	g_clear_handle_id(&await->retry, g_source_remove);
	g_clear_handle_id(&await->deadline, g_source_remove);
	drop_link(await);
	g_free(await->boot);
	g_free(await->history_key);
}

PssAwaits *pss_awaits_new(const PssClientContext *context)
{
	PssAwaits *awaits = g_new0(PssAwaits, 1);

	pss_link_requests_init(&awaits->requests, context);
	return awaits;
}

void pss_awaits_free(PssAwaits *awaits)
{
	pss_link_requests_finish(&awaits->requests);
	g_free(awaits);
}

static void succeed(Await *await, gboolean restarted)
{
	PssPeer *peer = await->base.owner->context->peer;
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, pss_link_request_end_wait(&await->base));
	pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_number(&message, PSS_TAG_RESTARTED, restarted);
	pss_message_text(&message, PSS_TAG_HISTORY_KEY, await->history_key);
	pss_peer_send(peer, &message);
	if (await->state == LEARNS)
		await->state = WATCHED;
	else
		pss_link_request_end(&await->base);
	pss_peer_flush(peer);
}

/* ---- one attempt after another */

static void attempt(Await *await);

static gboolean on_retry(gpointer user)
{
	Await *await = user;

	await->retry = 0;
	drop_link(await);
	if (!pss_link_request_is_over(&await->base))
		attempt(await);
	return G_SOURCE_REMOVE;
}

static void try_again(Await *await)
{
	if (await->retry)
		return;
	await->retry = g_timeout_add(await->delay_ms, on_retry, await);
	await->delay_ms = MIN(await->delay_ms * 2, LAST_DELAY_MS);
}

/* ---- the boot id, or why there is none, in each state */

static void learn(Await *await, const char *id, const char *why)
{
	if (id) {
		await->boot = g_strdup(id);
		succeed(await, FALSE);
		return;
	}
	g_autoptr(GError) error = g_error_new(
		PSS_ERROR, PSS_UNSUPPORTED,
		"%s does not give its boot id (%s), so a restart could not be told from a lost link; nothing "
		"was run: run the command without -WaitForRestart",
		await->base.target->host, why);
	pss_link_request_fail(&await->base, error);
}

static void compare(Await *await, const char *id, const char *why)
{
	if (!id)
		try_again(await);
	else if (!g_str_equal(id, await->boot))
		succeed(await, TRUE);
	else
		await->delay_ms = FIRST_DELAY_MS; /* it has not gone down yet: the link is held */
}

static void take_any(Await *await, const char *id, const char *why)
{
	succeed(await, id && await->boot && !g_str_equal(id, await->boot));
}

static const struct {
	gboolean is_retried; /* a lost link is made again; else it ends the request */
	void (*on_boot_id)(Await *await, const char *id, const char *why);
} rules[] = {
	[LEARNS] = { FALSE, learn },
	[WATCHED] = { TRUE, NULL }, /* not asked: by on_retry() it has no link */
	[RESTARTS] = { TRUE, compare },
	[ANSWERS] = { TRUE, take_any },
};

static void on_boot_id(gpointer user, const char *id, const char *why)
{
	Await *await = user;

	g_clear_pointer(&await->asking, pss_boot_id_free);
	if (await->base.owner && rules[await->state].on_boot_id)
		rules[await->state].on_boot_id(await, id, why);
}

/* ---- the transport's events */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Await *await = user;

	if (!await->base.owner)
		return;
	g_free(await->history_key);
	await->history_key = g_strdup(history_key);
	await->asking = pss_boot_id_ask(await->base.transport, on_boot_id, await);
}

static void on_question(gpointer user, PssQuestion *question)
{
	((Await *)user)->asked = TRUE;
	pss_link_request_on_question(user, question);
}

/* There may be a banner for each attempt: it is a note for -Verbose. */
static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	pss_link_request_on_note(user, kind == PSS_NOTE_DEBUG ? kind : PSS_NOTE_VERBOSE, text);
}

/* What the computer's coming up does not mend. A login that is refused without a question may be that of a computer
 * that still refuses all logins. */
static gboolean is_final(const Await *await, const GError *error)
{
	switch (error->code) {
	case PSS_HOST_KEY:
	case PSS_USAGE:
	case PSS_UNSUPPORTED:
	case PSS_SSH_ENDS:
	case PSS_INTERRUPTED:
		return TRUE;
	case PSS_AUTH:
		return await->asked;
	default:
		return FALSE;
	}
}

static void on_lost(gpointer user, const GError *error)
{
	Await *await = user;

	if (!await->base.owner)
		return;
	if (!rules[await->state].is_retried || is_final(await, error))
		pss_link_request_fail(&await->base, error);
	else
		try_again(await);
}

static void attempt(Await *await)
{
	static const PssTransportEvents events = {
		.on_ready = on_ready,
		.on_question = on_question,
		.on_note = on_note,
		.on_lost = on_lost,
	};
	PssTarget *target = pss_target_copy(await->base.target);

	if (rules[await->state].is_retried)
		target->connect_timeout_ms =
			target->connect_timeout_ms ? MIN(target->connect_timeout_ms, ATTEMPT_MS) : ATTEMPT_MS;
	await->asked = FALSE;
	pss_link_request_connect(&await->base, target, &events);
}

/* ---- requests */

static Await *find_by_watch(const PssAwaits *awaits, uint32_t id)
{
	for (guint i = 0; id != 0 && i < awaits->requests.all->len; i++) {
		Await *await = awaits->requests.all->pdata[i];
		if (await->watch_id == id)
			return await;
	}
	return NULL;
}

/* The computer of a session, whose boot id is known, or one that the fields name. */
static PssTarget *find_target(const PssClientContext *context, struct pss_fields fields, char **ret_boot,
			      GError **error)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *session = instance ? pss_registry_find(instance) : NULL;

	if (!instance)
		return pss_request_target(context, fields, error);
	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	*ret_boot = g_strdup(pss_session_boot(session));
	return pss_request_target_of(context, session, fields);
}

static void begin(PssAwaits *awaits, uint32_t id, struct pss_fields fields, enum state state)
{
	const PssClientContext *context = awaits->requests.context;
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = NULL;

	if (id == 0 || pss_link_request_find(&awaits->requests, id) || find_by_watch(awaits, id)) {
		pss_peer_fail(context->peer, "a request id that is in use");
		return;
	}
	pss_reply_ack(context->peer, id);
	PssTarget *target = find_target(context, fields, &boot, &error);
	if (!target) {
		pss_reply_error(context->peer, id, error);
		return;
	}
	target->share = 0; /* one that is to be lost, and is made again each time */
	pss_target_forget_forwards(target);
	Await *await = pss_link_request_new(&awaits->requests, sizeof *await, id, target, finish_await);
	await->state = state;
	await->watch_id = state == LEARNS ? id : 0;
	await->boot = state == LEARNS ? NULL : g_steal_pointer(&boot);
	await->delay_ms = FIRST_DELAY_MS;
	attempt(await);
}

void pss_awaits_on_watch(gpointer awaits, uint32_t id, struct pss_fields fields)
{
	begin(awaits, id, fields, LEARNS);
}

static gboolean on_deadline(gpointer user)
{
	Await *await = user;
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_TIMEOUT, "%s %s within the time that -Timeout allows",
					      await->base.target->host,
					      await->state == ANSWERS ? "has not answered" : "has not restarted");

	await->deadline = 0;
	pss_link_request_fail(&await->base, error);
	return G_SOURCE_REMOVE;
}

/* The AWAIT of a WATCH. */
static void go_on(PssAwaits *awaits, uint32_t id, uint32_t watch_id)
{
	PssPeer *peer = awaits->requests.context->peer;
	Await *await = find_by_watch(awaits, watch_id);

	if (!await || await->state != WATCHED) {
		pss_reply_result(peer, id, PSS_FAILED, "the computer is not watched any more");
		return;
	}
	pss_reply_ack(peer, id);
	await->base.id = id;
	await->state = RESTARTS;
	if (!await->base.transport)
		attempt(await);
}

void pss_awaits_on_await(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssAwaits *awaits = user;
	uint32_t watch_id = (uint32_t)pss_fields_number(fields, PSS_TAG_WATCH, 0);
	guint64 timeout = pss_fields_number(fields, PSS_TAG_TIMEOUT, 0);

	if (watch_id == 0)
		begin(awaits, id, fields, ANSWERS);
	else
		go_on(awaits, id, watch_id);
	Await *await = pss_link_request_find(&awaits->requests, id);
	if (await && timeout > 0 && !await->deadline)
		await->deadline = g_timeout_add((guint)MIN(timeout, G_MAXINT), on_deadline, await);
}

gboolean pss_awaits_cancel(PssAwaits *awaits, uint32_t id)
{
	return pss_link_request_cancel(&awaits->requests, id, "the waiting was given up");
}
