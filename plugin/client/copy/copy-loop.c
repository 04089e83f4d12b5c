/* SPDX-License-Identifier: MIT */
/* The life of one copy in the shell: the program is started, and then whatever comes is passed on: its wishes to the
 * host process, channels to it, its lines to the streams of the call. Waits in one place, where Ctrl-C is seen. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/copy/private.h"
#include "client/requests/requests.h"
#include "client/tty/look.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"
#include "wire/copy.h"
#include "wire/deadlines.h"
#include "wire/frame.h"

#define READ_SIZE 65536

static void stop(struct pss_copy_run *run)
{
	if (run->stopped)
		return;
	run->stopped = true;
	run->stop_at = pss_now_ms() + pss_deadline(PSS_ACK_MS);
	pss_copy_program_tell(run, PSS_COPY_STOP, 0);
}

/* ---- what the program has to say */

static int on_open(struct pss_copy_run *run, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	size_t place = (size_t)pss_fields_number(fields, PSS_TAG_PLACE, 0);

	if (place == 0 || place >= run->copy->n_places)
		return -EPROTO;
	return pss_copy_channel_open(run, frame->header.id, place, pss_fields_text(fields, PSS_TAG_WORD));
}

static int on_error(struct pss_copy_run *run, const struct pss_frame *frame)
{
	struct pss_copy *copy = run->copy;
	struct pss_fields fields = pss_frame_fields(frame);
	size_t place = (size_t)pss_fields_number(fields, PSS_TAG_PLACE, 0);
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	if (!run->stopped && !copy->is_quiet)
		pss_call_error(copy->call, (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, PSS_FAILED),
			       place > 0 && place < copy->n_places ? copy->places[place].label : NULL, "%s",
			       message ? message : "");
	if (copy->call->stop)
		stop(run);
	return run->stopped ? 0 : pss_copy_program_tell(run, PSS_COPY_GO_ON, 0);
}

/* For a program as it is; to a terminal nothing that it would obey. */
static void print(const char *text)
{
	_cleanup_(pss_free_pointer) char *visible = isatty(STDOUT_FILENO) ? pss_visible(text, false) : NULL;

	puts(visible ? visible : text);
	fflush(stdout);
}

static int on_output(struct pss_copy_run *run, const struct pss_frame *frame)
{
	_cleanup_(pss_free_pointer) char *text =
		pss_format("%.*s", (int)frame->header.length, (const char *)frame->payload);

	if (!text)
		return -ENOMEM;
	if (run->copy->on_output) {
		run->copy->on_output(run->copy->user, text);
		return 0;
	}
	print(text);
	pss_call_output(run->copy->call, text);
	return 0;
}

static int on_note(struct pss_copy_run *run, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);

	switch (pss_fields_number(fields, PSS_TAG_NOTE_KIND, PSS_NOTE_DEBUG)) {
	case PSS_NOTE_WARNING:
		pss_call_warning(run->copy->call, "%s", text ? text : "");
		break;
	case PSS_NOTE_VERBOSE:
		pss_call_verbose(run->copy->call, "%s", text ? text : "");
		break;
	default:
		pss_call_debug(run->copy->call, "%s", text ? text : "");
	}
	return 0;
}

static int on_done(struct pss_copy_run *run, const struct pss_frame *frame)
{
	uint64_t status = pss_fields_number(pss_frame_fields(frame), PSS_TAG_STATUS, PSS_OK);

	run->done = true;
	/* Who stopped it knows the status. */
	if (!run->stopped)
		pss_call_take_status(run->copy->call, pss_status_exit((uint32_t)status));
	return 0;
}

static int on_progress(struct pss_copy_run *run, const struct pss_frame *frame)
{
	const char *text = pss_fields_text(pss_frame_fields(frame), PSS_TAG_MESSAGE);

	pss_copy_progress_show(run, text && !run->stopped ? text : "");
	return 0;
}

static const struct {
	enum pss_copy_type type;
	bool prints;
	int (*take)(struct pss_copy_run *run, const struct pss_frame *frame);
} takers[] = {
	{ PSS_COPY_OPEN, true, on_open }, /* a login may ask */
	{ PSS_COPY_ERROR, true, on_error }, { PSS_COPY_OUTPUT, true, on_output },
	{ PSS_COPY_NOTE, true, on_note },   { PSS_COPY_PROGRESS, false, on_progress },
	{ PSS_COPY_DONE, true, on_done },
};

static int on_frame(struct pss_copy_run *run, const struct pss_frame *frame)
{
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
		if (takers[i].type != (enum pss_copy_type)frame->header.type)
			continue;
		if (takers[i].prints)
			pss_copy_progress_clear(run);
		return takers[i].take(run, frame);
	}
	return -EPROTO;
}

