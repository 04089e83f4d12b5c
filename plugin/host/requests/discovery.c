/* SPDX-License-Identifier: MIT */
/* FIND: a connection of its own, one channel that lists, and the rows as SESSIONs. With KEEP the connection stays as
 * long as the client's, so that a session that is taken over then goes over it, without another login: its transport
 * and ours share it. Called by client.c and requests.c. */
#include "host/requests/discovery.h"

#include <string.h>

#include "base/error.h"
#include "host/common/link-request.h"
#include "host/peer/reply.h"
#include "host/common/request-target.h"
#include "remote/holder/holder-listing.h"

#define LISTING_DEADLINE_S 20
#define LISTING_MAX (1024u * 1024u)

typedef struct {
	PssLinkRequest base; /* its id is 0 once it has had its RESULT */
	gboolean keep;
	char *remote_user, *history_key, *forwards;
	char *key;
	GByteArray *text;
	GPtrArray *found; /* of PssFound; NULL before the RESULT */
	guint deadline;
} Find;

struct PssFinds {
	PssLinkRequests requests;
};

static void finish_find(PssLinkRequest *request)
{
	Find *find = (Find *)request;

	g_clear_handle_id(&find->deadline, g_source_remove);
	g_free(find->remote_user);
	g_free(find->history_key);
	g_free(find->forwards);
	g_free(find->key);
	g_byte_array_unref(find->text);
	g_clear_pointer(&find->found, g_ptr_array_unref);
}

PssFinds *pss_finds_new(const PssClientContext *context)
{
	PssFinds *finds = g_new0(PssFinds, 1);

	pss_link_requests_init(&finds->requests, context);
	return finds;
}

void pss_finds_free(PssFinds *finds)
{
	pss_link_requests_finish(&finds->requests);
	g_free(finds);
}

/* ---- the ends */

static void fail_to_list(Find *find, const char *why)
{
	g_autoptr(GError) error = g_error_new(PSS_ERROR, PSS_FAILED, "cannot list the sessions kept on %s: %s",
					      find->base.target->host, why);
	pss_link_request_fail(&find->base, error);
}

static void send_found(PssPeer *peer, const Find *find, uint32_t id, const PssFound *found)
{
	struct pss_message message;

	pss_message_begin(&message, pss_peer_out(peer), PSS_SESSION, id);
	pss_message_number(&message, PSS_TAG_ID, 0);
	pss_message_text(&message, PSS_TAG_NAME, found->name);
	pss_message_text(&message, PSS_TAG_INSTANCE, found->instance);
	pss_message_text(&message, PSS_TAG_COMPUTER, find->base.target->host);
	pss_message_text(&message, PSS_TAG_SHELL, found->shell);
	pss_message_text(&message, PSS_TAG_TRANSPORT, find->base.target->by_program ? "ssh" : "SSH");
	pss_message_text(&message, PSS_TAG_REMOTE_USER, find->remote_user);
	pss_message_number(&message, PSS_TAG_OPENED_AT, (guint64)found->opened);
	pss_message_text(&message, PSS_TAG_ORIGIN, found->origin);
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	pss_message_number(&message, PSS_TAG_RESILIENT, 1);
	pss_message_number(&message, PSS_TAG_IDLE_TIMEOUT, found->idle_s);
	pss_message_number(&message, PSS_TAG_STATE, PSS_STATE_DISCONNECTED);
	pss_message_number(&message, PSS_TAG_AVAILABILITY,
			   found->is_linked ? PSS_AVAILABILITY_BUSY : PSS_AVAILABILITY_NONE);
	pss_peer_send(peer, &message);
}

static void finish(Find *find)
{
	PssPeer *peer = find->base.owner->context->peer;
	uint32_t id = pss_link_request_end_wait(&find->base);

	g_clear_handle_id(&find->deadline, g_source_remove);
	for (guint i = 0; i < find->found->len; i++)
		send_found(peer, find, id, find->found->pdata[i]);
	pss_reply_result(peer, id, PSS_OK, NULL);
	if (!find->keep)
		pss_link_request_end(&find->base);
	pss_peer_flush(peer);
}

