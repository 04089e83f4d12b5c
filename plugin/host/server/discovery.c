/* SPDX-License-Identifier: MIT */
/* FIND: a connection of its own, one channel that lists, and the rows as SESSIONs. With KEEP the connection stays as
 * long as the client's, so that a session that is taken over then goes over it, without another login: its transport
 * and ours share it. Called by peer.c and requests.c. */
#include "host/server/discovery.h"

#include <string.h>

#include "base/error.h"
#include "host/server/openings.h"
#include "link/transport/transport.h"
#include "remote/holder/holder-listing.h"

#define LISTING_DEADLINE_S 20
#define LISTING_MAX (1024u * 1024u)

typedef struct {
	PssFinds *owner;
	uint32_t id; /* 0: it has had its RESULT */
	gboolean keep;
	guint verbose;
	PssTarget *target;
	PssTransport *transport;
	PssChannel *channel;
	char *remote_user, *history_key, *forwards;
	char *key;
	GByteArray *text;
	GPtrArray *found; /* of PssFound; NULL before the RESULT */
	guint deadline;
} Find;

struct PssFinds {
	PssPeer *peer;
	GPtrArray *all; /* of Find */
};

static void free_find(gpointer data)
{
	Find *find = data;

	g_clear_handle_id(&find->deadline, g_source_remove);
	pss_transport_free(find->transport);
	pss_target_free(find->target);
	g_free(find->remote_user);
	g_free(find->history_key);
	g_free(find->forwards);
	g_free(find->key);
	g_byte_array_unref(find->text);
	g_clear_pointer(&find->found, g_ptr_array_unref);
	g_free(find);
}

PssFinds *pss_finds_new(PssPeer *peer)
{
	PssFinds *finds = g_new0(PssFinds, 1);

	finds->peer = peer;
	finds->all = g_ptr_array_new_with_free_func(free_find);
	return finds;
}

void pss_finds_free(PssFinds *finds)
{
	if (!finds)
		return;
	g_ptr_array_unref(finds->all);
	g_free(finds);
}

static gboolean on_free_idle(gpointer user)
{
	free_find(user);
	return G_SOURCE_REMOVE;
}

/* Its transport may be what has called us. */
static void free_soon(Find *find)
{
	guint index;

	if (!g_ptr_array_find(find->owner->all, find, &index))
		return;
	g_ptr_array_steal_index_fast(find->owner->all, index);
	find->owner = NULL;
	g_clear_handle_id(&find->deadline, g_source_remove);
	g_idle_add_full(G_PRIORITY_HIGH, on_free_idle, find, NULL);
}

/* ---- the ends */

/* The request is over: nothing is said with its id any more. */
static PssPeer *end_request(Find *find)
{
	PssPeer *peer = find->owner->peer;

	pss_openings_drop_questions(pss_peer_openings(peer), find->id);
	find->id = 0;
	g_clear_handle_id(&find->deadline, g_source_remove);
	return peer;
}

static void fail(Find *find, const GError *error)
{
	if (!find->owner || find->id == 0)
		return;
	uint32_t id = find->id;
	PssPeer *peer = end_request(find);

	free_soon(find);
	pss_peer_error(peer, id, error);
	pss_peer_flush(peer);
}

static void fail_to_list(Find *find, const char *why)
{
	g_autoptr(GError) error =
		g_error_new(PSS_ERROR, PSS_FAILED, "cannot list the sessions kept on %s: %s", find->target->host, why);
	fail(find, error);
}

static void tell(PssPeer *peer, const Find *find, uint32_t id, const PssFound *found)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_SESSION, id);
	pss_message_number(&message, PSS_TAG_ID, 0);
	pss_message_text(&message, PSS_TAG_NAME, found->name);
	pss_message_text(&message, PSS_TAG_INSTANCE, found->instance);
	pss_message_text(&message, PSS_TAG_COMPUTER, find->target->host);
	pss_message_text(&message, PSS_TAG_SHELL, found->shell);
	pss_message_text(&message, PSS_TAG_TRANSPORT, find->target->by_program ? "ssh" : "SSH");
	pss_message_text(&message, PSS_TAG_REMOTE_USER, find->remote_user);
	pss_message_number(&message, PSS_TAG_OPENED_AT, (guint64)found->opened);
	pss_message_text(&message, PSS_TAG_ORIGIN, found->origin);
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	pss_message_number(&message, PSS_TAG_RESILIENT, 1);
	pss_message_number(&message, PSS_TAG_IDLE_TIMEOUT, found->idle_s);
	pss_message_number(&message, PSS_TAG_STATE, PSS_STATE_DISCONNECTED);
	pss_message_number(&message, PSS_TAG_AVAILABILITY,
			   found->is_linked ? PSS_AVAILABILITY_BUSY : PSS_AVAILABILITY_NONE);
	if (pss_message_end(&message) < 0)
		pss_peer_fail(peer, "a message to it would be too long");
}

