/* SPDX-License-Identifier: MIT */
/* The driver behind the remote tests: what a session does with an engine and two channels, and a log of
 * what it saw. It sleeps nowhere; each wait iterates the main context until its condition or a deadline. */
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "link/local.h"

#define DEADLINE_SECONDS 10

struct Drive {
	PssRemote *remote;
	PssTransport *transport;
	PssChannel *control, *terminal;
	char *name; /* of the private directory */
	char *home;
	GString *output, *typed, *notices, *prompt, *right, *directory;
	guint n_prompts, n_prompts_seen, n_repaints;
	int kind, status, kept_exit, end_status;
	gboolean fresh, ended, no_control, lose_next;
	PssRemoteEnd end_how;
	char *completion;
	const char *late_until; /* NULL: replies come at once */
	GString *late;
	guint n_requests;
	const char *test;
	guint step;
	gconstpointer awaited;
};

/* ---- the engine's events */

static void send_control(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	drive->n_requests++;
	if (drive->lose_next)
		drive->lose_next = FALSE;
	else if (drive->control)
		pss_channel_write(drive->control, data, n);
}

static void send_terminal(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	if (drive->terminal)
		pss_channel_write(drive->terminal, data, n);
}

static gboolean is_late(const Drive *drive)
{
	return drive->late_until && !strstr(drive->output->str, drive->late_until);
}

/* "What are you?" and "Where is the cursor?" Who asks waits for it (fish 4, PowerShell's Read-Host). */
static void answer(Drive *drive, const void *data, gsize n)
{
	if (memmem(data, n, "\033[0c", 4) || memmem(data, n, "\033[c", 3))
		pss_remote_keys(drive->remote, "\033[?6c", 5);
	for (const char *at = data; (at = memmem(at, n - (gsize)(at - (const char *)data), "\033[6n", 4)); at += 4)
		pss_remote_keys(drive->remote, "\033[1;1R", 6);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	const char *at = data;
	answer(drive, data, n);
	for (gsize i = 0; i < n; i++) {
		if (at[i] == '\n' && drive->output->len > 0 && drive->output->str[drive->output->len - 1] == '\r')
			drive->output->str[drive->output->len - 1] = '\n';
		else
			g_string_append_c(drive->output, at[i]);
	}
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	Drive *drive = user;
	if (prompt->repaint)
		drive->n_repaints++;
	else
		drive->n_prompts++;
	drive->kind = prompt->kind;
	drive->status = prompt->status;
	drive->fresh = prompt->fresh;
	g_string_truncate(drive->prompt, 0);
	g_string_append_len(drive->prompt, prompt->text, (gssize)prompt->n_text);
	g_string_truncate(drive->right, 0);
	g_string_append_len(drive->right, prompt->right, (gssize)prompt->n_right);
	g_string_truncate(drive->directory, 0);
	g_string_append_len(drive->directory, prompt->directory, (gssize)prompt->n_directory);
}

static void on_busy(gpointer user)
{
}

static void on_typed(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	g_string_append_len(drive->typed, data, (gssize)n);
}

static void on_notice(gpointer user, const char *text)
{
	Drive *drive = user;
	g_string_append_printf(drive->notices, "%s\n", text);
}

static void on_motd(gpointer user, const char *text)
{
	g_error("nobody asked for the message of the day");
}

