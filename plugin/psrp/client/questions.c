/* SPDX-License-Identifier: MIT */
/* What PowerShell asks the user in the middle of a line: Read-Host, mandatory parameters, credentials, choices, a key.
 * One question stands at a time, since the pipeline that asks it waits. It is a row of fields, each answered through
 * ask.c, or, of a command beside the terminal, by whole lines from elsewhere; when the last one is, the host response
 * goes out. */
#include <string.h>

#include "psrp/client/private.h"

struct PssPsrpQuestion {
	PssPsrpAsked asked; /* without its parameters */
	GPtrArray *fields;  /* PssField */
	guint current;
	PssPsrpAsk ask;
	GString *heading; /* beside the terminal: what goes before the next field; else NULL */
	/* choices */
	GPtrArray *labels, *hotkeys, *helps; /* char *; a hotkey may be "" */
	GArray *defaults;                    /* int */
	GArray *chosen;                      /* int */
};

/* ---- fields */

static void free_answer(gpointer answer)
{
	pss_secret_free(answer);
}

static void free_field(gpointer data)
{
	PssField *field = data;
	g_free(field->name);
	g_free(field->label);
	g_ptr_array_unref(field->answers);
	g_free(field);
}

/* Takes the texts. */
static PssField *add_field(PssPsrpQuestion *question, char *name, char *label, gboolean is_secret)
{
	PssField *field = g_new0(PssField, 1);
	field->name = name;
	field->label = label;
	field->is_secret = is_secret;
	field->answers = g_ptr_array_new_with_free_func(free_answer);
	g_ptr_array_add(question->fields, field);
	return field;
}

static const char *text_of(const PssValue *value, const char *name)
{
	const char *text = pss_value_text(pss_value_get(value, name));
	return text ? text : "";
}

/* "Name: ", of a list "Name[2]: ". A label that ends as a question does stays as it is. */
static char *prompt_of(const PssField *field)
{
	if (field->is_list)
		return g_strdup_printf("%s[%u]: ", field->label, field->answers->len);
	if (*field->label == '\0' || g_str_has_suffix(field->label, ": "))
		return g_strdup(field->label);
	return g_strdup_printf("%s: ", field->label);
}

static char *without_ampersand(const char *label)
{
	GString *text = g_string_new(label);
	char *ampersand = strchr(text->str, '&');
	if (ampersand)
		g_string_erase(text, ampersand - text->str, 1);
	return g_string_free(text, FALSE);
}

static char *hotkey_of(const char *label)
{
	const char *ampersand = strchr(label, '&');
	if (!ampersand || !ampersand[1])
		return g_strdup("");
	g_autofree char *key = g_utf8_substring(ampersand + 1, 0, 1);
	return g_utf8_strup(key, -1);
}

/* ---- what each kind of question consists of */

static const PssValue *parameter(const PssPsrpAsked *asked, guint index)
{
	return pss_value_item(asked->parameters, index);
}

static void make_line(PssPsrpQuestion *question, const PssPsrpAsked *asked)
{
	add_field(question, NULL, g_strdup(""), asked->kind == PSS_PSRP_QUESTION_SECRET_LINE);
}

static gboolean is_secret_type(const char *type)
{
	return strstr(type, "SecureString") != NULL;
}

static void make_fields(PssPsrpQuestion *question, const PssPsrpAsked *asked)
{
	const PssValue *descriptions = parameter(asked, 2);

	for (guint i = 0; i < pss_value_n_items(descriptions); i++) {
		const PssValue *description = pss_value_item(descriptions, i);
		const char *name = text_of(description, "name");
		const char *label = text_of(description, "label");
		const char *type = text_of(description, "parameterTypeFullName");
		PssField *field = add_field(question, g_strdup(name), without_ampersand(*label ? label : name),
					    is_secret_type(type));
		field->is_list = g_str_has_suffix(type, "[]");
	}
}

gboolean pss_psrp_question_is_secret(const PssPsrpAsked *asked)
{
	const PssValue *descriptions = parameter(asked, 2);

	if (asked->kind != PSS_PSRP_QUESTION_FIELDS)
		return asked->kind == PSS_PSRP_QUESTION_SECRET_LINE || asked->kind == PSS_PSRP_QUESTION_CREDENTIAL;
	for (guint i = 0; i < pss_value_n_items(descriptions); i++)
		if (is_secret_type(text_of(pss_value_item(descriptions, i), "parameterTypeFullName")))
			return TRUE;
	return FALSE;
}

