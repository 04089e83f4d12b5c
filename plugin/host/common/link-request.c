/* SPDX-License-Identifier: MIT */
/* See link-request.h. Called by discovery.c and awaits.c, and by the links of their requests. */
#include "host/common/link-request.h"

#include "base/error.h"
#include "host/peer/reply.h"

static void free_request(gpointer data)
{
	PssLinkRequest *request = data;

	request->finish(request);
	pss_transport_free(request->transport);
	pss_target_free(request->target);
	g_free(request);
}

void pss_link_requests_init(PssLinkRequests *requests, const PssClientContext *context)
{
	requests->context = context;
	requests->all = g_ptr_array_new_with_free_func(free_request);
}

void pss_link_requests_finish(PssLinkRequests *requests)
{
	g_ptr_array_unref(requests->all);
}

gpointer pss_link_request_new(PssLinkRequests *requests, gsize size, uint32_t id, PssTarget *target,
			      void (*finish)(PssLinkRequest *request))
{
	PssLinkRequest *request = g_malloc0(size);

	request->owner = requests;
	request->id = id;
	request->target = target;
	request->finish = finish;
	g_ptr_array_add(requests->all, request);
	return request;
}

gpointer pss_link_request_find(const PssLinkRequests *requests, uint32_t id)
{
	for (guint i = 0; id != 0 && i < requests->all->len; i++) {
		PssLinkRequest *request = requests->all->pdata[i];
		if (request->id == id)
			return request;
	}
	return NULL;
}

gboolean pss_link_request_is_over(const PssLinkRequest *request)
{
	return !request->owner || request->id == 0;
}

void pss_link_request_connect(PssLinkRequest *request, PssTarget *target, const PssTransportEvents *events)
{
	request->transport = request->owner->context->new_transport(target, events, request);
	pss_transport_connect(request->transport);
}

/* ---- the ends */

uint32_t pss_link_request_end_wait(PssLinkRequest *request)
{
	uint32_t id = request->id;

	pss_questions_drop(request->owner->context->questions, id);
	request->id = 0;
	return id;
}

static gboolean on_free_idle(gpointer user)
{
	free_request(user);
	return G_SOURCE_REMOVE;
}

void pss_link_request_end(PssLinkRequest *request)
{
	guint index;

	if (!request->owner || !g_ptr_array_find(request->owner->all, request, &index))
		return;
	pss_link_request_end_wait(request);
	g_ptr_array_steal_index_fast(request->owner->all, index);
	request->owner = NULL;
	g_idle_add_full(G_PRIORITY_HIGH, on_free_idle, request, NULL);
}

void pss_link_request_fail(PssLinkRequest *request, const GError *error)
{
	if (!request->owner)
		return;
	PssPeer *peer = request->owner->context->peer;
	uint32_t id = request->id;

	pss_link_request_end(request);
	if (id != 0)
		pss_reply_error(peer, id, error);
	pss_peer_flush(peer);
}

gboolean pss_link_request_cancel(const PssLinkRequests *requests, uint32_t id, const char *text)
{
	PssLinkRequest *request = pss_link_request_find(requests, id);
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_INTERRUPTED, text);

	if (!request)
		return FALSE;
	pss_link_request_fail(request, error);
	return TRUE;
}

/* ---- events of the transport */

void pss_link_request_on_question(gpointer user, PssQuestion *question)
{
	const PssLinkRequest *request = user;

	if (pss_link_request_is_over(request))
		pss_question_answer(question, NULL);
	else
		pss_questions_ask(request->owner->context->questions, request->id, request->target->host, question);
}

void pss_link_request_on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
	const PssLinkRequest *request = user;

	if (!pss_link_request_is_over(request) && pss_note_level(kind) <= request->target->verbose)
		pss_reply_note(request->owner->context->peer, request->id, kind, text);
}
