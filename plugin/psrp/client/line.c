/* SPDX-License-Identifier: MIT */
/* A line from the terminal: the user's text as a pipeline of its own, and behind it, in the same flight, the pipeline
 * that says how it went and what the prompt is. A pool of one runspace runs the second when the first has ended in
 * whatever way. */
#include <string.h>

#include "base/said.h"
#include "psrp/client/private.h"

#define STOPPING_NOTICE_MS 2000
#define STATUS_STOPPED 130
#define TYPED_MAX (1024u * 1024u)

/* What the six outputs of the status pipeline are. */
enum { OUT_SUCCEEDED, OUT_NATIVE_RAN, OUT_NATIVE_STATUS, OUT_DIRECTORY, OUT_PROMPT, OUT_ERROR, N_OUTPUTS };

/* It keeps `$?`, $LASTEXITCODE and $Error as the user's line left them, and has no variables but two global ones. A
 * native program has run exactly where $LASTEXITCODE is another object than before. */
static const char status_script[] =
	"$q=$?;$c=$global:LASTEXITCODE;$e=if($Error.Count){$Error[0]}\n"
	"$n=$null -ne $e -and -not [object]::ReferenceEquals($e,$global:__pss_e)\n"
	"$r=-not [object]::ReferenceEquals($c,$global:__pss_c);$global:__pss_c=$c\n"
	"$t='';if($n){$x=$e;if($x -is [Management.Automation.IContainsErrorRecord]){$x=$x.ErrorRecord}\n"
	"$t=($x|Microsoft.PowerShell.Utility\\Out-String -Width %u).TrimEnd()}\n"
	"if(-not $q){Microsoft.PowerShell.Utility\\Write-Error x -ErrorAction Ignore}\n"
	"$p=try{[string](prompt)}catch{''};$global:LASTEXITCODE=$c\n"
	"$global:__pss_e=if($Error.Count){$Error[0]}\n"
	"$q;$r;[int]$c;$pwd.Path;$p;$t";

/* Programs have no terminal there, but `clear` and its like only want to know which sequences to print. */
static const char term_script[] = "if($IsWindows -eq $false -and -not $env:TERM){$env:TERM='%s'}\n";

