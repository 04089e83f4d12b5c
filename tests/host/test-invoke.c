/* SPDX-License-Identifier: MIT */
/* Invocations as a client of the host process sees them, over the real wire and the null transport, in each remote
 * shell: `test-invoke SHELL [gtest options]`. Streams are compared byte by byte. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "wire-client.h"
#include "wire/status.h"

static const char *shell;

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
	gsize taken;
} Result;

static void open_session(Fixture *fixture)
{
	struct pss_message message;
	g_autofree char *home = g_strdup_printf("HOME=%s", fixture->home);
	g_autofree char *path = g_find_program_in_path(shell);
	g_autofree char *variable = g_strdup_printf("SHELL=%s", path);

	pss_message_begin(&message, &fixture->client.out, PSS_OPEN, 1);
	pss_message_text(&message, PSS_TAG_TARGET, "testhost");
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	pss_message_text(&message, PSS_TAG_ENV, home);
	pss_message_text(&message, PSS_TAG_ENV, variable);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_ACK);
	struct pss_fields fields = test_client_expect(&fixture->client, PSS_RESULT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_STATUS, 99), ==, PSS_OK);
	fixture->instance = g_strdup(pss_fields_text(fields, PSS_TAG_INSTANCE));
	fixture->last_id = 1;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	g_autofree char *hush = g_build_filename(fixture->home, ".hushlogin", NULL);
	g_assert_true(g_file_set_contents(hush, "", 0, NULL));
	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
	open_session(fixture);
}

static void send_remove(Fixture *fixture)
{
	struct pss_message message;
	pss_message_begin(&message, &fixture->client.out, PSS_REMOVE, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_RESULT);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	send_remove(fixture);
	test_client_finish(&fixture->client);
	test_host_finish(&fixture->host);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->home);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->home);
	g_free(fixture->instance);
}

static uint32_t start(Fixture *fixture, const char *text, gboolean input, gboolean wait)
{
	struct pss_message message;
	uint32_t id = ++fixture->last_id;

	pss_message_begin(&message, &fixture->client.out, PSS_INVOKE, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	pss_message_number(&message, PSS_TAG_INPUT, input);
	pss_message_number(&message, PSS_TAG_WAIT, wait);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_raw(&fixture->client, PSS_COMMAND, id, text);
	test_client_expect(&fixture->client, PSS_ACK);
	return id;
}

/* The next frame of it; FALSE behind its RESULT. */
static gboolean take(Fixture *fixture, uint32_t id, Result *result)
{
	TestClient *client = &fixture->client;
	struct pss_fields fields = test_client_next(client);
	const struct pss_frame *frame = &client->frame;

	g_assert_cmpint(frame->header.id, ==, id);
	if (frame->header.type == PSS_STDOUT)
		g_byte_array_append(result->out, frame->payload, frame->header.length);
	else if (frame->header.type == PSS_STDERR)
		g_byte_array_append(result->err, frame->payload, frame->header.length);
	else if (frame->header.type == PSS_TAKEN)
		result->taken += pss_fields_number(fields, PSS_TAG_COUNT, 0);
	else
		g_assert_cmpint(frame->header.type, ==, PSS_RESULT);
	if (frame->header.type != PSS_RESULT)
		return TRUE;
	result->status = pss_fields_number(fields, PSS_TAG_STATUS, 99);
	result->exit_status = pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
	return FALSE;
}

static Result finish(Fixture *fixture, uint32_t id)
{
	Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	while (take(fixture, id, &result))
		;
	return result;
}

static void clear(Result *result)
{
	g_byte_array_unref(result->out);
	g_byte_array_unref(result->err);
}

static void expect(Fixture *fixture, const char *text, const char *out, const char *err, uint64_t exit_status)
{
	Result result = finish(fixture, start(fixture, text, FALSE, FALSE));

	g_assert_cmpint(result.status, ==, PSS_OK);
	g_assert_cmpmem(result.out->data, result.out->len, out, strlen(out));
	if (err)
		g_assert_cmpmem(result.err->data, result.err->len, err, strlen(err));
	g_assert_cmpint(result.exit_status, ==, exit_status);
	clear(&result);
}

