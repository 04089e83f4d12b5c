/* SPDX-License-Identifier: MIT */
/* invoke-command and receive-pssession on the wire: INVOKE and its text, or RECEIVE, out; output, questions, notes and
 * the RESULT back, for any number of targets over one connection. Called by invoke-loop.c. The failure of a
 * target is reported here, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/invoke/private.h"
#include "client/requests/questions.h"
#include "client/requests/requests.h"
#include "client/tty/ask.h"
#include "client/tty/size.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define TEXT_PART (128u * 1024u)
#define TEXTS_BESIDE (64u * 1024u) /* more of them go in messages of their own */
#define FIELD_BYTES 9u
#define CREDIT (1024u * 1024u)

static void write_texts(struct pss_message *message, enum pss_tag tag, const struct pss_texts *texts)
{
	for (size_t i = 0; texts && i < texts->n_items; i++)
		pss_message_text(message, tag, texts->items[i]);
}

static size_t n_bytes(const struct pss_texts *texts)
{
	size_t n = 0;

	for (size_t i = 0; texts && i < texts->n_items; i++)
		n += strlen(texts->items[i]) + FIELD_BYTES;
	return n;
}

/* In as many messages as they need. */
static int write_apart(struct pss_invoke *invoke, uint32_t id, enum pss_tag tag, const struct pss_texts *texts)
{
	struct pss_message message;
	int rc = 0;

	for (size_t i = 0; rc == 0 && texts && i < texts->n_items;) {
		pss_message_begin(&message, &invoke->connection.out, PSS_VARIABLES, id);
		do
			pss_message_text(&message, tag, texts->items[i++]);
		while (i < texts->n_items && pss_message_has_room(&message, strlen(texts->items[i]) + 1));
		rc = pss_message_end(&message);
	}
	return rc;
}

/* The text as the user wrote it, for a shell that has `$using:` itself. */
static int write_as_written(struct pss_invoke *invoke, uint32_t id)
{
	const char *text = invoke->request.command.as_written;
	size_t left = text ? strlen(text) : 0;
	int rc = 0;

	while (rc == 0 && left > 0) {
		size_t n = left < TEXT_PART ? left : TEXT_PART;
		_cleanup_(pss_free_pointer) char *part = strndup(text, n);
		struct pss_message message;
		pss_message_begin(&message, &invoke->connection.out, PSS_VARIABLES, id);
		pss_message_text(&message, PSS_TAG_AS_WRITTEN, part);
		rc = part ? pss_message_end(&message) : -ENOMEM;
		text += n;
		left -= n;
	}
	return rc;
}

static int write_all_apart(struct pss_invoke *invoke, uint32_t id)
{
	const struct pss_invoke_command *command = &invoke->request.command;
	int rc = write_apart(invoke, id, PSS_TAG_WORD, command->words);

	if (rc == 0)
		rc = write_apart(invoke, id, PSS_TAG_ARGUMENT, command->arguments);
	return rc < 0 ? rc : write_apart(invoke, id, PSS_TAG_VARIABLE, &command->variables);
}

static int write_text(struct pss_invoke *invoke, uint32_t id)
{
	const struct pss_invoke_command *command = &invoke->request.command;
	const char *text = command->text ? command->text : "";
	size_t left = command->text ? command->n_text : 0;
	int rc;

	do {
		size_t n = left < TEXT_PART ? left : TEXT_PART;
		rc = pss_frame_append(&invoke->connection.out, PSS_COMMAND, id, left > n ? PSS_FRAME_MORE : 0, text, n);
		text += n;
		left -= n;
	} while (rc == 0 && left > 0);
	return rc;
}

static int write_receive(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_RECEIVE, target->run.id);
	pss_message_text(&message, PSS_TAG_INSTANCE, target->instance);
	pss_message_number(&message, PSS_TAG_KEEP, invoke->request.keep);
	pss_message_number(&message, PSS_TAG_WAIT, invoke->request.wait);
	pss_message_number(&message, PSS_TAG_SAFE,
			   (isatty(STDOUT_FILENO) ? PSS_SAFE_STDOUT : 0u) |
				   (isatty(STDERR_FILENO) ? PSS_SAFE_STDERR : 0u));
	return pss_message_end(&message);
}

