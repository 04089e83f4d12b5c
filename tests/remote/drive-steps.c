/* SPDX-License-Identifier: MIT */
/* Steps of a remote test: what each does, waits for and looks at is a row of a table. Nothing sleeps: each wait
 * iterates the main context until its condition or a deadline. */
#include <stdlib.h>
#include <string.h>

#include "drive-private.h"

#define DEADLINE_SECONDS 30
#define COMPLETION_TRIES 20

/* ---- failing and waiting */

void drive_fail_with(Drive *drive, const char *what, const char *text)
{
	g_autofree char *output = g_strescape(drive->output->str, NULL);
	g_autofree char *prompt = g_strescape(drive->prompt->str, NULL);

	g_error("%s: step %u: %s \"%s\"\n  output \"%s\"\n  prompt \"%s\" kind %d status %d, prompts %u, state %d, "
		"typed \"%s\", notices \"%s\", ended %d (%d), kept exit %d",
		drive->test, drive->step, what, text ? text : "", output, prompt, drive->kind, drive->status,
		drive->n_prompts, pss_remote_state(drive->remote), drive->typed->str, drive->notices->str, drive->ended,
		drive->end_status, drive->kept_exit);
}

void drive_fail(Drive *drive, const char *what)
{
	drive_fail_with(drive, what, NULL);
}

static gboolean on_deadline(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_CONTINUE;
}

gboolean drive_wait(Drive *drive, DriveCondition condition, const Step *step)
{
	gboolean late = FALSE, met;
	const char *seconds = g_getenv("PSS_TEST_DEADLINE");
	guint timer = g_timeout_add_seconds(seconds ? (guint)atoi(seconds) : DEADLINE_SECONDS, on_deadline, &late);

	while (!(met = condition(drive, step)) && !late)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return met;
}

typedef struct {
	gboolean (*condition)(gpointer user);
	gpointer user;
} Awaited;

static gboolean is_so(Drive *drive, const Step *step)
{
	const Awaited *awaited = drive->awaited;

	return awaited->condition(awaited->user) || drive->ended;
}

gboolean drive_await(Drive *drive, gboolean (*condition)(gpointer user), gpointer user)
{
	const Awaited awaited = { condition, user };

	drive->awaited = &awaited;
	drive_wait(drive, is_so, NULL);
	drive->awaited = NULL;
	return condition(user);
}

/* ---- what is waited for */

static gboolean has_output(Drive *drive, const Step *step)
{
	return memmem(drive->output->str, drive->output->len, step->text, strlen(step->text)) != NULL;
}

static gboolean has_prompt(Drive *drive, const Step *step)
{
	return drive->n_prompts > drive->n_prompts_seen || drive->ended;
}

static gboolean has_typed(Drive *drive, const Step *step)
{
	return strcmp(drive->typed->str, step->text) == 0;
}

static gboolean has_kept_exit(Drive *drive, const Step *step)
{
	return drive->kept_exit == step->number;
}

static gboolean has_completion(Drive *drive, const Step *step)
{
	return drive->completion != NULL;
}

static gboolean has_ended(Drive *drive, const Step *step)
{
	return drive->ended;
}

static gboolean has_notice(Drive *drive, const Step *step)
{
	return strstr(drive->notices->str, step->text) != NULL;
}

static gboolean has_state(Drive *drive, const Step *step)
{
	return (int)pss_remote_state(drive->remote) == step->number;
}

/* It has come by itself, behind the prompt of the line. */
static gboolean is_repainted(Drive *drive, const Step *step)
{
	return drive->n_repaints > 0 && strcmp(drive->prompt->str, step->text) == 0;
}

/* ---- what is done */

void drive_line(Drive *drive, const void *data, gsize n)
{
	g_autoptr(GError) error = NULL;

	g_string_truncate(drive->output, 0);
	g_string_truncate(drive->typed, 0);
	drive->kept_exit = -1;
	drive->n_repaints = 0;
	if (!pss_remote_line(drive->remote, data, n, &error))
		drive_fail_with(drive, "the line was refused:", error->message);
}

static void send_line(Drive *drive, const Step *step)
{
	drive_line(drive, step->text, strlen(step->text));
}