static void on_kept_exit(gpointer user, int status)
{
	((Drive *)user)->kept_exit = status;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void on_completion(gpointer user, const PssRemoteCompletion *completion)
{
	Drive *drive = user;
	g_free(drive->completion);
	if (!completion) {
		drive->completion = g_strdup("given up");
		return;
	}
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	for (gsize i = 0; i < completion->n; i++) {
		const char *description = completion->descriptions[i];
		g_ptr_array_add(words, g_strconcat(completion->words[i], description ? " (" : "",
						   description ? description : "", description ? ")" : "", NULL));
	}
	g_ptr_array_sort(words, by_text);
	g_ptr_array_add(words, NULL);
	g_autofree char *list = g_strjoinv("|", (char **)words->pdata);
	drive->completion =
		g_strdup_printf("%" G_GSIZE_FORMAT "%s: %s", completion->start, completion->no_space ? "!" : "", list);
	if (completion->n_more > 0) {
		g_autofree char *old = drive->completion;
		drive->completion = g_strdup_printf("%s and %" G_GSIZE_FORMAT " more", old, completion->n_more);
	}
}

static void open_login_shell(gpointer user);

static void on_ended(gpointer user, PssRemoteEnd how, int status, const char *cause)
{
	Drive *drive = user;
	if (cause)
		on_notice(drive, cause);
	drive->ended = TRUE;
	drive->end_how = how;
	drive->end_status = status;
}

static const PssRemoteEvents remote_events = {
	.send_control = send_control,
	.send_terminal = send_terminal,
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_typed,
	.on_motd = on_motd,
	.on_notice = on_notice,
	.on_kept_exit = on_kept_exit,
	.on_completion = on_completion,
	.open_login_shell = open_login_shell,
	.on_ended = on_ended,
};

/* ---- the channels */

static void hand_on_replies(Drive *drive)
{
	if (is_late(drive) || drive->late->len == 0)
		return;
	pss_remote_control_data(drive->remote, drive->late->str, drive->late->len);
	g_string_truncate(drive->late, 0);
}

static void on_control_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Drive *drive = user;
	if (is_stderr) {
		g_printerr("control stderr: %.*s", (int)n, (const char *)data);
		return;
	}
	g_string_append_len(drive->late, data, (gssize)n);
	hand_on_replies(drive);
}

static void on_terminal_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Drive *drive = user;
	pss_remote_terminal_data(drive->remote, data, n);
	hand_on_replies(drive);
}

static void on_drained(gpointer user)
{
}

static void on_control_closed(gpointer user, int exit_status, const GError *error)
{
	pss_remote_control_closed(((Drive *)user)->remote);
}

static void on_terminal_closed(gpointer user, int exit_status, const GError *error)
{
	pss_remote_terminal_closed(((Drive *)user)->remote, exit_status);
}

static const PssChannelEvents control_events = { on_control_data, on_drained, on_control_closed };
static const PssChannelEvents terminal_events = { on_terminal_data, on_drained, on_terminal_closed };

static void open_login_shell(gpointer user)
{
	Drive *drive = user;
	const PssChannelRequest request = { .pty = TRUE, .term = "xterm-256color", .columns = 80, .rows = 24 };

	drive->terminal = pss_channel_open(drive->transport, &request, &terminal_events, drive);
}

static void on_ready(gpointer user, const char *remote_user, const char *history_key, const char *forwards)
{
	Drive *drive = user;
	PssChannelRequest terminal = {
		.command = pss_remote_terminal_command(drive->remote),
		.pty = TRUE,
		.term = "xterm-256color",
		.columns = 80,
		.rows = 24,
	};
	PssChannelRequest control = { .command = pss_remote_control_command(drive->remote) };
	control.first_bytes = pss_remote_control_script(drive->remote, &control.n_first_bytes);
	pss_remote_begin(drive->remote);
	drive->terminal = pss_channel_open(drive->transport, &terminal, &terminal_events, drive);
	if (drive->no_control)
		pss_remote_control_closed(drive->remote);
	else
		drive->control = pss_channel_open(drive->transport, &control, &control_events, drive);
}

static void on_question(gpointer user, PssQuestion *question)
{
}

static void on_note(gpointer user, enum pss_note_kind kind, const char *text)
{
}

static void on_lost(gpointer user, const GError *error)
{
}

static const PssTransportEvents transport_events = { on_ready, on_question, on_note, on_lost };

/* ---- waiting */

static void fail(Drive *drive, const char *what, const char *text)
{
	g_autofree char *output = g_strescape(drive->output->str, NULL);
	g_autofree char *prompt = g_strescape(drive->prompt->str, NULL);
	g_error("%s: step %u: %s \"%s\"\n  output \"%s\"\n  prompt \"%s\" kind %d status %d, prompts %u, state %d, "
		"typed \"%s\", notices \"%s\", ended %d (%d), kept exit %d",
		drive->test, drive->step, what, text ? text : "", output, prompt, drive->kind, drive->status,
		drive->n_prompts, pss_remote_state(drive->remote), drive->typed->str, drive->notices->str, drive->ended,
		drive->end_status, drive->kept_exit);
}

