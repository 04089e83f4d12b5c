/* SPDX-License-Identifier: MIT */
/* Runs one command in a PowerShell: the client of plugin/psrp speaks with it, and what it reports becomes the two
 * streams of a run. Either the run has a PowerShell of its own, on a channel that powershell.c opens: called by
 * command-computer.c, which frees it from the main loop, never from inside of the client's events. Or it is a guest in
 * the one of a session: called by command-runspace.c. */
#include "host/commands/command-psrp.h"

#include <string.h>

#include "base/error.h"
#include "host/commands/powershell.h"
#include "psrp/client/client.h"
#include "remote/protocol/variables.h"

typedef struct {
	PssRun base;
	gboolean is_guest;   /* the client is another's */
	PssChannel *channel; /* NULL: it has ended, or is another's */
	PssPsrp *client;
	PssCommand command;
	char *subsystem; /* or NULL */
	guint columns;
	gboolean wants_terminal;
	gboolean has_input; /* the command reads it */
	gboolean input_ends;
	GByteArray *early; /* input that came before the command was begun */
	gsize n_queued;    /* input that has not left */
	gboolean is_done;
} Run;

static const char using_here[] = "${" PSS_USING; /* as the client of pssession writes a reference */
static const char using_there[] = "${using:";

static void done(Run *run, int status, const GError *error)
{
	if (run->is_done)
		return;
	run->is_done = TRUE;
	run->base.events->on_done(run->base.user, status, error);
}

static void fail(Run *run, enum pss_status code, const char *message)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, (int)code, message);
	done(run, 0, error);
}

static void report(Run *run, gboolean is_stderr, const char *text, gsize n)
{
	if (n > 0 && !run->is_done)
		run->base.events->on_data(run->base.user, is_stderr, text, n);
}

/* ---- what the command gives */

static void on_record(gpointer user, const PssPsrpRecord *record)
{
	static const char *const beginnings[] = {
		[PSS_PSRP_OUTPUT] = "",           [PSS_PSRP_ERROR] = "",        [PSS_PSRP_WARNING] = "WARNING: ",
		[PSS_PSRP_VERBOSE] = "VERBOSE: ", [PSS_PSRP_DEBUG] = "DEBUG: ", [PSS_PSRP_HOST] = "",
	};
	Run *run = user;
	g_autoptr(GString) text = NULL;

	if (record->stream == PSS_PSRP_INFORMATION)
		return;
	text = g_string_new(beginnings[record->stream]);
	if (record->text)
		g_string_append_len(text, record->text, (gssize)record->n_text);
	if (record->ends_line)
		g_string_append_c(text, '\n');
	report(run, record->stream != PSS_PSRP_OUTPUT, text->str, text->len);
}

static void on_input_taken(gpointer user)
{
	Run *run = user;
	gsize n = run->n_queued;

	run->n_queued = 0;
	if (n > 0 && !run->is_done)
		run->base.events->on_taken(run->base.user, n);
}

static void on_command_done(gpointer user, int status)
{
	done(user, status, NULL);
}

static const PssPsrpCommandEvents command_events = {
	.on_record = on_record,
	.on_input_taken = on_input_taken,
	.on_done = on_command_done,
};

/* ---- beginning it */

/* A script begins when its input has ended. One that does not read any is not to wait for it. */
static gboolean reads_input(const PssCommand *command)
{
	g_autofree char *text = command->text ? g_ascii_strdown(command->text, (gssize)command->n_text) : NULL;
	return text && (strstr(text, "$input") || strstr(text, "${input}"));
}

/* "NAME=value" in two. FALSE: it is a list or a map. */
static gboolean split_variable(const char *variable, char **ret_name, char **ret_value)
{
	const char *equals = strchr(variable, '=');
	gsize n_name = strcspn(variable, "=(");

	if (!equals || variable[n_name] != '=')
		return FALSE;
	*ret_name = g_strndup(variable, n_name);
	*ret_value = g_strdup(equals + 1);
	return TRUE;
}

static void free_secrets(GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++)
		if (texts->pdata[i])
			explicit_bzero(texts->pdata[i], strlen(texts->pdata[i]));
	g_ptr_array_unref(texts);
}

/* FALSE: one of them cannot be sent. */
static gboolean take_variables(const Run *run, GPtrArray *names, GPtrArray *values)
{
	for (gsize i = 0; run->command.variables && run->command.variables[i]; i++) {
		char *name, *value;
		if (!split_variable(run->command.variables[i], &name, &value))
			return FALSE;
		g_ptr_array_add(names, name);
		g_ptr_array_add(values, value);
	}
	g_ptr_array_add(names, NULL);
	g_ptr_array_add(values, NULL);
	return TRUE;
}

static void invoke(Run *run, const GPtrArray *names, const GPtrArray *values)
{
	g_autoptr(GString) text = g_string_new(NULL);
	PssPsrpCommand command = {
		.words = run->command.words,
		.arguments = run->command.arguments,
		.using_names = (const char *const *)names->pdata,
		.using_values = (const char *const *)values->pdata,
		.has_input = run->has_input,
		.columns = run->columns,
	};

	if (run->command.text)
		g_string_append_len(text, run->command.text, (gssize)run->command.n_text);
	if (names->len > 1)
		g_string_replace(text, using_here, using_there, 0);
	command.text = text->str;
	pss_psrp_invoke(run->client, &command, &command_events, run);
	if (run->early->len > 0 || run->input_ends)
		pss_psrp_input(run->client, run->early->data, run->early->len, run->input_ends);
	g_byte_array_set_size(run->early, 0);
}

