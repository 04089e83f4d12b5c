/* SPDX-License-Identifier: MIT */
/* The client's life: from the channel's bytes to messages, from messages to who obeys them, and the end. What a message
 * means stands in line.c (the terminal's lines), invoke.c (commands beside it), host-calls.c and complete.c. */
#include "psrp/client/private.h"

#include <string.h>

#include "base/said.h"

#define OPENING_DEADLINE_MS 60000
#define COMPLETION_DEADLINE_MS 2000
#define COLUMNS 120
#define ROWS 50
#define LAST_WORDS_MAX 4096
#define KEPT_OUTPUT_MAX (4u << 20) /* bytes of what a status or a completion says */

static const PssElementEvents element_events;
static void on_message(gpointer user, const guint8 *data, gsize n);

/* ---- memory */

static void free_pipeline(gpointer data)
{
	PssPipeline *pipeline = data;
	g_ptr_array_unref(pipeline->outputs);
	g_free(pipeline->failure);
	g_free(pipeline);
}

PssPipeline *pss_psrp_add_pipeline(PssPsrp *psrp, PssRole role)
{
	PssPipeline *pipeline = g_new0(PssPipeline, 1);
	pipeline->role = role;
	pipeline->outputs = g_ptr_array_new_with_free_func(g_free);
	pss_guid_draw(&pipeline->guid);
	g_ptr_array_add(psrp->pipelines, pipeline);
	return pipeline;
}

PssPipeline *pss_psrp_find(PssPsrp *psrp, const PssGuid *guid)
{
	for (guint i = 0; i < psrp->pipelines->len; i++) {
		PssPipeline *pipeline = psrp->pipelines->pdata[i];
		if (pss_guid_equal(&pipeline->guid, guid))
			return pipeline;
	}
	return NULL;
}

PssPipeline *pss_psrp_find_role(PssPsrp *psrp, PssRole role)
{
	for (guint i = 0; i < psrp->pipelines->len; i++) {
		PssPipeline *pipeline = psrp->pipelines->pdata[i];
		if (pipeline->role == role && !pipeline->is_over)
			return pipeline;
	}
	return NULL;
}

PssPsrp *pss_psrp_new(const PssPsrpOptions *options, const PssPsrpEvents *events, gpointer user)
{
	PssPsrp *psrp = g_new0(PssPsrp, 1);

	psrp->events = events;
	psrp->user = user;
	psrp->term = g_strdup(options->term);
	psrp->opening_deadline_ms = options->opening_deadline_ms ? options->opening_deadline_ms : OPENING_DEADLINE_MS;
	psrp->completion_deadline_ms =
		options->completion_deadline_ms ? options->completion_deadline_ms : COMPLETION_DEADLINE_MS;
	pss_psrp_resize(psrp, options->columns, options->rows);
	pss_guid_draw(&psrp->pool);
	psrp->elements = pss_element_reader_new(&element_events, psrp);
	psrp->defragmenter = pss_defragmenter_new(on_message, psrp);
	psrp->last_words = g_string_new(NULL);
	psrp->pipelines = g_ptr_array_new_with_free_func(free_pipeline);
	psrp->text = g_string_new(NULL);
	psrp->typed = g_byte_array_new();
	psrp->prompt = g_string_new(NULL);
	psrp->directory = g_string_new(NULL);
	psrp->input = g_byte_array_new();
	pss_column_reset(&psrp->column);
	return psrp;
}

void pss_psrp_stop_timers(PssPsrp *psrp)
{
	g_clear_handle_id(&psrp->deadline_timer, g_source_remove);
	g_clear_handle_id(&psrp->stopping_timer, g_source_remove);
}

void pss_psrp_free(PssPsrp *psrp)
{
	if (!psrp)
		return;
	pss_psrp_stop_timers(psrp);
	g_clear_handle_id(&psrp->complete_timer, g_source_remove);
	pss_psrp_question_drop(psrp);
	pss_element_reader_free(psrp->elements);
	pss_defragmenter_free(psrp->defragmenter);
	g_ptr_array_unref(psrp->pipelines);
	g_string_free(psrp->last_words, TRUE);
	g_string_free(psrp->text, TRUE);
	g_string_free(psrp->prompt, TRUE);
	g_string_free(psrp->directory, TRUE);
	pss_psrp_line_forget_typed(psrp, psrp->typed->len);
	g_byte_array_unref(psrp->typed);
	g_byte_array_unref(psrp->input);
	g_strfreev(psrp->command_properties);
	g_free(psrp->complete_line);
	g_free(psrp->protocol);
	g_free(psrp->term);
	g_free(psrp);
}

/* ---- the begin and the end */

static gboolean on_deadline(gpointer user)
{
	PssPsrp *psrp = user;
	psrp->deadline_timer = 0;
	pss_psrp_end(psrp, PSS_PSRP_SILENT, "PowerShell has not shown its first prompt in time");
	return G_SOURCE_REMOVE;
}

