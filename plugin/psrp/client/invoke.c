/* SPDX-License-Identifier: MIT */
/* A command beside the terminal: the user's text as a pipeline whose objects and messages become records, and behind it
 * the pipeline that says how it went, as for a line. */
#include <string.h>

#include "psrp/client/private.h"
#include "psrp/clixml/json.h"

#define COLUMNS 120

/* A program without any shell: its words as they are, its bytes as arrays of bytes (standard error inside an object),
 * then its status. It waits in short steps, so that it can be stopped; then the program goes too. */
static const char words_script[] =
	"$i=[Diagnostics.ProcessStartInfo]::new([string]$args[0])\n"
	"for($k=1;$k -lt $args.Count;$k++){$i.ArgumentList.Add([string]$args[$k])}\n"
	"$i.RedirectStandardInput=$i.RedirectStandardOutput=$i.RedirectStandardError=$true\n"
	"$i.WorkingDirectory=$pwd.ProviderPath\n"
	"$p=[Diagnostics.Process]::Start($i)\n"
	"try{$p.StandardInput.Close()\n"
	"$s=$p.StandardOutput.BaseStream,$p.StandardError.BaseStream\n"
	"$b=[byte[]]::new(65536),[byte[]]::new(65536)\n"
	"$t=$s[0].ReadAsync($b[0],0,65536),$s[1].ReadAsync($b[1],0,65536)\n"
	"while($t[0] -or $t[1]){$l=[Threading.Tasks.Task[]]@(foreach($x in $t){if($x){$x}})\n"
	"$null=[Threading.Tasks.Task]::WaitAny($l,100)\n"
	"foreach($k in 0,1){if($t[$k] -and $t[$k].IsCompleted){$n=$t[$k].Result\n"
	"if($n -eq 0){$t[$k]=$null}else{$c=[byte[]]::new($n);[Array]::Copy($b[$k],$c,$n)\n"
	"if($k){[pscustomobject]@{e=$c}}else{,$c}\n"
	"$t[$k]=$s[$k].ReadAsync($b[$k],0,65536)}}}}\n"
	"$p.WaitForExit();$p.ExitCode}finally{if(-not $p.HasExited){$p.Kill($true)}}";

static gsize count(const char *const *texts)
{
	return texts ? g_strv_length((char **)texts) : 0;
}

static PssArgument *make_arguments(const char *const *values, gsize n)
{
	PssArgument *arguments = g_new0(PssArgument, n + 1);
	for (gsize i = 0; i < n; i++)
		arguments[i].value = values[i];
	return arguments;
}

static void send(PssPsrp *psrp, const PssPsrpCommand *command)
{
	guint columns = command->columns ? command->columns : COLUMNS;
	const char *const *values = command->words ? command->words : command->arguments;
	g_autofree PssArgument *arguments = make_arguments(values, count(values));
	g_autofree char *width = g_strdup_printf("%u", columns);
	const PssArgument formats[] = { { .name = "Stream" }, { .name = "Width", .value = width } };
	const PssStage stages[] = {
		{
			.text = command->words ? words_script : command->text,
			.is_script = TRUE,
			.is_local = command->words != NULL,
			.arguments = arguments,
			.n_arguments = count(values),
			.using_values = command->using_values,
			.n_using_values = command->n_using_values,
		},
		{ .text = "Out-String", .arguments = formats, .n_arguments = G_N_ELEMENTS(formats) },
	};
	const PssPipelineSpec spec = {
		.stages = stages,
		.n_stages = command->words || command->is_json ? 1 : 2,
		.is_typed = TRUE,
		.has_input = command->has_input,
		.has_host = TRUE,
		.columns = columns,
		.rows = psrp->rows,
	};
	GString *line = g_string_sized_new(65536);

	pss_psrp_send_closes(psrp, line);
	pss_psrp_send_pipeline(psrp, line, pss_psrp_add_pipeline(psrp, PSS_ROLE_COMMAND), &spec);
	pss_psrp_line_begin_status(psrp, line);
	pss_psrp_send_line(psrp, line);
}

