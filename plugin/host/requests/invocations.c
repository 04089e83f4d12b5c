/* SPDX-License-Identifier: MIT */
/* Unpacks INVOKE and RECEIVE, and gives each frame behind them to the invocation of its id. A frame whose invocation
 * has ended already is no error. Called by client.c. */
#include "host/requests/invocations.h"

#include "host/requests/invocation.h"
#include "host/common/registry.h"
#include "host/peer/reply.h"

#define VARIABLES_LIMIT (64u * 1024u * 1024u)

struct PssInvocations {
	const PssClientContext *context;
	GHashTable *by_id; /* uint32_t → PssInvocation */
	gboolean output_stopped;
};

static void free_invocation(gpointer invocation)
{
	pss_invocation_free(invocation);
}

PssInvocations *pss_invocations_new(const PssClientContext *context)
{
	PssInvocations *invocations = g_new0(PssInvocations, 1);

	invocations->context = context;
	invocations->by_id = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_invocation);
	return invocations;
}

void pss_invocations_free(PssInvocations *invocations)
{
	g_hash_table_unref(invocations->by_id);
	g_free(invocations);
}

static PssInvocation *find(const PssInvocations *invocations, uint32_t id)
{
	return g_hash_table_lookup(invocations->by_id, GUINT_TO_POINTER(id));
}

static void on_over(gpointer user, uint32_t id)
{
	PssInvocations *invocations = user;

	pss_questions_drop(invocations->context->questions, id);
	g_hash_table_remove(invocations->by_id, GUINT_TO_POINTER(id));
}

/* NULL: the client has broken the protocol. */
static PssInvocation *add(PssInvocations *invocations, uint32_t id)
{
	if (id == 0 || find(invocations, id)) {
		pss_peer_fail(invocations->context->peer, "a request id that is in use");
		return NULL;
	}
	PssInvocation *invocation = pss_invocation_new(invocations->context, id, on_over, invocations);
	pss_invocation_pause(invocation, invocations->output_stopped);
	g_hash_table_insert(invocations->by_id, GUINT_TO_POINTER(id), invocation);
	return invocation;
}

void pss_invocations_stop_output(PssInvocations *invocations, gboolean stopped)
{
	GHashTableIter iter;
	gpointer invocation;

	invocations->output_stopped = stopped;
	g_hash_table_iter_init(&iter, invocations->by_id);
	while (g_hash_table_iter_next(&iter, NULL, &invocation))
		pss_invocation_pause(invocation, stopped);
}

/* ---- the requests */

static void collect(struct pss_fields fields, enum pss_tag tag, GPtrArray *texts)
{
	struct pss_field field;

	if (texts->len > 0)
		g_ptr_array_set_size(texts, (gint)texts->len - 1); /* the NULL at its end */
	while (pss_fields_next(&fields, &field) > 0) {
		const char *text = field.tag == tag ? pss_field_text(&field) : NULL;
		if (text)
			g_ptr_array_add(texts, g_strdup(text));
	}
	g_ptr_array_add(texts, NULL);
}

static void collect_as_written(struct pss_fields fields, GString *text)
{
	struct pss_field field;

	while (pss_fields_next(&fields, &field) > 0)
		if (field.tag == PSS_TAG_AS_WRITTEN && pss_field_text(&field))
			g_string_append(text, pss_field_text(&field));
}

static void collect_for_powershell(struct pss_fields fields, PssInvokeRequest *request)
{
	collect(fields, PSS_TAG_PROPERTY, request->properties);
	request->has_objects = pss_fields_flag(fields, PSS_TAG_OBJECTS);
	request->has_records = pss_fields_flag(fields, PSS_TAG_RECORDS);
	request->width = (guint)MIN(pss_fields_number(fields, PSS_TAG_WIDTH, 0), PSS_SIZE_MAX);
}

/* What both INVOKE and VARIABLES may carry. */
static void collect_all(struct pss_fields fields, PssInvokeRequest *request)
{
	collect(fields, PSS_TAG_WORD, request->words);
	collect(fields, PSS_TAG_ARGUMENT, request->arguments);
	collect(fields, PSS_TAG_VARIABLE, request->variables);
	collect_as_written(fields, request->as_written);
}