/* The client is IDLE. FALSE: the command cannot be sent, and the run is not done. */
static gboolean begin(Run *run, GError **error)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
	const char *refusal = NULL;

	if (run->wants_terminal)
		refusal = "PowerShell remoting has no terminal: leave -AllocateTty out";
	else if (!take_variables(run, names, values))
		refusal = "$using: sends texts to PowerShell, and no arrays: join it to one text before";
	if (refusal)
		g_set_error_literal(error, PSS_ERROR, PSS_UNSUPPORTED, refusal);
	else
		invoke(run, names, values);
	g_ptr_array_unref(names);
	free_secrets(values);
	return !refusal;
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	Run *run = user;
	g_autoptr(GError) error = NULL;

	if (!run->is_done && !begin(run, &error)) /* done: given up while it was opening */
		done(run, 0, error);
}

/* ---- the client's other events */

static void send(gpointer user, const void *data, gsize n)
{
	Run *run = user;
	if (run->channel)
		pss_channel_write(run->channel, data, n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
}

static void on_busy(gpointer user)
{
}

static void on_notice(gpointer user, const char *text)
{
	g_autofree char *line = g_strdup_printf("%s\n", text);
	report(user, TRUE, line, strlen(line));
}

static void on_leave(gpointer user, int status)
{
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	Run *run = user;
	g_autofree char *message = pss_powershell_failure(run->subsystem, cause);
	fail(run, PSS_FAILED, message);
}

static const PssPsrpEvents client_events = {
	.send = send,
	.on_output = on_bytes,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_bytes,
	.on_notice = on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

/* ---- the channel's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	Run *run = user;
	pss_psrp_data(run->client, data, n, is_stderr);
}

static void on_drained(gpointer user)
{
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	Run *run = user;

	pss_channel_close(g_steal_pointer(&run->channel));
	if (g_error_matches(error, PSS_ERROR, PSS_UNSUPPORTED))
		on_ended(run, PSS_PSRP_HUNG_UP, error->message);
	else if (error)
		done(run, 0, error);
	else
		pss_psrp_closed(run->client, exit_status);
}

/* ---- what its owner does with it */

static void run_input(PssRun *base, const void *data, gsize n)
{
	Run *run = (Run *)base;

	run->input_ends = run->input_ends || n == 0;
	if (!run->has_input) {
		if (n > 0)
			run->base.events->on_taken(run->base.user, n);
		return;
	}
	run->n_queued += n;
	if (pss_psrp_is_invoking(run->client))
		pss_psrp_input(run->client, data, n, n == 0);
	else if (n > 0)
		g_byte_array_append(run->early, data, (guint)n);
}

static void run_interrupt(PssRun *base)
{
	Run *run = (Run *)base;

	if (pss_psrp_is_invoking(run->client))
		pss_psrp_interrupt(run->client);
	else
		fail(run, PSS_INTERRUPTED, "interrupted while PowerShell was starting");
}

static void run_pause(PssRun *base, gboolean paused)
{
	Run *run = (Run *)base;
	if (run->channel)
		pss_channel_pause(run->channel, paused);
}

static void run_free(PssRun *base)
{
	Run *run = (Run *)base;

	run->is_done = TRUE;
	if (run->channel)
		pss_channel_close(run->channel); /* what runs is stopped by that */
	if (!run->is_guest)
		pss_psrp_free(run->client);
	pss_command_clear(&run->command);
	g_free(run->subsystem);
	g_byte_array_unref(run->early);
	g_free(run);
}

static const PssRunOps ops = {
	.input = run_input,
	.interrupt = run_interrupt,
	.pause = run_pause,
	.free = run_free,
};

static Run *new_run(const PssRunChannelOptions *options, const PssRunEvents *events, gpointer user)
{
	Run *run = g_new0(Run, 1);

	run->base = (PssRun){ .ops = &ops, .events = events, .user = user };
	pss_command_copy(&run->command, options->command);
	run->columns = options->columns;
	run->wants_terminal = options->tty;
	run->has_input = options->input && !options->command->words && reads_input(options->command);
	run->early = g_byte_array_new();
	return run;
}

PssRun *pss_run_psrp_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			 gpointer user)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};
	const PssPsrpOptions client_options = { .columns = options->columns, .rows = options->rows };
	Run *run = new_run(options, events, user);

	run->client = pss_psrp_new(&client_options, &client_events, run);
	run->subsystem = g_strdup(options->subsystem);
	run->channel = pss_powershell_open(transport, options->subsystem, &channel_events, run);
	pss_psrp_begin(run->client);
	return &run->base;
}

PssRun *pss_run_psrp_new_guest(PssPsrp *client, const PssRunChannelOptions *options, const PssRunEvents *events,
			       gpointer user, GError **error)
{
	Run *run = new_run(options, events, user);

	run->is_guest = TRUE;
	run->client = client;
	if (begin(run, error))
		return &run->base;
	pss_run_free(&run->base);
	return NULL;
}