static void write_target(const struct pss_invoke *invoke, const struct pss_invoke_target *target,
			 struct pss_message *message)
{
	if (!target->computer.host) {
		/* An older host process finds no session "", and does nothing. */
		pss_message_text(message, PSS_TAG_INSTANCE, target->instance ? target->instance : "");
		pss_message_text(message, PSS_TAG_SESSION, target->named);
		return;
	}
	_cleanup_(pss_free_pointer) char *directory = getcwd(NULL, 0);
	pss_link_write(target->link ? target->link : invoke->call->link, &target->computer, directory ? directory : "",
		       message);
	pss_request_via(invoke->call, message);
	pss_request_surroundings(message, directory);
	pss_message_number(message, PSS_TAG_VERBOSE, pss_call_verbosity(invoke->call));
}

/* What a PowerShell by remoting makes something of. */
static void write_for_powershell(const struct pss_invoke_request *request, struct pss_message *message)
{
	unsigned columns, rows;

	pss_message_number(message, PSS_TAG_RECORDS, 1);
	pss_message_number(message, PSS_TAG_OBJECTS, request->form == PSS_FORM_JSON);
	write_texts(message, PSS_TAG_PROPERTY, request->command.properties);
	if (!isatty(STDOUT_FILENO))
		return;
	pss_terminal_size(&columns, &rows);
	pss_message_number(message, PSS_TAG_WIDTH, columns);
}

static void write_options(const struct pss_invoke_request *request, struct pss_message *message)
{
	if (request->kind == PSS_INVOKE_WATCHED)
		write_for_powershell(request, message);
	pss_message_number(message, PSS_TAG_INPUT, request->input.fd >= 0);
	pss_message_number(message, PSS_TAG_WAIT, request->wait);
	pss_message_number(message, PSS_TAG_TTY, request->tty);
	pss_message_number(message, PSS_TAG_SCRIPT, request->command.is_script);
	if (request->kind != PSS_INVOKE_JOB)
		return;
	pss_message_number(message, PSS_TAG_JOB, 1);
	pss_message_number(message, PSS_TAG_DISCONNECT, request->job.disconnect);
	pss_message_number(message, PSS_TAG_BUFFERING, request->job.buffering);
	pss_message_number(message, PSS_TAG_BUFFER_SIZE, (uint64_t)request->job.buffer_size);
}

static int write_invoke(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	const struct pss_invoke_command *command = &invoke->request.command;
	size_t n = n_bytes(command->words) + n_bytes(command->arguments) + n_bytes(&command->variables);
	bool apart = n > TEXTS_BESIDE;
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_INVOKE, target->run.id);
	write_target(invoke, target, &message);
	if (!apart) {
		write_texts(&message, PSS_TAG_WORD, command->words);
		write_texts(&message, PSS_TAG_ARGUMENT, command->arguments);
		write_texts(&message, PSS_TAG_VARIABLE, &command->variables);
	}
	write_options(&invoke->request, &message);
	if (target->computer.host)
		pss_request_environment(invoke->call, &message);
	int rc = pss_message_end(&message);
	if (rc == 0 && apart)
		rc = write_all_apart(invoke, target->run.id);
	if (rc == 0)
		rc = write_as_written(invoke, target->run.id);
	return rc < 0 ? rc : write_text(invoke, target->run.id);
}

int pss_invoke_send(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	target->state = PSS_INVOKE_SENT;
	target->run = (struct pss_invoke_command_run){
		.id = pss_connection_new_id(&invoke->connection),
		.started = pss_now_ms(),
	};
	target->input = (struct pss_invoke_target_input){ .credit = CREDIT };
	return invoke->request.kind == PSS_INVOKE_UNSEEN ? write_receive(invoke, target) : write_invoke(invoke, target);
}

int pss_invoke_start(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	invoke->run->counts.running++;
	return pss_invoke_send(invoke, target);
}

int pss_invoke_stop(struct pss_invoke *invoke, const struct pss_invoke_target *target, bool force)
{
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_STOP, target->run.id);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	return pss_message_end(&message);
}

int pss_invoke_send_size(struct pss_invoke *invoke)
{
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_SIZE, invoke->targets[0].run.id);
	pss_message_number(&message, PSS_TAG_COLUMNS, invoke->run->terminal.columns);
	pss_message_number(&message, PSS_TAG_ROWS, invoke->run->terminal.rows);
	return pss_message_end(&message);
}

/* ---- questions and notes */