static gboolean is_name_of_terminal(const char *term)
{
	return term && *term && !term[strspn(term, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+-._")];
}

static char *make_status_script(const PssPsrp *psrp)
{
	gboolean sets_term = psrp->state == PSS_PSRP_OPENING && is_name_of_terminal(psrp->term);
	g_autofree char *before = sets_term ? g_strdup_printf(term_script, psrp->term) : g_strdup("");
	g_autofree char *script = g_strdup_printf(status_script, psrp->columns);

	return g_strconcat(before, script, NULL);
}

void pss_psrp_line_begin_status(PssPsrp *psrp, GString *line)
{
	g_autofree char *script = make_status_script(psrp);
	const PssStage stage = { .text = script, .is_script = TRUE, .is_local = TRUE };
	const PssPipelineSpec spec = { .stages = &stage, .n_stages = 1 };

	pss_psrp_send_pipeline(psrp, line, pss_psrp_add_pipeline(psrp, PSS_ROLE_STATUS), &spec);
}

/* An empty line asks for a prompt alone, as at PowerShell's own: `$?` stays. */
static gboolean is_blank(const GString *text)
{
	return strspn(text->str, " \t\r\n") == text->len;
}

static void append_line_pipeline(PssPsrp *psrp, GString *line)
{
	const PssStage stages[] = {
		{ .text = psrp->text->str, .is_script = TRUE, .merges_errors = TRUE },
		{ .text = "Out-Default" },
	};
	const PssPipelineSpec spec = {
		.stages = stages,
		.n_stages = G_N_ELEMENTS(stages),
		.is_typed = TRUE,
		.has_host = TRUE,
		.columns = psrp->columns,
		.rows = psrp->rows,
	};

	pss_psrp_send_pipeline(psrp, line, pss_psrp_add_pipeline(psrp, PSS_ROLE_LINE), &spec);
}

static void begin(PssPsrp *psrp)
{
	GString *line = g_string_sized_new(psrp->text->len * 2 + 16384);

	pss_psrp_send_closes(psrp, line);
	if (!is_blank(psrp->text))
		append_line_pipeline(psrp, line);
	pss_psrp_line_begin_status(psrp, line);
	pss_psrp_send_line(psrp, line);
}

void pss_psrp_line(PssPsrp *psrp, const char *text, gsize n)
{
	g_return_if_fail(psrp->state == PSS_PSRP_IDLE);
	pss_psrp_complete_give_up(psrp);
	if (psrp->text->len > 0)
		g_string_append_c(psrp->text, '\n');
	g_string_append_len(psrp->text, text, (gssize)n);
	psrp->state = PSS_PSRP_BUSY;
	psrp->leaves = FALSE;
	pss_column_reset(&psrp->column);
	psrp->events->on_busy(psrp->user);
	begin(psrp);
}

void pss_psrp_discard(PssPsrp *psrp)
{
	g_string_truncate(psrp->text, 0);
}

/* ---- keys and Ctrl-C */

void pss_psrp_line_emit_typed(PssPsrp *psrp)
{
	g_autoptr(GByteArray) typed = g_steal_pointer(&psrp->typed);
	psrp->typed = g_byte_array_new();
	if (typed->len > 0)
		psrp->events->on_typed(psrp->user, typed->data, typed->len);
}

void pss_psrp_line_forget_typed(PssPsrp *psrp, gsize n)
{
	if (n == 0)
		return;
	explicit_bzero(psrp->typed->data, n);
	g_byte_array_remove_range(psrp->typed, 0, (guint)n);
}

/* More than a terminal would hold. */
static void keep_keys(PssPsrp *psrp, const guint8 *keys, gsize n)
{
	gsize room = TYPED_MAX - MIN(psrp->typed->len, TYPED_MAX);

	if (n > room && room > 0)
		pss_psrp_notice(psrp, "more was typed ahead than is kept: the rest is dropped");
	g_byte_array_append(psrp->typed, keys, (guint)MIN(n, room));
}

/* Ctrl-C throws away what was typed before it, as a terminal does. */
void pss_psrp_keys(PssPsrp *psrp, const void *data, gsize n)
{
	const guint8 *keys = data;
	const guint8 *interrupt;

	if (psrp->state == PSS_PSRP_ENDED)
		return;
	while (psrp->state == PSS_PSRP_BUSY && !psrp->question && (interrupt = memchr(keys, '\003', n))) {
		n -= (gsize)(interrupt + 1 - keys);
		keys = interrupt + 1;
		pss_psrp_line_forget_typed(psrp, psrp->typed->len);
		pss_psrp_interrupt(psrp);
	}
	keep_keys(psrp, keys, n);
	if (psrp->state == PSS_PSRP_IDLE)
		pss_psrp_line_emit_typed(psrp);
	else if (psrp->question)
		pss_psrp_question_keys(psrp);
}

static gboolean on_still_stopping(gpointer user)
{
	PssPsrp *psrp = user;
	psrp->stopping_timer = 0;
	pss_psrp_notice(psrp, "the remote PowerShell is stopping the command; a blocked .NET call ends when it ends");
	return G_SOURCE_REMOVE;
}

void pss_psrp_interrupt(PssPsrp *psrp)
{
	PssPipeline *line = pss_psrp_find_role(psrp, PSS_ROLE_LINE);
	PssPipeline *pipeline = line ? line : pss_psrp_find_role(psrp, PSS_ROLE_COMMAND);

	if (psrp->state != PSS_PSRP_BUSY || !pipeline || pipeline->is_signalled)
		return;
	pss_psrp_question_drop(psrp);
	if (line)
		pss_psrp_screen_show_text(psrp, "^C\n");
	if (psrp->stopping_timer == 0 && line)
		psrp->stopping_timer = g_timeout_add(STOPPING_NOTICE_MS, on_still_stopping, psrp);
	pss_psrp_send_signal(psrp, pipeline);
}

/* ---- how it went */

static const char *output(const PssPipeline *status, guint index)
{
	const char *text = index < status->outputs->len ? status->outputs->pdata[index] : NULL;
	return text ? text : "";
}

static gboolean is_true(const PssPipeline *status, guint index)
{
	return strcmp(output(status, index), "true") == 0;
}

static PssPipeline *find_ended(PssPsrp *psrp)
{
	for (guint i = 0; i < psrp->pipelines->len; i++) {
		PssPipeline *pipeline = psrp->pipelines->pdata[i];
		if (pipeline->role == PSS_ROLE_LINE || pipeline->role == PSS_ROLE_COMMAND)
			return pipeline;
	}
	return NULL;
}

/* PROTOCOL.md, "Statuses". */
static int status_of(PssPsrp *psrp, const PssPipeline *line, const PssPipeline *status)
{
	int native = (int)(g_ascii_strtoll(output(status, OUT_NATIVE_STATUS), NULL, 10) & 255);

	if (psrp->leaves)
		return psrp->leave_status & 255;
	if (line && line->role == PSS_ROLE_COMMAND && psrp->command_status >= 0)
		return psrp->command_status & 255;
	if (line && line->was_stopped)
		return STATUS_STOPPED;
	if (line && line->has_failed)
		return 1;
	if (!line)
		return psrp->status;
	if (is_true(status, OUT_SUCCEEDED))
		return 0;
	return is_true(status, OUT_NATIVE_RAN) && native != 0 ? native : 1;
}

static PssPsrpPrompt first_prompt(PssPsrp *psrp)
{
	return (PssPsrpPrompt){
		.kind = 1,
		.status = psrp->status,
		.text = psrp->prompt->str,
		.n_text = psrp->prompt->len,
		.directory = psrp->directory->str,
		.n_directory = psrp->directory->len,
		.fresh = pss_column_is_first(&psrp->column),
	};
}

gboolean pss_psrp_last_prompt(PssPsrp *psrp, PssPsrpPrompt *ret_prompt)
{
	*ret_prompt = first_prompt(psrp);
	ret_prompt->fresh = TRUE;
	return psrp->has_prompt;
}

/* A prompt function that returns nothing gets what PowerShell shows then. */
static void keep_prompt(PssPsrp *psrp, const PssPipeline *status, int number)
{
	const char *prompt = output(status, OUT_PROMPT);

	g_string_assign(psrp->prompt, *prompt ? prompt : "PS> ");
	g_string_assign(psrp->directory, output(status, OUT_DIRECTORY));
	psrp->status = number;
	psrp->has_prompt = TRUE;
}

/* In red, as errors are: what Out-String gives has no colours. */
static void show_failure(PssPsrp *psrp, const PssPipeline *line, const PssPipeline *status)
{
	const char *error = *output(status, OUT_ERROR) ? output(status, OUT_ERROR) : line->failure;
	g_autofree char *text = g_strconcat("\033[31;1m", error, "\033[0m\n", NULL);

	if (line->has_failed)
		pss_psrp_screen_show_text(psrp, text);
}

static void emit_second_prompt(PssPsrp *psrp)
{
	const PssPsrpPrompt prompt = { .kind = 2, .text = ">> ", .n_text = 3, .directory = "", .fresh = TRUE };
	psrp->state = PSS_PSRP_IDLE;
	psrp->events->on_prompt(psrp->user, &prompt);
	pss_psrp_line_emit_typed(psrp);
}

static void emit_first_prompt(PssPsrp *psrp)
{
	PssPsrpPrompt prompt = first_prompt(psrp);
	gboolean leaves = psrp->leaves;

	g_string_truncate(psrp->text, 0);
	psrp->leaves = FALSE;
	psrp->state = PSS_PSRP_IDLE;
	if (leaves) {
		pss_psrp_line_forget_typed(psrp, psrp->typed->len);
		psrp->events->on_leave(psrp->user, psrp->leave_status & 255);
	}
	psrp->events->on_prompt(psrp->user, &prompt);
	if (psrp->state != PSS_PSRP_ENDED)
		pss_psrp_line_emit_typed(psrp);
}

void pss_psrp_line_on_status(PssPsrp *psrp, PssPipeline *status)
{
	PssPipeline *line = find_ended(psrp);

	pss_psrp_stop_timers(psrp);
	pss_psrp_screen_end_progress(psrp);
	if (line && line->role == PSS_ROLE_LINE && line->is_incomplete) {
		emit_second_prompt(psrp);
		return;
	}
	keep_prompt(psrp, status, status_of(psrp, line, status));
	if (line && line->role == PSS_ROLE_COMMAND) {
		psrp->state = PSS_PSRP_IDLE;
		psrp->leaves = FALSE;
		if (!pss_psrp_invoke_on_status(psrp, psrp->status))
			emit_first_prompt(psrp);
		return;
	}
	if (line)
		show_failure(psrp, line, status);
	emit_first_prompt(psrp);
}
