/* SPDX-License-Identifier: MIT */
/* A live wire, the client's end: a host process that answers with anything that is framed, and then hangs up. Whatever
 * was asked ends. The first byte chooses what is asked; the rest is the answer. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/base/output-fd.h"
#include "client/entered/attached.h"
#include "client/invoke/private.h"
#include "client/requests/requests.h"
#include "frames.h"

#define ANSWER_MAX (96u * 1024u) /* what a socket takes */
#define RAW_FRAME 64

static char one[] = "one", two[] = "two";

/* ---- a shell that says nothing */

static void say_nothing(const char *command, const char *message)
{
}

static const char *no_variable(const char *name)
{
	return NULL;
}

static int take_array(const char *name)
{
	return 0;
}

static int drop_array(const char *name, const char *const *values, size_t n_values, bool append)
{
	return 0;
}

static bool never(void)
{
	return false;
}

static const struct pss_shell shell = {
	.name = "fuzz",
	.error = say_nothing,
	.get_variable = no_variable,
	.check_array = take_array,
	.set_array = drop_array,
	.interrupted = never,
};

static struct pss_call make_call(const struct pss_verb *verb)
{
	return (struct pss_call){ .shell = &shell, .verb = verb };
}

static void finish_call(struct pss_call *call)
{
	for (int i = 0; i < PSS_STREAM_COUNT; i++)
		pss_texts_finish(&call->streams[i]);
}

/* ---- what is asked */

static void ask_for_list(struct pss_connection *connection)
{
	struct pss_call call = make_call(&pss_verb_get);
	struct pss_sessions sessions = { 0 };

	if (pss_request_list(&call, connection, &sessions) == 0)
		pss_sessions_finish(&sessions);
	finish_call(&call);
}

static void on_opened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct pss_session session;

	if (pss_session_read(fields, &session) == 0)
		pss_session_finish(&session);
}

static void open_two(struct pss_connection *connection, enum pss_open_kind kind)
{
	struct pss_call call = make_call(&pss_verb_new);
	struct pss_open opens[2] = { { .target.host = one }, { .target.host = two, .resilience.wanted = true } };
	const struct pss_open_events events = { .on_opened = on_opened };

	pss_request_open(&call, connection, opens, kind == PSS_OPEN_ENTERED ? 1 : 2, 1, kind, NULL, &events);
	free(opens[0].parting);
	free(opens[1].parting);
	finish_call(&call);
}

static void open_kept(struct pss_connection *connection)
{
	open_two(connection, PSS_OPEN_KEPT);
}

static void open_entered(struct pss_connection *connection)
{
	open_two(connection, PSS_OPEN_ENTERED);
}

static void find_sessions(struct pss_connection *connection)
{
	open_two(connection, PSS_OPEN_LISTED);
}

static void change_session(struct pss_connection *connection)
{
	struct pss_call call = make_call(&pss_verb_connect);
	const struct pss_change change = { .type = PSS_CONNECT };
	struct pss_session session = { .id = 1, .name = one, .instance = two, .computer = one }, changed;

	if (pss_request_change(&call, connection, &change, &session, &changed) == 1)
		pss_session_finish(&changed);
	finish_call(&call);
}

/* As the entered loop drives it, without a terminal. */
static void enter(struct pss_connection *connection)
{
	uint32_t id = pss_connection_new_id(connection);
	struct pss_frame frame;
	struct pss_attached link;

	pss_attached_init(&link, connection, id);
	pss_attached_complete(&link, "ls x", 4, 4);
	pss_attached_command(&link, PSS_PING);
	while (link.stage != PSS_STAGE_LEFT && link.stage != PSS_STAGE_LOST) {
		while (pss_attached_next(&link, &frame))
			pss_attached_shown(&link, &frame);
		if (link.stage == PSS_STAGE_PROMPT && link.prompt.continuation)
			pss_attached_discard(&link);
		else if (link.stage == PSS_STAGE_PROMPT)
			pss_attached_line(&link, "true", 4);
		pss_attached_flush(&link);
		pss_attached_fill(&link);
	}
	pss_attached_forget_completion(&link);
	pss_attached_finish(&link);
}

