/* SPDX-License-Identifier: MIT */
/* What may stand at the cursor: TabExpansion2 in a pipeline of its own, whose variables are its own. Offsets are UTF-16
 * units there and bytes here. */
#include <string.h>

#include "psrp/client/private.h"
#include "terminal/clean-text.h"

#define CANDIDATES_MAX 1000

/* Index and length of what is replaced, how many there are, then of each: its text, how it is listed, whether more of
 * the word may follow. A directory has its separator, and its quote open. */
static const char script[] =
	"$r=TabExpansion2 -inputScript $args[0] -cursorColumn ([int]$args[1])\n"
	"$r.ReplacementIndex;$r.ReplacementLength;$r.CompletionMatches.Count\n"
	"$s=[string][IO.Path]::DirectorySeparatorChar\n"
	"$k=0;foreach($m in $r.CompletionMatches){if($k++ -ge 1000){break}\n"
	"if($m.ResultType -eq "
	"'ProviderContainer'){$m.CompletionText.TrimEnd([char[]](\"'`\"/\"+$s))+$s}else{$m.CompletionText}\n"
	"$m.ListItemText\n"
	"[string]($m.ResultType -in 'ProviderContainer','Method','Property','Namespace','Type','Variable')}";

enum { OUT_INDEX, OUT_LENGTH, OUT_COUNT, OUT_FIRST, OUT_EACH = 3 };
enum { EACH_TEXT, EACH_LISTED, EACH_GOES_ON };

static gsize units_of(const char *text, gsize n)
{
	gsize units = 0;
	for (const char *at = text; at < text + n; at = g_utf8_next_char(at))
		units += g_utf8_get_char(at) > 0xFFFF ? 2 : 1;
	return units;
}

/* The byte behind so many units of a valid text. */
static gsize byte_of(const char *text, gint64 units)
{
	const char *at = text;
	while (*at && units > 0) {
		units -= g_utf8_get_char(at) > 0xFFFF ? 2 : 1;
		at = g_utf8_next_char(at);
	}
	return (gsize)(at - text);
}

static void send(PssPsrp *psrp)
{
	g_autofree char *column =
		g_strdup_printf("%" G_GSIZE_FORMAT, units_of(psrp->complete_line, psrp->complete_point));
	const PssArgument arguments[] = { { .value = psrp->complete_line }, { .value = column } };
	const PssStage stage = {
		.text = script,
		.is_script = TRUE,
		.is_local = TRUE,
		.arguments = arguments,
		.n_arguments = G_N_ELEMENTS(arguments),
	};
	const PssPipelineSpec spec = { .stages = &stage, .n_stages = 1 };
	GString *line = g_string_sized_new(32768);

	pss_psrp_send_closes(psrp, line);
	pss_psrp_send_pipeline(psrp, line, pss_psrp_add_pipeline(psrp, PSS_ROLE_COMPLETE), &spec);
	pss_psrp_send_line(psrp, line);
}

static gboolean on_deadline(gpointer user)
{
	PssPsrp *psrp = user;
	psrp->complete_timer = 0;
	pss_psrp_complete_give_up(psrp);
	return G_SOURCE_REMOVE;
}

gboolean pss_psrp_complete(PssPsrp *psrp, const char *line, gsize n, gsize point)
{
	g_autoptr(GString) whole = NULL;

	if (psrp->state != PSS_PSRP_IDLE || point > n || !g_utf8_validate_len(line, n, NULL) ||
	    !g_utf8_validate_len(line, point, NULL))
		return FALSE;
	pss_psrp_complete_give_up(psrp);
	whole = g_string_new_len(psrp->text->str, (gssize)psrp->text->len);
	if (whole->len > 0)
		g_string_append_c(whole, '\n');
	psrp->complete_before = whole->len;
	psrp->complete_point = whole->len + point;
	g_string_append_len(whole, line, (gssize)n);
	g_free(psrp->complete_line);
	psrp->complete_line = g_string_free(g_steal_pointer(&whole), FALSE);
	psrp->is_completing = TRUE;
	psrp->complete_timer = g_timeout_add(psrp->completion_deadline_ms, on_deadline, psrp);
	send(psrp);
	return TRUE;
}

