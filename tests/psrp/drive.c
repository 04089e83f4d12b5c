/* SPDX-License-Identifier: MIT */
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording.h"

#define DEADLINE_S 60

struct Drive {
	PssPsrp *client;
	Recorder *recorder;
	Player *player;
	/* of a process */
	GPid child;
	char *home;
	int input, output, errors;
	guint sources[3];
	GByteArray *to_child;
	guint writer;

	GString *shown;
	char *plain, *line;
	char *prompt, *directory, *notice, *cause;
	GString *typed;
	int kind, status, left;
	gboolean has_prompt, has_ended, has_completion;
	char *completion;
	guint flights;
	gboolean has_answered;
	Result result;
	const char *pending_input;
	const char *const *answers; /* to the questions of a command; NULL: nobody can be asked */
};

const char *drive_powershell(void)
{
	return g_getenv("PSS_PWSH");
}

/* ---- the client's events */

static gboolean write_to_child(gint fd, GIOCondition condition, gpointer user)
{
	Drive *drive = user;
	ssize_t n = write(fd, drive->to_child->data, drive->to_child->len);

	if (n > 0)
		g_byte_array_remove_range(drive->to_child, 0, (guint)n);
	else if (n < 0 && errno != EAGAIN)
		g_byte_array_set_size(drive->to_child, 0);
	if (drive->to_child->len > 0)
		return G_SOURCE_CONTINUE;
	drive->writer = 0;
	return G_SOURCE_REMOVE;
}

static void on_send(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;

	if (drive->has_answered)
		drive->flights++;
	drive->has_answered = FALSE;
	if (drive->recorder)
		recorder_client(drive->recorder, data, n);
	if (drive->player) {
		player_client(drive->player, data, n);
		return;
	}
	g_byte_array_append(drive->to_child, data, (guint)n);
	if (drive->writer == 0)
		drive->writer = g_unix_fd_add(drive->input, G_IO_OUT, write_to_child, drive);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	g_string_append_len(drive->shown, data, (gssize)n);
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	Drive *drive = user;
	g_free(drive->prompt);
	g_free(drive->directory);
	drive->prompt = g_strndup(prompt->text, prompt->n_text);
	drive->directory = g_strndup(prompt->directory, prompt->n_directory);
	drive->kind = prompt->kind;
	drive->status = prompt->status;
	drive->has_prompt = TRUE;
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
	g_free(drive->notice);
	drive->notice = g_strdup(text);
}

static void on_leave(gpointer user, int status)
{
	Drive *drive = user;
	drive->left = status;
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
	Drive *drive = user;
	g_autofree char *words = NULL;

	drive->has_completion = TRUE;
	g_free(drive->completion);
	if (!completion) {
		drive->completion = g_strdup("given up");
		return;
	}
	words = g_strjoinv("|", completion->words);
	drive->completion =
		g_strdup_printf("%" G_GSIZE_FORMAT "%s: %s", completion->start, completion->no_space ? "!" : "", words);
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	Drive *drive = user;
	drive->has_ended = TRUE;
	drive->cause = g_strdup(cause);
}

