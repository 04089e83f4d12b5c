/* SPDX-License-Identifier: MIT */
/* Invocations as a client of the host process sees them, over the real wire and the null transport, in each remote
 * test_invoke_shell: `test-invoke SHELL [gtest options]`. Streams are compared byte by byte. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "invoke-client.h"
#include "wire/status.h"

static void expect(TestInvoker *fixture, const char *text, const char *out, const char *err, uint64_t exit_status)
{
	TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, text, FALSE, FALSE));

	g_assert_cmpint(result.status, ==, PSS_OK);
	g_assert_cmpmem(result.out->data, result.out->len, out, strlen(out));
	if (err)
		g_assert_cmpmem(result.err->data, result.err->len, err, strlen(err));
	g_assert_cmpint(result.exit_status, ==, exit_status);
	test_result_clear(&result);
}

static void test_state(TestInvoker *fixture, gconstpointer data)
{
	expect(fixture, "echo out; echo err >&2; (exit 7)", "out\n", "err\n", 7);
	expect(fixture, "x=5; cd /usr; f() { echo \"f $x\"; }; export E=6", "", "", 0);
	expect(fixture, "f; pwd; sh -c 'echo $E'", "f 5\n/usr\n6\n", "", 0);
	expect(fixture, "echo a\\\necho b # no end", "aecho b\n", "", 0);
	expect(fixture, "printf 'no newline'", "no newline", "", 0);
	expect(fixture, "set -u; echo ${nothing-unset}; set +u", "unset\n", "", 0);
	expect(fixture, "", "", "", 0);
}

static void test_exit(TestInvoker *fixture, gconstpointer data)
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

/* In its posix mode bash takes no function for `exit`: from the start, and from a line on. */
static void test_exit_in_posix_mode(TestInvoker *fixture, gconstpointer data)
{
	g_autofree char *profile = g_build_filename(fixture->home, ".bash_profile", NULL);

	if (strcmp(test_invoke_shell, "bash") != 0) {
		g_test_skip("it is written for bash");
		return;
	}
	expect(fixture, "x=kept; set -o posix", "", "", 0);
	expect(fixture, "exit 3", "", NULL, 3);
	expect(fixture, "set +o posix; exit 4", "", NULL, 4);
	expect(fixture, "echo $x", "kept\n", "", 0);
	g_assert_true(g_file_set_contents(profile, "export POSIXLY_CORRECT=1\n", -1, NULL));
	test_invoker_renew(fixture);
	expect(fixture, "exit 3", "", NULL, 3);
	expect(fixture, "unset POSIXLY_CORRECT; exit 4", "", NULL, 4);
	expect(fixture, "cd / && exit 5", "", NULL, 5);
}

static void test_syntax_error(TestInvoker *fixture, gconstpointer data)
{
	TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, "echo a; if", FALSE, FALSE));
	g_assert_cmpint(result.status, ==, PSS_OK);
	g_assert_cmpint(result.exit_status, !=, 0);
	g_assert_cmpint(result.err->len, >, 0);
	test_result_clear(&result);
	expect(fixture, "echo alive", "alive\n", "", 0);
}

/* Random bytes through standard input, cat, and either stream. */
static void test_bytes(TestInvoker *fixture, gconstpointer data)
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
		uint32_t id = test_invoke_start(fixture, to_stderr ? "cat >&2" : "cat", TRUE, FALSE);
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
		TestResult result = test_invoke_finish(fixture, id);
		const GByteArray *got = to_stderr ? result.err : result.out;
		g_assert_cmpmem(got->data, got->len, bytes->data, n);
		g_assert_cmpint((to_stderr ? result.out : result.err)->len, ==, 0);
		g_assert_cmpint(result.exit_status, ==, 0);
		g_assert_cmpint(result.taken, <=, n);
		test_result_clear(&result);
	}
}

