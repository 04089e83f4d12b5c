/* SPDX-License-Identifier: MIT */
/* Opening sessions, many at once over one connection: requests out, then whatever comes back in any order: notes,
 * questions, results. Called by new and enter. A host process that falls silent is noticed by a ping; a person's
 * time to answer counts for nothing. */
#include "client/requests/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/base/fd.h"
#include "client/requests/questions.h"
#include "client/tty/size.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

/* After so long without a word, a ping asks whether the host process is still there. */
#define QUIET_MS 1000

/* CANCEL is out, and LEFT: by `~.`, which does not wait. In this order. */
enum ending { GOES_ON, CANCELLED, LEFT };

struct run {
	struct pss_call *call;
	struct pss_connection *connection;
	struct pss_open *opens;
	size_t n_opens, n_begun, n_pending; /* the last: of all */
	size_t throttle;
	const struct pss_open_events *events;
	struct pss_opening_keys *keys; /* or NULL */
	uint32_t ping;                 /* the id of a PING without its RESULT, or 0 */
	enum pss_open_kind kind;
	enum ending ending;
	bool detaching; /* `~d`: LEAVE is out */
};

static bool finds(const struct run *run)
{
	return run->kind == PSS_OPEN_LISTED || run->kind == PSS_OPEN_CONNECTED;
}

/* What a kind asks for, and what is said of it. */
static const struct {
	enum pss_type type;
	const char *beginning;
} kinds[] = {
	[PSS_OPEN_ENTERED] = { PSS_OPEN, "opening a session on" },
	[PSS_OPEN_KEPT] = { PSS_OPEN, "opening a session on" },
	[PSS_OPEN_LISTED] = { PSS_FIND, "listing the sessions kept on" },
	[PSS_OPEN_CONNECTED] = { PSS_FIND, "listing the sessions kept on" },
	[PSS_OPEN_WATCHED] = { PSS_WATCH, "reading the boot id of" },
	[PSS_OPEN_AWAITED] = { PSS_AWAIT, "waiting for" },
};

static bool opens(const struct run *run)
{
	return kinds[run->kind].type == PSS_OPEN;
}

static void write_session(const struct run *run, const struct pss_open *open, struct pss_message *message)
{
	pss_message_text(message, PSS_TAG_NAME, open->name);
	pss_message_number(message, PSS_TAG_ATTACH_TOO, run->kind == PSS_OPEN_ENTERED);
	if (open->resilience.wanted) {
		pss_message_number(message, PSS_TAG_RESILIENT, 1);
		pss_message_number(message, PSS_TAG_IDLE_TIMEOUT, (uint64_t)open->resilience.idle_s);
	}
	if (open->buffering)
		pss_message_number(message, PSS_TAG_BUFFERING, open->buffering);
	if (open->buffer_size > 0)
		pss_message_number(message, PSS_TAG_BUFFER_SIZE, (uint64_t)open->buffer_size);
	if (run->call->common[PSS_COMMON_INFORMATION_VARIABLE].given)
		pss_message_number(message, PSS_TAG_TELL_MOTD, 1);
}

static int write_open(struct run *run, struct pss_open *open)
{
	_cleanup_(pss_free_pointer) char *directory = getcwd(NULL, 0);
	struct pss_message message;

	open->state = PSS_OPEN_SENT;
	open->id = pss_connection_new_id(run->connection);
	pss_message_begin(&message, &run->connection->out, kinds[run->kind].type, open->id);
	if (open->watch)
		pss_message_number(&message, PSS_TAG_WATCH, open->watch);
	else if (open->instance)
		pss_message_text(&message, opens(run) ? PSS_TAG_ANEW : PSS_TAG_INSTANCE, open->instance);
	else if (open->again)
		pss_link_write_again(run->call->link, open->again, &message);
	else
		pss_link_write(open->link ? open->link : run->call->link, &open->target, directory ? directory : "",
			       &message);
	if (!open->watch && !open->instance && !open->again)
		pss_request_via(run->call, &message);
	if (open->timeout_ms > 0)
		pss_message_number(&message, PSS_TAG_TIMEOUT, (uint64_t)open->timeout_ms);
	pss_message_number(&message, PSS_TAG_KEEP, run->kind == PSS_OPEN_KEPT || run->kind == PSS_OPEN_CONNECTED);
	if (opens(run))
		write_session(run, open, &message);
	pss_message_number(&message, PSS_TAG_VERBOSE,
			   run->events && run->events->on_note ? PSS_VERBOSE_STEPS : pss_call_verbosity(run->call));
	pss_request_surroundings(&message, directory);
	pss_request_environment(run->call, &message);
	return pss_message_end(&message);
}

static int write_bare(struct run *run, enum pss_type type, uint32_t id)
{
	struct pss_message message;

	pss_message_begin(&message, &run->connection->out, type, id);
	return pss_message_end(&message);
}

static struct pss_open *find_open(struct run *run, uint32_t id)
{
	for (size_t i = 0; i < run->n_begun; i++)
		if (run->opens[i].id == id && run->opens[i].state != PSS_OPEN_DONE)
			return &run->opens[i];
	return NULL;
}

