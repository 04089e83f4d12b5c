/* SPDX-License-Identifier: MIT */
/* WATCH and AWAIT: a connection of its own to a computer that is to restart. It is held until it is lost, and is made
 * anew until the computer answers with another boot id: a lost link alone is no restart. What only is to answer again
 * is asked once. Between the two requests nobody can be asked, so the link is not made anew. Called by peer.c. */
#include "host/server/awaits.h"

#include "base/error.h"
#include "host/commands/boot-id.h"
#include "host/server/openings.h"
#include "host/server/registry.h"
#include "host/session/session.h"

#define FIRST_DELAY_MS 250u
#define LAST_DELAY_MS 4000u
#define ATTEMPT_MS 10000u /* a computer that is down may drop what is sent to it, and come up a moment later */

typedef struct {
	PssAwaits *owner;  /* NULL: it is about to be freed */
	uint32_t id;       /* of the request that goes on; 0: none */
	uint32_t watch_id; /* of its WATCH; 0: none */
	gboolean watched;  /* the WATCH has had its RESULT: it is restarted by what runs now */
	gboolean any;      /* whatever answers will do */
	gboolean asked;    /* a person, in this attempt */
	guint verbose;
	PssTarget *target;
	PssTransport *transport; /* NULL: none now */
	PssBootId *asking;
	char *boot; /* the id that has to change; NULL: not known */
	char *history_key;
	guint delay_ms;
	guint retry, deadline, end_source;
} Await;

struct PssAwaits {
	PssPeer *peer;
	GPtrArray *all; /* of Await */
};

static void attempt(Await *await);

/* ---- life */

static void drop_link(Await *await)
{
	g_clear_pointer(&await->asking, pss_boot_id_free);
	g_clear_pointer(&await->transport, pss_transport_free);
}

static void free_await(gpointer data)
{
	Await *await = data;

	g_clear_handle_id(&await->retry, g_source_remove);
	g_clear_handle_id(&await->deadline, g_source_remove);
	g_clear_handle_id(&await->end_source, g_source_remove);
	drop_link(await);
	pss_target_free(await->target);
	g_free(await->boot);
	g_free(await->history_key);
	g_free(await);
}

PssAwaits *pss_awaits_new(PssPeer *peer)
{
	PssAwaits *awaits = g_new0(PssAwaits, 1);

	awaits->peer = peer;
	awaits->all = g_ptr_array_new_with_free_func(free_await);
	return awaits;
}

void pss_awaits_free(PssAwaits *awaits)
{
	if (!awaits)
		return;
	g_ptr_array_unref(awaits->all);
	g_free(awaits);
}

static gboolean on_free_idle(gpointer user)
{
	((Await *)user)->end_source = 0;
	free_await(user);
	return G_SOURCE_REMOVE;
}

/* Its transport may be what has called us. */
static void free_soon(Await *await)
{
	guint index;

	if (!g_ptr_array_find(await->owner->all, await, &index))
		return;
	g_ptr_array_steal_index_fast(await->owner->all, index);
	await->owner = NULL;
	g_clear_handle_id(&await->retry, g_source_remove);
	g_clear_handle_id(&await->deadline, g_source_remove);
	await->end_source = g_idle_add_full(G_PRIORITY_HIGH, on_free_idle, await, NULL);
}

/* The request is over: nothing is said with its id any more. */
static PssPeer *end_request(Await *await)
{
	PssPeer *peer = await->owner->peer;

	pss_openings_drop_questions(pss_peer_openings(peer), await->id);
	await->id = 0;
	return peer;
}

static void fail(Await *await, const GError *error)
{
	if (!await->owner)
		return;
	uint32_t id = await->id;
	PssPeer *peer = end_request(await);

	free_soon(await);
	if (id != 0)
		pss_peer_error(peer, id, error);
	pss_peer_flush(peer);
}

static void succeed(Await *await, gboolean restarted)
{
	uint32_t id = await->id;
	PssPeer *peer = end_request(await);
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_RESULT, id);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_OK);
	pss_message_number(&message, PSS_TAG_RESTARTED, restarted);
	pss_message_text(&message, PSS_TAG_HISTORY_KEY, await->history_key);
	if (pss_message_end(&message) < 0)
		pss_peer_fail(peer, "a message to it would be too long");
	if (await->watch_id && !await->watched)
		await->watched = TRUE;
	else
		free_soon(await);
	pss_peer_flush(peer);
}

/* ---- one attempt after another */

static gboolean on_retry(gpointer user)
{
	Await *await = user;

	await->retry = 0;
	drop_link(await);
	if (await->id != 0)
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

static void refuse(Await *await, const char *why)
{
	g_autoptr(GError) error = g_error_new(
		PSS_ERROR, PSS_UNSUPPORTED,
		"%s does not tell its boot id (%s), so a restart could not be told from a lost link; nothing "
		"was run: run the command without -WaitForRestart",
		await->target->host, why);
	fail(await, error);
}

static void on_boot_id(gpointer user, const char *id, const char *why)
{
	Await *await = user;
	gboolean first = await->watch_id && !await->watched;

	g_clear_pointer(&await->asking, pss_boot_id_free);
	if (!await->owner)
		return;
	if (await->any) {
		succeed(await, id && await->boot && !g_str_equal(id, await->boot));
	} else if (first && id) {
		await->boot = g_strdup(id);
		succeed(await, FALSE);
	} else if (first) {
		refuse(await, why);
	} else if (!id) {
		try_again(await);
	} else if (!g_str_equal(id, await->boot)) {
		succeed(await, TRUE);
	} else {
		await->delay_ms = FIRST_DELAY_MS; /* it has not gone down yet: the link is held */
	}
}

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Await *await = user;

	if (!await->owner)
		return;
	g_free(await->history_key);
	await->history_key = g_strdup(history_key);
	await->asking = pss_boot_id_ask(await->transport, on_boot_id, await);
}