static void make_credential(PssPsrpQuestion *question, const PssPsrpAsked *asked)
{
	const char *user = pss_value_text(parameter(asked, 2));
	PssField *name = add_field(question, g_strdup("UserName"), g_strdup("User"), FALSE);

	if (user && *user) {
		g_ptr_array_add(name->answers, g_string_new(user));
		question->current = 1;
	}
	add_field(question, g_strdup("Password"),
		  user && *user ? g_strdup_printf("Password for user %s", user) : g_strdup("Password"), TRUE);
}

static void keep_defaults(PssPsrpQuestion *question, const PssValue *value)
{
	guint n = pss_value_n_items(value);
	int number = (int)pss_value_integer(value, -1);

	for (guint i = 0; i < n; i++) {
		int item = (int)pss_value_integer(pss_value_item(value, i), -1);
		g_array_append_val(question->defaults, item);
	}
	if (n == 0 && number >= 0)
		g_array_append_val(question->defaults, number);
}

/* "[Y] Yes  [N] No  [?] Help (default is "Y"): " */
static char *label_of_choices(const PssPsrpQuestion *question)
{
	GString *label = g_string_new(NULL);

	for (guint i = 0; i < question->labels->len; i++)
		g_string_append_printf(label, "[%s] %s  ", (char *)question->hotkeys->pdata[i],
				       (char *)question->labels->pdata[i]);
	g_string_append(label, "[?] Help");
	for (guint i = 0; i < question->defaults->len; i++) {
		guint index = (guint)g_array_index(question->defaults, int, i);
		const char *name = index < question->labels->len ? question->hotkeys->pdata[index] : "";
		if (index < question->labels->len && !*name)
			name = question->labels->pdata[index];
		g_string_append_printf(label, "%s\"%s\"", i == 0 ? " (default is " : ",", name);
	}
	g_string_append(label, question->defaults->len > 0 ? "): " : ": ");
	return g_string_free(label, FALSE);
}

static void make_choices(PssPsrpQuestion *question, const PssPsrpAsked *asked)
{
	const PssValue *choices = parameter(asked, 2);

	for (guint i = 0; i < pss_value_n_items(choices); i++) {
		const PssValue *choice = pss_value_item(choices, i);
		g_ptr_array_add(question->labels, without_ampersand(text_of(choice, "label")));
		g_ptr_array_add(question->hotkeys, hotkey_of(text_of(choice, "label")));
		g_ptr_array_add(question->helps, g_strdup(text_of(choice, "helpMessage")));
	}
	keep_defaults(question, parameter(asked, 3));
	add_field(question, NULL, label_of_choices(question), FALSE);
}

static const struct {
	void (*make)(PssPsrpQuestion *question, const PssPsrpAsked *asked);
	gboolean has_heading; /* the first two parameters are a caption and a message */
} kinds[] = {
	[PSS_PSRP_QUESTION_LINE] = { make_line, FALSE },     [PSS_PSRP_QUESTION_SECRET_LINE] = { make_line, FALSE },
	[PSS_PSRP_QUESTION_FIELDS] = { make_fields, TRUE },  [PSS_PSRP_QUESTION_CREDENTIAL] = { make_credential, TRUE },
	[PSS_PSRP_QUESTION_CHOICE] = { make_choices, TRUE }, [PSS_PSRP_QUESTION_CHOICES] = { make_choices, TRUE },
	[PSS_PSRP_QUESTION_KEY] = { make_line, FALSE },
};

/* ---- the life of a question */

static void free_question(PssPsrpQuestion *question)
{
	pss_psrp_ask_finish(&question->ask);
	if (question->heading)
		g_string_free(question->heading, TRUE);
	g_ptr_array_unref(question->fields);
	g_ptr_array_unref(question->labels);
	g_ptr_array_unref(question->hotkeys);
	g_ptr_array_unref(question->helps);
	g_array_unref(question->defaults);
	g_array_unref(question->chosen);
	g_free(question);
}