void pss_psrp_begin(PssPsrp *psrp)
{
	psrp->deadline_timer = g_timeout_add(psrp->opening_deadline_ms, on_deadline, psrp);
	pss_psrp_send_opening(psrp);
}

void pss_psrp_end(PssPsrp *psrp, PssPsrpEnd how, const char *cause)
{
	if (psrp->state == PSS_PSRP_ENDED)
		return;
	pss_psrp_stop_timers(psrp);
	g_clear_handle_id(&psrp->complete_timer, g_source_remove);
	pss_psrp_question_drop(psrp);
	pss_psrp_invoke_forget(psrp);
	pss_psrp_screen_end_progress(psrp);
	psrp->state = PSS_PSRP_ENDED;
	psrp->events->on_ended(psrp->user, how, cause);
}

/* The server's own words are a better cause than that the channel closed. */
void pss_psrp_closed(PssPsrp *psrp, int exit_status)
{
	g_autofree char *words = pss_said_sentences(psrp->last_words->str);
	g_autofree char *cause = NULL;

	if (words && *words)
		cause = g_strdup_printf("the remote PowerShell has ended: %s", words);
	else if (exit_status > 0)
		cause = g_strdup_printf("the remote PowerShell has ended with status %d", exit_status);
	else
		cause = g_strdup("the remote PowerShell has ended");
	pss_psrp_end(psrp, PSS_PSRP_HUNG_UP, cause);
}

void pss_psrp_notice(PssPsrp *psrp, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	psrp->events->on_notice(psrp->user, text);
}

PssPsrpState pss_psrp_state(const PssPsrp *psrp)
{
	return psrp->state;
}

const char *pss_psrp_protocol(const PssPsrp *psrp)
{
	return psrp->protocol;
}

void pss_psrp_resize(PssPsrp *psrp, guint columns, guint rows)
{
	psrp->columns = columns ? columns : COLUMNS;
	psrp->rows = rows ? rows : ROWS;
}

/* ---- messages of the pool */

enum { POOL_CLOSED = 3, POOL_BROKEN = 5 };

static void on_capability(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	const char *version = pss_value_text(pss_value_get(value, "protocolversion"));

	g_clear_pointer(&psrp->protocol, g_free);
	psrp->protocol = version ? pss_said_line(version) : NULL;
}

static void on_pool_state(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	gint64 state = pss_value_integer(pss_value_get(value, "RunspaceState"), 0);
	g_autofree char *reason = NULL;
	g_autofree char *cause = NULL;

	if (state != POOL_CLOSED && state != POOL_BROKEN)
		return;
	reason = pss_record_error_text(pss_value_get(value, "ExceptionAsErrorRecord"));
	cause = reason && *reason ? pss_said_sentences(reason)
				  : g_strdup("the remote PowerShell has closed its runspace");
	pss_psrp_end(psrp, PSS_PSRP_BROKEN, cause);
}

static void on_host_call(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	pss_psrp_host_call(psrp, message->type == PSS_MESSAGE_POOL_HOST_CALL, &message->pipeline, value);
}

/* ---- messages of pipelines */

enum { PIPELINE_STOPPED = 3, PIPELINE_COMPLETED = 4, PIPELINE_FAILED = 5 };

static void keep_failure(PssPipeline *pipeline, const PssValue *record)
{
	const char *reason = pss_value_text(pss_value_get(record, "ErrorCategory_Reason"));

	pipeline->failure = pss_record_error_text(record);
	pipeline->is_incomplete = g_strcmp0(reason, "IncompleteParseException") == 0;
}

static void on_over(PssPsrp *psrp, PssPipeline *pipeline)
{
	if (psrp->question && pipeline->role != PSS_ROLE_COMPLETE)
		pss_psrp_question_drop(psrp);
	if (pipeline->role == PSS_ROLE_STATUS)
		pss_psrp_line_on_status(psrp, pipeline);
	else if (pipeline->role == PSS_ROLE_COMPLETE)
		pss_psrp_complete_on_over(psrp, pipeline);
}

static void on_pipeline_state(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	PssPipeline *pipeline = pss_psrp_find(psrp, &message->pipeline);
	gint64 state = pss_value_integer(pss_value_get(value, "PipelineState"), 0);

	if (!pipeline || pipeline->is_over || state < PIPELINE_STOPPED || state > PIPELINE_FAILED)
		return;
	pipeline->is_over = TRUE;
	pipeline->was_stopped = state == PIPELINE_STOPPED;
	pipeline->has_failed = state == PIPELINE_FAILED;
	if (pipeline->has_failed)
		keep_failure(pipeline, pss_value_get(value, "ExceptionAsErrorRecord"));
	if (pipeline->role == PSS_ROLE_COMMAND)
		pss_psrp_invoke_on_message(psrp, message, value);
	on_over(psrp, pipeline);
}

/* What a status or a completion has beyond any measure is dropped: the server may never end it. */
static void keep_output(PssPipeline *pipeline, const PssValue *value)
{
	const char *text = pss_value_text(value);

	if (pipeline->n_output > KEPT_OUTPUT_MAX)
		return;
	pipeline->n_output += sizeof text + (text ? strlen(text) : 0);
	g_ptr_array_add(pipeline->outputs, g_strdup(text));
}

