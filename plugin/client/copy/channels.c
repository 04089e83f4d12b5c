/* SPDX-License-Identifier: MIT */
/* The channels that the program asked for: a request to the host process each, the questions of its login, and the
 * descriptor that comes, which goes on to the program. Called by copy-loop.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/copy/private.h"
#include "client/requests/questions.h"
#include "client/requests/requests.h"
#include "wire/cleanup.h"
#include "wire/copy.h"
#include "wire/deadlines.h"

#define SAID_MAX 1024

/* ---- asking for one */

static struct pss_copy_channel *add_channel(struct pss_copy_run *run)
{
	struct pss_copy_channel *more = realloc(run->channels, (run->n_channels + 1) * sizeof *more);

	if (!more)
		return NULL;
	run->channels = more;
	more += run->n_channels++;
	*more = (struct pss_copy_channel){ 0 };
	return more;
}

/* The request of a channel of that place, whose connection is used once more; or 0. Of one that has ended the
 * connection may be gone. */
static uint32_t find_earlier(const struct pss_copy_run *run, size_t place)
{
	uint32_t number = 0;
	bool is_open = false;

	for (size_t i = 0; i < run->n_channels && !is_open; i++) {
		if (run->channels[i].place != place)
			continue;
		number = run->channels[i].number;
		is_open = run->channels[i].request != 0;
	}
	return number;
}

static void write_place(const struct pss_copy_run *run, size_t place, struct pss_message *message)
{
	const struct pss_copy_place *there = &run->copy->places[place];
	struct pss_call *call = run->copy->call;
	_cleanup_(pss_free_pointer) char *directory = getcwd(NULL, 0);

	if (there->instance)
		pss_message_text(message, PSS_TAG_INSTANCE, there->instance);
	else
		pss_link_write(call->link, &there->computer, directory ? directory : "", message);
	if (!there->instance)
		pss_request_via(call, message);
	pss_message_number(message, PSS_TAG_VERBOSE, pss_call_verbosity(call));
	if (run->copy->is_quiet)
		pss_message_number(message, PSS_TAG_CAN_ASK, 0); /* the first of its tag counts */
	pss_request_surroundings(message, directory);
	pss_request_environment(call, message);
}

static int end_without_host(struct pss_copy_run *run, uint32_t id)
{
	struct pss_buffer buffer;
	struct pss_message message;

	pss_buffer_init(&buffer);
	pss_message_begin(&message, &buffer, (enum pss_type)PSS_COPY_ENDED, id);
	pss_message_number(&message, PSS_TAG_STATUS, PSS_NO_HOST);
	pss_message_text(&message, PSS_TAG_MESSAGE, "the host process has ended");
	int rc = pss_message_end(&message);
	if (rc == 0)
		rc = pss_copy_program_send(run, &buffer, -1);
	pss_buffer_finish(&buffer);
	return rc;
}

int pss_copy_channels_lose(struct pss_copy_run *run)
{
	int rc = 0;

	pss_connection_close(&run->copy->connection);
	for (size_t i = 0; rc == 0 && i < run->n_channels; i++) {
		if (run->channels[i].request)
			rc = end_without_host(run, run->channels[i].id);
		run->channels[i].request = 0;
	}
	return rc;
}

int pss_copy_channel_open(struct pss_copy_run *run, uint32_t id, size_t place, const char *command)
{
	struct pss_connection *connection = &run->copy->connection;

	if (connection->fd < 0)
		return end_without_host(run, id);
	uint32_t earlier = find_earlier(run, place);
	struct pss_copy_channel *channel = add_channel(run);
	struct pss_message message;

	if (!channel)
		return -ENOMEM;
	*channel = (struct pss_copy_channel){
		.id = id, .place = place, .request = pss_connection_new_id(connection), .sent_at = pss_now_ms()
	};
	channel->number = channel->request;
	pss_call_verbose(run->copy->call, "opening a channel to %s", run->copy->places[place].label);
	pss_message_begin(&message, &connection->out, PSS_CHANNEL, channel->request);
	if (command)
		pss_message_text(&message, PSS_TAG_WORD, command);
	else
		pss_message_text(&message, PSS_TAG_SUBSYSTEM, "sftp");
	if (earlier)
		pss_message_number(&message, PSS_TAG_CHANNEL, earlier);
	write_place(run, place, &message); /* it may end meanwhile */
	return pss_message_end(&message);
}

long long pss_copy_channels_deadline(const struct pss_copy_run *run)
{
	long long first = -1;

	for (size_t i = 0; i < run->n_channels; i++)
		if (run->channels[i].request && !run->channels[i].acknowledged &&
		    (first < 0 || run->channels[i].sent_at < first))
			first = run->channels[i].sent_at;
	return first < 0 ? -1 : first + pss_deadline(PSS_ACK_MS);
}

/* ---- what comes of it */

static const char *label_of(const struct pss_copy_run *run, const struct pss_copy_channel *channel)
{
	return run->copy->places[channel->place].label;
}

static int ask(void *user, const struct pss_asked *asked, struct pss_buffer *ret_answer)
{
	const struct pss_copy_run *run = user;
	return run->stopped ? -EINTR : pss_asked_put(asked, ret_answer);
}

