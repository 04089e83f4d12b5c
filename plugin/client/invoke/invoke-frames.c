/* SPDX-License-Identifier: MIT */
/* invoke-command and receive-pssession on the wire: INVOKE and its text, or RECEIVE, out; output, questions, notes and
 * the RESULT back, for any number of targets over one connection. Called by invoke-loop.c. What a target failed of is
 * told here, once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/invoke/invoke-loop.h"
#include "client/requests/requests.h"
#include "client/tty/ask.h"
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

static int write_all_apart(struct pss_invoke *invoke, uint32_t id)
{
	int rc = write_apart(invoke, id, PSS_TAG_WORD, invoke->words);

	if (rc == 0)
		rc = write_apart(invoke, id, PSS_TAG_ARGUMENT, invoke->arguments);
	return rc < 0 ? rc : write_apart(invoke, id, PSS_TAG_VARIABLE, &invoke->variables);
}

static int write_text(struct pss_invoke *invoke, uint32_t id)
{
	const char *text = invoke->text ? invoke->text : "";
	size_t left = invoke->text ? invoke->n_text : 0;
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

	pss_message_begin(&message, &invoke->connection.out, PSS_RECEIVE, target->id);
	pss_message_text(&message, PSS_TAG_INSTANCE, target->instance);
	pss_message_number(&message, PSS_TAG_KEEP, invoke->keep);
	pss_message_number(&message, PSS_TAG_WAIT, invoke->wait);
	pss_message_number(&message, PSS_TAG_SAFE,
			   (isatty(STDOUT_FILENO) ? PSS_SAFE_STDOUT : 0u) |
				   (isatty(STDERR_FILENO) ? PSS_SAFE_STDERR : 0u));
	return pss_message_end(&message);
}

static int write_invoke(struct pss_invoke *invoke, const struct pss_invoke_target *target)
{
	_cleanup_(pss_free_pointer) char *directory = getcwd(NULL, 0);
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_INVOKE, target->id);
	if (target->target.host) {
		pss_link_write(target->link ? target->link : invoke->call->link, &target->target,
			       directory ? directory : "", &message);
		pss_request_via(invoke->call, &message);
		pss_request_surroundings(&message, directory);
		pss_message_number(&message, PSS_TAG_VERBOSE, pss_call_verbosity(invoke->call));
	} else {
		pss_message_text(&message, PSS_TAG_INSTANCE, target->instance);
	}
	bool apart = n_bytes(invoke->words) + n_bytes(invoke->arguments) + n_bytes(&invoke->variables) > TEXTS_BESIDE;
	if (!apart) {
		write_texts(&message, PSS_TAG_WORD, invoke->words);
		write_texts(&message, PSS_TAG_ARGUMENT, invoke->arguments);
		write_texts(&message, PSS_TAG_VARIABLE, &invoke->variables);
	}
	pss_message_number(&message, PSS_TAG_INPUT, invoke->input >= 0);
	pss_message_number(&message, PSS_TAG_WAIT, invoke->wait);
	pss_message_number(&message, PSS_TAG_TTY, invoke->tty);
	pss_message_number(&message, PSS_TAG_SCRIPT, invoke->script);
	if (invoke->kind == PSS_INVOKE_JOB) {
		pss_message_number(&message, PSS_TAG_JOB, 1);
		pss_message_number(&message, PSS_TAG_DISCONNECT, invoke->disconnect);
		pss_message_number(&message, PSS_TAG_BUFFERING, invoke->buffering);
		pss_message_number(&message, PSS_TAG_BUFFER_SIZE, (uint64_t)invoke->buffer_size);
	}
	if (target->target.host)
		pss_request_environment(invoke->call, &message);
	int rc = pss_message_end(&message);
	if (rc == 0 && apart)
		rc = write_all_apart(invoke, target->id);
	return rc < 0 ? rc : write_text(invoke, target->id);
}

int pss_invoke_start(struct pss_invoke *invoke, struct pss_invoke_target *target)
{
	target->id = pss_connection_new_id(&invoke->connection);
	target->state = PSS_TARGET_RUNS;
	target->acknowledged = false;
	target->credit = CREDIT;
	target->input_at = 0;
	target->input_ended = false;
	if (target->started == 0)
		target->started = pss_now_ms();
	invoke->n_running++;
	return invoke->kind == PSS_INVOKE_MISSED ? write_receive(invoke, target) : write_invoke(invoke, target);
}

int pss_invoke_stop(struct pss_invoke *invoke, const struct pss_invoke_target *target, bool force)
{
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_STOP, target->id);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	return pss_message_end(&message);
}

int pss_invoke_send_size(struct pss_invoke *invoke)
{
	struct pss_message message;

	pss_message_begin(&message, &invoke->connection.out, PSS_SIZE, invoke->targets[0].id);
	pss_message_number(&message, PSS_TAG_COLUMNS, invoke->terminal.columns);
	pss_message_number(&message, PSS_TAG_ROWS, invoke->terminal.rows);
	return pss_message_end(&message);
}

/* ---- questions and notes */

