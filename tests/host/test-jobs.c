/* SPDX-License-Identifier: MIT */
/* Work that outlives its client, over the real wire and the null transport: jobs and their bounded output, receiving,
 * letting go of sessions and taking them from one another. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire-client.h"
#include "wire/status.h"

typedef struct {
	TestHost host;
	TestClient client;
	char *home;
	char *instance;
	uint32_t last_id;
} Fixture;

typedef struct {
	GByteArray *out, *err;
	uint64_t status, exit_status;
} Result;

static uint64_t status_of(struct pss_fields fields)
{
	return pss_fields_number(fields, PSS_TAG_STATUS, 99);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	g_autofree char *hush = g_build_filename(fixture->home, ".hushlogin", NULL);
	g_assert_true(g_file_set_contents(hush, "", 0, NULL));
	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
	test_client_open(&fixture->client, 1, fixture->home, TRUE, FALSE);
	fixture->instance = g_strdup(pss_fields_text(pss_frame_fields(&fixture->client.frame), PSS_TAG_INSTANCE));
	fixture->last_id = 1;
}

static struct pss_message begin(Fixture *fixture, enum pss_type type)
{
	struct pss_message message;

	pss_message_begin(&message, &fixture->client.out, type, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	return message;
}

static struct pss_fields end(Fixture *fixture, struct pss_message *message, enum pss_type expected)
{
	g_assert_cmpint(pss_message_end(message), ==, 0);
	test_client_send(&fixture->client);
	return test_client_expect(&fixture->client, expected);
}

static struct pss_fields ask(Fixture *fixture, enum pss_type type, gboolean force)
{
	struct pss_message message = begin(fixture, type);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	return end(fixture, &message, PSS_RESULT);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	ask(fixture, PSS_REMOVE, FALSE);
	test_client_finish(&fixture->client);
	test_host_finish(&fixture->host);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->home);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->home);
	g_free(fixture->instance);
}

static uint64_t start_job(Fixture *fixture, const char *text, enum pss_buffering buffering, guint size)
{
	struct pss_message message = begin(fixture, PSS_INVOKE);

	pss_message_number(&message, PSS_TAG_JOB, 1);
	pss_message_number(&message, PSS_TAG_BUFFERING, buffering);
	pss_message_number(&message, PSS_TAG_BUFFER_SIZE, size);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_raw(&fixture->client, PSS_COMMAND, fixture->last_id, text);
	test_client_expect(&fixture->client, PSS_ACK);
	return status_of(test_client_expect(&fixture->client, PSS_RESULT));
}

static uint32_t send_receive(Fixture *fixture, gboolean keep, gboolean wait, guint safe)
{
	struct pss_message message = begin(fixture, PSS_RECEIVE);

	pss_message_number(&message, PSS_TAG_KEEP, keep);
	pss_message_number(&message, PSS_TAG_WAIT, wait);
	pss_message_number(&message, PSS_TAG_SAFE, safe);
	end(fixture, &message, PSS_ACK);
	return fixture->last_id;
}

/* FALSE behind the RESULT. */
static gboolean take(Fixture *fixture, Result *result)
{
	struct pss_fields fields = test_client_next(&fixture->client);
	const struct pss_frame *frame = &fixture->client.frame;

	if (frame->header.type == PSS_STDOUT)
		g_byte_array_append(result->out, frame->payload, frame->header.length);
	else if (frame->header.type == PSS_STDERR)
		g_byte_array_append(result->err, frame->payload, frame->header.length);
	else
		g_assert_cmpint(frame->header.type, ==, PSS_RESULT);
	if (frame->header.type != PSS_RESULT)
		return TRUE;
	result->status = status_of(fields);
	result->exit_status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
	return FALSE;
}

static Result receive(Fixture *fixture, gboolean keep, gboolean wait, guint safe)
{
	Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999 };

	send_receive(fixture, keep, wait, safe);
	while (take(fixture, &result))
		;
	return result;
}