/* A client that sends on while nobody takes it is not one of ours. */
static void test_input_over_the_limit(TestInvoker *fixture, gconstpointer data)
{
	g_autofree guint8 *block = g_malloc0(PSS_FRAME_PAYLOAD_MAX);
	TestClient keeper = fixture->client;

	test_client_init(&fixture->client, &fixture->host);
	test_client_hello(&fixture->client);
	/* Said by the command itself: the interrupt that ends it with its client may be lost before, natively too. */
	uint32_t id = test_invoke_start(fixture, "exec 0</dev/null; sh -c 'echo begun; exec sleep 1000'", TRUE, FALSE);
	TestResult begun = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	test_invoke_await(fixture, id, &begun, "begun\n");
	test_result_clear(&begun);

	for (int i = 0; i < 9; i++)
		g_assert_cmpint(pss_frame_append(&fixture->client.out, PSS_STDIN, id, 0, block, PSS_FRAME_PAYLOAD_MAX),
				==, 0);
	test_client_send(&fixture->client);
	test_client_expect_end(&fixture->client);
	test_client_finish(&fixture->client);
	fixture->client = keeper;
	TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, "echo next", FALSE, TRUE));
	g_assert_cmpmem(result.out->data, result.out->len, "next\n", 5);
	test_result_clear(&result);
}

static void test_interrupt(TestInvoker *fixture, gconstpointer data)
{
	static const char *const commands[] = {
		/* Said by the command itself: an interrupt while a test_invoke_shell starts one may be lost, natively
		   too. */
		"sh -c 'echo begun; exec sleep 1000'",
		"sh -c 'echo begun; exec yes >/dev/null'",
		"sh -c 'echo begun; exec yes'",
		"while :; do echo begun; done",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
		g_test_message("%s", commands[i]);
		uint32_t id = test_invoke_start(fixture, commands[i], FALSE, FALSE);
		test_invoke_await(fixture, id, &result, "begun\n");
		test_invoke_stop(fixture, id, FALSE);
		while (test_invoke_take(fixture, id, &result))
			;
		g_assert_cmpint(result.status, ==, PSS_OK);
		g_assert_cmpint(result.exit_status, ==, 130);
		test_result_clear(&result);
		expect(fixture, "echo alive", "alive\n", "", 0);
	}
}

static void test_give_up(TestInvoker *fixture, gconstpointer data)
{
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	uint32_t id = test_invoke_start(fixture, "sh -c 'echo begun; exec yes'", FALSE, FALSE);
	test_invoke_await(fixture, id, &result, "begun\n");
	test_invoke_stop(fixture, id, TRUE);
	while (test_invoke_take(fixture, id, &result))
		;
	g_assert_cmpint(result.status, ==, PSS_INTERRUPTED);
	test_result_clear(&result);
	result = test_invoke_finish(fixture, test_invoke_start(fixture, "echo next", FALSE, TRUE));
	g_assert_cmpmem(result.out->data, result.out->len, "next\n", 5);
	test_result_clear(&result);
}

static void start_terminal(TestInvoker *fixture)
{
	struct pss_message message;

	pss_message_begin(&message, &fixture->client.out, PSS_ATTACH, ++fixture->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->instance);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_RESULT);
	test_client_expect(&fixture->client, PSS_PROMPT);
}

static void leave_terminal(TestInvoker *fixture)
{
	struct pss_message message;

	pss_message_begin(&message, &fixture->client.out, PSS_LEAVE, fixture->last_id);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&fixture->client);
	test_client_expect(&fixture->client, PSS_ACK);
	test_client_expect(&fixture->client, PSS_LEFT);
}

/* What the terminal has printed since the last time. */
static void expect_terminal(TestInvoker *fixture, const char *output)
{
	g_string_truncate(fixture->client.output, 0);
	start_terminal(fixture);
	/* The refreshed one, behind all output. */
	test_client_raw(&fixture->client, PSS_LINE, fixture->last_id, ":");
	test_client_expect(&fixture->client, PSS_ACK);
	test_client_expect(&fixture->client, PSS_PROMPT);
	leave_terminal(fixture);
	if (output)
		g_assert_cmpstr(fixture->client.output->str, ==, output);
}

/* What carries replies may be killed with one of them: the session's prompt does without, and the next command gets its
 * own. */
static void test_lost_reply(TestInvoker *fixture, gconstpointer data)
{
	if (strcmp(test_invoke_shell, "bash") != 0) {
		g_test_skip("it is written for bash");
		return;
	}
	start_terminal(fixture);
	test_client_raw(&fixture->client, PSS_LINE, fixture->last_id,
			"PSS_SAID=$(declare -f __pss_say); PSS_SAID=${PSS_SAID/<>/1<>}; __pss_say() { [[ $1 != E ]] || "
			"eval \"$PSS_SAID\"; }");
	test_client_expect(&fixture->client, PSS_ACK);
	test_client_expect(&fixture->client, PSS_PROMPT);
	leave_terminal(fixture);
	expect(fixture, "echo alive", "alive\n", "", 0);
}