static const PssPsrpEvents events = {
	.send = on_send,
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_typed,
	.on_notice = on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

/* ---- the peer */

static void on_peer(gpointer user, const void *data, gsize n)
{
	Drive *drive = user;
	drive->has_answered = TRUE;
	if (drive->recorder)
		recorder_server(drive->recorder, data, n);
	pss_psrp_data(drive->client, data, n, FALSE);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer user)
{
	Drive *drive = user;
	char data[65536];
	ssize_t n = read(fd, data, sizeof data);

	if (n > 0 && fd == drive->output)
		on_peer(drive, data, (gsize)n);
	else if (n > 0)
		pss_psrp_data(drive->client, data, (gsize)n, TRUE);
	if (n > 0)
		return G_SOURCE_CONTINUE;
	if (fd == drive->output) {
		drive->sources[0] = 0;
		pss_psrp_closed(drive->client, -1);
	} else {
		drive->sources[1] = 0;
	}
	return G_SOURCE_REMOVE;
}

/* The group is the child's own: what it has started ends with it. */
static void start_group(gpointer user)
{
	setpgid(0, 0);
}

static void start_process(Drive *drive, const char *program)
{
	const char *const argv[] = { program, "-sshs", "-NoLogo", NULL };
	g_auto(GStrv) environment = g_get_environ();
	g_autoptr(GError) error = NULL;

	drive->home = g_dir_make_tmp("pss-psrp-XXXXXX", NULL);
	environment = g_environ_setenv(environment, "HOME", drive->home, TRUE);
	environment = g_environ_setenv(environment, "DOTNET_CLI_TELEMETRY_OPTOUT", "1", TRUE);
	environment = g_environ_setenv(environment, "POWERSHELL_TELEMETRY_OPTOUT", "1", TRUE);
	environment = g_environ_setenv(environment, "TERM", "xterm-256color", TRUE);
	g_spawn_async_with_pipes("/", (char **)argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, start_group, NULL,
				 &drive->child, &drive->input, &drive->output, &drive->errors, &error);
	g_assert_no_error(error);
	g_unix_set_fd_nonblocking(drive->input, TRUE, NULL);
	drive->sources[0] = g_unix_fd_add(drive->output, G_IO_IN | G_IO_HUP, on_readable, drive);
	drive->sources[1] = g_unix_fd_add(drive->errors, G_IO_IN | G_IO_HUP, on_readable, drive);
}

/* A recording answers at once, or not at all; PowerShell looks through its modules at the first time. */
static Drive *make(guint columns, gboolean is_recorded)
{
	const PssPsrpOptions options = {
		.columns = columns,
		.rows = 24,
		.completion_deadline_ms = is_recorded ? 300 : 8000,
	};
	Drive *drive = g_new0(Drive, 1);

	drive->shown = g_string_new(NULL);
	drive->typed = g_string_new(NULL);
	drive->to_child = g_byte_array_new();
	drive->left = -1;
	drive->client = pss_psrp_new(&options, &events, drive);
	drive->result.output = g_string_new(NULL);
	drive->result.errors = g_string_new(NULL);
	drive->result.host = g_string_new(NULL);
	drive->result.messages = g_string_new(NULL);
	drive->result.json = g_string_new(NULL);
	drive->result.questions = g_string_new(NULL);
	return drive;
}

Drive *drive_new(const char *program, guint columns, const char *record)
{
	Drive *drive = make(columns, FALSE);
	start_process(drive, program);
	if (record)
		drive->recorder = recorder_new(record, drive->home);
	pss_psrp_begin(drive->client);
	return drive;
}

gboolean drive_is_recorded(Drive *drive)
{
	return drive->player != NULL;
}

Drive *drive_new_recorded(const char *file, guint columns, gsize cut)
{
	Drive *drive = make(columns, TRUE);
	drive->player = player_new(file, on_peer, drive);
	player_set_cut(drive->player, cut);
	pss_psrp_begin(drive->client);
	return drive;
}

static void stop_process(Drive *drive)
{
	for (gsize i = 0; i < 2; i++)
		g_clear_handle_id(&drive->sources[i], g_source_remove);
	g_clear_handle_id(&drive->writer, g_source_remove);
	close(drive->input);
	close(drive->output);
	close(drive->errors);
	kill(-drive->child, SIGKILL);
	waitpid(drive->child, NULL, 0);
	if (drive->home) {
		const char *const remove[] = { "rm", "-rf", drive->home, NULL };
		g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	}
	g_free(drive->home);
}

void drive_free(Drive *drive)
{
	pss_psrp_free(drive->client);
	if (drive->child)
		stop_process(drive);
	recorder_free(drive->recorder);
	player_free(drive->player);
	g_string_free(drive->shown, TRUE);
	g_string_free(drive->typed, TRUE);
	g_byte_array_unref(drive->to_child);
	g_free(drive->plain);
	g_free(drive->line);
	g_free(drive->prompt);
	g_free(drive->directory);
	g_free(drive->notice);
	g_free(drive->cause);
	g_free(drive->completion);
	g_string_free(drive->result.output, TRUE);
	g_string_free(drive->result.errors, TRUE);
	g_string_free(drive->result.host, TRUE);
	g_string_free(drive->result.messages, TRUE);
	g_string_free(drive->result.json, TRUE);
	g_string_free(drive->result.questions, TRUE);
	g_free(drive->result.error_id);
	g_free(drive->result.category);
	g_free(drive->result.type);
	g_free(drive);
}

PssPsrp *drive_client(Drive *drive)
{
	return drive->client;
}

/* ---- waiting */

static gboolean on_deadline(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_REMOVE;
}

typedef gboolean (*Condition)(Drive *drive, const void *what);

static void wait_for(Drive *drive, const char *description, Condition holds, const void *what)
{
	gboolean is_late = FALSE;
	guint timer = g_timeout_add_seconds(DEADLINE_S, on_deadline, &is_late);

	while (!holds(drive, what)) {
		if (is_late || (drive->has_ended && !holds(drive, what)))
			g_error("waited in vain for %s; shown: \"%s\"; notice: %s; ended: %s", description,
				drive->shown->str, drive->notice, drive->cause);
		g_main_context_iteration(NULL, TRUE);
	}
	if (!is_late)
		g_source_remove(timer);
}

static gboolean at_prompt(Drive *drive, const void *kind)
{
	return drive->has_prompt && drive->kind == GPOINTER_TO_INT(kind);
}

static gboolean shows(Drive *drive, const void *text)
{
	return strstr(drive_output(drive), text) != NULL;
}

static gboolean has_notice(Drive *drive, const void *text)
{
	return drive->notice && strstr(drive->notice, text);
}

static gboolean has_ended(Drive *drive, const void *what)
{
	return drive->has_ended;
}

void drive_open(Drive *drive)
{
	drive_until_prompt(drive, 0);
}

void drive_until_prompt(Drive *drive, int status)
{
	wait_for(drive, "a first prompt", at_prompt, GINT_TO_POINTER(1));
	if (status >= 0 && drive->status != status)
		g_error("status %d instead of %d after %s; shown: \"%s\"", drive->status, status, drive->line,
			drive->shown->str);
}

void drive_until_second_prompt(Drive *drive)
{
	wait_for(drive, "a second prompt", at_prompt, GINT_TO_POINTER(2));
	g_assert_cmpstr(drive->prompt, ==, ">> ");
}

void drive_until_output(Drive *drive, const char *text)
{
	wait_for(drive, text, shows, text);
}

void drive_until_notice(Drive *drive, const char *text)
{
	wait_for(drive, text, has_notice, text);
}

void drive_until_end(Drive *drive, const char *cause)
{
	wait_for(drive, "the end", has_ended, NULL);
	if (!strstr(drive->cause, cause))
		g_error("ended because \"%s\", not \"%s\"", drive->cause, cause);
}

/* ---- lines */

void drive_begin_line(Drive *drive, const char *text)
{
	g_string_truncate(drive->shown, 0);
	g_string_truncate(drive->typed, 0);
	g_clear_pointer(&drive->notice, g_free);
	g_free(drive->line);
	drive->line = g_strdup(text);
	drive->has_prompt = FALSE;
	drive->left = -1;
	pss_psrp_line(drive->client, text, strlen(text));
}

void drive_line(Drive *drive, const char *text, int status)
{
	drive_begin_line(drive, text);
	drive_until_prompt(drive, status);
}

void drive_keys(Drive *drive, const char *keys)
{
	pss_psrp_keys(drive->client, keys, strlen(keys));
}

const char *drive_output(Drive *drive)
{
	g_autoptr(GRegex) escapes = g_regex_new("\033\\[[0-9;?]*[A-Za-z]|\r", 0, 0, NULL);
	g_free(drive->plain);
	drive->plain = g_regex_replace(escapes, drive->shown->str, (gssize)drive->shown->len, 0, "", 0, NULL);
	return drive->plain;
}

const char *drive_raw_output(Drive *drive)
{
	return drive->shown->str;
}

const char *drive_prompt(Drive *drive)
{
	return drive->prompt;
}

const char *drive_directory(Drive *drive)
{
	return drive->directory;
}

const char *drive_typed(Drive *drive)
{
	return drive->typed->str;
}

int drive_left(Drive *drive)
{
	return drive->left;
}

guint drive_flights(Drive *drive)
{
	return drive->flights;
}

/* ---- commands */

static void keep(char **place, const char *text)
{
	if (!text)
		return;
	g_free(*place);
	*place = g_strdup(text);
}

static void on_record(gpointer user, const PssPsrpRecord *record)
{
	static const char *const names[] = {
		[PSS_PSRP_WARNING] = "warning",         [PSS_PSRP_VERBOSE] = "verbose",   [PSS_PSRP_DEBUG] = "debug",
		[PSS_PSRP_INFORMATION] = "information", [PSS_PSRP_PROGRESS] = "progress",
	};
	Drive *drive = user;
	GString *to = record->stream == PSS_PSRP_OUTPUT  ? drive->result.output
		      : record->stream == PSS_PSRP_ERROR ? drive->result.errors
		      : record->stream == PSS_PSRP_HOST  ? drive->result.host
							 : drive->result.messages;

	if (to == drive->result.messages)
		g_string_append_printf(to, "%s%s: ", names[record->stream], record->is_shown ? " (shown)" : "");
	g_string_append_len(to, record->text ? record->text : "", (gssize)record->n_text);
	if (record->ends_line)
		g_string_append_c(to, '\n');
	if (record->json)
		g_string_append_printf(drive->result.json, "%s\n", record->json);
	keep(&drive->result.error_id, record->error_id);
	keep(&drive->result.category, record->category);
	keep(&drive->result.type, record->type);
}

static void on_input_taken(gpointer user)
{
}

static void on_done(gpointer user, int status)
{
	Drive *drive = user;
	drive->result.status = status;
}

static void on_question(gpointer user, const char *text, gboolean is_secret)
{
	Drive *drive = user;
	const char *answer = drive->answers ? *drive->answers : NULL;

	g_string_append_printf(drive->result.questions, "%s%s\n", text, is_secret ? "(secret)" : "");
	if (answer)
		drive->answers++;
	pss_psrp_answer(drive->client, answer);
}

static const PssPsrpCommandEvents command_events = { on_record, on_input_taken, NULL, on_done };
static const PssPsrpCommandEvents asking_events = { on_record, on_input_taken, on_question, on_done };

static gboolean is_done(Drive *drive, const void *what)
{
	return drive->result.status >= 0;
}

void drive_begin_invoke(Drive *drive, const PssPsrpCommand *command)
{
	GString *const texts[] = { drive->result.output,   drive->result.errors, drive->result.host,
				   drive->result.messages, drive->result.json,   drive->result.questions };

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		g_string_truncate(texts[i], 0);
	g_clear_pointer(&drive->result.error_id, g_free);
	g_clear_pointer(&drive->result.category, g_free);
	g_clear_pointer(&drive->result.type, g_free);
	drive->result.status = -1;
	drive->has_prompt = FALSE;
	pss_psrp_invoke(drive->client, command, drive->answers ? &asking_events : &command_events, drive);
}

const Result *drive_until_done(Drive *drive)
{
	wait_for(drive, "the end of a command", is_done, NULL);
	return &drive->result;
}

const Result *drive_invoke(Drive *drive, const PssPsrpCommand *command, const char *input)
{
	drive_begin_invoke(drive, command);
	if (input)
		pss_psrp_input(drive->client, input, strlen(input), TRUE);
	return drive_until_done(drive);
}

/* ---- completion */

static gboolean is_completed(Drive *drive, const void *what)
{
	return drive->has_completion;
}

char *drive_complete(Drive *drive, const char *line_with_caret)
{
	const char *caret = strchr(line_with_caret, '^');
	g_autofree char *line = g_strdup_printf("%.*s%s", (int)(caret - line_with_caret), line_with_caret, caret + 1);

	drive->has_completion = FALSE;
	g_assert_true(pss_psrp_complete(drive->client, line, strlen(line), (gsize)(caret - line_with_caret)));
	wait_for(drive, "a completion", is_completed, NULL);
	return g_strdup(drive->completion);
}

const Result *drive_invoke_and_answer(Drive *drive, const char *text, const char *const *answers)
{
	const PssPsrpCommand command = { .text = text };

	drive->answers = answers;
	drive_begin_invoke(drive, &command);
	drive_until_done(drive);
	drive->answers = NULL;
	return &drive->result;
}
