/* SPDX-License-Identifier: MIT */
/* What PowerShell asks of its host: to print, to ask the user, to leave ([MS-PSRP] 2.2.3.17). At the terminal messages
 * come as such calls and as records, of which the calls are shown; beside it the records are, and of the calls only
 * what Write-Host prints. */
#include <string.h>

#include "psrp/client/private.h"
#include "terminal/clean-text.h"
#include "terminal/width.h"

#define CALL_WITHOUT_ANSWER (-100)
#define RESET "\033[0m"

typedef struct {
	PssPsrp *psrp;
	PssPsrpAsked asked;
} Call;

typedef void (*Obey)(const Call *call, gint64 argument);

static const PssValue *parameter(const Call *call, guint index)
{
	return pss_value_item(call->asked.parameters, index);
}

static const char *text_parameter(const Call *call, guint index)
{
	const char *text = pss_value_text(parameter(call, index));
	return text ? text : "";
}

static gboolean is_beside(const Call *call)
{
	return pss_psrp_find_role(call->psrp, PSS_ROLE_COMMAND) != NULL;
}

static void answer_null(const Call *call)
{
	g_autoptr(GString) body = NULL;
	if (call->asked.call == CALL_WITHOUT_ANSWER)
		return;
	body = pss_answer_null(call->asked.call, call->asked.method);
	pss_psrp_send_answer(call->psrp, call->asked.is_pool, &call->asked.pipeline, body);
}

/* ---- printing */

/* The terminal's colours in the order of System.ConsoleColor. */
static void append_colour(GString *out, gint64 colour, gboolean is_background)
{
	static const guint8 codes[] = { 30, 34, 32, 36, 31, 35, 33, 37, 90, 94, 92, 96, 91, 95, 93, 97 };
	if (colour >= 0 && (gsize)colour < G_N_ELEMENTS(codes))
		g_string_append_printf(out, "\033[%dm", codes[colour] + (is_background ? 10 : 0));
}

static void print(const Call *call, const char *text, gboolean ends_line)
{
	if (is_beside(call)) {
		pss_psrp_invoke_host(call->psrp, text, ends_line);
		return;
	}
	pss_psrp_screen_show_text(call->psrp, text);
	if (ends_line)
		pss_psrp_screen_show_text(call->psrp, "\n");
}

static void print_plain(const Call *call, gint64 ends_line)
{
	print(call, text_parameter(call, 0), ends_line != 0);
	answer_null(call);
}

/* Foreground, background, text; grey on black is what the terminal has anyway. */
static void print_coloured(const Call *call, gint64 ends_line)
{
	enum { GREY = 7, BLACK = 0 };
	gint64 foreground = pss_value_integer(parameter(call, 0), GREY);
	gint64 background = pss_value_integer(parameter(call, 1), BLACK);
	g_autoptr(GString) text = g_string_new(NULL);

	if (is_beside(call) || (foreground == GREY && background == BLACK)) {
		print(call, text_parameter(call, 2), ends_line != 0);
		answer_null(call);
		return;
	}
	if (foreground != GREY)
		append_colour(text, foreground, FALSE);
	if (background != BLACK)
		append_colour(text, background, TRUE);
	g_string_append_printf(text, "%s" RESET, text_parameter(call, 2));
	print(call, text->str, ends_line != 0);
	answer_null(call);
}

enum { KIND_ERROR, KIND_WARNING, KIND_VERBOSE, KIND_DEBUG };

static void print_message(const Call *call, gint64 kind)
{
	static const char *const beginnings[] = {
		[KIND_ERROR] = "\033[31;1m",
		[KIND_WARNING] = "\033[33;1mWARNING: ",
		[KIND_VERBOSE] = "\033[33;1mVERBOSE: ",
		[KIND_DEBUG] = "\033[33;1mDEBUG: ",
	};
	g_autofree char *text = NULL;

	if (!is_beside(call)) {
		text = g_strconcat(beginnings[kind], text_parameter(call, 0), RESET "\n", NULL);
		pss_psrp_screen_show_text(call->psrp, text);
	}
	answer_null(call);
}

static void show_progress(const Call *call, gint64 argument)
{
	enum { TYPE_COMPLETED = 1 };
	const PssValue *record = parameter(call, 1);
	gboolean is_completed = pss_value_integer(pss_value_get(record, "Type"), 0) == TYPE_COMPLETED;
	g_autofree char *text = pss_record_progress_text(record);
	char *clean;

	answer_null(call);
	if (is_beside(call)) {
		pss_psrp_invoke_progress(call->psrp, is_completed ? "" : text);
		return;
	}
	if (is_completed) {
		pss_psrp_screen_end_progress(call->psrp);
		return;
	}
	clean = pss_clean_text(text, strlen(text), PSS_CLEAN_PLAIN);
	if (!clean)
		return;
	clean[pss_width_fit(clean, call->psrp->columns - 1, NULL)] = '\0';
	pss_psrp_screen_progress(call->psrp, clean);
	free(clean);
}