static gboolean on_deadline(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_CONTINUE;
}

typedef gboolean (*Condition)(Drive *drive, const Step *step);

static gboolean wait_for(Drive *drive, Condition condition, const Step *step)
{
	gboolean late = FALSE;
	const char *seconds = g_getenv("PSS_TEST_DEADLINE");
	guint timer = g_timeout_add_seconds(seconds ? (guint)atoi(seconds) : DEADLINE_SECONDS, on_deadline, &late);
	gboolean met;
	while (!(met = condition(drive, step)) && !late)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return met;
}

static gboolean holds(const GString *in, const char *text)
{
	return memmem(in->str, in->len, text, strlen(text)) != NULL;
}

static gboolean has_output(Drive *drive, const Step *step)
{
	return holds(drive->output, step->text);
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

PssRemote *drive_remote(Drive *drive)
{
	return drive->remote;
}

PssTransport *drive_transport(Drive *drive)
{
	return drive->transport;
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
	wait_for(drive, is_so, NULL);
	drive->awaited = NULL;
	return condition(user);
}

/* ---- steps */

void drive_line(Drive *drive, const void *data, gsize n)
{
	g_autoptr(GError) error = NULL;
	g_string_truncate(drive->output, 0);
	g_string_truncate(drive->typed, 0);
	drive->kept_exit = -1;
	drive->n_repaints = 0;
	if (!pss_remote_line(drive->remote, data, n, &error))
		fail(drive, "the line was refused:", error->message);
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

const char *drive_completion(Drive *drive)
{
	return drive->completion;
}

guint drive_n_requests(Drive *drive)
{
	return drive->n_requests;
}

/* On a machine that is busy with other tests the deadline may pass; then one asks again, as with the Tab key. */
static gboolean wait_for_completion(Drive *drive, const Step *step)
{
	gboolean came = wait_for(drive, has_completion, step);
	for (int i = 0; came && i < 20 && g_str_equal(drive->completion, "given up"); i++) {
		if (g_str_equal(step->text, "given up") || drive->step == 0 || step[-1].kind != STEP_COMPLETE)
			break;
		drive_complete(drive, step[-1].text);
		came = wait_for(drive, has_completion, step);
	}
	return came;
}

static void expect_completion(Drive *drive, const Step *step)
{
	gboolean met = wait_for_completion(drive, step) && g_pattern_match_simple(step->text, drive->completion);
	if (!met) {
		g_autofree char *what = g_strdup_printf("the completion is \"%s\", not", drive->completion);
		fail(drive, what, step->text);
	}
}

const char *drive_output(Drive *drive, gsize *ret_n)
{
	*ret_n = drive->output->len;
	return drive->output->str;
}

void drive_keys(Drive *drive, const void *data, gsize n)
{
	pss_remote_keys(drive->remote, data, n);
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

void drive_fail(Drive *drive, const char *what)
{
	fail(drive, what, NULL);
}

static void expect_prompt(Drive *drive, const Step *step, int kind)
{
	if (!wait_for(drive, has_prompt, step) || drive->ended)
		fail(drive, "no prompt", NULL);
	drive->n_prompts_seen = drive->n_prompts;
	if (drive->kind != kind)
		fail(drive, kind == 1 ? "not the first prompt" : "not the second prompt", NULL);
	if (kind == 1 && step->number != ANY && drive->status != step->number) {
		g_autofree char *wanted = g_strdup_printf("%d", step->number);
		fail(drive, "the status is not", wanted);
	}
}

typedef struct {
	Drive *drive;
	const char *keys;
} Press;

static gboolean on_press(gpointer user)
{
	Press *press = user;
	pss_remote_keys(press->drive->remote, press->keys, strlen(press->keys));
	return G_SOURCE_CONTINUE;
}

static void press_until_prompt(Drive *drive, const Step *step)
{
	Press press = { drive, step->text };
	on_press(&press);
	guint timer = g_timeout_add_seconds(1, on_press, &press);
	wait_for(drive, has_prompt, step);
	g_source_remove(timer);
}

static void act(Drive *drive, const Step *step)
{
	switch (step->kind) {
	case STEP_LINE:
		drive_line(drive, step->text, strlen(step->text));
		break;
	case STEP_KEYS:
		pss_remote_keys(drive->remote, step->text, strlen(step->text));
		break;
	case STEP_PRESS:
		press_until_prompt(drive, step);
		break;
	case STEP_INTERRUPT:
		pss_remote_interrupt(drive->remote);
		break;
	case STEP_DISCARD:
		pss_remote_discard(drive->remote);
		break;
	case STEP_RESIZE:
		pss_channel_resize(drive->terminal, (guint)step->number, 24);
		break;
	case STEP_COMPLETE:
		drive_complete(drive, step->text);
		break;
	case STEP_GIVES:
		expect_completion(drive, step);
		break;
	case STEP_CALL:
		step->call(drive);
		break;
	case STEP_PROMPT:
		expect_prompt(drive, step, 1);
		break;
	case STEP_SECOND:
		expect_prompt(drive, step, 2);
		break;
	default:
		break;
	}
}

/* It has come by itself, behind the prompt of the line. */
static gboolean is_repainted(Drive *drive, const Step *step)
{
	return drive->n_repaints > 0 && strcmp(drive->prompt->str, step->text) == 0;
}

static const struct {
	Condition condition;
	const char *what;
} waits[] = {
	[STEP_UNTIL] = { has_output, "no such output" },
	[STEP_TYPED] = { has_typed, "not typed" },
	[STEP_KEPT_EXIT] = { has_kept_exit, "no kept exit" },
	[STEP_ENDS] = { has_ended, "no end" },
	[STEP_NOTICE] = { has_notice, "no such notice" },
	[STEP_STATE] = { has_state, "not that state" },
	[STEP_REPAINT] = { is_repainted, "no such prompt by itself" },
	[STEP_CALL] = { NULL, NULL },
};

/* Without OSC, CSI and other escape sequences. */
static char *strip(const char *text)
{
	static const char sequences[] =
		"\033\\][^\007\033]*(?:\007|\033\\\\)|\033\\[[0-?]*[ -/]*[@-~]|\033[ -/]*[0-~]|\r";
	g_autoptr(GRegex) regex = g_regex_new(sequences, G_REGEX_RAW, 0, NULL);
	return g_regex_replace_literal(regex, text, -1, 0, "", 0, NULL);
}

static void check(Drive *drive, const Step *step)
{
	gboolean good = TRUE;
	if (step->kind == STEP_OUTPUT)
		good = strcmp(drive->output->str, step->text) == 0;
	else if (step->kind == STEP_SHOWS) {
		g_autofree char *shown = strip(drive->output->str);
		good = strcmp(shown, step->text) == 0;
	} else if (step->kind == STEP_HAS)
		good = holds(drive->output, step->text);
	else if (step->kind == STEP_LACKS)
		good = !holds(drive->output, step->text);
	else if (step->kind == STEP_PS)
		good = strcmp(drive->prompt->str, step->text) == 0;
	else if (step->kind == STEP_RIGHT)
		good = strcmp(drive->right->str, step->text) == 0;
	else if (step->kind == STEP_DIRECTORY)
		good = strcmp(drive->directory->str, step->text) == 0;
	else if (step->kind == STEP_FRESH)
		good = drive->fresh == step->number;
	else if (step->kind == STEP_ENDS)
		good = step->number == ANY || drive->end_status == step->number;
	if (!good)
		fail(drive, "it is not so:", step->text);
}

void drive_steps(Drive *drive, const char *name, const Step *steps)
{
	/* A step may run steps itself. */
	const char *test = drive->test;
	guint step_of_test = drive->step;

	drive->test = name;
	for (drive->step = 0; steps[drive->step].kind != STEP_END; drive->step++) {
		const Step *step = &steps[drive->step];
		if (step->kind < G_N_ELEMENTS(waits) && waits[step->kind].condition &&
		    !wait_for(drive, waits[step->kind].condition, step))
			fail(drive, waits[step->kind].what, step->text);
		act(drive, step);
		check(drive, step);
	}
	drive->test = test ? test : name;
	drive->step = step_of_test;
}

/* ---- life */

void drive_choose_programs(void)
{
	static const char *const names[] = { "PSS_FISH", "PSS_PWSH" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *program = g_getenv(names[i]);
		if (!program || !*program)
			continue;
		g_autofree char *folder = g_path_get_dirname(program);
		g_autofree char *path = g_strconcat(folder, ":", g_getenv("PATH"), NULL);
		g_setenv("PATH", path, TRUE);
	}
}

static PssTarget *make_target(const DriveOptions *options)
{
	PssTarget *target = g_new0(PssTarget, 1);
	GPtrArray *environment = g_ptr_array_new();
	target->host = g_strdup("null");
	target->options = g_new0(char *, 1);
	g_ptr_array_add(environment, g_strdup_printf("HOME=%s", options->home));
	g_ptr_array_add(environment, g_strdup_printf("SHELL=%s", options->shell));
	for (const char *const *at = options->environment; at && *at; at++)
		g_ptr_array_add(environment, g_strdup(*at));
	g_ptr_array_add(environment, NULL);
	target->environment = (char **)g_ptr_array_free(environment, FALSE);
	return target;
}

Drive *drive_new(const DriveOptions *options)
{
	Drive *drive = g_new0(Drive, 1);
	const PssRemoteOptions remote_options = {
		.shell = options->configuration,
		.kept = options->kept,
		.boot_deadline_ms = options->boot_deadline_ms,
	};
	drive->output = g_string_new(NULL);
	drive->typed = g_string_new(NULL);
	drive->notices = g_string_new(NULL);
	drive->prompt = g_string_new(NULL);
	drive->right = g_string_new(NULL);
	drive->directory = g_string_new(NULL);
	drive->late = g_string_new(NULL);
	drive->late_until = options->late_until;
	drive->kept_exit = -1;
	drive->home = g_strdup(options->home);
	drive->remote = pss_remote_new(&remote_options, &remote_events, drive);
	const char *command = pss_remote_terminal_command(drive->remote);
	drive->name = g_strndup(strstr(command, "n=") + 2, 32);
	drive->transport = pss_transport_null_new(make_target(options), &transport_events, drive);
	pss_transport_connect(drive->transport);
	return drive;
}

char *drive_find_directory(Drive *drive)
{
	const char *const places[] = { g_getenv("XDG_RUNTIME_DIR"), "/dev/shm", "/tmp", "/var/tmp" };
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		if (!places[i])
			continue;
		g_autofree char *path = g_strdup_printf("%s/.pss-%s", places[i], drive->name);
		if (g_file_test(path, G_FILE_TEST_EXISTS))
			return g_steal_pointer(&path);
	}
	return NULL;
}

void drive_lose_next_request(Drive *drive)
{
	drive->lose_next = TRUE;
}

void drive_close_control(Drive *drive)
{
	drive->no_control = TRUE;
	if (!drive->control)
		return;
	pss_channel_close(g_steal_pointer(&drive->control));
	pss_remote_control_closed(drive->remote);
}

static gboolean directory_is_gone(Drive *drive, const Step *step)
{
	g_autofree char *path = drive_find_directory(drive);
	return path == NULL;
}

static gboolean on_tick(gpointer user)
{
	return G_SOURCE_CONTINUE;
}

void drive_free(Drive *drive)
{
	pss_remote_hang_up(drive->remote);
	if (drive->control)
		pss_channel_eof(drive->control);
	if (drive->terminal)
		pss_channel_close(drive->terminal);
	guint tick = g_timeout_add(5, on_tick, NULL); /* a directory says nothing when it goes */
	if (!wait_for(drive, directory_is_gone, NULL))
		fail(drive, "the private directory is still there", drive->name);
	g_source_remove(tick);
	pss_transport_free(drive->transport);
	pss_remote_free(drive->remote);
	g_string_free(drive->output, TRUE);
	g_string_free(drive->late, TRUE);
	g_string_free(drive->typed, TRUE);
	g_string_free(drive->notices, TRUE);
	g_string_free(drive->prompt, TRUE);
	g_string_free(drive->right, TRUE);
	g_string_free(drive->directory, TRUE);
	g_free(drive->name);
	g_free(drive->completion);
	g_free(drive->home);
	g_free(drive);
}

PssRemoteEnd drive_end_how(const Drive *drive)
{
	return drive->end_how;
}