static void finish(Find *find)
{
	uint32_t id = find->id;
	PssPeer *peer = end_request(find);

	for (guint i = 0; i < find->found->len; i++)
		tell(peer, find, id, find->found->pdata[i]);
	pss_peer_result(peer, id, PSS_OK, NULL);
	if (!find->keep)
		free_soon(find);
	pss_peer_flush(peer);
}

/* ---- the listing's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Find *find = user;

	if (is_stderr || !find->owner || find->id == 0)
		return;
	if (find->text->len + n > LISTING_MAX)
		fail_to_list(find, "its listing is longer than 1 MiB");
	else
		g_byte_array_append(find->text, data, (guint)n);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	Find *find = user;

	find->channel = NULL;
	if (!find->owner || find->id == 0)
		return;
	find->found = pss_find_read(find->key, (const char *)find->text->data, find->text->len);
	if (find->found)
		finish(find);
	else
		fail_to_list(find, error ? error->message : "the server ran no command");
}

static const PssChannelEvents channel_events = {
	.on_data = on_data,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static gboolean on_deadline(gpointer user)
{
	Find *find = user;

	find->deadline = 0;
	fail_to_list(find, "it does not answer in time");
	return G_SOURCE_REMOVE;
}

/* ---- the transport's events */

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Find *find = user;
	PssHolderLink with;

	if (!find->owner || find->id == 0)
		return;
	find->remote_user = g_strdup(remote_user);
	find->history_key = g_strdup(history_key);
	find->forwards = g_strdup(forwards);
	pss_find_link_init(&with, find->key);
	const PssChannelRequest request = {
		.command = with.command,
		.first_bytes = with.script->str,
		.n_first_bytes = with.script->len,
	};
	find->deadline = g_timeout_add_seconds(LISTING_DEADLINE_S, on_deadline, find);
	find->channel = pss_channel_open(find->transport, &request, &channel_events, find);
	pss_holder_link_finish(&with);
}

static void on_question(gpointer user, PssQuestion *question)
{
	Find *find = user;

	if (find->owner && find->id != 0)
		pss_openings_ask(pss_peer_openings(find->owner->peer), find->id, find->target->host, question);
	else
		pss_question_answer(question, NULL);
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const Find *find = user;
	guint level = kind == PSS_NOTE_DEBUG ? 2 : kind == PSS_NOTE_VERBOSE ? 1 : 0;

	if (!find->owner || find->id == 0 || level > find->verbose)
		return;
	pss_peer_note(find->owner->peer, find->id, kind, text);
	pss_peer_flush(find->owner->peer);
}

static void on_lost(gpointer user, const GError *error)
{
	fail(user, error);
}

static const PssTransportEvents transport_events = {
	.on_ready = on_ready,
	.on_question = on_question,
	.on_note = on_note,
	.on_lost = on_lost,
};

/* ---- requests */

static Find *find_by_id(PssFinds *finds, uint32_t id)
{
	for (guint i = 0; i < finds->all->len; i++)
		if (((Find *)finds->all->pdata[i])->id == id)
			return finds->all->pdata[i];
	return NULL;
}

static char *draw_key(void)
{
	return g_strdup_printf("%08x%08x%08x%08x", g_random_int(), g_random_int(), g_random_int(), g_random_int());
}

void pss_finds_on_find(PssPeer *peer, uint32_t id, struct pss_fields fields)
{
	PssFinds *finds = pss_peer_finds(peer);
	g_autoptr(GError) error = NULL;

	if (id == 0 || find_by_id(finds, id)) {
		pss_peer_fail(peer, "a request id that is in use");
		return;
	}
	pss_peer_ack(peer, id);
	PssTarget *target = pss_peer_target(peer, fields, &error);
	if (!target) {
		pss_peer_error(peer, id, error);
		return;
	}
	Find *find = g_new0(Find, 1);
	find->owner = finds;
	find->id = id;
	find->keep = pss_fields_number(fields, PSS_TAG_KEEP, 0) != 0;
	find->verbose = target->verbose;
	find->key = draw_key();
	find->text = g_byte_array_new();
	find->target = target;
	g_ptr_array_add(finds->all, find);
	PssTarget *copy = pss_target_copy(target);
	if (find->keep)
		copy->share = 1;
	else
		pss_target_forget_forwards(copy);
	find->transport = pss_peer_new_transport(peer)(copy, &transport_events, find);
	pss_transport_connect(find->transport);
}

gboolean pss_finds_cancel(PssFinds *finds, uint32_t id)
{
	Find *find = id ? find_by_id(finds, id) : NULL;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, "the search was interrupted");

	if (!find)
		return FALSE;
	fail(find, error);
	return TRUE;
}

PssSession *pss_finds_adopt(PssFinds *finds, const char *instance, gboolean force)
{
	for (guint i = 0; i < finds->all->len; i++) {
		const Find *find = finds->all->pdata[i];
		const PssFoundLink link = { find->remote_user, find->history_key, find->forwards };
		for (guint j = 0; find->found && j < find->found->len; j++) {
			const PssFound *found = find->found->pdata[j];
			if (g_str_equal(found->instance, instance))
				return pss_session_adopt(pss_peer_new_transport(finds->peer), find->target, found,
							 &link, force);
		}
	}
	return NULL;
}
