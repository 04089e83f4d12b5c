/* SPDX-License-Identifier: MIT */
/* CHANNEL: what a client gets by the descriptor, and what by frames; over local processes in the place of a server. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "invoke-client.h"
#include "wire/descriptors.h"
#include "wire/status.h"

#define BIG (3u * 1024u * 1024u)
/* A pair of sockets, a pipe or two, and 64 KiB here and there. */
#define BETWEEN_MAX (2u * 1024u * 1024u)

typedef struct {
	uint32_t id;
	int fd;          /* -1: none came */
	char *directory; /* or NULL */
	GByteArray *in;
	GString *errors;
	gboolean is_over;
	uint64_t status, exit_status;
	char *message;
} Channel;

typedef void (*WriteFields)(TestInvoker *invoker, struct pss_message *message);

static void name_computer(TestInvoker *invoker, struct pss_message *message)
{
	g_autofree char *home = g_strdup_printf("HOME=%s", invoker->home);

	pss_message_text(message, PSS_TAG_TARGET, "testhost");
	pss_message_text(message, PSS_TAG_ENV, home);
}

static void name_session(TestInvoker *invoker, struct pss_message *message)
{
	pss_message_text(message, PSS_TAG_INSTANCE, invoker->instance);
}

static void name_earlier(TestInvoker *invoker, struct pss_message *message)
{
	pss_message_number(message, PSS_TAG_CHANNEL, invoker->last_id - 1);
}

/* ---- frames, whose descriptors come with them */

static int take_bytes(TestInvoker *invoker)
{
	struct pss_descriptors came;
	char bytes[4096];
	ssize_t n = pss_receive_descriptors(invoker->client.fd, bytes, sizeof bytes, &came);

	g_assert_cmpuint(came.n, <=, 1);
	if (n > 0)
		pss_buffer_append(&invoker->client.in, bytes, (size_t)n);
	return came.n > 0 ? came.fds[0] : -1;
}

static void take_frame(Channel *channel, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);

	if (frame->header.id != channel->id)
		return;
	switch (frame->header.type) {
	case PSS_OPENED:
		channel->directory = g_strdup(pss_fields_text(fields, PSS_TAG_DIRECTORY));
		break;
	case PSS_STDERR:
		g_string_append_len(channel->errors, (const char *)frame->payload, frame->header.length);
		break;
	case PSS_RESULT:
		channel->is_over = TRUE;
		channel->status = pss_fields_number(fields, PSS_TAG_STATUS, 99);
		channel->exit_status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
		channel->message = g_strdup(pss_fields_text(fields, PSS_TAG_MESSAGE));
		break;
	default:
		g_assert_cmpint(frame->header.type, ==, PSS_ACK);
	}
}

static void turn(TestInvoker *invoker, Channel *channel)
{
	struct pss_frame frame;
	char bytes[65536];

	g_main_context_iteration(NULL, FALSE);
	int fd = take_bytes(invoker);
	if (fd >= 0) {
		g_assert_cmpint(channel->fd, ==, -1);
		channel->fd = fd;
		fcntl(fd, F_SETFL, O_NONBLOCK);
	}
	while (pss_frame_parse(&invoker->client.in, &frame) > 0) {
		take_frame(channel, &frame);
		pss_buffer_consume(&invoker->client.in, pss_frame_size(&frame));
	}
	gssize n = channel->fd >= 0 && channel->in ? read(channel->fd, bytes, sizeof bytes) : -1;
	if (n > 0)
		g_byte_array_append(channel->in, (const guint8 *)bytes, (guint)n);
}

/* ---- channels */

static void open_channel(TestInvoker *invoker, Channel *channel, WriteFields place, enum pss_tag what, const char *text)
{
	struct pss_message message;

	*channel =
		(Channel){ .id = ++invoker->last_id, .fd = -1, .in = g_byte_array_new(), .errors = g_string_new(NULL) };
	/* What a helper has parsed is behind us. */
	if (invoker->client.has_frame)
		pss_buffer_consume(&invoker->client.in, pss_frame_size(&invoker->client.frame));
	invoker->client.has_frame = FALSE;
	pss_message_begin(&message, &invoker->client.out, PSS_CHANNEL, channel->id);
	pss_message_text(&message, what, text);
	place(invoker, &message);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&invoker->client);
}