void pss_psrp_question_drop(PssPsrp *psrp)
{
	if (psrp->question)
		free_question(g_steal_pointer(&psrp->question));
}

static PssPsrpQuestion *new_question(const PssPsrpAsked *asked)
{
	PssPsrpQuestion *question = g_new0(PssPsrpQuestion, 1);

	question->asked = *asked;
	question->asked.parameters = NULL;
	question->fields = g_ptr_array_new_with_free_func(free_field);
	question->labels = g_ptr_array_new_with_free_func(g_free);
	question->hotkeys = g_ptr_array_new_with_free_func(g_free);
	question->helps = g_ptr_array_new_with_free_func(g_free);
	question->defaults = g_array_new(FALSE, FALSE, sizeof(int));
	question->chosen = g_array_new(FALSE, FALSE, sizeof(int));
	kinds[asked->kind].make(question, asked);
	return question;
}

static PssField *current_field(const PssPsrpQuestion *question)
{
	return question->fields->pdata[question->current];
}

static void show_line(PssPsrp *psrp, const char *text)
{
	if (!text || !*text)
		return;
	if (psrp->question->heading) {
		g_string_append_printf(psrp->question->heading, "%s\n", text);
		return;
	}
	pss_psrp_screen_show_text(psrp, text);
	pss_psrp_screen_show_text(psrp, "\n");
}

/* The answer may come from inside of the call. */
static void ask_beside(PssPsrp *psrp, const char *prompt, gboolean is_secret)
{
	g_autofree char *text = g_strconcat(psrp->question->heading->str, prompt, NULL);

	g_string_truncate(psrp->question->heading, 0);
	psrp->command_events->on_question(psrp->command_user, text, is_secret);
}

static void ask_current(PssPsrp *psrp)
{
	PssPsrpQuestion *question = psrp->question;
	PssField *field = current_field(question);
	g_autofree char *prompt = NULL;
	PssPsrpAskKind kind = field->is_secret ? PSS_PSRP_ASK_SECRET : PSS_PSRP_ASK_LINE;

	if (question->asked.kind == PSS_PSRP_QUESTION_KEY)
		kind = PSS_PSRP_ASK_KEY;
	pss_psrp_ask_finish(&question->ask);
	pss_psrp_ask_init(&question->ask, kind);
	prompt = question->labels->len > 0 ? g_strdup(field->label) : prompt_of(field);
	if (question->heading)
		ask_beside(psrp, prompt, field->is_secret);
	else
		pss_psrp_screen_show_text(psrp, prompt);
}

static GString *body_of(const PssPsrpQuestion *question)
{
	const PssPsrpAsked *asked = &question->asked;
	const PssField *first = question->fields->len > 0 ? question->fields->pdata[0] : NULL;

	switch (asked->kind) {
	case PSS_PSRP_QUESTION_FIELDS:
		return pss_answer_fields(asked->call, asked->method, question->fields);
	case PSS_PSRP_QUESTION_CREDENTIAL: {
		const PssField *second = question->fields->pdata[1];
		return pss_answer_credential(asked->call, asked->method, first->answers->pdata[0],
					     second->answers->pdata[0]);
	}
	case PSS_PSRP_QUESTION_CHOICE:
	case PSS_PSRP_QUESTION_CHOICES:
		return pss_answer_choices(asked->call, asked->method, question->chosen,
					  asked->kind == PSS_PSRP_QUESTION_CHOICES);
	case PSS_PSRP_QUESTION_KEY: {
		const PssSecret *key = first->answers->pdata[0];
		return pss_answer_key(asked->call, asked->method, g_utf8_get_char_validated(key->str, -1));
	}
	default:
		return pss_answer_text(asked->call, asked->method, first->answers->pdata[0], first->is_secret);
	}
}

static void answer(PssPsrp *psrp)
{
	PssPsrpQuestion *question = g_steal_pointer(&psrp->question);
	g_autoptr(PssSecret) body = body_of(question);

	pss_psrp_send_answer(psrp, question->asked.is_pool, &question->asked.pipeline, body);
	free_question(question);
}