/* A session that is a plain terminal ends while a command beside it prints: nothing of that comes behind its result. */
static void test_plain_session_ends(TestInvoker *fixture, gconstpointer data)
{
	g_autofree char *profile = g_build_filename(fixture->home, ".bash_profile", NULL);

	if (strcmp(test_invoke_shell, "bash") != 0) {
		g_test_skip("it is written for bash");
		return;
	}
	g_assert_true(g_file_set_contents(profile, "readonly PS1; echo $$ >~/pid\n", -1, NULL));
	test_invoker_renew(fixture);
	uint32_t id = test_invoke_start(fixture, "kill -9 $(cat ~/pid); while :; do echo on; done", FALSE, FALSE);
	TestResult result = test_invoke_finish(fixture, id);
	g_assert_cmpint(result.status, !=, PSS_OK);
	test_result_clear(&result);
	for (int i = 0; i < 20; i++) {
		test_client_raw(&fixture->client, PSS_PING, ++fixture->last_id, "");
		test_client_expect(&fixture->client, PSS_RESULT);
	}
}

static void interrupt(TestInvoker *fixture, const char *text, gboolean force)
{
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	uint32_t id = test_invoke_start(fixture, text, FALSE, TRUE);

	test_invoke_await(fixture, id, &result, "begun\n");
	test_invoke_stop(fixture, id, force);
	while (test_invoke_take(fixture, id, &result))
		;
	test_result_clear(&result);
}

/* The echo of an interrupt is nobody's output. */
static void test_no_trace(TestInvoker *fixture, gconstpointer data)
{
	expect_terminal(fixture, NULL); /* a greeting */
	interrupt(fixture, "sh -c 'echo begun; exec sleep 1000'", FALSE);
	interrupt(fixture, "while :; do echo begun; done", FALSE);
	interrupt(fixture, "sh -c 'echo begun; exec sleep 1000'", TRUE);
	TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, "exit 4", FALSE, TRUE));
	g_assert_cmpint(result.exit_status, ==, 4);
	test_result_clear(&result);
	expect(fixture, "echo alive", "alive\n", "", 0);
	expect_terminal(fixture, "");
}

/* What a command writes to the terminal itself is. */
static void test_terminal(TestInvoker *fixture, gconstpointer data)
{
	expect_terminal(fixture, NULL);
	expect(fixture, "printf '\\n^C\\nword' >/dev/tty; echo done", "done\n", "", 0);
	expect_terminal(fixture, "\r\n^C\r\nword");
}

static void test_busy(TestInvoker *fixture, gconstpointer data)
{
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 }, second = result, third;
	uint32_t first = test_invoke_start(fixture, "echo begun; read x; echo $x", TRUE, FALSE);

	second.out = g_byte_array_new();
	second.err = g_byte_array_new();
	test_invoke_await(fixture, first, &result, "begun\n");
	third = test_invoke_finish(fixture, test_invoke_start(fixture, "echo no", FALSE, FALSE));
	g_assert_cmpint(third.status, ==, PSS_BUSY);
	test_result_clear(&third);
	uint32_t waiting = test_invoke_start(fixture, "echo $x", FALSE, TRUE);
	test_client_raw(&fixture->client, PSS_STDIN, first, "word\n");
	while (test_invoke_take(fixture, first, &result))
		;
	while (test_invoke_take(fixture, waiting, &second))
		;
	g_assert_cmpmem(result.out->data, result.out->len, "begun\nword\n", 11);
	g_assert_cmpmem(second.out->data, second.out->len, "word\n", 5);
	test_result_clear(&result);
	test_result_clear(&second);
}

/* What a job of an earlier command writes is in no other command's output, and no reason to wait. */
static void test_background(TestInvoker *fixture, gconstpointer data)
{
	g_autofree char *go = g_build_filename(fixture->home, "go", NULL);
	g_autofree char *one =
		g_strdup_printf("mkfifo '%s'; { read y <'%s'; echo late; echo done >'%s'; } & echo early", go, go, go);
	g_autofree char *two = g_strdup_printf("echo >'%s'; read y <'%s'; echo $y", go, go);

	TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, one, FALSE, FALSE));
	g_assert_cmpmem(result.out->data, result.out->len, "early\n", 6);
	test_result_clear(&result);
	result = test_invoke_finish(fixture, test_invoke_start(fixture, two, FALSE, FALSE));
	g_assert_cmpmem(result.out->data, result.out->len, "done\n", 5);
	test_result_clear(&result);
}