static void consume(struct pss_buffer *buffer)
{
	pss_buffer_consume(buffer, buffer->length);
}

static void run_invoke(struct pss_invoke *invoke)
{
	struct pss_invoke_output *output = &invoke->run->output;
	struct pss_frame frame;

	pss_invoke_start(invoke, &invoke->targets[0]);
	pss_invoke_start(invoke, &invoke->targets[1]);
	while (pss_connection_wait(&invoke->connection, -1, never, &frame) == 1) {
		/* 1: it waits for its descriptor, which takes it or is broken. */
		for (int i = 0; i < 2 && pss_invoke_on_frame(invoke, &frame) == 1; i++)
			consume(&output->queue[0]);
		pss_connection_done(&invoke->connection, &frame);
		consume(&output->queue[0]);
		consume(&output->queue[1]);
	}
	if (invoke->request.form == PSS_FORM_GROUPED)
		pss_invoke_show_groups(invoke);
}

static void invoke_with(struct pss_connection *connection, enum pss_invoke_form form)
{
	struct pss_call call = make_call(&pss_verb_invoke);
	struct pss_invoke_run run = { .terminal.fd = -1 };
	struct pss_invoke_target targets[2] = {
		{ .label = "one", .computer.host = one },
		{ .label = "two", .instance = "11111111-1111-4111-8111-111111111111" },
	};
	struct pss_invoke invoke = {
		.call = &call,
		.request = { .command = { .text = "true", .n_text = 4 }, .input.fd = -1, .throttle = 32, .form = form },
		.targets = targets,
		.n_targets = 2,
		.connection = *connection,
		.run = &run,
	};

	pss_writer_init(&run.output.writers[0], connection->fd);
	pss_writer_init(&run.output.writers[1], connection->fd);
	run_invoke(&invoke);
	for (int i = 0; i < 2; i++) {
		pss_writer_finish(&run.output.writers[i]);
		pss_buffer_finish(&run.output.queue[i]);
		pss_buffer_finish(&targets[0].output.partial[i]);
		pss_buffer_finish(&targets[1].output.partial[i]);
		free(targets[i].result.reason);
	}
	pss_sessions_finish(&invoke.started);
	pss_buffer_wipe(&run.password);
	*connection = invoke.connection;
	finish_call(&call);
}

static void invoke_lines(struct pss_connection *connection)
{
	invoke_with(connection, PSS_FORM_LINES);
}

static void invoke_grouped(struct pss_connection *connection)
{
	invoke_with(connection, PSS_FORM_GROUPED);
}

static void invoke_json(struct pss_connection *connection)
{
	invoke_with(connection, PSS_FORM_JSON);
}

static void (*const questions[])(struct pss_connection *connection) = {
	enter,          ask_for_list, open_kept,      open_entered, find_sessions,
	change_session, invoke_lines, invoke_grouped, invoke_json,
};

/* ---- the answer */

static void answer(int fd, struct input *input)
{
	struct pss_buffer out;
	size_t n;

	pss_buffer_init(&out);
	while (input->left > 0) {
		if (input_byte(input) % RAW_FRAME == 0) {
			const uint8_t *bytes = input_block(input, &n);
			pss_buffer_append(&out, bytes, n);
		} else {
			frame_from_input(&out, input, FRAME_OF_HOST, "11111111-1111-4111-8111-111111111111");
		}
	}
	n = out.length < ANSWER_MAX ? out.length : ANSWER_MAX;
	if (n > 0 && send(fd, pss_buffer_bytes(&out), n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		abort();
	shutdown(fd, SHUT_WR);
	pss_buffer_finish(&out);
}

/* Nobody can be asked: no question reaches the terminal that the fuzzer was started from. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty >= 0) {
		ioctl(tty, TIOCNOTTY);
		close(tty);
	}
	unsetenv("SSH_ASKPASS");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct pss_connection connection = { .version = PSS_PROTOCOL_VERSION };
	size_t question = input_byte(&input) % (sizeof questions / sizeof *questions);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	connection.fd = pair[0];
	answer(pair[1], &input);
	questions[question](&connection);
	pss_connection_close(&connection);
	close(pair[1]);
	return 0;
}