static bool is_shared(const struct pss_invoke *invoke, const struct pss_asked *asked)
{
	return invoke->request.share_password && asked->kind == PSS_ASK_SECRET;
}

/* Asks on the terminal, which is the command's own otherwise. 0, or -errno: no answer. */
static int ask(void *user, const struct pss_asked *asked, struct pss_buffer *ret_answer)
{
	struct pss_invoke *invoke = user;
	struct pss_tty *terminal = &invoke->run->terminal;
	struct pss_buffer *password = &invoke->run->password;

	if (invoke->run->ending.n_interrupts > 0)
		return -EINTR;
	if (asked->kind >= PSS_ASK_COMMAND_SECRET && !pss_can_ask())
		return -ENOTTY;
	if (terminal->fd >= 0)
		pss_tty_make_cooked(terminal);
	int rc = pss_asked_put(asked, ret_answer);
	if (terminal->fd >= 0)
		pss_tty_make_raw(terminal);
	if (rc == 0 && is_shared(invoke, asked)) {
		pss_buffer_wipe(password);
		pss_buffer_append(password, pss_buffer_bytes(ret_answer), ret_answer->length);
	}
	return rc;
}

/* One password for all: what was asked first is given again, to each target once. */
static int on_ask(struct pss_invoke *invoke, struct pss_invoke_target *target, struct pss_fields fields)
{
	const struct pss_asked asked = pss_asked_read(fields, target->label);
	struct pss_buffer *password = &invoke->run->password;
	bool share = is_shared(invoke, &asked);
	int outcome;

	if (share && password->length > 0 && !target->run.password_given) {
		target->run.password_given = true;
		return pss_request_answer(&invoke->connection, target->run.id, asked.id,
					  (const char *)pss_buffer_bytes(password));
	}
	int rc = pss_request_ask(&invoke->connection, target->run.id, &asked, ask, invoke, &outcome);
	if (share && outcome == 0)
		target->run.password_given = true;
	if (outcome == -EINTR)
		invoke->run->ending.n_interrupts++;
	return rc;
}

static void on_note(struct pss_invoke *invoke, const struct pss_invoke_target *target, struct pss_fields fields)
{
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);
	_cleanup_(pss_free_pointer) char *whole =
		pss_format(invoke->n_targets > 1 ? "[%s] %s" : "%.0s%s", target->label, text ? text : "");

	if (!whole)
		return;
	switch (pss_fields_number(fields, PSS_TAG_NOTE_KIND, PSS_NOTE_DEBUG)) {
	case PSS_NOTE_BANNER:
		/* ssh shows it too, but it is nothing of one's own command's: only where it is asked for. */
		pss_call_verbose(invoke->call, "%s", whole);
		break;
	case PSS_NOTE_WARNING:
		pss_call_warning(invoke->call, "%s", whole);
		break;
	case PSS_NOTE_VERBOSE:
		pss_call_verbose(invoke->call, "%s", whole);
		break;
	default:
		pss_call_debug(invoke->call, "%s", whole);
	}
}

/* ---- results */

void pss_invoke_end_target(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
			   int exit_status)
{
	struct pss_invoke_counts *counts = &invoke->run->counts;

	counts->running -= pss_invoke_is_under_way(target);
	counts->done++;
	counts->failed += exit_status != 0;
	target->state = PSS_INVOKE_DONE;
	target->result.outcome = outcome;
	target->result.exit_status = exit_status;
	pss_invoke_show_end(invoke, target);
	if (invoke->n_targets == 1 || exit_status == 255 || exit_status == 124 || exit_status == 130)
		pss_call_take_status(invoke->call, exit_status);
	else
		pss_call_take_status(invoke->call, exit_status != 0);
	if (outcome == PSS_OUTCOME_FAILED)
		pss_invoke_report_failure(invoke, target);
}

/* It was not reached, or not let finish, and that is reported. */
static void end_for(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
		    enum pss_status status, const char *reason)
{
	target->result.reason = pss_visible(reason, false);
	pss_call_error(invoke->call, status, target->label, "%s", reason);
	pss_invoke_end_target(invoke, target, outcome, pss_status_exit(status));
}

