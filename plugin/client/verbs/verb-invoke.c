/* SPDX-License-Identifier: MIT */
/* invoke-command: runs a command in kept sessions or on computers, one or hundreds. All parameters are read and checked
 * here before anything happens anywhere; the running is invoke-loop.c's. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/command/buffering.h"
#include "client/command/ssh-connection.h"
#include "client/invoke/invoke.h"
#include "client/invoke/restart.h"
#include "client/using/script-file.h"
#include "client/using/using-values.h"
#include "client/requests/requests.h"
#include "client/sessions/print-sessions.h"
#include "client/sessions/selection.h"
#include "client/tty/look.h"
#include "wire/cleanup.h"

enum {
	COMPUTER_NAME,
	SSH_CONNECTION,
	SESSION,
	ID,
	NAME,
	INSTANCE_ID,
	COMMAND,
	SCRIPT_BLOCK,
	FILE_PATH,
	ARGV,
	ARGUMENT_LIST,
	INPUT_OBJECT,
	THROTTLE_LIMIT,
	TIMEOUT,
	WAIT,
	ALLOCATE_TTY,
	HIDE_COMPUTER_NAME,
	GROUPED,
	JSON,
	PROPERTY,
	SHARE_PASSWORD,
	AS_JOB,
	JOB_NAME,
	IN_DISCONNECTED_SESSION,
	SESSION_NAME,
	BUFFERING,
	BUFFER_SIZE,
	RESILIENT,
	IDLE_TIMEOUT,
	WAIT_FOR_RESTART,
};

#define TEXT_MAX (64u * 1024u * 1024u) /* of a COMMAND (wire/PROTOCOL.md) */