/* Only what Clear-Host does on Windows: it fills everything with blanks. */
static void fill_screen(const Call *call, gint64 argument)
{
	static const char clear[] = "\033[H\033[2J\033[3J";
	const PssValue *left = pss_value_get(parameter(call, 0), "left");

	if (!is_beside(call) && pss_value_integer(left, 0) == -1)
		pss_psrp_screen_show_text(call->psrp, clear);
	answer_null(call);
}

/* ---- leaving */

static void leave(const Call *call, int status)
{
	call->psrp->leaves = TRUE;
	call->psrp->leave_status = status;
	answer_null(call);
}

static void should_exit(const Call *call, gint64 argument)
{
	leave(call, (int)(pss_value_integer(parameter(call, 0), 0) & 255));
}

static void pop_runspace(const Call *call, gint64 argument)
{
	leave(call, 0);
}

/* ---- asking */

static void refuse(const Call *call, const char *why)
{
	PssPipeline *pipeline = pss_psrp_find_role(call->psrp, PSS_ROLE_LINE);

	if (is_beside(call)) {
		pss_psrp_invoke_refuse(call->psrp, why);
		return;
	}
	pss_psrp_notice(call->psrp, "%s", why);
	if (pipeline)
		pss_psrp_send_signal(call->psrp, pipeline);
	else
		answer_null(call);
}

/* Before protocol 2.4 a SecureString crosses the wire encrypted with a key that we do not exchange. */
static gboolean can_send_secrets(const PssPsrp *psrp)
{
	char *rest = NULL;
	guint64 major = psrp->protocol ? g_ascii_strtoull(psrp->protocol, &rest, 10) : 0;
	guint64 minor = rest && *rest == '.' ? g_ascii_strtoull(rest + 1, NULL, 10) : 0;

	return major > 2 || (major == 2 && minor >= 4);
}

static void ask(const Call *call, gint64 kind)
{
	PssPsrpAsked asked = call->asked;

	asked.kind = (PssPsrpQuestionKind)kind;
	if (is_beside(call) && !pss_psrp_invoke_can_ask(call->psrp))
		refuse(call, PSS_PSRP_NOT_ANSWERED);
	else if (pss_psrp_question_is_secret(&asked) && !can_send_secrets(call->psrp))
		refuse(call, "passwords cannot be sent to this version of PowerShell: it needs 7.6 or newer");
	else
		pss_psrp_question_ask(call->psrp, &asked, is_beside(call));
}

static const struct {
	gint64 method;
	Obey obey;
	gint64 argument;
} calls[] = {
	{ 6, should_exit, 0 },
	{ 11, ask, PSS_PSRP_QUESTION_LINE },
	{ 12, ask, PSS_PSRP_QUESTION_SECRET_LINE },
	{ 13, print_plain, FALSE },
	{ 14, print_coloured, FALSE },
	{ 15, print_plain, TRUE },
	{ 16, print_plain, TRUE },
	{ 17, print_coloured, TRUE },
	{ 18, print_message, KIND_ERROR },
	{ 19, print_message, KIND_DEBUG },
	{ 20, show_progress, 0 },
	{ 21, print_message, KIND_VERBOSE },
	{ 22, print_message, KIND_WARNING },
	{ 23, ask, PSS_PSRP_QUESTION_FIELDS },
	{ 24, ask, PSS_PSRP_QUESTION_CREDENTIAL },
	{ 25, ask, PSS_PSRP_QUESTION_CREDENTIAL },
	{ 26, ask, PSS_PSRP_QUESTION_CHOICE },
	{ 46, ask, PSS_PSRP_QUESTION_KEY },
	{ 48, fill_screen, 0 },
	{ 53, pop_runspace, 0 },
	{ 56, ask, PSS_PSRP_QUESTION_CHOICES },
};

void pss_psrp_host_call(PssPsrp *psrp, gboolean is_pool, const PssGuid *pipeline, const PssValue *call)
{
	Call made = {
		.psrp = psrp,
		.asked =
			{
				.is_pool = is_pool,
				.pipeline = *pipeline,
				.call = pss_value_integer(pss_value_get(call, "ci"), CALL_WITHOUT_ANSWER),
				.method = pss_value_integer(pss_value_get(call, "mi"), 0),
				.parameters = pss_value_get(call, "mp"),
			},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
		if (calls[i].method == made.asked.method) {
			calls[i].obey(&made, calls[i].argument);
			return;
		}
	answer_null(&made);
}