static void on_question(gpointer user, PssQuestion *question)
{
	Await *await = user;

	await->asked = TRUE;
	if (await->owner && await->id != 0)
		pss_openings_ask(pss_peer_openings(await->owner->peer), await->id, await->target->host, question);
	else
		pss_question_answer(question, NULL);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const Await *await = user;
	guint level = kind == PSS_NOTE_DEBUG ? 2 : 1; /* banners too: there may be one for each attempt */

	if (!await->owner || await->id == 0 || level > await->verbose)
		return;
	pss_peer_note(await->owner->peer, await->id, kind == PSS_NOTE_DEBUG ? kind : PSS_NOTE_VERBOSE, text);
	pss_peer_flush(await->owner->peer);
}

/* What the computer's coming up does not mend. A login that is refused without a question may be that of a computer
 * that lets nobody in yet. */
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

	if (!await->owner)
		return;
	if ((await->watch_id && !await->watched) || is_final(await, error))
		fail(await, error);
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
	PssTarget *target = pss_target_copy(await->target);

	if (await->watched || await->any)
		target->connect_timeout_ms =
			target->connect_timeout_ms ? MIN(target->connect_timeout_ms, ATTEMPT_MS) : ATTEMPT_MS;
	await->asked = FALSE;
	await->transport = pss_peer_new_transport(await->owner->peer)(target, &events, await);
	pss_transport_connect(await->transport);
}

/* ---- requests */

static Await *find_by_id(const PssAwaits *awaits, uint32_t id, gboolean as_watch)
{
	for (guint i = 0; id != 0 && i < awaits->all->len; i++) {
		Await *await = awaits->all->pdata[i];
		if ((as_watch ? await->watch_id : await->id) == id)
			return await;
	}
	return NULL;
}

/* The computer of a session, or one that the fields name. */
static PssTarget *find_target(PssPeer *peer, struct pss_fields fields, char **ret_boot, GError **error)
{
	const char *instance = pss_fields_text(fields, PSS_TAG_INSTANCE);
	PssSession *session = instance ? pss_registry_find(instance) : NULL;

	if (!instance)
		return pss_peer_target(peer, fields, error);
	if (!session) {
		g_set_error_literal(error, PSS_ERROR, PSS_NO_SESSION, "the session no longer exists");
		return NULL;
	}
	*ret_boot = g_strdup(pss_session_boot(session));
	return pss_peer_target_of(peer, session, fields);
}

static void begin(PssPeer *peer, uint32_t id, struct pss_fields fields, gboolean watches)
{
	PssAwaits *awaits = pss_peer_awaits(peer);
	g_autoptr(GError) error = NULL;
	g_autofree char *boot = NULL;

	if (id == 0 || find_by_id(awaits, id, FALSE) || find_by_id(awaits, id, TRUE)) {
		pss_peer_fail(peer, "a request id that is in use");
		return;
	}
	pss_peer_ack(peer, id);
	PssTarget *target = find_target(peer, fields, &boot, &error);
	if (!target) {
		pss_peer_error(peer, id, error);
		return;
	}
	Await *await = g_new0(Await, 1);
	await->owner = awaits;
	await->id = id;
	await->watch_id = watches ? id : 0;
	await->any = !watches;
	await->boot = watches ? NULL : g_steal_pointer(&boot);
	await->verbose = target->verbose;
	await->delay_ms = FIRST_DELAY_MS;
	await->target = target;
	target->share = 0; /* one that is to be lost, and to be made anew each time */
	pss_target_forget_forwards(target);
	g_ptr_array_add(awaits->all, await);
	attempt(await);
}

void pss_awaits_on_watch(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	begin(peer, id, fields, TRUE);
}

static gboolean on_deadline(gpointer user)
{
	Await *await = user;
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_TIMEOUT, "%s %s within the time that -Timeout allows", await->target->host,
			    await->any ? "has not answered" : "has not restarted");

	await->deadline = 0;
	fail(await, error);
	return G_SOURCE_REMOVE;
}

void pss_awaits_on_await(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssAwaits *awaits = pss_peer_awaits(peer);
	uint32_t watch = (uint32_t)pss_fields_number(fields, PSS_TAG_WATCH, 0);
	guint64 timeout = pss_fields_number(fields, PSS_TAG_TIMEOUT, 0);
	Await *await = find_by_id(awaits, watch, TRUE);

	if (watch == 0) {
		begin(peer, id, fields, FALSE);
		await = find_by_id(awaits, id, FALSE);
	} else if (!await || !await->watched || await->id != 0) {
		pss_peer_result(peer, id, PSS_FAILED, "the computer is not watched any more");
		return;
	} else {
		pss_peer_ack(peer, id);
		await->id = id;
		if (!await->transport)
			attempt(await);
	}
	if (await && timeout > 0)
		await->deadline = g_timeout_add((guint)MIN(timeout, G_MAXINT), on_deadline, await);
}

gboolean pss_awaits_cancel(PssAwaits *awaits, uint32_t id)
{
	Await *await = find_by_id(awaits, id, FALSE);
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "nobody waits for it any more");

	if (!await)
		return FALSE;
	fail(await, error);
	return TRUE;
}