static const char *const input_objects[] = { "-", "$null", NULL };
enum { INPUT_STANDARD, INPUT_NULL };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST", .wants = "the name of a computer",
			    .position = 1, .set = 1,
			    .help = "[user@]host[:port], a range, @FILE or - (standard input)" },
	[SSH_CONNECTION] = PSS_SSH_CONNECTION_ROW,
	[SESSION] = { "Session", NULL, PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId", .set = 1,
		      .help = "kept sessions, by Id, Name or InstanceId (-: a line each from standard input)" },
	[ID] = { "Id", NULL, PSS_KIND_NUMBERS, "N", .min = 1, .max = LLONG_MAX, .set = 1,
		 .help = "kept sessions, by Id" },
	[NAME] = { "Name", NULL, PSS_KIND_LIST, "NAME", .wants = "a name", .set = 1,
		   .help = "kept sessions, by name, wildcards too" },
	[INSTANCE_ID] = { "InstanceId", NULL, PSS_KIND_LIST, "UUID", .wants = "an InstanceId", .set = 1,
			  .help = "kept sessions, by InstanceId" },
	[COMMAND] = { "Command", NULL, PSS_KIND_WORDS, "COMMAND", .wants = "a command", .position = 2, .rest = true,
		      .set = 2, .help = "what the remote shell runs; $using:NAME is a local variable" },
	[SCRIPT_BLOCK] = { "ScriptBlock", NULL, PSS_KIND_TEXT, "COMMAND", .wants = "a command", .set = 2,
			   .help = "the same" },
	[FILE_PATH] = { "FilePath", NULL, PSS_KIND_TEXT, "FILE", .wants = "the file of a script", .set = 2,
			.help = "run this local script there; it is not copied" },
	[ARGV] = { NULL, NULL, PSS_KIND_ARGV, NULL,
		   .help = "the command word by word: nothing in it is expanded there" },
	[ARGUMENT_LIST] = { "ArgumentList", "Args", PSS_KIND_TEXTS, "ARGUMENT", .wants = "an argument",
			    .help = "a positional parameter ($1, …); repeat for more" },
	[INPUT_OBJECT] = { "InputObject", NULL, PSS_KIND_CHOICE, "INPUT", .choices = input_objects, .absent = "$null",
			   .wants = "- (standard input) or $null (none: -n means it too)",
			   .help = "- gives standard input to each of several targets, $null (or -n) to none" },
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("how many at a time (32)"),
	[TIMEOUT] = { "Timeout", NULL, PSS_KIND_NUMBER, "SECONDS", .min = 1, .max = INT_MAX / 1000,
		      .help = "end a command that takes longer; status 124" },
	[WAIT] = { "Wait", NULL, PSS_KIND_SWITCH, .help = "wait for a session that is busy" },
	[ALLOCATE_TTY] = { "AllocateTty", NULL, PSS_KIND_SWITCH,
			   .help = "a terminal on the computer, for sudo and the like" },
	[HIDE_COMPUTER_NAME] = { "HideComputerName", "HCN", PSS_KIND_SWITCH, .help = "lines of output without names" },
	[GROUPED] = { "Grouped", NULL, PSS_KIND_SWITCH, .set = 3,
		      .help = "print host by host at the end, equal outputs once" },
	[JSON] = { "Json", NULL, PSS_KIND_SWITCH, .set = 3, .help = "print an object a line" },
	[PROPERTY] = { "Property", NULL, PSS_KIND_LIST, "NAME", .wants = "the name of a property",
		       .help = "with -Json, of PowerShell's objects: these properties alone" },
	[SHARE_PASSWORD] = { "SharePassword", NULL, PSS_KIND_SWITCH,
			     .help = "give the first password to all computers that ask" },
	[AS_JOB] = { "AsJob", NULL, PSS_KIND_SWITCH, .set = 4,
		     .help = "leave it to run, and print its session; receive-pssession shows the output" },
	[JOB_NAME] = { "JobName", NULL, PSS_KIND_LIST, "NAME", .wants = "a name",
		       .help = "with -AsJob: the names of the computers' sessions, in their order" },
	[IN_DISCONNECTED_SESSION] = { "InDisconnectedSession", "Disconnected", PSS_KIND_SWITCH, .set = 4,
				      .help = "the same, in a session that is disconnected at once" },
	[SESSION_NAME] = { "SessionName", NULL, PSS_KIND_LIST, "NAME", .wants = "a name",
			   .help = "with -InDisconnectedSession: the names, as with -JobName" },
	[BUFFERING] =
		PSS_BUFFERING_ROW("of a job whose output is not received: stop it (Block) or forget the oldest (Drop)"),
	[BUFFER_SIZE] = PSS_BUFFER_SIZE_ROW("how much of it is kept (1048576)"),
	[RESILIENT] = PSS_RESILIENT_ROW(
		"its session outlives this computer's end; -InDisconnectedSession means it (else -Resilient:false)"),
	[IDLE_TIMEOUT] = PSS_IDLE_TIMEOUT_ROW("the same, for so long without a word from here (7200; 0: for ever)"),
	[WAIT_FOR_RESTART] = { "WaitForRestart", NULL, PSS_KIND_SWITCH,
			       .help = "the command restarts the computer: wait until it has, and reopen kept "
				       "sessions" },
};

/* One call, with what `invoke` points into. */
struct invocation {
	struct pss_invoke invoke;
	struct pss_texts computers;
	struct pss_ssh_connections connections;
	struct pss_sessions sessions;
	char *text, *as_written;
};

static bool fail_memory(struct pss_call *call)
{
	pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	return false;
}

/* ---- what to run */

static bool read_script(struct pss_call *call, const char *path, struct invocation *invocation)
{
	return pss_script_read(call, path, &invocation->text, &invocation->invoke.request.command.n_text);
}

static bool read_text(struct pss_call *call, const char *text, struct invocation *invocation)
{
	struct pss_invoke_command *command = &invocation->invoke.request.command;
	bool good = pss_using_bind(call, text, &invocation->text, &command->variables);

	if (good && strcasestr(text, "using:")) {
		invocation->as_written = strdup(text);
		good = invocation->as_written || fail_memory(call);
	}
	command->n_text = invocation->text ? strlen(invocation->text) : 0;
	if (good && command->n_text > TEXT_MAX) {
		pss_call_usage(call, "the command cannot be sent: it is longer than %u MiB; standard input takes any",
			       TEXT_MAX >> 20);
		return false;
	}
	return good;
}

/* Words behind the computer are one text, as with ssh. */
static char *join(const struct pss_texts *words)
{
	char *text = strdup(words->items[0]);

	for (size_t i = 1; text && i < words->n_items; i++) {
		char *longer = pss_format("%s %s", text, words->items[i]);
		free(text);
		text = longer;
	}
	return text;
}