/* Gives up what is pending. */
static int cancel(struct run *run, enum ending how)
{
	int rc = 0;

	if (run->ending != GOES_ON)
		return 0;
	run->ending = how;
	for (size_t i = 0; rc == 0 && i < run->n_begun; i++)
		if (run->opens[i].state != PSS_OPEN_DONE)
			rc = write_bare(run, PSS_CANCEL, run->opens[i].id);
	run->n_pending -= run->n_opens - run->n_begun;
	run->n_opens = run->n_begun;
	return rc;
}

/* -- questions */

/* As pss_ask(), and -EPERM when the answer is `~.`. */
static int ask(void *user, const struct pss_asked *asked, struct pss_buffer *ret_answer)
{
	const struct run *run = user;

	if (run->ending != GOES_ON)
		return -EINTR;
	if (!run->keys)
		return pss_asked_put(asked, ret_answer);
	for (;;) {
		pss_opening_keys_pause(run->keys);
		int rc = pss_asked_put(asked, ret_answer);
		pss_opening_keys_resume(run->keys);
		enum pss_escape_key escape =
			rc == 0 ? pss_opening_keys_answer(run->keys, (const char *)pss_buffer_bytes(ret_answer))
				: PSS_ESCAPE_KEY_NONE;
		if (escape == PSS_ESCAPE_KEY_NONE)
			return rc;
		pss_buffer_wipe(ret_answer);
		if (escape == PSS_ESCAPE_KEY_LEAVE)
			return -EPERM;
		pss_opening_keys_help(run->keys);
	}
}

static int on_ask(struct run *run, struct pss_open *open, const struct pss_frame *frame)
{
	const struct pss_asked asked = pss_asked_read(pss_frame_fields(frame), open->target.host);
	int outcome;
	int rc = pss_request_ask(run->connection, open->id, &asked, ask, run, &outcome);

	if ((outcome == -EINTR || outcome == -EPERM) && rc == 0) {
		pss_call_take_status(run->call, pss_status_exit(PSS_INTERRUPTED));
		rc = cancel(run, outcome == -EPERM ? LEFT : CANCELLED);
	}
	return rc;
}

/* -- the other frames */

static void on_note(struct run *run, struct pss_open *open, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);
	_cleanup_(pss_free_pointer) char *prefix = run->n_opens > 1 ? pss_format("[%s] ", open->target.host) : NULL;
	_cleanup_(pss_free_pointer) char *whole = pss_format("%s%s", prefix ? prefix : "", text ? text : "");

	uint64_t kind = pss_fields_number(fields, PSS_TAG_NOTE_KIND, PSS_NOTE_DEBUG);

	if (!whole || (run->events && run->events->on_note &&
		       run->events->on_note(run->call, (enum pss_note_kind)kind, whole, run->events->user)))
		return;
	switch (kind) {
	case PSS_NOTE_BANNER:
		pss_call_information(run->call, whole);
		break;
	case PSS_NOTE_MOTD:
		/* The terminal that enters shows it. */
		pss_call_keep(run->call, PSS_STREAM_INFORMATION, whole);
		break;
	case PSS_NOTE_WARNING:
		pss_call_warning(run->call, "%s", whole);
		break;
	case PSS_NOTE_VERBOSE:
		pss_call_verbose(run->call, "%s", whole);
		break;
	default:
		pss_call_debug(run->call, "%s", whole);
	}
}

/* It was open before the host process heard of the CANCEL. The RESULT is not waited for. */
static void remove_unwanted(struct run *run, struct pss_fields fields)
{
	struct pss_message message;

	pss_message_begin(&message, &run->connection->out, PSS_REMOVE, pss_connection_new_id(run->connection));
	pss_message_text(&message, PSS_TAG_INSTANCE, pss_fields_text(fields, PSS_TAG_INSTANCE));
	if (pss_message_end(&message) == 0)
		pss_connection_flush(run->connection);
}

static void report_failure(const struct run *run, struct pss_open *open, enum pss_status status, const char *message)
{
	if (run->events && run->events->on_failed)
		run->events->on_failed(run->call, open, status, message, run->events->user);
	else
		pss_call_error(run->call, status, open->target.host, "%s", message);
}

static void on_result(struct run *run, struct pss_open *open, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	uint64_t status = pss_fields_number(fields, PSS_TAG_STATUS, PSS_PROTOCOL);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	open->state = PSS_OPEN_DONE;
	run->n_pending--;
	if (status == PSS_OK && run->detaching && message)
		open->parting = strdup(message);
	if (status == PSS_OK && run->ending != GOES_ON && run->kind == PSS_OPEN_KEPT) {
		remove_unwanted(run, fields);
		status = PSS_INTERRUPTED;
	}
	if (status == PSS_OK && finds(run))
		pss_call_verbose(run->call, "listed the sessions kept on %s", open->target.host);
	else if (status == PSS_OK)
		run->events->on_opened(run->call, open, fields, run->events->user);
	else if (status == PSS_INTERRUPTED && run->call->stop)
		pss_call_verbose(run->call, "given up: %s", open->target.host); /* Stop has its own status */
	else if (status == PSS_INTERRUPTED)
		pss_call_take_status(run->call, pss_status_exit(PSS_INTERRUPTED));
	else if (!run->call->stop)
		report_failure(run, open, (enum pss_status)status,
			       message && *message ? message : pss_status_name((uint32_t)status));
}