static void finish_channel(Channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	g_free(channel->directory);
	g_free(channel->message);
	g_string_free(channel->errors, TRUE);
	if (channel->in)
		g_byte_array_unref(channel->in);
}

static void expect_bytes(const Channel *channel, const char *text)
{
	g_assert_cmpmem(channel->in->data, channel->in->len, text, strlen(text));
}

/* Sends all of it while it reads what comes, then ends its input. */
static void send_all(TestInvoker *invoker, Channel *channel, const guint8 *bytes, gsize n)
{
	test_until(channel->fd >= 0 || (turn(invoker, channel), FALSE));
	while (n > 0) {
		gssize sent = write(channel->fd, bytes, n);
		bytes += MAX(sent, 0);
		n -= (gsize)MAX(sent, 0);
		turn(invoker, channel);
	}
	shutdown(channel->fd, SHUT_WR);
}

static void expect_over(TestInvoker *invoker, Channel *channel, enum pss_status status)
{
	test_until(channel->is_over || (turn(invoker, channel), FALSE));
	for (int i = 0; i < 4; i++) /* what the socket has still */
		turn(invoker, channel);
	g_assert_cmpint(channel->status, ==, status);
}

/* ---- tests */

static void test_computer(TestInvoker *invoker, gconstpointer data)
{
	g_autofree guint8 *bytes = g_malloc(BIG);
	Channel channel;

	for (gsize i = 0; i < BIG; i++)
		bytes[i] = (guint8)(i * 2654435761u >> 11);
	open_channel(invoker, &channel, name_computer, PSS_TAG_WORD, "cat; echo oops >&2; exit 7");
	send_all(invoker, &channel, bytes, BIG);
	expect_over(invoker, &channel, PSS_OK);
	g_assert_cmpuint(channel.exit_status, ==, 7);
	g_assert_cmpstr(channel.errors->str, ==, "oops\n");
	g_assert_cmpmem(channel.in->data, channel.in->len, bytes, BIG);
	finish_channel(&channel);
}

static void test_directory(TestInvoker *invoker, gconstpointer data)
{
	TestResult result = test_invoke_finish(invoker, test_invoke_start(invoker, "cd /usr", FALSE, FALSE));
	Channel channel;

	test_result_clear(&result);
	open_channel(invoker, &channel, name_session, PSS_TAG_WORD, "pwd");
	expect_over(invoker, &channel, PSS_OK);
	g_assert_cmpstr(channel.directory, ==, "/usr");
	g_autofree char *home = g_strconcat(invoker->home, "\n", NULL);
	expect_bytes(&channel, home);
	finish_channel(&channel);
}

/* What nobody takes is not read: neither here nor there. */
static void test_pressure(TestInvoker *invoker, gconstpointer data)
{
	static const guint8 zeros[65536];
	Channel channel;
	gsize n_sent = 0;

	open_channel(invoker, &channel, name_computer, PSS_TAG_WORD,
		     "head -c 50000000 /dev/zero; read x; wc -c; read x");
	g_clear_pointer(&channel.in, g_byte_array_unref);
	test_until(channel.fd >= 0 || (turn(invoker, &channel), FALSE));
	for (int n_idle = 0; n_idle < 1000; turn(invoker, &channel)) {
		gssize sent = write(channel.fd, zeros, sizeof zeros);
		n_sent += (gsize)MAX(sent, 0);
		n_idle = sent > 0 ? 0 : n_idle + 1;
		g_assert_cmpuint(n_sent, <, BETWEEN_MAX);
	}
	/* The reader takes what is there, and no more than that has been kept for it. */
	channel.in = g_byte_array_new();
	test_until(channel.in->len == 50000000 || (turn(invoker, &channel), FALSE));
	finish_channel(&channel);
	channel.fd = -1;
}

static void test_closed_here(TestInvoker *invoker, gconstpointer data)
{
	g_autofree char *gone = g_build_filename(invoker->home, "gone", NULL);
	g_autofree char *command = g_strdup_printf("trap '' HUP; echo on; cat; echo >%s", gone);
	Channel channel;

	open_channel(invoker, &channel, name_session, PSS_TAG_WORD, command);
	test_until(channel.in->len > 0 || (turn(invoker, &channel), FALSE));
	close(channel.fd);
	channel.fd = -1;
	expect_over(invoker, &channel, PSS_INTERRUPTED);
	test_until(g_file_test(gone, G_FILE_TEST_EXISTS));
	finish_channel(&channel);
}