/* One password for all: what was asked first is given again, to each target once. */
static int on_ask(struct pss_invoke *invoke, struct pss_invoke_target *target, struct pss_fields fields)
{
	uint64_t kind = pss_fields_number(fields, PSS_TAG_ASK_KIND, PSS_ASK_SECRET);
	const char *computer = pss_fields_text(fields, PSS_TAG_COMPUTER);
	const char *question = pss_fields_text(fields, PSS_TAG_MESSAGE);
	uint64_t ask_id = pss_fields_number(fields, PSS_TAG_ASK_ID, 0);
	bool share = invoke->share_password && kind == PSS_ASK_SECRET;
	struct pss_buffer answer;

	if (share && invoke->password.length > 0 && !target->reached) {
		target->reached = true;
		return pss_request_answer(&invoke->connection, target->id, ask_id,
					  (const char *)pss_buffer_bytes(&invoke->password));
	}
	pss_buffer_init(&answer);
	if (invoke->terminal.fd >= 0)
		pss_tty_make_cooked(&invoke->terminal);
	int asked = invoke->n_interrupts > 0
			    ? -EINTR
			    : pss_ask(computer ? computer : target->label, question ? question : "",
				      kind != PSS_ASK_SECRET && pss_fields_number(fields, PSS_TAG_ECHO, 1), &answer);
	if (invoke->terminal.fd >= 0)
		pss_tty_make_raw(&invoke->terminal);
	const char *text = asked == 0 ? (const char *)pss_buffer_bytes(&answer) : NULL;
	int rc = pss_request_answer(&invoke->connection, target->id, ask_id, text);
	if (share && text) {
		target->reached = true;
		pss_buffer_wipe(&invoke->password);
		pss_buffer_append(&invoke->password, text, strlen(text) + 1);
	}
	pss_buffer_wipe(&answer);
	if (asked == -EINTR)
		invoke->n_interrupts++;
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

int pss_invoke_early_status(const struct pss_invoke *invoke)
{
	if (invoke->n_interrupts > 0)
		return pss_status_exit(PSS_INTERRUPTED);
	return invoke->broken == EPIPE ? PSS_SIGPIPE_STATUS : pss_status_exit(PSS_FAILED);
}

void pss_invoke_end_target(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
			   int exit_status)
{
	if (target->state == PSS_TARGET_RUNS)
		invoke->n_running--;
	target->state = PSS_TARGET_DONE;
	target->outcome = outcome;
	target->exit_status = exit_status;
	invoke->n_done++;
	invoke->n_failed += exit_status != 0;
	pss_invoke_show_end(invoke, target);
	if (invoke->n_targets == 1 || exit_status == 255 || exit_status == 124 || exit_status == 130)
		pss_call_take_status(invoke->call, exit_status);
	else
		pss_call_take_status(invoke->call, exit_status != 0);
	if (outcome == PSS_OUTCOME_FAILED)
		pss_invoke_tell_failure(invoke, target);
}

/* It was not reached, or not let finish, and that is told. */
static void end_for(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
		    enum pss_status status, const char *reason)
{
	target->reason = pss_visible(reason, false);
	pss_call_error(invoke->call, status, target->label, "%s", reason);
	pss_invoke_end_target(invoke, target, outcome, pss_status_exit(status));
}

/* It ran, with that status. */
static void end_with(struct pss_invoke *invoke, struct pss_invoke_target *target, int exit_status)
{
	bool interrupted = invoke->n_interrupts > 0 && exit_status == 255;

	if (interrupted)
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_STOPPED, pss_status_exit(PSS_INTERRUPTED));
	else
		pss_invoke_end_target(invoke, target,
				      exit_status == 0           ? PSS_OUTCOME_OK
				      : invoke->n_interrupts > 0 ? PSS_OUTCOME_STOPPED
								 : PSS_OUTCOME_FAILED,
				      exit_status);
}