static void clear(Result *result)
{
	g_byte_array_unref(result->out);
	g_byte_array_unref(result->err);
}

static void expect(Result result, const char *out, const char *err, uint64_t exit_status)
{
	g_assert_cmpint(result.status, ==, PSS_OK);
	g_assert_cmpmem(result.out->data, result.out->len, out, strlen(out));
	g_assert_cmpmem(result.err->data, result.err->len, err, strlen(err));
	g_assert_cmpint(result.exit_status, ==, exit_status);
	clear(&result);
}

/* The client that started it goes, another one has the output. */
static void test_outlives_client(Fixture *fixture, gconstpointer data)
{
	g_autofree char *go = g_build_filename(fixture->home, "go", NULL);
	g_autofree char *text = g_strdup_printf("read x <'%s'; echo \"$x\"; echo err >&2; (exit 7)", go);
	g_autofree char *make = g_strdup_printf("mkfifo '%s'", go);

	g_assert_true(g_spawn_command_line_sync(make, NULL, NULL, NULL, NULL));
	g_assert_cmpint(start_job(fixture, text, 0, 0), ==, PSS_OK);
	g_assert_cmpint(start_job(fixture, "echo no", 0, 0), ==, PSS_BUSY);
	test_client_finish(&fixture->client);
	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
	expect(receive(fixture, FALSE, FALSE, 0), "", "", 0);
	int fd = open(go, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(write(fd, "word\n", 5), ==, 5);
	expect(receive(fixture, TRUE, TRUE, 0), "word\n", "err\n", 7);
	close(fd);
	expect(receive(fixture, FALSE, FALSE, 0), "word\n", "err\n", 7);
	expect(receive(fixture, FALSE, FALSE, 0), "", "", 7);
}

#define COUNT "i=0; while [ $i -lt 40000 ]; do echo $i; i=$((i+1)); done"

static void test_drop(Fixture *fixture, gconstpointer data)
{
	g_assert_cmpint(start_job(fixture, COUNT "; echo end", PSS_BUFFERING_DROP, 8192), ==, PSS_OK);
	for (gboolean busy = TRUE; busy;) {
		test_client_raw(&fixture->client, PSS_LIST, ++fixture->last_id, "");
		busy = pss_fields_number(test_client_expect(&fixture->client, PSS_SESSION), PSS_TAG_AVAILABILITY, 0) ==
		       PSS_AVAILABILITY_BUSY;
		test_client_expect(&fixture->client, PSS_RESULT);
	}
	Result result = receive(fixture, FALSE, TRUE, 0);
	g_assert_cmpuint(result.out->len, <=, 8192);
	g_assert_cmpuint(result.out->len, >, 8000);
	g_assert_cmpmem(result.out->data + result.out->len - 10, 10, "39999\nend\n", 10);
	clear(&result);
}

static void test_block(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (int i = 0; i < 40000; i++)
		g_string_append_printf(all, "%d\n", i);
	g_assert_cmpint(start_job(fixture, COUNT, PSS_BUFFERING_BLOCK, 8192), ==, PSS_OK);
	expect(receive(fixture, TRUE, TRUE, 0), all->str, "", 0);
	expect(receive(fixture, FALSE, FALSE, 0), all->str, "", 0);
}

/* To look at it takes nothing out of the buffer, so the command stays where it is. */
static void test_block_looked_at(Fixture *fixture, gconstpointer data)
{
	const guint limit = 1024 * 1024;

	g_assert_cmpint(start_job(fixture, "seq 500000", PSS_BUFFERING_BLOCK, limit), ==, PSS_OK);
	for (gboolean full = FALSE; !full;) {
		Result result = receive(fixture, TRUE, FALSE, 0);
		full = result.out->len >= limit;
		clear(&result);
	}
	for (int i = 0; i < 5; i++) {
		Result result = receive(fixture, TRUE, FALSE, 0);
		g_assert_cmpuint(result.out->len, <=, limit + 65536);
		clear(&result);
	}
	Result rest = receive(fixture, FALSE, TRUE, 0);
	g_assert_cmpuint(rest.out->len, ==, 3388895);
	clear(&rest);
}

static void test_safe(Fixture *fixture, gconstpointer data)
{
	static const char text[] = "printf 'a\\033[cb\\033'; printf ']0;t\\007c'; printf '\\033[6nd' >&2";

	g_assert_cmpint(start_job(fixture, text, 0, 0), ==, PSS_OK);
	expect(receive(fixture, TRUE, TRUE, PSS_SAFE_STDOUT | PSS_SAFE_STDERR), "abc", "d", 0);
	expect(receive(fixture, FALSE, TRUE, PSS_SAFE_STDERR), "a\033[cb\033]0;t\ac", "d", 0);
}

/* Only one has it at a time; giving up leaves the command alone. */
static void test_one_receiver(Fixture *fixture, gconstpointer data)
{
	struct pss_message message;
	Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999 };

	g_assert_cmpint(start_job(fixture, "sleep 1000", 0, 0), ==, PSS_OK);
	uint32_t first = send_receive(fixture, FALSE, TRUE, 0);
	send_receive(fixture, FALSE, FALSE, 0);
	g_assert_cmpint(status_of(test_client_expect(&fixture->client, PSS_RESULT)), ==, PSS_BUSY);
	pss_message_begin(&message, &fixture->client.out, PSS_STOP, first);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	while (take(fixture, &result))
		;
	g_assert_cmpint(result.status, ==, PSS_INTERRUPTED);
	clear(&result);
	test_client_raw(&fixture->client, PSS_LIST, ++fixture->last_id, "");
	g_assert_cmpint(pss_fields_number(test_client_expect(&fixture->client, PSS_SESSION), PSS_TAG_AVAILABILITY, 0),
			==, PSS_AVAILABILITY_BUSY);
	test_client_expect(&fixture->client, PSS_RESULT);
}