void drive_keys(Drive *drive, const void *data, gsize n)
{
	pss_remote_keys(drive->remote, data, n);
}

static void send_keys(Drive *drive, const Step *step)
{
	drive_keys(drive, step->text, strlen(step->text));
}

typedef struct {
	Drive *drive;
	const Step *step;
} Press;

static gboolean on_press(gpointer user)
{
	Press *press = user;

	send_keys(press->drive, press->step);
	return G_SOURCE_CONTINUE;
}

static void press_until_prompt(Drive *drive, const Step *step)
{
	Press press = { drive, step };

	on_press(&press);
	guint timer = g_timeout_add_seconds(1, on_press, &press);
	drive_wait(drive, has_prompt, step);
	g_source_remove(timer);
}

static void interrupt(Drive *drive, const Step *step)
{
	pss_remote_interrupt(drive->remote);
}

static void discard(Drive *drive, const Step *step)
{
	pss_remote_discard(drive->remote);
}

static void resize(Drive *drive, const Step *step)
{
	pss_channel_resize(drive->terminal, (guint)step->number, 24);
}

static void call(Drive *drive, const Step *step)
{
	step->call(drive);
}

void drive_complete(Drive *drive, const char *text)
{
	const char *cursor = strchr(text, '^');
	g_autofree char *line = g_strndup(text, (gsize)(cursor - text));
	g_autofree char *whole = g_strconcat(line, cursor + 1, NULL);

	g_clear_pointer(&drive->completion, g_free);
	if (!pss_remote_complete(drive->remote, whole, strlen(whole), strlen(line)))
		drive->completion = g_strdup("refused");
}

static void ask_for_completion(Drive *drive, const Step *step)
{
	drive_complete(drive, step->text);
}

/* On a machine that is busy with other tests the deadline may pass; then one asks again, as with the Tab key. */
static gboolean wait_for_completion(Drive *drive, const Step *step)
{
	gboolean came = drive_wait(drive, has_completion, step);

	for (int i = 0; came && i < COMPLETION_TRIES && g_str_equal(drive->completion, "given up"); i++) {
		if (g_str_equal(step->text, "given up") || drive->step == 0 || step[-1].kind != STEP_COMPLETE)
			break;
		drive_complete(drive, step[-1].text);
		came = drive_wait(drive, has_completion, step);
	}
	return came;
}

static void expect_completion(Drive *drive, const Step *step)
{
	if (wait_for_completion(drive, step) && g_pattern_match_simple(step->text, drive->completion))
		return;
	g_autofree char *what = g_strdup_printf("the completion is \"%s\", not", drive->completion);
	drive_fail_with(drive, what, step->text);
}

static void expect_prompt(Drive *drive, const Step *step)
{
	int kind = step->kind == STEP_PROMPT ? 1 : 2;

	if (!drive_wait(drive, has_prompt, step) || drive->ended)
		drive_fail(drive, "no prompt");
	drive->n_prompts_seen = drive->n_prompts;
	if (drive->kind != kind)
		drive_fail(drive, kind == 1 ? "not the first prompt" : "not the second prompt");
	if (kind == 1 && step->number != ANY && drive->status != step->number) {
		g_autofree char *wanted = g_strdup_printf("%d", step->number);
		drive_fail_with(drive, "the status is not", wanted);
	}
}

/* ---- what has to be so */

/* Without OSC, CSI and other escape sequences. */
static char *strip(const char *text)
{
	static const char sequences[] =
		"\033\\][^\007\033]*(?:\007|\033\\\\)|\033\\[[0-?]*[ -/]*[@-~]|\033[ -/]*[0-~]|\r";
	g_autoptr(GRegex) regex = g_regex_new(sequences, G_REGEX_RAW, 0, NULL);

	return g_regex_replace_literal(regex, text, -1, 0, "", 0, NULL);
}

static gboolean output_is(Drive *drive, const Step *step)
{
	return strcmp(drive->output->str, step->text) == 0;
}

static gboolean shows(Drive *drive, const Step *step)
{
	g_autofree char *shown = strip(drive->output->str);

	return strcmp(shown, step->text) == 0;
}