void pss_psrp_invoke(PssPsrp *psrp, const PssPsrpCommand *command, const PssPsrpCommandEvents *events, gpointer user)
{
	g_return_if_fail(psrp->state == PSS_PSRP_IDLE);
	pss_psrp_complete_give_up(psrp);
	psrp->state = PSS_PSRP_BUSY;
	psrp->leaves = FALSE;
	psrp->command_events = events;
	psrp->command_user = user;
	psrp->command_is_json = command->is_json;
	psrp->command_has_words = command->words != NULL;
	psrp->command_status = -1;
	psrp->command_properties = g_strdupv((char **)command->properties);
	psrp->input_is_open = command->has_input;
	send(psrp, command);
}

gboolean pss_psrp_is_invoking(const PssPsrp *psrp)
{
	return psrp->command_events != NULL;
}

void pss_psrp_invoke_forget(PssPsrp *psrp)
{
	psrp->command_events = NULL;
	g_clear_pointer(&psrp->command_properties, g_strfreev);
	g_byte_array_set_size(psrp->input, 0);
	psrp->input_is_open = psrp->input_ends = psrp->input_in_flight = FALSE;
}

gboolean pss_psrp_invoke_on_status(PssPsrp *psrp, int status)
{
	const PssPsrpCommandEvents *events = psrp->command_events;
	gpointer user = psrp->command_user;

	pss_psrp_invoke_forget(psrp);
	if (events)
		events->on_done(user, status);
	return events != NULL;
}

void pss_psrp_abandon(PssPsrp *psrp)
{
	if (!psrp->command_events)
		return;
	pss_psrp_invoke_forget(psrp);
	pss_psrp_interrupt(psrp);
}

/* ---- records */

static void emit(PssPsrp *psrp, const PssPsrpRecord *record)
{
	if (psrp->command_events)
		psrp->command_events->on_record(psrp->command_user, record);
}

static void emit_text(PssPsrp *psrp, PssPsrpStream stream, const char *text, gboolean ends_line)
{
	const PssPsrpRecord record = { .stream = stream, .text = text, .n_text = strlen(text), .ends_line = ends_line };
	emit(psrp, &record);
}

void pss_psrp_invoke_host(PssPsrp *psrp, const char *text, gboolean ends_line)
{
	emit_text(psrp, PSS_PSRP_HOST, text, ends_line);
}

void pss_psrp_invoke_progress(PssPsrp *psrp, const char *text)
{
	emit_text(psrp, PSS_PSRP_PROGRESS, text, TRUE);
}

void pss_psrp_invoke_refuse(PssPsrp *psrp, const char *why)
{
	PssPipeline *pipeline = pss_psrp_find_role(psrp, PSS_ROLE_COMMAND);

	psrp->command_status = 1;
	emit_text(psrp, PSS_PSRP_ERROR, why, TRUE);
	if (pipeline)
		pss_psrp_send_signal(psrp, pipeline);
}

gboolean pss_psrp_invoke_can_ask(const PssPsrp *psrp)
{
	return psrp->command_events && psrp->command_events->on_question;
}

static const PssValue *follow(const PssValue *value)
{
	return value->kind == PSS_VALUE_REFERENCE ? value->target : value;
}

static void emit_json(PssPsrp *psrp, const PssValue *value)
{
	PssPsrpRecord record = { .stream = PSS_PSRP_OUTPUT, .ends_line = TRUE };
	g_autofree char *text = pss_value_to_string(value, &record.n_text);
	g_autoptr(GString) json = g_string_new(NULL);

	record.text = text;
	pss_json_append_value(json, value, (const char *const *)psrp->command_properties);
	record.json = json->str;
	record.type = pss_value_type(value);
	emit(psrp, &record);
}

static void emit_bytes(PssPsrp *psrp, PssPsrpStream stream, const PssValue *bytes)
{
	gsize n = 0;
	g_autofree guchar *data = bytes->text ? g_base64_decode(bytes->text, &n) : NULL;
	const PssPsrpRecord record = { .stream = stream, .text = (const char *)data, .n_text = n };

	if (n > 0)
		emit(psrp, &record);
}