static void expect_left(TestClient *client, enum pss_left_reason reason)
{
	struct pss_fields fields = test_client_expect(client, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, reason);
}

static void attach(Fixture *fixture, TestClient *client, gboolean force)
{
	struct pss_message message;

	pss_message_begin(&message, &client->out, PSS_ATTACH, 1);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
	g_assert_cmpint(status_of(test_client_expect(client, PSS_RESULT)), ==, PSS_OK);
}

static void enter(Fixture *fixture, TestClient *client)
{
	attach(fixture, client, FALSE);
	test_client_expect(client, PSS_PROMPT);
}

static void expect_state(struct pss_fields fields, enum pss_state state, enum pss_availability availability)
{
	g_assert_cmpint(status_of(fields), ==, PSS_OK);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_STATE, 0), ==, state);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_AVAILABILITY, 0), ==, availability);
}

static void test_take_over(Fixture *fixture, gconstpointer data)
{
	TestClient terminal;

	test_client_init(&terminal, &fixture->host);
	test_client_hello(&terminal);
	enter(fixture, &terminal);
	expect_state(ask(fixture, PSS_DISCONNECT, FALSE), PSS_STATE_DISCONNECTED, PSS_AVAILABILITY_NONE);
	expect_left(&terminal, PSS_LEFT_DISCONNECTED);
	expect_state(ask(fixture, PSS_DISCONNECT, FALSE), PSS_STATE_DISCONNECTED, PSS_AVAILABILITY_NONE);
	g_assert_cmpint(start_job(fixture, "echo no", 0, 0), ==, PSS_NOT_OPEN);
	expect_state(ask(fixture, PSS_CONNECT, FALSE), PSS_STATE_OPENED, PSS_AVAILABILITY_AVAILABLE);
	ask(fixture, PSS_DISCONNECT, FALSE);
	enter(fixture, &terminal); /* connects it */
	expect_state(ask(fixture, PSS_CONNECT, FALSE), PSS_STATE_OPENED, PSS_AVAILABILITY_AVAILABLE);
	expect_state(ask(fixture, PSS_CONNECT, TRUE), PSS_STATE_OPENED, PSS_AVAILABILITY_AVAILABLE);
	expect_left(&terminal, PSS_LEFT_TAKEN);
	test_client_finish(&terminal);
}