/* It ran, with that status. */
static void end_with(struct pss_invoke *invoke, struct pss_invoke_target *target, int exit_status)
{
	bool interrupted = invoke->run->ending.n_interrupts > 0;

	if (interrupted && exit_status == 255)
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_STOPPED, pss_status_exit(PSS_INTERRUPTED));
	else
		pss_invoke_end_target(invoke, target,
				      exit_status == 0 ? PSS_OUTCOME_OK
				      : interrupted    ? PSS_OUTCOME_STOPPED
						       : PSS_OUTCOME_FAILED,
				      exit_status);
}

/* Of a command that restarts its computer the end may be anything that the computer's going down makes of it: of the
 * shell that is killed, of the session, of the link. */
static bool may_have_restarted(const struct pss_invoke *invoke, const struct pss_invoke_target *target,
			       enum pss_status status, uint64_t exit_status)
{
	if (!invoke->request.restarts || invoke->run->ending.n_interrupts > 0)
		return false;
	if (status == PSS_OK)
		return exit_status > 128;
	return status == PSS_LINK_LOST || (target->instance && status == PSS_FAILED);
}

static void on_result(struct pss_invoke *invoke, struct pss_invoke_target *target, struct pss_fields fields)
{
	enum pss_status status = (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, PSS_PROTOCOL);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);
	bool is_unread = invoke->run->output.error && invoke->run->ending.n_interrupts == 0;

	if (target->run.is_overdue) {
		end_for(invoke, target, PSS_OUTCOME_TIMED_OUT, PSS_TIMEOUT,
			"the command took longer than -Timeout allows");
	} else if (status == PSS_INTERRUPTED || (status == PSS_OK && is_unread)) {
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_STOPPED, pss_invoke_early_status(invoke));
	} else if (may_have_restarted(invoke, target, status, pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0))) {
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_OK, 0);
	} else if (status == PSS_OK && invoke->request.kind == PSS_INVOKE_JOB) {
		bool known = pss_sessions_add(&invoke->started, fields) == 0;
		pss_invoke_end_target(invoke, target, known ? PSS_OUTCOME_OK : PSS_OUTCOME_UNREACHABLE,
				      known ? 0 : pss_status_exit(PSS_FAILED));
	} else if (status == PSS_OK && message && *message) {
		/* Another client has disconnected the session: the command goes on without us. */
		pss_call_warning(invoke->call, invoke->n_targets > 1 ? "[%s] %s" : "%.0s%s", target->label, message);
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_OK, 0);
	} else if (status == PSS_OK) {
		end_with(invoke, target, (int)(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0) & 255));
	} else {
		end_for(invoke, target, PSS_OUTCOME_UNREACHABLE, status,
			message && *message ? message : pss_status_name(status));
	}
}

static struct pss_invoke_target *find_target(struct pss_invoke *invoke, uint32_t id)
{
	for (size_t i = 0; i < invoke->n_targets; i++)
		if (invoke->targets[i].run.id == id && pss_invoke_is_under_way(&invoke->targets[i]))
			return &invoke->targets[i];
	return NULL;
}

/* 1: the frame is not done yet. */
int pss_invoke_on_frame(struct pss_invoke *invoke, const struct pss_frame *frame)
{
	struct pss_invoke_target *target = find_target(invoke, frame->header.id);
	struct pss_fields fields = pss_frame_fields(frame);

	if (frame->header.id == invoke->run->host.ping && frame->header.type == PSS_RESULT)
		invoke->run->host.ping = 0;
	if (!target)
		return 0;
	if (frame->header.type == PSS_NOTE || frame->header.type == PSS_ASK || frame->header.type == PSS_RESULT)
		pss_invoke_progress_clear(invoke); /* something may be said */
	switch (frame->header.type) {
	case PSS_ACK:
		target->state = PSS_INVOKE_RUNNING;
		return 0;
	case PSS_STDOUT:
	case PSS_STDERR:
		return !pss_invoke_show(invoke, target, frame->header.type == PSS_STDERR, frame->payload,
					frame->header.length);
	case PSS_RECORD:
		pss_invoke_take_record(invoke, target, frame);
		return 0;
	case PSS_TAKEN:
		target->input.credit += pss_fields_number(fields, PSS_TAG_COUNT, 0);
		return 0;
	case PSS_NOTE:
		on_note(invoke, target, fields);
		return 0;
	case PSS_ASK:
		return on_ask(invoke, target, fields);
	case PSS_RESULT:
		on_result(invoke, target, fields);
		return 0;
	default:
		return 0;
	}
}
