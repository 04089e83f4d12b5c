/* SPDX-License-Identifier: MIT */
/* What goes to the server. It hands each line to a thread of its own, so that lines may be obeyed in any order: what
 * has to stay in order is put into one. Every buffer on the way is wiped, since answers and `$using:` values may be
 * secrets. */
#include <string.h>

#include "psrp/client/private.h"

#define ROOM_OF_HEADS 128 /* of a message and its first fragment */

static GByteArray *new_bytes(gsize room)
{
	return g_byte_array_sized_new((guint)room);
}

static void free_bytes(GByteArray *bytes)
{
	explicit_bzero(bytes->data, bytes->len);
	g_byte_array_unref(bytes);
}

static void append_fragments(PssPsrp *psrp, GByteArray *fragments, const PssMessage *message)
{
	GByteArray *whole = new_bytes(message->n_body + ROOM_OF_HEADS);

	pss_message_append(whole, message);
	pss_fragments_append(fragments, ++psrp->last_object, whole->data, whole->len);
	free_bytes(whole);
}

static void append_message(PssPsrp *psrp, GString *line, gboolean is_answer, const PssMessage *message)
{
	GByteArray *fragments = new_bytes(message->n_body + message->n_body / PSS_FRAGMENT_MAX * 32 + ROOM_OF_HEADS);

	append_fragments(psrp, fragments, message);
	pss_element_append_data(line, &message->pipeline, is_answer, fragments->data, fragments->len);
	free_bytes(fragments);
}

static PssMessage make_message(PssPsrp *psrp, guint32 type, const PssGuid *pipeline, const char *body, gsize n)
{
	const PssGuid zero = { .text = PSS_GUID_ZERO };
	return (PssMessage){
		.destination = 2,
		.type = type,
		.pool = psrp->pool,
		.pipeline = pipeline ? *pipeline : zero,
		.body = body,
		.n_body = n,
	};
}

void pss_psrp_send_message(PssPsrp *psrp, GString *line, guint32 type, const PssGuid *pipeline, const char *body,
			   gsize n)
{
	PssMessage message = make_message(psrp, type, pipeline, body, n);
	append_message(psrp, line, FALSE, &message);
}

void pss_psrp_send_gather(PssPsrp *psrp, GByteArray *fragments, guint32 type, const PssGuid *pipeline,
			  const GString *body)
{
	PssMessage message = make_message(psrp, type, pipeline, body ? body->str : "", body ? body->len : 0);
	append_fragments(psrp, fragments, &message);
}

void pss_psrp_send_gathered(GString *line, const PssGuid *pipeline, const GByteArray *fragments)
{
	pss_element_append_data(line, pipeline, FALSE, fragments->data, fragments->len);
}

void pss_psrp_send_pipeline(PssPsrp *psrp, GString *line, PssPipeline *pipeline, const PssPipelineSpec *spec)
{
	g_autoptr(PssSecret) body = pss_pipeline_create(spec);

	pss_element_append(line, PSS_ELEMENT_COMMAND, &pipeline->guid);
	pss_psrp_send_message(psrp, line, PSS_MESSAGE_CREATE_PIPELINE, &pipeline->guid, body->str, body->len);
}

void pss_psrp_send_closes(PssPsrp *psrp, GString *line)
{
	for (guint i = 0; i < psrp->pipelines->len;) {
		PssPipeline *pipeline = psrp->pipelines->pdata[i];
		if (!pipeline->is_over) {
			i++;
			continue;
		}
		pss_element_append(line, PSS_ELEMENT_CLOSE, &pipeline->guid);
		g_ptr_array_remove_index(psrp->pipelines, i);
	}
}

void pss_psrp_send_line(PssPsrp *psrp, GString *line)
{
	g_string_append_c(line, '\n');
	psrp->events->send(psrp->user, line->str, line->len);
	pss_secret_free(line);
}

static void signal_now(PssPsrp *psrp, const PssPipeline *pipeline)
{
	GString *line = g_string_new(NULL);
	pss_element_append(line, PSS_ELEMENT_SIGNAL, &pipeline->guid);
	pss_psrp_send_line(psrp, line);
}

/* One that overtakes the pipeline's own line would be lost. */
void pss_psrp_send_signal(PssPsrp *psrp, PssPipeline *pipeline)
{
	if (!pipeline->is_signalled && pipeline->is_acknowledged)
		signal_now(psrp, pipeline);
	pipeline->is_signalled = TRUE;
}

void pss_psrp_send_on_acknowledged(PssPsrp *psrp, PssPipeline *pipeline)
{
	if (pipeline->is_signalled && !pipeline->is_over)
		signal_now(psrp, pipeline);
}

void pss_psrp_send_answer(PssPsrp *psrp, gboolean is_pool, const PssGuid *pipeline, const GString *body)
{
	GString *line = g_string_sized_new(body->len * 2 + 1024);
	guint32 type = is_pool ? PSS_MESSAGE_POOL_HOST_RESPONSE : PSS_MESSAGE_PIPELINE_HOST_RESPONSE;
	PssMessage message = make_message(psrp, type, is_pool ? NULL : pipeline, body->str, body->len);

	append_message(psrp, line, TRUE, &message);
	pss_psrp_send_line(psrp, line);
}

/* Both messages of the pool in one Data, then the pipeline that makes the first prompt: one flight. */
void pss_psrp_send_opening(PssPsrp *psrp)
{
	g_autoptr(GString) capability = pss_pipeline_capability();
	g_autoptr(GString) pool = pss_pipeline_init_pool(psrp->columns, psrp->rows);
	g_autoptr(GByteArray) fragments = g_byte_array_new();
	const PssGuid zero = { .text = PSS_GUID_ZERO };
	GString *line = g_string_sized_new(16384);

	pss_psrp_send_gather(psrp, fragments, PSS_MESSAGE_SESSION_CAPABILITY, NULL, capability);
	pss_psrp_send_gather(psrp, fragments, PSS_MESSAGE_INIT_RUNSPACEPOOL, NULL, pool);
	pss_psrp_send_gathered(line, &zero, fragments);
	pss_psrp_line_begin_status(psrp, line);
	pss_psrp_send_line(psrp, line);
}