static void test_many(TestInvoker *fixture, gconstpointer data)
{
	for (int i = 0; i < 200; i++) {
		g_autofree char *text = g_strdup_printf("echo %d", i);
		g_autofree char *out = g_strdup_printf("%d\n", i);
		expect(fixture, text, out, "", 0);
	}
}

/* What a command prints before it ends the session's shell arrives, all of it, on both streams; then the reason. All of
 * the table with -m slow, else each ending once. */
typedef struct {
	const char *name, *end;
	const char *but; /* shells that go on */
} Ending;

static const Ending endings[] = {
	{ "kill -9", "kill -9 $$", "" },
	{ "kill -HUP", "kill -HUP $$; while :; do :; done", "ksh93" }, /* it comes to the end of the line first */
	{ "exec true", "exec true", "" },
	{ "exec sh", "exec sh -c 'exit 5'", "" },
	{ "errexit", "set -e; false", "ksh93" },
	{ "builtin exit", "builtin exit 3", "dash busybox ksh93 mksh" },
	{ "command exit", "command exit 3", "zsh" },
	{ "quoted exit", "\\exit 3", "bash zsh" },
	{ "a job kills it", "sh -c 'kill -9 $PPID'; while :; do :; done", "" },
};

typedef struct {
	const char *name, *text, *out, *err;
	gsize n_out, n_err; /* of zero bytes, where the texts are NULL */
} Printing;

static const Printing printings[] = {
	{ "out", "echo in", "in\n", "", 0, 0 },
	{ "err", "echo in >&2", "", "in\n", 0, 0 },
	{ "both", "echo one; echo two >&2", "one\n", "two\n", 0, 0 },
	{ "large", "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2", NULL, NULL, 300000, 200000 },
};

/* A shell may have a last word (bash: "logout"). */
static void check_stream(const GByteArray *got, const char *text, gsize n)
{
	gsize n_wanted = text ? strlen(text) : n;

	g_assert_cmpint(got->len, >=, n_wanted);
	g_assert_cmpint(got->len, <=, n_wanted + 16);
	if (text)
		g_assert_cmpmem(got->data, n_wanted, text, n_wanted);
}

static void test_session_ends(TestInvoker *fixture, gconstpointer data)
{
	gboolean first = TRUE;

	for (gsize i = 0; i < G_N_ELEMENTS(endings) * G_N_ELEMENTS(printings); i++) {
		const Ending *ending = &endings[i / G_N_ELEMENTS(printings)];
		const Printing *printing = &printings[i % G_N_ELEMENTS(printings)];
		g_autofree char *text = g_strdup_printf("%s; %s", printing->text, ending->end);
		if (strstr(ending->but, test_invoke_shell) || (!g_test_slow() && i % 4 != i / 4 % 4))
			continue;
		if (!first)
			test_invoker_renew(fixture);
		first = FALSE;
		g_test_message("%s, %s", ending->name, printing->name);
		TestResult result = test_invoke_finish(fixture, test_invoke_start(fixture, text, i & 1, FALSE));
		g_assert_cmpint(result.status, ==, PSS_FAILED);
		check_stream(result.out, printing->out, printing->n_out);
		check_stream(result.err, printing->err, printing->n_err);
		test_result_clear(&result);
		result = test_invoke_finish(fixture, test_invoke_start(fixture, "echo no", FALSE, FALSE));
		g_assert_cmpint(result.status, ==, PSS_NOT_OPEN);
		test_result_clear(&result);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(TestInvoker *fixture, gconstpointer data);
	} tests[] = {
		{ "state", test_state },
		{ "exit", test_exit },
		{ "exit in posix mode", test_exit_in_posix_mode },
		{ "syntax error", test_syntax_error },
		{ "bytes", test_bytes },
		{ "input over the limit", test_input_over_the_limit },
		{ "interrupt", test_interrupt },
		{ "give up", test_give_up },
		{ "no trace", test_no_trace },
		{ "terminal", test_terminal },
		{ "busy", test_busy },
		{ "lost reply", test_lost_reply },
		{ "plain session ends", test_plain_session_ends },
		{ "background", test_background },
		{ "many", test_many },
		{ "session ends", test_session_ends },
	};
	if (argc < 2)
		return 2;
	test_invoke_shell = argv[1];
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/%s/%s", test_invoke_shell, tests[i].name);
		g_test_add(path, TestInvoker, NULL, test_invoker_init, tests[i].test, test_invoker_finish);
	}
	return g_test_run();
}