static bool read_words(struct pss_call *call, const struct pss_texts *words, struct invocation *invocation)
{
	_cleanup_(pss_free_pointer) char *text = join(words);

	return text ? read_text(call, text, invocation) : fail_memory(call);
}

static bool read_command(struct pss_call *call, struct invocation *invocation)
{
	const struct pss_value *own = call->own;
	struct pss_invoke_command *command = &invocation->invoke.request.command;
	bool named = own[COMMAND].given || own[SCRIPT_BLOCK].given || own[FILE_PATH].given;

	if (own[ARGV].given && (named || own[ARGUMENT_LIST].given)) {
		pss_call_usage(call,
			       "what follows -- is the whole command: leave out -ArgumentList and any other command");
		return false;
	}
	if (!pss_values_fit(call, &own[ARGV].list, "a word behind --") ||
	    !pss_values_fit(call, &own[ARGUMENT_LIST].list, "a value of -ArgumentList"))
		return false;
	if (own[PROPERTY].given && !own[JSON].on) {
		pss_call_usage(call, "-Property goes with -Json");
		return false;
	}
	command->arguments = &own[ARGUMENT_LIST].list;
	command->properties = &own[PROPERTY].list;
	command->is_script = own[FILE_PATH].given;
	bool good = true;
	if (own[ARGV].given)
		command->words = &own[ARGV].list;
	else if (own[FILE_PATH].given)
		good = read_script(call, own[FILE_PATH].text, invocation);
	else if (own[COMMAND].given)
		good = read_words(call, &own[COMMAND].list, invocation);
	else if (named)
		good = read_text(call, own[SCRIPT_BLOCK].text, invocation);
	else
		pss_call_usage(call, "which command? A text, -FilePath or -- and words are needed");
	command->text = invocation->text;
	return good && (named || own[ARGV].given);
}

/* ---- where */

static bool add_computers(struct pss_call *call, struct invocation *invocation)
{
	_cleanup_(pss_free_pointer) char *error = NULL;
	struct pss_invoke *invoke = &invocation->invoke;

	if (pss_targets_expand(&call->own[COMPUTER_NAME].list, call->shell->interrupted, &invocation->computers,
			       &error) < 0) {
		pss_call_usage(call, "%s", error ? error : "not enough memory");
		return false;
	}
	invoke->targets = calloc(invocation->computers.n_items + 1, sizeof *invoke->targets);
	for (size_t i = 0; invoke->targets && i < invocation->computers.n_items; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		if (pss_target_parse(invocation->computers.items[i], &target->computer, &error) < 0) {
			pss_call_usage(call, "-ComputerName: %s", error ? error : "not enough memory");
			return false;
		}
		target->label = invocation->computers.items[i];
		invoke->n_targets++;
	}
	return invoke->targets || fail_memory(call);
}

static bool add_connections(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;

	if (!pss_ssh_connections_read(call, &call->own[SSH_CONNECTION], &invocation->connections))
		return false;
	invoke->targets = calloc(invocation->connections.n_items + 1, sizeof *invoke->targets);
	for (size_t i = 0; invoke->targets && i < invocation->connections.n_items; i++) {
		struct pss_ssh_connection *connection = &invocation->connections.items[i];
		struct pss_invoke_target *target = &invoke->targets[invoke->n_targets++];
		target->computer = connection->target;
		connection->target = (struct pss_target){ 0 };
		target->link = connection->link;
		target->label = connection->label;
	}
	return invoke->targets || fail_memory(call);
}

/* One that the host process can look up by itself: of a command that is watched, and needs to know nothing of its
 * session beforehand. */
static const char *only_name(const struct pss_call *call, const struct invocation *invocation)
{
	const struct pss_value *selectors[PSS_SELECTOR_COUNT] = { &call->own[SESSION], &call->own[ID], &call->own[NAME],
								  &call->own[INSTANCE_ID] };
	const char *name = NULL;

	if (invocation->invoke.request.kind != PSS_INVOKE_WATCHED || call->own[WAIT_FOR_RESTART].on ||
	    invocation->as_written)
		return NULL;
	for (unsigned i = 0; i < PSS_SELECTOR_COUNT; i++) {
		const struct pss_texts *list = &selectors[i]->list;
		if (!selectors[i]->given)
			continue;
		if (name || list->n_items != 1 || !pss_select_is_literal(i, list->items[0]))
			return NULL;
		name = list->items[0];
	}
	return name;
}

