/* SPDX-License-Identifier: MIT */
/* A PowerShell runspace, driven by psrp/client over the one channel that such a session has: the bytes of the channel,
 * what the client makes of them, and its end, which is one of the session. There is no terminal on the other side, so a
 * change of the window's size goes to the client alone. Called through driver.c. */
#include <string.h>

#include "base/error.h"
#include "host/commands/powershell.h"
#include "host/commands/terminal-programs.h"
#include "host/driver/private.h"
#include "wire/deadlines.h"

typedef struct {
	PssDriver base;
	PssPsrp *client;                          /* NULL: ended */
	gboolean has_opened;                      /* it has been at a prompt */
	gboolean is_continued;                    /* the line before was incomplete */
	guint64 programs_noticed;                 /* terminal-programs.h */
	gboolean terminal_paused, command_paused; /* both of one channel */
} RunspaceDriver;

static RunspaceDriver *kind_of(PssDriver *driver)
{
	return (RunspaceDriver *)driver;
}

static void tell_ended(const PssDriver *driver, const PssDriverEnd *end)
{
	driver->events->on_ended(driver->user, end);
}

static void fail(const PssDriver *driver, const char *cause)
{
	g_autofree char *reason = pss_powershell_failure(driver->options.subsystem, cause);

	driver->events->on_unavailable(driver->user, reason);
}

/* ---- the channel's events */

static void on_data(gpointer user, const void *data, gsize n, gboolean is_stderr)
{
	const RunspaceDriver *runspace = user;
	if (runspace->client)
		pss_psrp_data(runspace->client, data, n, is_stderr);
}

static void on_drained(gpointer user)
{
	const PssDriver *driver = user;
	driver->events->on_drained(driver->user);
}

static void on_closed(gpointer user, int exit_status, const GError *error)
{
	RunspaceDriver *runspace = user;
	const PssDriverEnd end = { .reason = PSS_LEFT_REMOVED, .status = 255, .error = error };

	if (pss_driver_on_channel_closed(&runspace->base))
		return;
	if (!error)
		pss_psrp_closed(runspace->client, exit_status);
	else if (g_error_matches(error, PSS_ERROR, PSS_UNSUPPORTED))
		fail(&runspace->base, error->message);
	else
		tell_ended(&runspace->base, &end);
}

/* ---- the client's events */

static void send(gpointer user, const void *data, gsize n)
{
	const PssDriver *driver = user;
	if (driver->channel)
		pss_channel_write(driver->channel, data, n);
}

static void on_output(gpointer user, const void *data, gsize n)
{
	const PssDriver *driver = user;
	driver->events->on_output(driver->user, data, n);
}

static PssRemotePrompt translate_prompt(const PssPsrpPrompt *prompt)
{
	return (PssRemotePrompt){
		.kind = prompt->kind,
		.status = prompt->status,
		.text = prompt->text,
		.n_text = prompt->n_text,
		.directory = prompt->directory,
		.n_directory = prompt->n_directory,
		.fresh = prompt->fresh,
		.right = "",
	};
}

static void on_prompt(gpointer user, const PssPsrpPrompt *prompt)
{
	RunspaceDriver *runspace = user;
	const PssRemotePrompt translated = translate_prompt(prompt);

	runspace->has_opened = TRUE;
	runspace->is_continued = prompt->kind != 1;
	runspace->base.events->on_prompt(runspace->base.user, &translated);
}

static void on_busy(gpointer user)
{
	const PssDriver *driver = user;
	driver->events->on_busy(driver->user);
}

static void on_typed(gpointer user, const void *data, gsize n)
{
	const PssDriver *driver = user;
	driver->events->on_typed(driver->user, data, n);
}

static void on_notice(gpointer user, const char *text)
{
	const PssDriver *driver = user;
	driver->events->on_note(driver->user, PSS_NOTE_WARNING, text);
}

static void on_completion(gpointer user, const PssPsrpCompletion *completion)
{
	const PssDriver *driver = user;
	PssRemoteCompletion translated;

	if (!completion) {
		driver->events->on_completion(driver->user, NULL);
		return;
	}
	translated = (PssRemoteCompletion){
		.start = completion->start,
		.no_space = completion->no_space,
		.n_more = completion->n_more,
		.n = completion->n,
		.words = completion->words,
		.descriptions = completion->descriptions,
	};
	driver->events->on_completion(driver->user, &translated);
}

