/* SPDX-License-Identifier: MIT */
/* pssession-rsh: a remote shell for programs that take one (`rsync -e pssession-rsh`), over a session's connection or
 * one that the host process makes. Its streams are those of the remote command, byte for byte; its status is the
 * command's, or 255 where there is none. It ends by any signal as programs do, and the channel with it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/requests/questions.h"
#include "client/requests/requests.h"
#include "rsh/arguments.h"
#include "rsh/relay.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

struct run {
	struct pss_call *call;
	struct pss_rsh *rsh;
	struct pss_connection connection;
	struct pss_rsh_relay relay;
	uint32_t request;
	bool is_over; /* its RESULT has come */
};

/* ---- this program in the place of a shell */

static void say_error(const char *command, const char *message)
{
	fprintf(stderr, "%s: %s\n", command, message);
}

static const char *get_variable(const char *name)
{
	return getenv(name);
}

static bool is_interrupted(void)
{
	return false;
}

static const struct pss_shell shell = {
	.name = "pssession-rsh",
	.error = say_error,
	.get_variable = get_variable,
	.interrupted = is_interrupted,
};

static const struct pss_verb verb = { .name = "pssession-rsh", .summary = "a remote shell over a session" };

static void print_help(void)
{
	puts("usage: pssession-rsh [-l USER] [-p PORT] [-i KEY] [-F CONFIG]\n"
	     "                     [-o OPTION=VALUE] [-n] HOST COMMAND...\n"
	     "       pssession-rsh --help | --version\n"
	     "\n"
	     "Runs the command on HOST, the Name, Id or InstanceId of a kept session or a\n"
	     "computer: over the session's connection, without another login. For programs\n"
	     "that take a remote shell, as rsync -e pssession-rsh.");
}

/* ---- the place */

static bool is_named(const struct pss_session *session, const char *text)
{
	_cleanup_(pss_free_pointer) char *id = pss_property_value(session, PSS_PROPERTY_ID);

	return strcasecmp(session->name, text) == 0 || strcasecmp(session->instance, text) == 0 ||
	       (id && strcmp(id, text) == 0);
}

/* With a parameter of the link it is one, whatever sessions are called. */
static bool names_a_computer(const struct run *run)
{
	for (int i = 0; i < PSS_LINK_COUNT; i++)
		if (run->call->link[i].given)
			return true;
	return false;
}

/* 0 and its InstanceId, or NULL: none has the name. */
static int find_session(struct run *run, char **ret_instance)
{
	struct pss_sessions sessions = { 0 };

	*ret_instance = NULL;
	if (names_a_computer(run))
		return 0;
	int rc = pss_request_list_running(run->call, &run->connection, &sessions);
	for (size_t i = 0; rc == 0 && i < sessions.n_items && !*ret_instance; i++)
		if (is_named(&sessions.items[i], run->rsh->host))
			*ret_instance = strdup(sessions.items[i].instance);
	if (rc == 0)
		pss_sessions_finish(&sessions);
	return rc;
}

static int find_computer(struct run *run)
{
	_cleanup_(pss_free_pointer) char *error = NULL;

	if (pss_target_parse(run->rsh->host, &run->rsh->target, &error) == 0)
		return 0;
	pss_call_usage(run->call, "%s", error ? error : "not enough memory");
	return -EINVAL;
}

static int ask_for_channel(struct run *run, const char *instance)
{
	_cleanup_(pss_free_pointer) char *directory = getcwd(NULL, 0);
	struct pss_message message;

	run->request = pss_connection_new_id(&run->connection);
	pss_message_begin(&message, &run->connection.out, PSS_CHANNEL, run->request);
	pss_message_text(&message, PSS_TAG_WORD, run->rsh->command);
	if (instance)
		pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	else
		pss_link_write(run->call->link, &run->rsh->target, directory ? directory : "", &message);
	if (!instance)
		pss_message_number(&message, PSS_TAG_SHARE, 1);
	pss_request_surroundings(&message, directory);
	pss_request_environment(run->call, &message);
	return pss_message_end(&message);
}

/* 0, or -errno, reported. */
static int begin(struct run *run)
{
	_cleanup_(pss_free_pointer) char *instance = NULL;

	int rc = find_session(run, &instance);
	if (rc == 0 && !instance)
		rc = find_computer(run);
	if (rc == 0 && run->connection.fd < 0)
		rc = pss_request_connect(run->call, true, &run->connection);
	if (rc == 0 && !pss_request_needs(run->call, &run->connection, 2))
		rc = -EPROTO;
	if (rc < 0)
		return rc;
	rc = ask_for_channel(run, instance);
	if (rc < 0)
		pss_request_failed(run->call, &run->connection, rc, run->rsh->host);
	return rc;
}

/* ---- what comes of it */