static bool add_name(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;
	const char *name = only_name(call, invocation);

	invoke->targets = name ? calloc(1, sizeof *invoke->targets) : NULL;
	if (!invoke->targets)
		return false;
	invoke->targets[0].label = invoke->targets[0].named = name;
	invoke->n_targets = 1;
	return true;
}

static bool add_sessions(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;
	const struct pss_selection selection = {
		.selectors = { &call->own[SESSION], &call->own[ID], &call->own[NAME], &call->own[INSTANCE_ID] },
	};

	if (pss_request_list_running(call, &invoke->connection, &invocation->sessions) < 0)
		return false;
	pss_select(call, &selection, &invocation->sessions);
	invoke->targets = calloc(invocation->sessions.n_items + 1, sizeof *invoke->targets);
	for (size_t i = 0; invoke->targets && i < invocation->sessions.n_items; i++) {
		struct pss_session *session = &invocation->sessions.items[i];
		invoke->targets[i].label = session->computer;
		invoke->targets[i].instance = session->instance;
		invoke->n_targets++;
	}
	return invoke->targets || fail_memory(call);
}

static bool check_link(struct pss_call *call)
{
	static const int only_computers[] = { ALLOCATE_TTY, SHARE_PASSWORD, RESILIENT, IDLE_TIMEOUT };

	if (!pss_call_refuse_link(call))
		return false;
	for (size_t i = 0; i < sizeof only_computers / sizeof *only_computers; i++) {
		const struct pss_value *value = &call->own[only_computers[i]];
		if (!value->on && !(value->given && rows[only_computers[i]].kind != PSS_KIND_SWITCH))
			continue;
		pss_call_usage(call, "-%s goes with -ComputerName", rows[only_computers[i]].name);
		return false;
	}
	return true;
}

/* What says how a job runs, and what needs an attached terminal. */
static bool check_job(struct pss_call *call)
{
	static const int only_jobs[] = { JOB_NAME, SESSION_NAME, BUFFERING, BUFFER_SIZE, RESILIENT, IDLE_TIMEOUT };
	static const int only_watched[] = { ALLOCATE_TTY, TIMEOUT,        HIDE_COMPUTER_NAME, GROUPED,
					    JSON,         SHARE_PASSWORD, WAIT_FOR_RESTART,   INPUT_OBJECT };
	const struct pss_value *own = call->own;
	bool job = own[AS_JOB].on || own[IN_DISCONNECTED_SESSION].on;

	if (!job)
		return pss_call_refuse(call, rows, own, only_jobs, sizeof only_jobs / sizeof *only_jobs,
				       "goes with -AsJob or -InDisconnectedSession");
	/* -InputObject $null gives a job what it has anyway. */
	size_t n = sizeof only_watched / sizeof *only_watched - (own[INPUT_OBJECT].number == INPUT_NULL);
	return pss_call_refuse(call, rows, own, only_watched, n,
			       "does not go with -AsJob or -InDisconnectedSession: no terminal is attached to a job");
}

static bool names_computers(const struct pss_call *call)
{
	return call->own[COMPUTER_NAME].given || call->own[SSH_CONNECTION].given;
}

static bool check_job_names(struct pss_call *call, const struct pss_invoke *invoke)
{
	static const int names[][2] = { { JOB_NAME, AS_JOB }, { SESSION_NAME, IN_DISCONNECTED_SESSION } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct pss_value *value = &call->own[names[i][0]];
		const char *parameter = rows[names[i][0]].name;
		if (!value->given)
			continue;
		if (!call->own[names[i][1]].on || !names_computers(call)) {
			pss_call_usage(call, "-%s goes with -%s and -ComputerName", parameter, rows[names[i][1]].name);
			return false;
		}
		if (value->list.n_items > invoke->n_targets) {
			pss_call_usage(call, "-%s gives %zu names for %zu computers", parameter, value->list.n_items,
				       invoke->n_targets);
			return false;
		}
		for (size_t j = 0; j < value->list.n_items; j++)
			if (!pss_select_check_name(call, parameter, value->list.items[j]))
				return false;
	}
	return true;
}