/* ---- the listing's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Find *find = user;

	if (is_stderr || pss_link_request_is_over(&find->base))
		return;
	if (find->text->len + n > LISTING_MAX)
		fail_to_list(find, "the list of its sessions is longer than 1 MiB");
	else
		g_byte_array_append(find->text, data, (guint)n);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	Find *find = user;

	if (pss_link_request_is_over(&find->base))
		return;
	find->found = pss_find_read(find->key, (const char *)find->text->data, find->text->len);
	if (find->found)
		finish(find);
	else
		fail_to_list(find, error ? error->message : "the server runs no commands");
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

	if (pss_link_request_is_over(&find->base))
		return;
	find->remote_user = g_strdup(remote_user);
	find->history_key = g_strdup(history_key);
	find->forwards = g_strdup(forwards);
	if (pss_transport_is_windows(find->base.transport)) { /* where there are no holders */
		find->found = g_ptr_array_new();
		finish(find);
		return;
	}
	pss_find_link_init(&with, find->key);
	const PssChannelRequest request = {
		.command = with.command,
		.first_bytes = with.script->str,
		.n_first_bytes = with.script->len,
	};
	find->deadline = g_timeout_add_seconds(LISTING_DEADLINE_S, on_deadline, find);
	pss_channel_open(find->base.transport, &request, &channel_events, find);
	pss_holder_link_finish(&with);
}

static void on_lost(gpointer user, const GError *error)
{
	const Find *find = user;

	if (!pss_link_request_is_over(&find->base))
		pss_link_request_fail(user, error);
}

static const PssTransportEvents transport_events = {
	.on_ready = on_ready,
	.on_question = pss_link_request_on_question,
	.on_note = pss_link_request_on_note,
	.on_lost = on_lost,
};

/* ---- requests */

static char *draw_key(void)
{
	return g_strdup_printf("%08x%08x%08x%08x", g_random_int(), g_random_int(), g_random_int(), g_random_int());
}

static void begin(PssFinds *finds, uint32_t id, PssTarget *target, gboolean keep)
{
	Find *find = pss_link_request_new(&finds->requests, sizeof *find, id, target, finish_find);
	PssTarget *copy = pss_target_copy(target);

	find->keep = keep;
	find->key = draw_key();
	find->text = g_byte_array_new();
	if (keep)
		copy->share = 1;
	else
		pss_target_forget_forwards(copy);
	pss_link_request_connect(&find->base, copy, &transport_events);
}

void pss_finds_on_find(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssFinds *finds = user;
	PssPeer *peer = finds->requests.context->peer;
	g_autoptr(GError) error = NULL;

	if (id == 0 || pss_link_request_find(&finds->requests, id)) {
		pss_peer_fail(peer, "a request id that is in use");
		return;
	}
	pss_reply_ack(peer, id);
	PssTarget *target = pss_request_target(finds->requests.context, fields, &error);
	if (target)
		begin(finds, id, target, pss_fields_flag(fields, PSS_TAG_KEEP));
	else
		pss_reply_error(peer, id, error);
}

gboolean pss_finds_cancel(PssFinds *finds, uint32_t id)
{
	return pss_link_request_cancel(&finds->requests, id, "the search was interrupted");
}

PssSession *pss_finds_adopt(PssFinds *finds, const char *instance, gboolean force)
{
	for (guint i = 0; i < finds->requests.all->len; i++) {
		const Find *find = finds->requests.all->pdata[i];
		const PssFoundLink link = { find->remote_user, find->history_key, find->forwards };
		for (guint j = 0; find->found && j < find->found->len; j++) {
			const PssFound *found = find->found->pdata[j];
			if (g_str_equal(found->instance, instance))
				return pss_session_adopt(finds->requests.context->new_transport, find->base.target,
							 found, &link, force);
		}
	}
	return NULL;
}
