/* SPDX-License-Identifier: MIT */
/* Objects and messages of a PowerShell command (RECORD, wire/PROTOCOL.md): messages go to standard error in
 * PowerShell's form, into the variables that -ErrorVariable and its like name, and where the streams' actions want
 * them; in the form -Json each is an object of its own, and output is its value. Called by invoke-frames.c and
 * invoke-output.c. */
#include <errno.h>
#include <string.h>

#include "client/invoke/private.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define ERROR_COLOR "\033[31m"
#define MESSAGE_COLOR "\033[35m" /* yellow is not seen on white */
#define NO_COLOR "\033[0m"

struct record {
	uint64_t stream;
	const unsigned char *text, *value;
	size_t n_text, n_value;
	const char *type, *error_id, *category; /* or NULL */
	bool partial, shown;
};

typedef void take_func(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record);
static take_func take_output, take_error, take_warning, take_message, take_information, take_host, take_progress;

static const struct {
	const char *name;      /* in JSON */
	const char *beginning; /* on standard error */
	const char *color;
	take_func *take;
} streams[] = {
	[PSS_RECORD_OUTPUT] = { "output", "", "", take_output },
	[PSS_RECORD_ERROR] = { "error", "", ERROR_COLOR, take_error },
	[PSS_RECORD_WARNING] = { "warning", "WARNING: ", MESSAGE_COLOR, take_warning },
	[PSS_RECORD_VERBOSE] = { "verbose", "VERBOSE: ", MESSAGE_COLOR, take_message },
	[PSS_RECORD_DEBUG] = { "debug", "DEBUG: ", MESSAGE_COLOR, take_message },
	[PSS_RECORD_INFORMATION] = { "information", "", "", take_information },
	[PSS_RECORD_HOST] = { "host", "", "", take_host },
	[PSS_RECORD_PROGRESS] = { "progress", "", "", take_progress },
};

/* ---- showing */

static void put_json(struct pss_invoke *invoke, const struct pss_invoke_target *target, const struct record *record)
{
	const struct pss_json_member members[] = {
		{ "type", record->type, record->type ? strlen(record->type) : 0 },
		{ "text", record->text ? (const char *)record->text : "", record->n_text },
		{ "id", record->error_id, record->error_id ? strlen(record->error_id) : 0 },
		{ "category", record->category, record->category ? strlen(record->category) : 0 },
	};

	pss_invoke_put_json_record(invoke, target, streams[record->stream].name, members,
				   sizeof members / sizeof *members, record->value, record->n_value);
}

static void put_text(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	bool colored = invoke->request.color[1] && *streams[record->stream].color;
	const char *parts[] = {
		colored ? streams[record->stream].color : "",
		streams[record->stream].beginning,
		NULL, /* the text */
		colored ? NO_COLOR : "",
		record->partial ? "" : "\n",
	};
	struct pss_buffer line;

	pss_buffer_init(&line);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		pss_buffer_append(&line, parts[i] ? parts[i] : (const char *)record->text,
				  parts[i] ? strlen(parts[i]) : record->n_text);
	pss_invoke_show_aside(invoke, target, pss_buffer_bytes(&line), line.length);
	pss_buffer_finish(&line);
}

static void show(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	if (invoke->request.form == PSS_FORM_JSON)
		put_json(invoke, target, record);
	else
		put_text(invoke, target, record);
}

/* As the variables have it: "[HOST] TEXT (CATEGORY: ID)". */
static char *describe(const struct pss_invoke *invoke, const struct pss_invoke_target *target,
		      const struct record *record)
{
	bool named = invoke->n_targets > 1, identified = record->error_id || record->category;

	return pss_format("%s%s%s%.*s%s%s%s%s%s", named ? "[" : "", named ? target->label : "", named ? "] " : "",
			  (int)(record->n_text < PSS_CLEAN_MAX ? record->n_text : PSS_CLEAN_MAX),
			  record->text ? (const char *)record->text : "", identified ? " (" : "",
			  record->category ? record->category : "", record->category && record->error_id ? ": " : "",
			  record->error_id ? record->error_id : "", identified ? ")" : "");
}