static bool names_sessions(const struct pss_call *call)
{
	return call->own[SESSION].given || call->own[ID].given || call->own[NAME].given || call->own[INSTANCE_ID].given;
}

static bool find_targets(struct pss_call *call, struct invocation *invocation)
{
	if (call->own[COMPUTER_NAME].given)
		return add_computers(call, invocation);
	if (call->own[SSH_CONNECTION].given)
		return add_connections(call, invocation);
	if (names_sessions(call))
		return check_link(call) && pss_select_read_input(call, &call->own[SESSION]) == 0 &&
		       (add_name(call, invocation) || add_sessions(call, invocation));
	pss_call_usage(call, "which computer or session? -ComputerName or -Session is needed");
	return false;
}

/* ---- for PowerShell */

static const char *shell_of(const struct invocation *invocation, const char *instance)
{
	for (size_t i = 0; i < invocation->sessions.n_items; i++)
		if (strcmp(invocation->sessions.items[i].instance, instance) == 0)
			return invocation->sessions.items[i].shell;
	return NULL;
}

/* As far as it can be known: a server that is Windows' chooses it by itself. */
static bool is_powershell(const struct invocation *invocation, const struct pss_invoke_target *target)
{
	const struct pss_value *link = target->link ? target->link : invocation->invoke.call->link;
	const char *configuration =
		target->instance ? shell_of(invocation, target->instance) : link[PSS_LINK_CONFIGURATION_NAME].text;

	return (!target->instance && link[PSS_LINK_SUBSYSTEM].given) ||
	       (configuration && pss_configuration_is_powershell(configuration));
}

/* `$using:` in its own quotes and comments, and the text as it was written. */
static bool bind_for_powershell(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke_command *command = &invocation->invoke.request.command;
	bool is_one = false, good = true;

	for (size_t i = 0; invocation->as_written && !is_one && i < invocation->invoke.n_targets; i++)
		is_one = is_powershell(invocation, &invocation->invoke.targets[i]);
	if (is_one)
		good = pss_using_bind_for_powershell(call, invocation->as_written, &command->variables);
	if (command->variables.n_items > 0)
		command->as_written = invocation->as_written;
	return good;
}

/* ---- how */

static bool find_input(struct pss_call *call, struct pss_invoke *invoke)
{
	const struct pss_value *object = &call->own[INPUT_OBJECT];
	struct pss_invoke_input *input = &invoke->request.input;

	if (invoke->request.kind == PSS_INVOKE_JOB || (object->given && object->number == INPUT_NULL))
		return true;
	if (invoke->n_targets == 1) {
		input->fd = pss_invoke_find_input();
	} else if (object->given) {
		input->fd = pss_invoke_copy_input(call);
		input->copies = true;
		return input->fd >= 0;
	}
	return true;
}

/* -Timeout is for both, the command and the restart. */
static void run_and_wait(struct pss_call *call, struct pss_invoke *invoke)
{
	struct pss_restart restart = { .connection = { .fd = -1 } };
	long long deadline = invoke->request.timeout_ms > 0 ? pss_now_ms() + invoke->request.timeout_ms : 0;

	invoke->request.restarts = true;
	if (pss_restart_prepare(&restart, invoke) == 0 && !call->stop) {
		pss_invoke_run(invoke);
		pss_restart_finish(&restart, deadline);
	}
	pss_restart_free(&restart);
}

static void take_options(const struct pss_call *call, struct pss_invoke *invoke)
{
	struct pss_invoke_request *request = &invoke->request;

	request->throttle = pss_throttle_of(&call->own[THROTTLE_LIMIT]);
	request->timeout_ms = call->own[TIMEOUT].number * 1000;
	request->wait = call->own[WAIT].on;
	request->tty = call->own[ALLOCATE_TTY].on;
	request->share_password = call->own[SHARE_PASSWORD].on;
	request->form = pss_invoke_form_of(call->own[JSON].on, call->own[GROUPED].on, call->own[HIDE_COMPUTER_NAME].on,
					   invoke->n_targets);
	request->color[0] = pss_look_has_color(STDOUT_FILENO);
	request->color[1] = pss_look_has_color(STDERR_FILENO);
}