static void test_state(Fixture *fixture, gconstpointer data)
{
	expect(fixture, "echo out; echo err >&2; (exit 7)", "out\n", "err\n", 7);
	expect(fixture, "x=5; cd /usr; f() { echo \"f $x\"; }; export E=6", "", "", 0);
	expect(fixture, "f; pwd; sh -c 'echo $E'", "f 5\n/usr\n6\n", "", 0);
	expect(fixture, "echo a\\\necho b # no end", "aecho b\n", "", 0);
	expect(fixture, "printf 'no newline'", "no newline", "", 0);
	expect(fixture, "set -u; echo ${nothing-unset}; set +u", "unset\n", "", 0);
	expect(fixture, "", "", "", 0);
}

static void test_exit(Fixture *fixture, gconstpointer data)
{
	for (int i = 0; i < 4; i++) {
		expect(fixture, "x=kept; exit 3", "", NULL, 3);
		expect(fixture, "echo $x", "kept\n", "", 0);
	}
	expect(fixture, "(exit 255)", "", "", 255);
	expect(fixture, "sh -c 'kill -TERM $$'", "", NULL, 143);
	expect(fixture, "( kill -9 $(exec sh -c 'echo $PPID') )", "", NULL, 137);
	expect(fixture, "echo alive", "alive\n", "", 0);
}

static void test_syntax_error(Fixture *fixture, gconstpointer data)
{
	Result result = finish(fixture, start(fixture, "echo a; if", FALSE, FALSE));
	g_assert_cmpint(result.status, ==, PSS_OK);
	g_assert_cmpint(result.exit_status, !=, 0);
	g_assert_cmpint(result.err->len, >, 0);
	clear(&result);
	expect(fixture, "echo alive", "alive\n", "", 0);
}

/* Random bytes through standard input, cat, and either stream. */
static void test_bytes(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (guint i = 0; i < 300000; i++) {
		/* Many separators: the streams' marks begin with one. */
		guint8 byte = g_test_rand_int_range(0, 8) ? (guint8)g_test_rand_int() : 036;
		g_byte_array_append(bytes, &byte, 1);
	}
	for (int i = 0; i < 6; i++) {
		gboolean to_stderr = i % 2;
		guint n = i < 2 ? bytes->len : (guint)g_test_rand_int_range(0, 5);
		uint32_t id = start(fixture, to_stderr ? "cat >&2" : "cat", TRUE, FALSE);
		for (guint at = 0; at < n;) {
			guint part = (guint)g_test_rand_int_range(1, 70000);
			part = MIN(part, n - at);
			g_assert_cmpint(
				pss_frame_append(&fixture->client.out, PSS_STDIN, id, 0, bytes->data + at, part), ==,
				0);
			test_client_send(&fixture->client);
			at += part;
		}
		test_client_raw(&fixture->client, PSS_STDIN, id, "");
		Result result = finish(fixture, id);
		const GByteArray *got = to_stderr ? result.err : result.out;
		g_assert_cmpmem(got->data, got->len, bytes->data, n);
		g_assert_cmpint((to_stderr ? result.out : result.err)->len, ==, 0);
		g_assert_cmpint(result.exit_status, ==, 0);
		g_assert_cmpint(result.taken, <=, n);
		clear(&result);
	}
}

static void stop(Fixture *fixture, uint32_t id, gboolean force)
{
	struct pss_message message;
	pss_message_begin(&message, &fixture->client.out, PSS_STOP, id);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
}

static void wait_for_output(Fixture *fixture, uint32_t id, Result *result, const char *text)
{
	while (!memmem(result->out->data ? (const char *)result->out->data : "", result->out->len, text, strlen(text)))
		g_assert_true(take(fixture, id, result));
}

static void test_interrupt(Fixture *fixture, gconstpointer data)
{
	static const char *const commands[] = {
		/* Said by the command itself: an interrupt while a shell starts one may be lost, natively too. */
		"sh -c 'echo begun; exec sleep 1000'",
		"sh -c 'echo begun; exec yes >/dev/null'",
		"sh -c 'echo begun; exec yes'",
		"while :; do echo begun; done",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
		g_test_message("%s", commands[i]);
		uint32_t id = start(fixture, commands[i], FALSE, FALSE);
		wait_for_output(fixture, id, &result, "begun\n");
		stop(fixture, id, FALSE);
		while (take(fixture, id, &result))
			;
		g_assert_cmpint(result.status, ==, PSS_OK);
		g_assert_cmpint(result.exit_status, ==, 130);
		clear(&result);
		expect(fixture, "echo alive", "alive\n", "", 0);
	}
}