static void unpack(struct pss_fields fields, PssInvokeRequest *request)
{
	collect_all(fields, request);
	collect_for_powershell(fields, request);
	request->shell = g_strdup(pss_fields_text(fields, PSS_TAG_SHELL));
	request->input = pss_fields_flag(fields, PSS_TAG_INPUT);
	request->wait = pss_fields_flag(fields, PSS_TAG_WAIT);
	request->tty = pss_fields_flag(fields, PSS_TAG_TTY);
	request->is_script = pss_fields_flag(fields, PSS_TAG_SCRIPT);
	request->size = pss_fields_size(fields);
	request->job = pss_fields_flag(fields, PSS_TAG_JOB);
	request->disconnect = pss_fields_flag(fields, PSS_TAG_DISCONNECT);
}

/* The session that the fields call by SESSION, or NULL. FALSE: it is not there, and the client has been notified,
 * without an ACK. */
static gboolean look_up(const PssInvocations *invocations, uint32_t id, struct pss_fields fields, PssSession **ret)
{
	const char *name = pss_fields_text(fields, PSS_TAG_SESSION);

	*ret = name ? pss_registry_find_named(name) : NULL;
	if (!name || *ret)
		return TRUE;
	pss_reply_no_session(invocations->context->peer, id);
	return FALSE;
}

void pss_invocations_on_invoke(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssInvocations *invocations = user;
	g_autoptr(GError) error = NULL;
	PssSession *named;

	if (!look_up(invocations, id, fields, &named))
		return;
	PssInvocation *invocation = add(invocations, id);
	if (!invocation)
		return;
	if (named)
		pss_reply_ack_named(invocations->context->peer, id, named);
	else
		pss_reply_ack(invocations->context->peer, id);
	unpack(fields, pss_invocation_request(invocation));
	const char *instance = named ? pss_session_instance(named) : pss_fields_text(fields, PSS_TAG_INSTANCE);
	if (!pss_invocation_find_place(invocation, instance, fields, &error))
		pss_invocation_fail(invocation, error);
}

void pss_invocations_on_receive(gpointer user, uint32_t id, struct pss_fields fields)
{
	const PssInvocations *invocations = user;
	PssInvocation *invocation = add(user, id);

	if (!invocation)
		return;
	pss_reply_ack(invocations->context->peer, id);
	pss_invocation_receive(invocation, fields);
}

/* ---- what follows them */

void pss_invocations_on_variables(gpointer user, uint32_t id, struct pss_fields fields)
{
	PssInvocations *invocations = user;
	PssInvocation *invocation = find(invocations, id);

	if (!invocation)
		return;
	PssInvokeRequest *request = pss_invocation_request(invocation);
	request->n_variables += fields.length;
	if (pss_invocation_is_started(invocation) || request->n_variables > VARIABLES_LIMIT)
		pss_peer_fail(invocations->context->peer, "variables over the limit, or behind the command");
	else
		collect_all(fields, request);
}

void pss_invocations_on_command(gpointer user, const struct pss_frame *frame)
{
	PssInvocations *invocations = user;
	PssInvocation *invocation = find(invocations, frame->header.id);

	if (invocation && !pss_invocation_add_text(invocation, frame->payload, frame->header.length,
						   frame->header.flags & PSS_FRAME_MORE))
		pss_peer_fail(invocations->context->peer, "a command over the limit, or a second one");
}

void pss_invocations_on_stdin(gpointer user, const struct pss_frame *frame)
{
	PssInvocations *invocations = user;
	PssInvocation *invocation = find(invocations, frame->header.id);

	if (invocation && !pss_invocation_input(invocation, frame->payload, frame->header.length))
		pss_peer_fail(invocations->context->peer, "more input than it may send");
}

void pss_invocations_on_size(gpointer invocations, uint32_t id, struct pss_fields fields)
{
	PssInvocation *invocation = find(invocations, id);

	if (invocation)
		pss_invocation_resize(invocation, pss_fields_size(fields));
}

void pss_invocations_on_stop(gpointer invocations, uint32_t id, struct pss_fields fields)
{
	PssInvocation *invocation = find(invocations, id);

	if (invocation)
		pss_invocation_stop(invocation, pss_fields_flag(fields, PSS_TAG_FORCE));
}