static void tell_exit(const PssDriver *driver, int status, const char *cause)
{
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_FAILED, cause);
	const PssDriverEnd end = { .reason = PSS_LEFT_EXIT, .status = status, .error = error };

	tell_ended(driver, &end);
}

/* The runspace lives on: of a temporary session it is not wanted any more. */
static void on_leave(gpointer user, int status)
{
	const PssDriver *driver = user;
	g_autofree char *cause = g_strdup_printf("the remote shell exited with status %d", status);

	if (driver->options.kept)
		driver->events->on_leave(driver->user, status);
	else
		tell_exit(driver, status, cause);
}

static void on_ended(gpointer user, PssPsrpEnd how, const char *cause)
{
	const RunspaceDriver *runspace = user;
	g_autoptr(GError) error = g_error_new_literal(PSS_ERROR, PSS_FAILED, cause);
	const PssDriverEnd end = { .is_broken = TRUE, .reason = PSS_LEFT_LOST, .status = 255, .error = error };

	if (runspace->has_opened)
		tell_ended(&runspace->base, &end);
	else
		fail(&runspace->base, cause);
}

static const PssPsrpEvents client_events = {
	.send = send,
	.on_output = on_output,
	.on_prompt = on_prompt,
	.on_busy = on_busy,
	.on_typed = on_typed,
	.on_notice = on_notice,
	.on_leave = on_leave,
	.on_completion = on_completion,
	.on_ended = on_ended,
};

/* ---- what the session does with it */

static PssInvoker *runspace_new_queue(PssDriver *driver, const PssInvokerOwner *owner, gpointer user)
{
	return pss_invoker_new_runspace(kind_of(driver)->client, owner, user);
}

/* All of the opening goes out in the flight of the login's last answer. */
static void runspace_begin(PssDriver *driver)
{
	static const PssChannelEvents channel_events = {
		.on_data = on_data,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};
	driver->channel = pss_powershell_open(driver->transport, driver->options.subsystem, &channel_events, driver);
	pss_psrp_begin(kind_of(driver)->client);
}

static void runspace_end(PssDriver *driver)
{
	g_clear_pointer(&kind_of(driver)->client, pss_psrp_free);
}

static gboolean runspace_is_runspace(const PssDriver *driver)
{
	return !driver->is_ended;
}

static PssRemoteState runspace_state(PssDriver *driver)
{
	static const PssRemoteState states[] = {
		[PSS_PSRP_OPENING] = PSS_REMOTE_BOOT,
		[PSS_PSRP_IDLE] = PSS_REMOTE_IDLE,
		[PSS_PSRP_BUSY] = PSS_REMOTE_BUSY,
		[PSS_PSRP_ENDED] = PSS_REMOTE_ENDED,
	};
	return states[pss_psrp_state(kind_of(driver)->client)];
}

static const char *runspace_name(PssDriver *driver)
{
	return PSS_POWERSHELL_NAME;
}

/* The client has a deadline of its own. */
static gboolean runspace_may_be_late(PssDriver *driver)
{
	return TRUE;
}

static gboolean runspace_last_prompt(PssDriver *driver, PssRemotePrompt *ret_prompt)
{
	PssPsrpPrompt prompt;
	gboolean is_known = pss_psrp_last_prompt(kind_of(driver)->client, &prompt);

	*ret_prompt = translate_prompt(&prompt);
	return is_known;
}

/* "vim …": says so once for each. */
static void notice_terminal_program(RunspaceDriver *runspace, const char *text, gsize n)
{
	const PssDriver *driver = &runspace->base;
	gboolean is_windows = pss_transport_is_windows(driver->transport);
	const char *program =
		runspace->is_continued ? NULL : pss_terminal_program(text, n, &runspace->programs_noticed);
	g_autofree char *notice = NULL;

	if (!program)
		return;
	notice = g_strdup_printf("%s wants a terminal, which PowerShell remoting has not: %s %s%s", program,
				 is_windows ? "ssh -t" : "enter-pssession", driver->options.computer,
				 is_windows ? "" : " -ConfigurationName pwsh");
	driver->events->on_note(driver->user, PSS_NOTE_WARNING, notice);
}