static gboolean lacks_output(Drive *drive, const Step *step)
{
	return !has_output(drive, step);
}

static gboolean prompt_is(Drive *drive, const Step *step)
{
	return strcmp(drive->prompt->str, step->text) == 0;
}

static gboolean right_prompt_is(Drive *drive, const Step *step)
{
	return strcmp(drive->right->str, step->text) == 0;
}

static gboolean directory_is(Drive *drive, const Step *step)
{
	return strcmp(drive->directory->str, step->text) == 0;
}

static gboolean is_fresh(Drive *drive, const Step *step)
{
	return drive->fresh == step->number;
}

static gboolean end_status_is(Drive *drive, const Step *step)
{
	return step->number == ANY || drive->end_status == step->number;
}

/* ---- steps */

/* Waited for, done, looked at, in this order; NULL: nothing of that. */
static const struct {
	DriveCondition until;
	const char *late; /* the failure where it does not come to be */
	void (*act)(Drive *drive, const Step *step);
	DriveCondition holds;
} kinds[] = {
	[STEP_LINE] = { .act = send_line },
	[STEP_KEYS] = { .act = send_keys },
	[STEP_UNTIL] = { has_output, "no such output" },
	[STEP_PROMPT] = { .act = expect_prompt },
	[STEP_SECOND] = { .act = expect_prompt },
	[STEP_OUTPUT] = { .holds = output_is },
	[STEP_SHOWS] = { .holds = shows },
	[STEP_HAS] = { .holds = has_output },
	[STEP_LACKS] = { .holds = lacks_output },
	[STEP_PS] = { .holds = prompt_is },
	[STEP_DIRECTORY] = { .holds = directory_is },
	[STEP_FRESH] = { .holds = is_fresh },
	[STEP_TYPED] = { has_typed, "not typed" },
	[STEP_KEPT_EXIT] = { has_kept_exit, "no kept exit" },
	[STEP_ENDS] = { has_ended, "no end", .holds = end_status_is },
	[STEP_NOTICE] = { has_notice, "no such notice" },
	[STEP_STATE] = { has_state, "not that state" },
	[STEP_INTERRUPT] = { .act = interrupt },
	[STEP_PRESS] = { .act = press_until_prompt },
	[STEP_DISCARD] = { .act = discard },
	[STEP_RESIZE] = { .act = resize },
	[STEP_COMPLETE] = { .act = ask_for_completion },
	[STEP_GIVES] = { .act = expect_completion },
	[STEP_RIGHT] = { .holds = right_prompt_is },
	[STEP_REPAINT] = { is_repainted, "no such prompt by itself" },
	[STEP_CALL] = { .act = call },
};

static void run(Drive *drive, const Step *step)
{
	if (kinds[step->kind].until && !drive_wait(drive, kinds[step->kind].until, step))
		drive_fail_with(drive, kinds[step->kind].late, step->text);
	if (kinds[step->kind].act)
		kinds[step->kind].act(drive, step);
	if (kinds[step->kind].holds && !kinds[step->kind].holds(drive, step))
		drive_fail_with(drive, "it is not so:", step->text);
}

void drive_steps(Drive *drive, const char *name, const Step *steps)
{
	/* A step may run steps itself. */
	const char *test = drive->test;
	guint step_of_test = drive->step;

	drive->test = name;
	for (drive->step = 0; steps[drive->step].kind != STEP_END; drive->step++)
		run(drive, &steps[drive->step]);
	drive->test = test ? test : name;
	drive->step = step_of_test;
}

/* ---- what has been seen */

const char *drive_completion(Drive *drive)
{
	return drive->completion;
}

guint drive_n_requests(Drive *drive)
{
	return drive->n_requests;
}

const char *drive_output(Drive *drive, gsize *ret_n)
{
	*ret_n = drive->output->len;
	return drive->output->str;
}

const char *drive_typed(Drive *drive, gsize *ret_n)
{
	*ret_n = drive->typed->len;
	return drive->typed->str;
}

const char *drive_home(Drive *drive)
{
	return drive->home;
}

PssRemote *drive_remote(Drive *drive)
{
	return drive->remote;
}

PssTransport *drive_transport(Drive *drive)
{
	return drive->transport;
}