static void stop(PssPsrp *psrp)
{
	g_clear_handle_id(&psrp->complete_timer, g_source_remove);
	psrp->is_completing = FALSE;
}

/* The pipeline is stopped, as it would hold the next line up. */
void pss_psrp_complete_give_up(PssPsrp *psrp)
{
	PssPipeline *pipeline = pss_psrp_find_role(psrp, PSS_ROLE_COMPLETE);

	if (pipeline)
		pss_psrp_send_signal(psrp, pipeline);
	if (!psrp->is_completing)
		return;
	stop(psrp);
	psrp->events->on_completion(psrp->user, NULL);
}

void pss_psrp_cancel_completion(PssPsrp *psrp)
{
	pss_psrp_complete_give_up(psrp);
}

/* ---- the answer */

static const char *output(const PssPipeline *pipeline, guint index)
{
	const char *text = index < pipeline->outputs->len ? pipeline->outputs->pdata[index] : NULL;
	return text ? text : "";
}

static char *clean(const char *text)
{
	char *cleaned = pss_clean_text(text, strlen(text), PSS_CLEAN_PLAIN);
	char *result = g_strdup(cleaned ? cleaned : "");
	free(cleaned);
	return result;
}

/* A candidate may replace text behind the cursor too. What it has in common with that stays where it is. */
static void cut_common_end(char *candidate, const char *behind, gsize n_behind)
{
	gsize n = strlen(candidate);
	if (n_behind > 0 && n >= n_behind && memcmp(candidate + n - n_behind, behind, n_behind) == 0)
		candidate[n - n_behind] = '\0';
}

static void add_candidates(const PssPipeline *pipeline, PssPsrpCompletion *completion, const char *behind,
			   gsize n_behind)
{
	for (gsize i = 0; i < completion->n; i++) {
		guint first = (guint)(OUT_FIRST + i * OUT_EACH);
		const char *listed = output(pipeline, first + EACH_LISTED);
		completion->words[i] = clean(output(pipeline, first + EACH_TEXT));
		cut_common_end(completion->words[i], behind, n_behind);
		if (strcmp(listed, output(pipeline, first + EACH_TEXT)) != 0)
			completion->descriptions[i] = clean(listed);
	}
	completion->no_space = completion->n == 1 && strcmp(output(pipeline, OUT_FIRST + EACH_GOES_ON), "True") == 0;
}

static void emit(PssPsrp *psrp, const PssPipeline *pipeline)
{
	gint64 index = g_ascii_strtoll(output(pipeline, OUT_INDEX), NULL, 10);
	gint64 length = g_ascii_strtoll(output(pipeline, OUT_LENGTH), NULL, 10);
	gint64 count = g_ascii_strtoll(output(pipeline, OUT_COUNT), NULL, 10);
	gsize start = byte_of(psrp->complete_line, MAX(index, 0));
	gsize end = byte_of(psrp->complete_line, MAX(index, 0) + MAX(length, 0));
	PssPsrpCompletion completion = { .n = (pipeline->outputs->len - OUT_FIRST) / OUT_EACH };

	if (start < psrp->complete_before || start > psrp->complete_point)
		completion.n = 0;
	start = CLAMP(start, psrp->complete_before, psrp->complete_point);
	completion.start = start - psrp->complete_before;
	completion.n_more = count > (gint64)completion.n ? (gsize)count - completion.n : 0;
	completion.words = g_new0(char *, completion.n + 1);
	completion.descriptions = g_new0(char *, completion.n + 1);
	add_candidates(pipeline, &completion, psrp->complete_line + psrp->complete_point,
		       end > psrp->complete_point ? end - psrp->complete_point : 0);
	psrp->events->on_completion(psrp->user, &completion);
	g_strfreev(completion.words);
	for (gsize i = 0; i < completion.n; i++)
		g_free(completion.descriptions[i]);
	g_free(completion.descriptions);
}

void pss_psrp_complete_on_over(PssPsrp *psrp, PssPipeline *pipeline)
{
	if (!psrp->is_completing || pipeline->is_signalled)
		return;
	stop(psrp);
	if (pipeline->has_failed || pipeline->outputs->len < OUT_FIRST)
		psrp->events->on_completion(psrp->user, NULL);
	else
		emit(psrp, pipeline);
}