/* A line waits behind a job as another terminal takes the session over: it does not run for that one. */
static void test_line_behind_a_job(Fixture *fixture, gconstpointer data)
{
	g_autofree char *fifo = g_build_filename(fixture->home, "fifo", NULL);
	g_autofree char *begun = g_build_filename(fixture->home, "begun", NULL);
	TestClient first, second;

	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	int fd = open(fifo, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fd, >=, 0);
	test_client_init(&first, &fixture->host);
	test_client_hello(&first);
	enter(fixture, &first);
	g_assert_cmpint(start_job(fixture, "echo >begun; read x <fifo", 0, 0), ==, PSS_OK);
	test_until(g_file_test(begun, G_FILE_TEST_EXISTS));
	test_client_raw(&first, PSS_LINE, 1, "echo ran >ran");
	test_client_expect(&first, PSS_ACK);

	test_client_init(&second, &fixture->host);
	test_client_hello(&second);
	attach(fixture, &second, TRUE);
	expect_left(&first, PSS_LEFT_TAKEN);
	g_assert_cmpint(write(fd, "x\n", 2), ==, 2);
	do
		test_client_next(&second);
	while (second.frame.header.type != PSS_PROMPT);
	test_client_raw(&second, PSS_LINE, 1, "test ! -e ran");
	test_client_expect(&second, PSS_ACK);
	g_assert_cmpint(pss_fields_number(test_client_expect(&second, PSS_PROMPT), PSS_TAG_EXIT_STATUS, 999), ==, 0);
	close(fd);
	test_client_finish(&first);
	test_client_finish(&second);
}

/* A client of the version before cannot ask for any of it. */
static void test_older_client(Fixture *fixture, gconstpointer data)
{
	static const enum pss_type types[] = { PSS_DISCONNECT, PSS_CONNECT, PSS_RECEIVE };

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		TestClient client;
		struct pss_message message;
		test_client_init(&client, &fixture->host);
		test_client_hello_as(&client, 1);
		pss_message_begin(&message, &client.out, types[i], 1);
		pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
		g_assert_cmpint(pss_message_end(&message), ==, 0);
		test_client_send(&client);
		test_client_expect_end(&client);
		test_client_finish(&client);
	}
}

static void test_session_ends(Fixture *fixture, gconstpointer data)
{
	g_assert_cmpint(start_job(fixture, "echo last; kill -9 $$", 0, 0), ==, PSS_OK);
	Result result = receive(fixture, FALSE, TRUE, 0);
	g_assert_cmpint(result.status, !=, PSS_OK);
	clear(&result);
	g_assert_cmpint(status_of(ask(fixture, PSS_DISCONNECT, FALSE)), ==, PSS_NOT_OPEN);
	g_assert_cmpint(status_of(ask(fixture, PSS_CONNECT, TRUE)), ==, PSS_NOT_OPEN);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/jobs/a job outlives its client, and is received once", test_outlives_client },
		{ "/jobs/drop keeps the last of an endless output", test_drop },
		{ "/jobs/block loses nothing", test_block },
		{ "/jobs/block stays blocked while it is looked at", test_block_looked_at },
		{ "/jobs/what makes a terminal answer is taken out for terminals alone", test_safe },
		{ "/jobs/there is one receiver, and its end is not the command's", test_one_receiver },
		{ "/jobs/a session is let go of, taken back, and taken over", test_take_over },
		{ "/jobs/a line that waits behind a job is dropped with its terminal", test_line_behind_a_job },
		{ "/jobs/an older client cannot ask for it", test_older_client },
		{ "/jobs/the end of the session ends the job", test_session_ends },
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