/* Of a command that restarts its computer the end may be anything that the computer's going down makes of it: of the
 * shell that is killed, of the session, of the link. */
static bool may_have_restarted(const struct pss_invoke *invoke, const struct pss_invoke_target *target,
			       enum pss_status status, uint64_t exit_status)
{
	if (!invoke->restarts || invoke->n_interrupts > 0)
		return false;
	if (status == PSS_OK)
		return exit_status > 128;
	return status == PSS_LINK_LOST || (target->instance && status == PSS_FAILED);
}

static void on_result(struct pss_invoke *invoke, struct pss_invoke_target *target, struct pss_fields fields)
{
	enum pss_status status = (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, PSS_PROTOCOL);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	if (target->overdue) {
		end_for(invoke, target, PSS_OUTCOME_TIMED_OUT, PSS_TIMEOUT,
			"the command took longer than -Timeout allows");
	} else if (status == PSS_INTERRUPTED || (status == PSS_OK && invoke->broken && invoke->n_interrupts == 0)) {
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_STOPPED, pss_invoke_early_status(invoke));
	} else if (may_have_restarted(invoke, target, status, pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0))) {
		pss_invoke_end_target(invoke, target, PSS_OUTCOME_OK, 0);
	} else if (status == PSS_OK && invoke->kind == PSS_INVOKE_JOB) {
		bool known = pss_sessions_add(&invoke->started, fields) == 0;
		pss_invoke_end_target(invoke, target, known ? PSS_OUTCOME_OK : PSS_OUTCOME_UNREACHABLE,
				      known ? 0 : pss_status_exit(PSS_FAILED));
	} else if (status == PSS_OK && message && *message) {
		/* Others have let go of the session: it goes on without us. */
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
		if (invoke->targets[i].id == id && invoke->targets[i].state == PSS_TARGET_RUNS)
			return &invoke->targets[i];
	return NULL;
}

/* 1: the frame is not done yet. */
int pss_invoke_on_frame(struct pss_invoke *invoke, const struct pss_frame *frame)
{
	struct pss_invoke_target *target = find_target(invoke, frame->header.id);
	struct pss_fields fields = pss_frame_fields(frame);

	if (frame->header.id == invoke->ping && frame->header.type == PSS_RESULT)
		invoke->ping = 0;
	if (!target)
		return 0;
	if (frame->header.type == PSS_NOTE || frame->header.type == PSS_ASK || frame->header.type == PSS_RESULT)
		pss_invoke_progress_clear(invoke); /* something may be said */
	switch (frame->header.type) {
	case PSS_ACK:
		target->acknowledged = true;
		return 0;
	case PSS_STDOUT:
	case PSS_STDERR:
		return !pss_invoke_show(invoke, target, frame->header.type == PSS_STDERR, frame->payload,
					frame->header.length);
	case PSS_TAKEN:
		target->credit += pss_fields_number(fields, PSS_TAG_COUNT, 0);
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