void pss_psrp_question_ask(PssPsrp *psrp, const PssPsrpAsked *asked, gboolean is_beside)
{
	pss_psrp_question_drop(psrp);
	psrp->question = new_question(asked);
	psrp->question->heading = is_beside ? g_string_new(NULL) : NULL;
	if (kinds[asked->kind].has_heading) {
		show_line(psrp, pss_value_text(parameter(asked, 0)));
		show_line(psrp, pss_value_text(parameter(asked, 1)));
	}
	if (psrp->question->fields->len == 0) {
		answer(psrp);
		return;
	}
	ask_current(psrp);
	pss_psrp_question_keys(psrp);
}

/* ---- answers as they are typed */

static void show_helps(PssPsrp *psrp)
{
	PssPsrpQuestion *question = psrp->question;
	for (guint i = 0; i < question->labels->len; i++) {
		g_autofree char *text = g_strdup_printf("%s - %s", (char *)question->hotkeys->pdata[i],
							(char *)question->helps->pdata[i]);
		show_line(psrp, text);
	}
}

static int find_choice(const PssPsrpQuestion *question, const char *text)
{
	for (guint i = 0; i < question->labels->len; i++) {
		const char *hotkey = question->hotkeys->pdata[i];
		if ((*hotkey && g_ascii_strcasecmp(hotkey, text) == 0) ||
		    g_ascii_strcasecmp(question->labels->pdata[i], text) == 0)
			return (int)i;
	}
	return -1;
}

/* TRUE: the question is answered. */
static gboolean take_choice(PssPsrp *psrp, const char *text)
{
	PssPsrpQuestion *question = psrp->question;
	gboolean is_list = question->asked.kind == PSS_PSRP_QUESTION_CHOICES;
	int choice = find_choice(question, text);

	if (*text == '\0') {
		if (question->chosen->len == 0)
			g_array_append_vals(question->chosen, question->defaults->data, question->defaults->len);
		return is_list || question->chosen->len > 0;
	}
	if (strcmp(text, "?") == 0)
		show_helps(psrp);
	else if (choice >= 0)
		g_array_append_val(question->chosen, choice);
	return choice >= 0 && !is_list;
}

/* TRUE: the question is answered. */
static gboolean take_answer(PssPsrp *psrp)
{
	PssPsrpQuestion *question = psrp->question;
	PssField *field = current_field(question);
	PssSecret *text = g_steal_pointer(&question->ask.text);
	gboolean is_empty = text->len == 0;

	if (question->labels->len > 0) {
		gboolean is_done = take_choice(psrp, text->str);
		pss_secret_free(text);
		return is_done;
	}
	if (field->is_list && is_empty)
		pss_secret_free(text);
	else
		g_ptr_array_add(field->answers, text);
	if (!field->is_list || is_empty)
		question->current++;
	return question->current == question->fields->len;
}

void pss_psrp_question_keys(PssPsrp *psrp)
{
	while (psrp->question && !psrp->question->heading && psrp->typed->len > 0) {
		g_autoptr(GString) echo = g_string_new(NULL);
		gsize n = 0;
		PssPsrpAskResult result =
			pss_psrp_ask_keys(&psrp->question->ask, psrp->typed->data, psrp->typed->len, &n, echo);

		pss_psrp_line_forget_typed(psrp, n);
		pss_psrp_screen_show(psrp, echo->str, echo->len);
		if (result == PSS_PSRP_ASK_CANCELLED)
			pss_psrp_interrupt(psrp);
		else if (result == PSS_PSRP_ASK_DONE && take_answer(psrp))
			answer(psrp);
		else if (result == PSS_PSRP_ASK_DONE)
			ask_current(psrp);
	}
}

void pss_psrp_answer(PssPsrp *psrp, const char *answer_text)
{
	PssPsrpQuestion *question = psrp->question;

	if (!question || !question->heading)
		return;
	if (!answer_text) {
		pss_psrp_question_drop(psrp);
		pss_psrp_invoke_refuse(psrp, PSS_PSRP_NOT_ANSWERED);
		return;
	}
	g_string_append_len(question->ask.text, answer_text, (gssize)MIN(strlen(answer_text), PSS_PSRP_ANSWER_MAX));
	if (take_answer(psrp))
		answer(psrp);
	else
		ask_current(psrp);
}