/* Output and records. At the terminal output is text already, and records come as host calls too. */
static void on_stream(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	PssPipeline *pipeline = pss_psrp_find(psrp, &message->pipeline);

	if (!pipeline || pipeline->is_over)
		return;
	if (pipeline->role == PSS_ROLE_COMMAND) {
		pss_psrp_invoke_on_message(psrp, message, value);
	} else if (message->type == PSS_MESSAGE_OUTPUT && pipeline->role != PSS_ROLE_LINE) {
		keep_output(pipeline, value);
	} else if (message->type == PSS_MESSAGE_OUTPUT && pss_value_text(value)) {
		pss_psrp_screen_show_text(psrp, pss_value_text(value));
		pss_psrp_screen_show_text(psrp, "\n");
	}
}

typedef void (*Handler)(PssPsrp *psrp, const PssMessage *message, const PssValue *value);

static Handler handler_of(guint32 type)
{
	static const struct {
		guint32 type;
		Handler handle;
	} handlers[] = {
		{ PSS_MESSAGE_OUTPUT, on_stream },
		{ PSS_MESSAGE_PIPELINE_HOST_CALL, on_host_call },
		{ PSS_MESSAGE_PIPELINE_STATE, on_pipeline_state },
		{ PSS_MESSAGE_ERROR_RECORD, on_stream },
		{ PSS_MESSAGE_WARNING_RECORD, on_stream },
		{ PSS_MESSAGE_VERBOSE_RECORD, on_stream },
		{ PSS_MESSAGE_DEBUG_RECORD, on_stream },
		{ PSS_MESSAGE_INFORMATION_RECORD, on_stream },
		{ PSS_MESSAGE_POOL_HOST_CALL, on_host_call },
		{ PSS_MESSAGE_SESSION_CAPABILITY, on_capability },
		{ PSS_MESSAGE_RUNSPACEPOOL_STATE, on_pool_state },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++)
		if (handlers[i].type == type)
			return handlers[i].handle;
	return NULL;
}

static void on_message(gpointer user, const guint8 *data, gsize n)
{
	PssPsrp *psrp = user;
	g_autoptr(PssValue) value = NULL;
	PssMessage message;
	Handler handle;

	if (psrp->state == PSS_PSRP_ENDED || psrp->is_malformed)
		return;
	if (!pss_message_parse(&message, data, n)) {
		psrp->is_malformed = TRUE;
		return;
	}
	handle = handler_of(message.type);
	if (!handle)
		return;
	value = pss_value_parse(message.body, message.n_body);
	if (value)
		handle(psrp, &message, value);
	else
		psrp->is_malformed = TRUE;
}

/* ---- elements */

static void on_element(gpointer user, const PssElement *element)
{
	PssPsrp *psrp = user;
	PssPipeline *pipeline;

	if (psrp->state == PSS_PSRP_ENDED)
		return;
	if (element->kind == PSS_ELEMENT_DATA && !psrp->is_malformed)
		psrp->is_malformed = !pss_defragmenter_feed(psrp->defragmenter, element->data, element->n_data) ||
				     psrp->is_malformed;
	pipeline = pss_psrp_find(psrp, &element->guid);
	if (element->kind != PSS_ELEMENT_DATA_ACK || !pipeline)
		return;
	if (!pipeline->is_acknowledged) {
		pipeline->is_acknowledged = TRUE;
		pss_psrp_send_on_acknowledged(psrp, pipeline);
	}
	if (pipeline->role == PSS_ROLE_COMMAND)
		pss_psrp_input_on_acknowledged(psrp, pipeline);
}

static void on_malformed(gpointer user)
{
	PssPsrp *psrp = user;
	psrp->is_malformed = TRUE;
}

static void keep_last_words(PssPsrp *psrp, const char *text, gsize n)
{
	g_string_append_len(psrp->last_words, text, (gssize)n);
	if (psrp->last_words->len > LAST_WORDS_MAX)
		g_string_erase(psrp->last_words, 0, (gssize)(psrp->last_words->len - LAST_WORDS_MAX));
}

static void on_noise(gpointer user, const char *text, gsize n)
{
	PssPsrp *psrp = user;
	keep_last_words(psrp, text, MIN(n, LAST_WORDS_MAX));
	keep_last_words(psrp, "\n", 1);
}

static const PssElementEvents element_events = {
	.on_element = on_element,
	.on_noise = on_noise,
	.on_malformed = on_malformed,
};

void pss_psrp_data(PssPsrp *psrp, const void *data, gsize n, gboolean is_stderr)
{
	if (psrp->state == PSS_PSRP_ENDED)
		return;
	if (is_stderr) {
		keep_last_words(psrp, data, n);
		return;
	}
	pss_element_reader_feed(psrp->elements, data, n);
	if (psrp->is_malformed)
		pss_psrp_end(psrp, PSS_PSRP_BROKEN, "the remote PowerShell has sent malformed data");
}