static gboolean runspace_line(PssDriver *driver, const void *data, gsize n, GError **error)
{
	RunspaceDriver *runspace = kind_of(driver);

	if (pss_psrp_state(runspace->client) != PSS_PSRP_IDLE) {
		g_set_error_literal(error, PSS_ERROR, PSS_FAILED, "the remote shell is not at its prompt");
		return FALSE;
	}
	pss_psrp_line(runspace->client, data, n);
	notice_terminal_program(runspace, data, n);
	return TRUE;
}

static void runspace_discard(PssDriver *driver)
{
	kind_of(driver)->is_continued = FALSE;
	pss_psrp_discard(kind_of(driver)->client);
}

static gboolean runspace_complete(PssDriver *driver, const char *line, gsize n, gsize point)
{
	return pss_psrp_complete(kind_of(driver)->client, line, n, point);
}

static void runspace_cancel_completion(PssDriver *driver)
{
	pss_psrp_cancel_completion(kind_of(driver)->client);
}

/* Ctrl-C before there is a prompt can only mean the opening. TRUE: it was, and the shell has ended. */
static gboolean give_opening_up(PssDriver *driver, const void *keys, gsize n)
{
	if (pss_psrp_state(kind_of(driver)->client) != PSS_PSRP_OPENING || driver->options.kept ||
	    !memchr(keys, '\003', n))
		return FALSE;
	tell_exit(driver, 130, "interrupted while PowerShell was starting");
	return TRUE;
}

static void runspace_keys(PssDriver *driver, const void *data, gsize n)
{
	if (!give_opening_up(driver, data, n))
		pss_psrp_keys(kind_of(driver)->client, data, n);
}

static void runspace_interrupt(PssDriver *driver)
{
	if (!give_opening_up(driver, "\003", 1))
		pss_psrp_interrupt(kind_of(driver)->client);
}

/* Keys that wait for a question may wait for long: they hold nothing up, and the client bounds them. */
static gsize runspace_queued(PssDriver *driver)
{
	return 0;
}

static void pause_channel(const RunspaceDriver *runspace)
{
	if (runspace->base.channel)
		pss_channel_pause(runspace->base.channel, runspace->terminal_paused || runspace->command_paused);
}

static void runspace_pause(PssDriver *driver, gboolean paused)
{
	kind_of(driver)->terminal_paused = paused;
	pause_channel(kind_of(driver));
}

static void runspace_pause_command(PssDriver *driver, gboolean paused)
{
	kind_of(driver)->command_paused = paused;
	pause_channel(kind_of(driver));
}

static void runspace_resize(PssDriver *driver)
{
	pss_psrp_resize(kind_of(driver)->client, driver->options.columns, driver->options.rows);
}

static const PssDriverOps runspace_ops = {
	.new_queue = runspace_new_queue,
	.begin = runspace_begin,
	.end = runspace_end,
	.is_runspace = runspace_is_runspace,
	.state = runspace_state,
	.name = runspace_name,
	.may_be_late = runspace_may_be_late,
	.last_prompt = runspace_last_prompt,
	.line = runspace_line,
	.discard = runspace_discard,
	.complete = runspace_complete,
	.cancel_completion = runspace_cancel_completion,
	.keys = runspace_keys,
	.interrupt = runspace_interrupt,
	.queued = runspace_queued,
	.pause = runspace_pause,
	.pause_command = runspace_pause_command,
	.resize = runspace_resize,
};

PssDriver *pss_driver_new_runspace(const PssDriverOptions *options, const PssDriverEvents *events, gpointer user)
{
	RunspaceDriver *runspace = g_new0(RunspaceDriver, 1);
	const PssPsrpOptions client_options = {
		.term = options->term,
		.columns = options->columns,
		.rows = options->rows,
		.completion_deadline_ms = (guint)pss_deadline(PSS_COMPLETION_MS),
	};

	pss_driver_init(&runspace->base, &runspace_ops, options, events, user);
	runspace->client = pss_psrp_new(&client_options, &client_events, runspace);
	return &runspace->base;
}