/* What the stream's action makes of it. */
static bool keep(struct pss_invoke *invoke, const struct pss_invoke_target *target, enum pss_stream stream,
		 const struct record *record)
{
	_cleanup_(pss_free_pointer) char *text = describe(invoke, target, record);

	return text && pss_call_keep(invoke->call, stream, text);
}

static void show_and_obey(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_stream stream,
			  const struct record *record)
{
	if (!keep(invoke, target, stream, record) || invoke->call->stop)
		return;
	show(invoke, target, record);
	pss_invoke_write(invoke);
	pss_call_obey(invoke->call, stream);
}

/* ---- the streams */

static void take_output(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	if (invoke->request.form == PSS_FORM_JSON)
		put_json(invoke, target, record);
}

static void take_error(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	show_and_obey(invoke, target, PSS_STREAM_ERROR, record);
}

static void take_warning(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	show_and_obey(invoke, target, PSS_STREAM_WARNING, record);
}

/* Verbose and debug: the remote preference has decided already. */
static void take_message(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	show(invoke, target, record);
}

/* Shown where it is asked for, as in PowerShell; what Write-Host has printed comes as that too. */
static void take_information(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	bool wanted = keep(invoke, target, PSS_STREAM_INFORMATION, record);

	if (wanted && !record->shown && pss_call_asks_for_information(invoke->call))
		show(invoke, target, record);
}

/* JSON has whole lines. */
static void take_host(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	struct pss_buffer *line = &target->output.host_line;

	if (invoke->request.form != PSS_FORM_JSON) {
		put_text(invoke, target, record);
		return;
	}
	pss_buffer_append(line, record->text, record->n_text);
	if (record->partial && line->length < PSS_RECORD_MAX / 64)
		return;
	struct record whole = { .stream = PSS_RECORD_HOST, .text = pss_buffer_bytes(line), .n_text = line->length };
	put_json(invoke, target, &whole);
	pss_buffer_consume(line, line->length);
}

static void take_progress(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct record *record)
{
	pss_invoke_progress_say(invoke, record->text, record->n_text);
}

void pss_invoke_end_records(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	const struct record rest = { .stream = PSS_RECORD_HOST };

	if (target->output.host_line.length > 0)
		take_host(invoke, target, &rest);
}

/* ---- frames */

static struct record read_record(struct pss_fields fields)
{
	struct record record = {
		.stream = pss_fields_number(fields, PSS_TAG_STREAM, 0),
		.type = pss_fields_text(fields, PSS_TAG_TYPE),
		.error_id = pss_fields_text(fields, PSS_TAG_ERROR_ID),
		.category = pss_fields_text(fields, PSS_TAG_CATEGORY),
		.partial = pss_fields_flag(fields, PSS_TAG_PARTIAL),
		.shown = pss_fields_flag(fields, PSS_TAG_SHOWN),
	};
	struct pss_field field;

	if (pss_fields_bytes(fields, PSS_TAG_TEXT, &field) == 0) {
		record.text = field.data;
		record.n_text = field.length;
	}
	if (pss_fields_bytes(fields, PSS_TAG_VALUE, &field) == 0) {
		record.value = field.data;
		record.n_value = field.length;
	}
	return record;
}

static void take(struct pss_invoke *invoke, struct pss_invoke_target *target, struct pss_fields fields)
{
	struct record record = read_record(fields);

	if (record.stream < sizeof streams / sizeof *streams && streams[record.stream].take)
		streams[record.stream].take(invoke, target, &record);
}

void pss_invoke_take_record(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct pss_frame *frame)
{
	struct pss_buffer *parts = &target->output.record;
	bool more = frame->header.flags & PSS_FRAME_MORE;

	if (parts->length == 0 && !more) {
		take(invoke, target, pss_frame_fields(frame));
		return;
	}
	if (parts->length + frame->header.length > PSS_RECORD_MAX + PSS_RECORD_MAX / 2 ||
	    pss_buffer_append(parts, frame->payload, frame->header.length) < 0) {
		invoke->run->output.error = ENOMEM;
		return;
	}
	if (more)
		return;
	take(invoke, target, (struct pss_fields){ .data = pss_buffer_bytes(parts), .length = parts->length });
	pss_buffer_finish(parts);
}