/* FALSE: it has failed, which is reported. What has not been found is looked for in the list. */
static bool begin_named(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;

	if (invoke->n_targets != 1 || !invoke->targets[0].named)
		return true;
	int rc = pss_invoke_begin_named(invoke);
	if (rc != 0)
		return rc > 0;
	free(invoke->targets);
	invoke->targets = NULL;
	invoke->n_targets = 0;
	invoke->request.input.fd = -1;
	if (!add_sessions(call, invocation) || !find_input(call, invoke))
		return false;
	take_options(call, invoke);
	return true;
}

static void run_all(struct pss_call *call, struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;
	const struct pss_invoke_request *request = &invoke->request;

	take_options(call, invoke);
	if (!begin_named(call, invocation))
		return;
	if (invoke->n_targets == 0) {
		if (call->status == 0)
			pss_call_error(call, PSS_NO_SESSION, NULL, "No valid sessions were specified.");
		return;
	}
	if (invoke->connection.fd < 0 && pss_request_connect(call, true, &invoke->connection) < 0)
		return;
	if (!pss_request_needs(call, &invoke->connection, 2))
		return;
	const struct pss_value *names = &call->own[request->job.disconnect ? SESSION_NAME : JOB_NAME];
	if (request->kind == PSS_INVOKE_JOB)
		pss_job_run(invoke, names->given ? &names->list : NULL);
	else if (call->own[WAIT_FOR_RESTART].on)
		run_and_wait(call, invoke);
	else
		pss_invoke_run(invoke);
}

static void finish(struct invocation *invocation)
{
	struct pss_invoke *invoke = &invocation->invoke;

	pss_connection_close(&invoke->connection);
	if (invoke->request.input.copies && invoke->request.input.fd >= 0)
		close(invoke->request.input.fd);
	for (size_t i = 0; i < invoke->n_targets; i++)
		pss_target_finish(&invoke->targets[i].computer);
	free(invoke->targets);
	free(invoke->computer);
	pss_using_wipe(&invoke->request.command.variables);
	pss_texts_finish(&invocation->computers);
	pss_ssh_connections_finish(&invocation->connections);
	pss_sessions_finish(&invocation->sessions);
	free(invocation->text);
	free(invocation->as_written);
}

static void run(struct pss_call *call)
{
	struct invocation invocation = {
		.invoke = { .call = call, .connection.fd = -1, .request.input.fd = -1 },
	};
	struct pss_invoke_request *request = &invocation.invoke.request;

	request->job.disconnect = call->own[IN_DISCONNECTED_SESSION].on;
	request->kind = call->own[AS_JOB].on || request->job.disconnect ? PSS_INVOKE_JOB : PSS_INVOKE_WATCHED;
	request->job.buffering = pss_buffering_of(&call->own[BUFFERING]);
	request->job.buffer_size = call->own[BUFFER_SIZE].number;
	if (check_job(call) &&
	    pss_resilience_read(call, &call->own[RESILIENT], &call->own[IDLE_TIMEOUT], request->job.disconnect,
				&request->job.resilience) &&
	    read_command(call, &invocation) && find_targets(call, &invocation) && !call->stop &&
	    bind_for_powershell(call, &invocation) && check_job_names(call, &invocation.invoke) &&
	    find_input(call, &invocation.invoke))
		run_all(call, &invocation);
	finish(&invocation);
}

const struct pss_verb pss_verb_invoke = {
	.name = "invoke-command",
	.summary = "Run a command in sessions or on computers",
	.details = "In a session it runs in that session's own shell: variables, functions and the directory are those "
		   "of the interactive use. On a computer it opens a connection for the call and closes it. Standard "
		   "input is passed on to a single target. The status is the command's own; of several targets 0 when "
		   "all succeeded, 1 when a command failed, 255 when a computer was not reached.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_LINK,
	.run = run,
};