static int on_ask(struct run *run, struct pss_fields fields)
{
	const struct pss_asked asked = pss_asked_read(fields, run->rsh->host);
	int outcome;

	return pss_request_ask(&run->connection, run->request, &asked, NULL, NULL, &outcome);
}

static int on_note(struct run *run, struct pss_fields fields)
{
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);

	if (pss_fields_number(fields, PSS_TAG_NOTE_KIND, 0) == PSS_NOTE_WARNING && text)
		pss_call_warning(run->call, "%s", text);
	return 0;
}

static int on_opened(struct run *run, struct pss_fields fields)
{
	int fd = pss_connection_take_descriptor(&run->connection);

	if (fd < 0)
		return -EPROTO;
	pss_rsh_relay_open(&run->relay, fd);
	return 0;
}

static int on_result(struct run *run, struct pss_fields fields)
{
	enum pss_status status = (enum pss_status)pss_fields_number(fields, PSS_TAG_STATUS, PSS_PROTOCOL);
	const char *text = pss_fields_text(fields, PSS_TAG_MESSAGE);

	run->is_over = true;
	if (status == PSS_OK) {
		run->call->status = (int)pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 255);
		return 0;
	}
	pss_call_error(run->call, status, run->rsh->host, "%s", text ? text : pss_status_name(status));
	run->call->status = 255; /* as ssh has it */
	return 0;
}

static int on_nothing(struct run *run, struct pss_fields fields)
{
	return 0;
}

static const struct {
	enum pss_type type;
	int (*take)(struct run *run, struct pss_fields fields);
} takers[] = {
	{ PSS_ACK, on_nothing },   { PSS_ASK, on_ask },       { PSS_NOTE, on_note },
	{ PSS_OPENED, on_opened }, { PSS_RESULT, on_result },
};

static int on_frame(struct run *run, const struct pss_frame *frame)
{
	if (frame->header.id != run->request)
		return 0;
	if (frame->header.type == PSS_STDERR) {
		fwrite(frame->payload, 1, frame->header.length, stderr);
		return 0;
	}
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
		if (takers[i].type == (enum pss_type)frame->header.type)
			return takers[i].take(run, pss_frame_fields(frame));
	return 0;
}

static int take_frames(struct run *run)
{
	struct pss_frame frame;
	int rc = pss_connection_fill(&run->connection);

	if (rc == -EAGAIN)
		return 0;
	if (rc <= 0)
		return rc == 0 ? -ECONNRESET : rc;
	while ((rc = pss_connection_peek(&run->connection, &frame)) > 0) {
		rc = on_frame(run, &frame);
		pss_connection_done(&run->connection, &frame);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* One turn; 0 or -errno. */
static int turn(struct run *run)
{
	struct pollfd fds[PSS_RSH_RELAY_FDS + 1];

	int rc = pss_connection_flush(&run->connection);
	if (rc < 0 && rc != -EAGAIN)
		return rc == -EPIPE ? -ECONNRESET : rc;
	pss_rsh_relay_want(&run->relay, fds);
	fds[PSS_RSH_RELAY_FDS] = (struct pollfd){ .fd = run->is_over ? -1 : run->connection.fd,
						  .events = (short)(POLLIN | (rc == -EAGAIN ? POLLOUT : 0)) };
	if (poll(fds, PSS_RSH_RELAY_FDS + 1, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	rc = pss_rsh_relay_move(&run->relay, fds);
	return rc == 0 && !run->is_over && fds[PSS_RSH_RELAY_FDS].revents ? take_frames(run) : rc;
}

static void run_it(struct run *run)
{
	int rc = begin(run);

	if (rc < 0 && run->call->status == 0)
		run->call->status = 255;
	if (rc < 0)
		return;
	while (rc == 0 && !(run->is_over && pss_rsh_relay_is_over(&run->relay)))
		rc = turn(run);
	if (rc == 0)
		return;
	run->call->status = 255;
	if (rc != -EPIPE) /* who reads our output has ended: no more is to be said */
		pss_request_failed(run->call, &run->connection, rc, run->rsh->host);
}

int main(int n_arguments, char **arguments)
{
	struct pss_rsh rsh = { 0 };
	struct pss_call call = { .shell = &shell, .verb = &verb };
	struct run run = { .call = &call, .rsh = &rsh, .connection = { .fd = -1 } };

	signal(SIGPIPE, SIG_IGN);
	int rc = pss_rsh_read(&rsh, &call, arguments + 1);
	if (rc == PSS_RSH_HELP)
		print_help();
	if (rc == PSS_RSH_VERSION)
		printf("pssession-rsh %s\n", PSSESSION_VERSION);
	if (rc == PSS_RSH_RUN) {
		pss_rsh_relay_init(&run.relay, rsh.no_input);
		run_it(&run);
		pss_rsh_relay_finish(&run.relay);
		pss_connection_close(&run.connection);
	}
	pss_rsh_finish(&rsh, &call);
	return rc < 0 ? 2 : call.status;
}