static int on_frame(struct run *run, const struct pss_frame *frame)
{
	struct pss_open *open = find_open(run, frame->header.id);

	if (frame->header.id == run->ping && frame->header.type == PSS_RESULT)
		run->ping = 0;
	if (!open)
		return 0;
	switch (frame->header.type) {
	case PSS_ACK:
		open->state = PSS_OPEN_ACKNOWLEDGED;
		return 0;
	case PSS_NOTE:
		on_note(run, open, frame);
		return 0;
	case PSS_ASK:
		return on_ask(run, open, frame);
	case PSS_SESSION:
		run->events->on_opened(run->call, open, pss_frame_fields(frame), run->events->user);
		return 0;
	case PSS_RESULT:
		on_result(run, open, frame);
		return 0;
	default:
		return 0;
	}
}

static bool all_acknowledged(const struct run *run)
{
	for (size_t i = 0; i < run->n_begun; i++)
		if (run->opens[i].state == PSS_OPEN_SENT)
			return false;
	return true;
}

/* An escape key. */
static int obey(struct run *run)
{
	bool detach = run->keys->asked == PSS_ESCAPE_KEY_DETACH;
	struct pss_message message;

	run->keys->asked = PSS_ESCAPE_KEY_NONE;
	if (run->ending != GOES_ON || run->detaching)
		return 0;
	if (detach && run->connection->version < 2) {
		pss_opening_keys_refuse(run->keys, "an older pssession host process cannot keep a temporary session");
		return 0;
	}
	if (!detach) {
		pss_call_take_status(run->call, pss_status_exit(PSS_INTERRUPTED));
		return cancel(run, LEFT);
	}
	run->detaching = true;
	pss_message_begin(&message, &run->connection->out, PSS_LEAVE, run->opens[0].id);
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	return pss_message_end(&message);
}

/* Takes what comes next. A silence may be a slow network or a stopped host process: a ping finds out. */
static int step(struct run *run)
{
	struct pss_frame frame;

	bool ends = run->ending != GOES_ON;
	bool asked = run->ping || ends || run->detaching || !all_acknowledged(run);
	int limit = run->ending == LEFT ? pss_deadline(PSS_ESCAPE_MS)
		    : ends              ? pss_deadline(PSS_CANCEL_MS)
		    : asked             ? pss_deadline(PSS_ACK_MS)
					: QUIET_MS;
	int rc = pss_connection_wait(run->connection, limit, ends ? NULL : run->call->shell->interrupted, &frame);
	if (rc == -ETIMEDOUT && !asked) {
		run->ping = pss_connection_new_id(run->connection);
		return write_bare(run, PSS_PING, run->ping);
	}
	/* The host process hears of it by the end of our connection as well. */
	if (rc == -ETIMEDOUT && ends)
		return -EINTR;
	if (rc == -ETIMEDOUT && pss_connection_is_busy(run->connection, run->call->shell->interrupted))
		return 0;
	if (rc == -ECANCELED)
		return obey(run);
	if (rc == -EINTR) {
		pss_call_take_status(run->call, pss_status_exit(PSS_INTERRUPTED));
		return cancel(run, CANCELLED);
	}
	if (rc < 0)
		return rc;
	rc = on_frame(run, &frame);
	pss_connection_done(run->connection, &frame);
	return rc == 0 && run->call->stop ? cancel(run, CANCELLED) : rc;
}

static size_t n_under_way(const struct run *run)
{
	return run->n_pending - (run->n_opens - run->n_begun);
}

/* As many as may be under way. */
static int begin_some(struct run *run)
{
	int rc = 0;

	while (rc == 0 && run->n_begun < run->n_opens && n_under_way(run) < run->throttle) {
		struct pss_open *open = &run->opens[run->n_begun++];
		pss_call_verbose(run->call, "%s %s", kinds[run->kind].beginning, open->target.host);
		rc = write_open(run, open);
	}
	return rc;
}

int pss_request_open(struct pss_call *call, struct pss_connection *connection, struct pss_open *opens, size_t n_opens,
		     size_t throttle, enum pss_open_kind kind, struct pss_opening_keys *keys,
		     const struct pss_open_events *events)
{
	struct run run = { .call = call,
			   .connection = connection,
			   .opens = opens,
			   .n_opens = n_opens,
			   .n_pending = n_opens,
			   .throttle = throttle,
			   .kind = kind,
			   .keys = keys,
			   .events = events };
	int rc = begin_some(&run);

	while (rc == 0 && run.n_pending > 0) {
		rc = step(&run);
		if (rc == 0 && run.ending == GOES_ON)
			rc = begin_some(&run);
	}
	if (rc < 0 && run.ending != LEFT)
		pss_request_failed(call, connection, rc, n_opens == 1 ? opens[0].target.host : NULL);
	return rc;
}