/* What words_script puts out. */
static void take_program_output(PssPsrp *psrp, const PssValue *value)
{
	const PssValue *error = pss_value_get(value, "e");

	if (value->kind == PSS_VALUE_BYTES)
		emit_bytes(psrp, PSS_PSRP_OUTPUT, value);
	else if (error && error->kind == PSS_VALUE_BYTES)
		emit_bytes(psrp, PSS_PSRP_ERROR, error);
	else if (value->kind == PSS_VALUE_NUMBER)
		psrp->command_status = (int)(pss_value_integer(value, 1) & 255);
}

static void take_output(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	value = follow(value);
	if (psrp->command_has_words)
		take_program_output(psrp, value);
	else if (psrp->command_is_json)
		emit_json(psrp, value);
	else
		emit_text(psrp, PSS_PSRP_OUTPUT, pss_value_text(value) ? pss_value_text(value) : "", TRUE);
}

static void emit_error(PssPsrp *psrp, const PssValue *error)
{
	g_autofree char *text = pss_record_error_text(error);
	g_autofree char *category = pss_record_category(error);
	const PssPsrpRecord record = {
		.stream = PSS_PSRP_ERROR,
		.text = text,
		.n_text = strlen(text),
		.ends_line = TRUE,
		.error_id = pss_value_text(pss_value_get(error, "FullyQualifiedErrorId")),
		.category = category,
	};
	emit(psrp, &record);
}

static void take_error(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	emit_error(psrp, value);
}

/* What has ended the pipeline has not come as a record. */
static void take_state(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	const PssValue *error = pss_value_get(value, "ExceptionAsErrorRecord");
	PssPipeline *pipeline = pss_psrp_find(psrp, &message->pipeline);

	if (!pss_value_is_null(error) && pipeline->has_failed)
		emit_error(psrp, error);
}

static void take_message(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	const char *text = pss_value_text(pss_value_get(value, "InformationalRecord_Message"));
	PssPsrpStream stream = message->type == PSS_MESSAGE_WARNING_RECORD   ? PSS_PSRP_WARNING
			       : message->type == PSS_MESSAGE_VERBOSE_RECORD ? PSS_PSRP_VERBOSE
									     : PSS_PSRP_DEBUG;

	emit_text(psrp, stream, text ? text : "", TRUE);
}

/* What Write-Host has printed comes as a host call too. */
static void take_information(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	const PssValue *tags = pss_value_get(value, "Tags");
	const char *text = pss_value_text(pss_value_get(value, "MessageData"));
	PssPsrpRecord record = {
		.stream = PSS_PSRP_INFORMATION,
		.text = text ? text : "",
		.n_text = text ? strlen(text) : 0,
		.ends_line = TRUE,
	};

	for (guint i = 0; i < pss_value_n_items(tags); i++)
		record.is_shown |= g_strcmp0(pss_value_text(pss_value_item(tags, i)), "PSHOST") == 0;
	emit(psrp, &record);
}

void pss_psrp_invoke_on_message(PssPsrp *psrp, const PssMessage *message, const PssValue *value)
{
	static const struct {
		guint32 type;
		void (*take)(PssPsrp *psrp, const PssMessage *message, const PssValue *value);
	} takers[] = {
		{ PSS_MESSAGE_OUTPUT, take_output },
		{ PSS_MESSAGE_ERROR_RECORD, take_error },
		{ PSS_MESSAGE_PIPELINE_STATE, take_state },
		{ PSS_MESSAGE_WARNING_RECORD, take_message },
		{ PSS_MESSAGE_VERBOSE_RECORD, take_message },
		{ PSS_MESSAGE_DEBUG_RECORD, take_message },
		{ PSS_MESSAGE_INFORMATION_RECORD, take_information },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(takers); i++)
		if (takers[i].type == message->type) {
			takers[i].take(psrp, message, value);
			return;
		}
}