/* 0, -EPIPE when the program is gone, or -errno. */
static int take_from_program(struct pss_copy_run *run)
{
	struct pss_descriptors none;
	struct pss_frame frame;
	unsigned char *room = pss_buffer_reserve(&run->in, READ_SIZE);
	if (!room)
		return -ENOMEM;
	ssize_t n = pss_receive_descriptors(run->program, room, READ_SIZE, &none);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 || n == -ECONNRESET ? -EPIPE : (int)n;
	pss_buffer_commit(&run->in, (size_t)n);
	int rc;
	while ((rc = pss_frame_parse(&run->in, &frame)) > 0 && !run->done) {
		rc = on_frame(run, &frame);
		pss_buffer_consume(&run->in, pss_frame_size(&frame));
		if (rc < 0)
			break;
	}
	return rc < 0 ? rc : 0;
}

/* ---- waiting */

static long long find_deadline(const struct pss_copy_run *run)
{
	long long deadline = pss_copy_channels_deadline(run), end = run->copy->deadline;

	return end > 0 && (deadline < 0 || end < deadline) ? end : deadline;
}

static int wait_for_either(struct pss_copy_run *run, struct pollfd fds[2])
{
	struct pss_connection *connection = &run->copy->connection;
	long long deadline = run->stopped ? run->stop_at : find_deadline(run);

	int flushed = connection->fd >= 0 ? pss_connection_flush(connection) : 0;
	if (flushed < 0 && flushed != -EAGAIN && flushed != -EPIPE && flushed != -ECONNRESET)
		return flushed;
	fds[0] = (struct pollfd){ .fd = run->program, .events = POLLIN };
	fds[1] =
		(struct pollfd){ .fd = connection->fd, .events = (short)(POLLIN | (flushed == -EAGAIN ? POLLOUT : 0)) };
	return pss_wait_descriptors(fds, 2, deadline, run->stopped ? NULL : run->copy->call->shell->interrupted);
}

static int step(struct pss_copy_run *run)
{
	struct pss_copy *copy = run->copy;
	struct pollfd fds[2];

	int rc = wait_for_either(run, fds);
	if (rc == -EINTR) {
		pss_copy_progress_clear(run);
		pss_call_take_status(copy->call, pss_status_exit(PSS_INTERRUPTED));
		stop(run);
		return 0;
	}
	if (rc == -ETIMEDOUT && copy->is_quiet)
		return -EPIPE;
	if (rc == -ETIMEDOUT && !run->stopped &&
	    pss_connection_is_busy(&copy->connection, copy->call->shell->interrupted))
		return 0;
	if (rc < 0)
		return rc;
	if (fds[1].revents) {
		pss_copy_progress_clear(run);
		rc = pss_copy_channels_take(run);
		if (rc == -ECONNRESET || rc == -EPIPE)
			return pss_copy_channels_lose(run); /* the program says it, and what is left because of it */
		if (rc < 0)
			pss_request_failed(copy->call, &copy->connection, rc, NULL);
		if (rc < 0)
			return rc;
		if (copy->call->stop)
			stop(run);
	}
	return fds[0].revents ? take_from_program(run) : 0;
}

static void run_program(struct pss_copy_run *run)
{
	struct pss_call *call = run->copy->call;

	int rc = pss_copy_send_request(run);
	while (rc == 0 && !run->done)
		rc = step(run);
	pss_copy_progress_clear(run);
	if (run->copy->is_quiet)
		return;
	if (rc == -EPIPE && !run->stopped)
		pss_call_error(
			call, PSS_FAILED, NULL,
			"the program that copies has ended before it was done; what it was at is left as "
			".NAME.pss-…, not whole: the same copy goes on with it with -Resume, and clears it without");
	else if (rc == -EPROTO || rc == -EMSGSIZE)
		pss_call_error(call, PSS_FAILED, NULL,
			       "pssession-copy sent something that this version of copy-item does not understand; "
			       "start a new shell, which loads the installed version");
	else if ((rc == -ETIMEDOUT || rc == -E2BIG) && !run->stopped)
		pss_request_failed(call, &run->copy->connection, rc, NULL);
}

static void choose_progress(struct pss_copy_run *run)
{
	char *flags = run->copy->flags;

	pss_writer_init(&run->writer, STDERR_FILENO);
	if (run->copy->is_quiet || !pss_look_can_redraw() || !pss_call_wants_progress(run->copy->call))
		return;
	size_t n = strlen(flags);
	flags[n] = PSS_COPY_SHOWS_PROGRESS;
	flags[n + 1] = '\0';
}

void pss_copy_run(struct pss_copy *copy)
{
	struct pss_copy_run run = { .copy = copy, .program = -1 };

	if (copy->connection.fd < 0 && pss_request_connect(copy->call, true, &copy->connection) < 0)
		return;
	pss_buffer_init(&run.in);
	choose_progress(&run);
	if (pss_copy_program_start(&run))
		run_program(&run);
	pss_writer_finish(&run.writer);
	pss_copy_channels_finish(&run);
	pss_buffer_finish(&run.in);
	if (run.program >= 0)
		close(run.program);
}