static void test_give_up(Fixture *fixture, gconstpointer data)
{
	Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	uint32_t id = start(fixture, "sh -c 'echo begun; exec yes'", FALSE, FALSE);
	wait_for_output(fixture, id, &result, "begun\n");
	stop(fixture, id, TRUE);
	while (take(fixture, id, &result))
		;
	g_assert_cmpint(result.status, ==, PSS_INTERRUPTED);
	clear(&result);
	result = finish(fixture, start(fixture, "echo next", FALSE, TRUE));
	g_assert_cmpmem(result.out->data, result.out->len, "next\n", 5);
	clear(&result);
}

static void test_busy(Fixture *fixture, gconstpointer data)
{
	Result result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 }, second = result, third;
	uint32_t first = start(fixture, "echo begun; read x; echo $x", TRUE, FALSE);

	second.out = g_byte_array_new();
	second.err = g_byte_array_new();
	wait_for_output(fixture, first, &result, "begun\n");
	third = finish(fixture, start(fixture, "echo no", FALSE, FALSE));
	g_assert_cmpint(third.status, ==, PSS_BUSY);
	clear(&third);
	uint32_t waiting = start(fixture, "echo $x", FALSE, TRUE);
	test_client_raw(&fixture->client, PSS_STDIN, first, "word\n");
	while (take(fixture, first, &result))
		;
	while (take(fixture, waiting, &second))
		;
	g_assert_cmpmem(result.out->data, result.out->len, "begun\nword\n", 11);
	g_assert_cmpmem(second.out->data, second.out->len, "word\n", 5);
	clear(&result);
	clear(&second);
}

/* What a job of an earlier command writes is in no other command's output, and no reason to wait. */
static void test_background(Fixture *fixture, gconstpointer data)
{
	g_autofree char *go = g_build_filename(fixture->home, "go", NULL);
	g_autofree char *one =
		g_strdup_printf("mkfifo '%s'; { read y <'%s'; echo late; echo done >'%s'; } & echo early", go, go, go);
	g_autofree char *two = g_strdup_printf("echo >'%s'; read y <'%s'; echo $y", go, go);

	Result result = finish(fixture, start(fixture, one, FALSE, FALSE));
	g_assert_cmpmem(result.out->data, result.out->len, "early\n", 6);
	clear(&result);
	result = finish(fixture, start(fixture, two, FALSE, FALSE));
	g_assert_cmpmem(result.out->data, result.out->len, "done\n", 5);
	clear(&result);
}

static void test_many(Fixture *fixture, gconstpointer data)
{
	for (int i = 0; i < 200; i++) {
		g_autofree char *text = g_strdup_printf("echo %d", i);
		g_autofree char *out = g_strdup_printf("%d\n", i);
		expect(fixture, text, out, "", 0);
	}
}

static void test_session_ends(Fixture *fixture, gconstpointer data)
{
	Result result = finish(fixture, start(fixture, "echo last; kill -9 $$", FALSE, FALSE));
	g_assert_cmpint(result.status, !=, PSS_OK);
	clear(&result);
	result = finish(fixture, start(fixture, "echo no", FALSE, FALSE));
	g_assert_cmpint(result.status, ==, PSS_NOT_OPEN);
	clear(&result);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "state", test_state },
		{ "exit", test_exit },
		{ "syntax error", test_syntax_error },
		{ "bytes", test_bytes },
		{ "interrupt", test_interrupt },
		{ "give up", test_give_up },
		{ "busy", test_busy },
		{ "background", test_background },
		{ "many", test_many },
		{ "session ends", test_session_ends },
	};
	if (argc < 2)
		return 2;
	shell = argv[1];
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/%s/%s", shell, tests[i].name);
		g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
	}
	return g_test_run();
}
