/* SPDX-License-Identifier: MIT */
/* The driver behind the remote tests: what a session does with an engine and two channels, and a log of
 * what it saw. What a test does with it step by step is in drive-steps.c. */
#include <string.h>

#include "drive-private.h"
#include "link/local.h"

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
	if (options->hints)
		pss_remote_hint(drive->remote, options->hints);
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
	if (!drive_wait(drive, directory_is_gone, NULL))
		drive_fail_with(drive, "the private directory is still there", drive->name);
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