static int on_ask(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	const struct pss_asked asked = pss_asked_read(pss_frame_fields(frame), label_of(run, channel));
	int outcome;
	int rc = pss_request_ask(&run->copy->connection, channel->request, &asked, ask, run, &outcome);

	return rc < 0 ? rc : outcome == -EINTR && !run->stopped ? -EINTR : 0;
}

static int on_note(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	struct pss_call *call = run->copy->call;
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);
	_cleanup_(pss_free_pointer) char *whole =
		pss_format(run->copy->n_places > 2 ? "[%s] %s" : "%.0s%s", label_of(run, channel), text ? text : "");

	switch (whole ? pss_fields_number(fields, PSS_TAG_NOTE_KIND, PSS_NOTE_DEBUG) : PSS_NOTE_MOTD) {
	case PSS_NOTE_WARNING:
		pss_call_warning(call, "%s", whole);
		break;
	case PSS_NOTE_BANNER: /* nothing of one's own copy's: only where it is asked for */
	case PSS_NOTE_VERBOSE:
		pss_call_verbose(call, "%s", whole);
		break;
	case PSS_NOTE_DEBUG:
		pss_call_debug(call, "%s", whole);
		break;
	default:
		break;
	}
	return 0;
}

static int on_ack(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	channel->acknowledged = true;
	return 0;
}

/* Passes on what the fields say, with a descriptor (or -1). */
static int pass(struct pss_copy_run *run, uint16_t type, const struct pss_copy_channel *channel,
		struct pss_fields fields, int fd)
{
	struct pss_buffer buffer;
	struct pss_message message;
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);

	pss_buffer_init(&buffer);
	pss_message_begin(&message, &buffer, type, channel->id);
	pss_message_number(&message, PSS_TAG_STATUS, pss_fields_number(fields, PSS_TAG_STATUS, PSS_OK));
	pss_message_number(&message, PSS_TAG_EXIT_STATUS, pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0));
	pss_message_text(&message, PSS_TAG_DIRECTORY, pss_fields_text(fields, PSS_TAG_DIRECTORY));
	pss_message_number(&message, PSS_TAG_RESILIENT, pss_fields_number(fields, PSS_TAG_RESILIENT, 0));
	pss_message_text(&message, PSS_TAG_MESSAGE, text ? text : channel->said);
	int rc = pss_message_end(&message);
	if (rc == 0)
		rc = pss_copy_program_send(run, &buffer, fd);
	pss_buffer_finish(&buffer);
	return rc;
}

static int on_opened(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	_cleanup_(pss_close_fd) int fd = pss_connection_take_descriptor(&run->copy->connection);

	if (fd < 0)
		return -EPROTO;
	channel->acknowledged = true;
	return pass(run, PSS_COPY_OPENED, channel, pss_frame_fields(frame), fd);
}

/* The end of what it says says why. */
static int on_stderr(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	size_t n = frame->header.length > SAID_MAX ? SAID_MAX : frame->header.length;
	const char *text = (const char *)frame->payload + frame->header.length - n;
	char *longer = pss_format("%s%.*s", channel->said ? channel->said : "", (int)n, text);

	if (!longer)
		return 0;
	size_t n_longer = strlen(longer);
	if (n_longer > SAID_MAX)
		memmove(longer, longer + n_longer - SAID_MAX, SAID_MAX + 1);
	free(channel->said);
	channel->said = longer;
	return 0;
}

static int on_result(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame)
{
	channel->request = 0;
	int rc = pass(run, PSS_COPY_ENDED, channel, pss_frame_fields(frame), -1);
	free(channel->said);
	channel->said = NULL;
	return rc;
}

static const struct {
	enum pss_type type;
	int (*take)(struct pss_copy_run *run, struct pss_copy_channel *channel, const struct pss_frame *frame);
} takers[] = {
	{ PSS_ACK, on_ack },       { PSS_ASK, on_ask },       { PSS_NOTE, on_note },
	{ PSS_OPENED, on_opened }, { PSS_STDERR, on_stderr }, { PSS_RESULT, on_result },
};

static int on_frame(struct pss_copy_run *run, const struct pss_frame *frame)
{
	struct pss_copy_channel *channel = NULL;

	for (size_t i = 0; i < run->n_channels; i++)
		if (run->channels[i].request && run->channels[i].request == frame->header.id)
			channel = &run->channels[i];
	for (size_t i = 0; channel && i < sizeof takers / sizeof *takers; i++)
		if (takers[i].type == (enum pss_type)frame->header.type)
			return takers[i].take(run, channel, frame);
	return 0;
}

int pss_copy_channels_take(struct pss_copy_run *run)
{
	struct pss_connection *connection = &run->copy->connection;
	struct pss_frame frame;

	int rc = pss_connection_fill(connection);
	if (rc == -EAGAIN)
		return 0;
	if (rc <= 0)
		return rc == 0 ? -ECONNRESET : rc;
	while ((rc = pss_connection_peek(connection, &frame)) > 0) {
		rc = on_frame(run, &frame);
		pss_connection_done(connection, &frame);
		if (rc < 0)
			return rc;
	}
	return rc;
}

void pss_copy_channels_finish(struct pss_copy_run *run)
{
	for (size_t i = 0; i < run->n_channels; i++)
		free(run->channels[i].said);
	free(run->channels);
}