static void test_several(TestInvoker *invoker, gconstpointer data)
{
	Channel channels[6];

	for (int i = 0; i < 6; i++) {
		open_channel(invoker, &channels[i], i == 0 ? name_computer : name_earlier, PSS_TAG_WORD, "cat");
		test_until(channels[i].fd >= 0 || channels[i].is_over || (turn(invoker, &channels[i]), FALSE));
	}
	/* Places are left for what else its user does on the connection. */
	g_assert_true(channels[5].is_over);
	g_assert_cmpint(channels[5].status, ==, PSS_BUSY);
	for (int i = 4; i >= 0; i--) {
		send_all(invoker, &channels[i], (const guint8 *)"x", 1);
		expect_over(invoker, &channels[i], PSS_OK);
		expect_bytes(&channels[i], "x");
	}
	for (int i = 0; i < 6; i++)
		finish_channel(&channels[i]);
}

static void test_refused(TestInvoker *invoker, gconstpointer data)
{
	Channel channel;

	open_channel(invoker, &channel, name_session, PSS_TAG_SUBSYSTEM, "sftp");
	expect_over(invoker, &channel, PSS_UNSUPPORTED);
	g_assert_cmpstr(channel.message, ==, "the server has no subsystem \"sftp\"");
	finish_channel(&channel);
	open_channel(invoker, &channel, name_earlier, PSS_TAG_NAME, "neither");
	expect_over(invoker, &channel, PSS_USAGE);
	finish_channel(&channel);
}

/* A terminal that edits a line, and a command beside it, are as if there were no channel. */
static void test_beside(TestInvoker *invoker, gconstpointer data)
{
	Channel channel;

	open_channel(invoker, &channel, name_session, PSS_TAG_WORD, "cat");
	test_until(channel.fd >= 0 || (turn(invoker, &channel), FALSE));
	TestResult result = test_invoke_finish(invoker, test_invoke_start(invoker, "echo in; cd /", FALSE, FALSE));
	g_assert_cmpmem(result.out->data, result.out->len, "in\n", 3);
	test_result_clear(&result);
	if (invoker->client.has_frame)
		pss_buffer_consume(&invoker->client.in, pss_frame_size(&invoker->client.frame));
	invoker->client.has_frame = FALSE;
	send_all(invoker, &channel, (const guint8 *)"y", 1);
	expect_over(invoker, &channel, PSS_OK);
	expect_bytes(&channel, "y");
	finish_channel(&channel);
}

/* The session ends: so does what runs on its connection. */
static void test_session_ends(TestInvoker *invoker, gconstpointer data)
{
	Channel channel;

	open_channel(invoker, &channel, name_session, PSS_TAG_WORD, "cat");
	test_until(channel.fd >= 0 || (turn(invoker, &channel), FALSE));
	struct pss_message message;
	pss_message_begin(&message, &invoker->client.out, PSS_REMOVE, ++invoker->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, invoker->instance);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&invoker->client);
	expect_over(invoker, &channel, PSS_LINK_LOST);
	finish_channel(&channel);
	g_clear_pointer(&invoker->instance, g_free);
}

#define ADD(name, test) g_test_add("/channels/" name, TestInvoker, NULL, test_invoker_init, test, test_invoker_finish)

int main(int argc, char **argv)
{
	test_invoke_shell = "bash";
	g_test_init(&argc, &argv, NULL);
	ADD("computer: a command's bytes go both ways, its standard error and status by frames", test_computer);
	ADD("session: its directory is told, and the command starts at home", test_directory);
	ADD("what nobody takes is held up, both ways", test_pressure);
	ADD("closing the descriptor ends what runs", test_closed_here);
	ADD("several use one connection, and leave room on it", test_several);
	ADD("what the server does not have is refused, and so is what is neither", test_refused);
	ADD("a command in the session runs beside it", test_beside);
	ADD("it ends with its session", test_session_ends);
	return g_test_run();
}
