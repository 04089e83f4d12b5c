/* SPDX-License-Identifier: MIT */
/* Each process that a session has on the remote computer is killed, with SIGKILL, while the session is idle, while a
 * line runs in it, and while a command does that is to be given input or has been: `test-killed SHELL [gtest options]`.
 * The session goes on, or ends with a cause; no client waits for ever; and when it is removed nothing is left there.
 * Once for each process, whatever it is for. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "../harness/processes.h"
#include "invoke-client.h"
#include "wire/status.h"

/* ---- what there is */

static void await_nothing(const GArray *sessions)
{
	gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	guint n = 1;

	while (n > 0) {
		g_main_context_iteration(NULL, FALSE);
		g_autoptr(GArray) left = test_processes_find(sessions);
		n = left->len;
		for (guint i = 0; i < n && g_get_monotonic_time() > deadline; i++)
			g_error("%s %d of session %d is left", g_array_index(left, TestProcess, i).name,
				g_array_index(left, TestProcess, i).pid, g_array_index(left, TestProcess, i).session);
	}
}

/* ---- one round */

/* A relay is there, and its input has been one command's already. */
static void warm_up(TestInvoker *invoker)
{
	for (int i = 0; i < 2; i++) {
		TestResult result = test_invoke_finish(invoker, test_invoke_start(invoker, "echo warm", TRUE, FALSE));
		g_assert_cmpint(result.status, ==, PSS_OK);
		test_result_clear(&result);
	}
}

/* Until it answers or has ended; what was on its way when the process died may fail once or twice. */
static void check_session(TestInvoker *invoker, gboolean may_end)
{
	for (int i = 0; i < 5; i++) {
		TestResult result =
			test_invoke_finish(invoker, test_invoke_start(invoker, "echo alive; cat", FALSE, TRUE));
		gboolean alive = result.status == PSS_OK && result.out->len == 6;
		gboolean ended = result.status == PSS_NOT_OPEN;
		if (!alive && !ended)
			g_test_message("no answer: status %d, exit status %d, \"%.*s\"", (int)result.status,
				       (int)result.exit_status, (int)result.out->len, (const char *)result.out->data);
		test_result_clear(&result);
		if (ended)
			g_assert_true(may_end);
		if (ended || alive)
			return;
	}
	g_error("the session neither answers nor ends");
}

/* What the session does when something of it is killed: how that begins, and how it comes to its end. */
typedef struct {
	const char *name;
	uint32_t (*start)(TestInvoker *invoker);
	void (*end)(TestInvoker *invoker, uint32_t id);
} Activity;

static uint32_t do_nothing(TestInvoker *invoker)
{
	return 0;
}

static void end_nothing(TestInvoker *invoker, uint32_t id)
{
}

/* A command whose input is open; it has been sent that much. */
static uint32_t invoke(TestInvoker *invoker, const char *plain, const char *input)
{
	TestResult result = { g_byte_array_new(), g_byte_array_new(), 99, 999, 0 };
	g_autofree char *text = test_invoke_in_foreground(plain);
	uint32_t id = test_invoke_start(invoker, text, TRUE, FALSE);

	if (*input)
		test_invoke_input(invoker, id, input, strlen(input));
	test_invoke_await(invoker, id, &result, *input ? input : "begun\n");
	test_result_clear(&result);
	return id;
}

static uint32_t start_command(TestInvoker *invoker)
{
	return invoke(invoker, "sh -c 'echo begun; exec sleep 1000'", "");
}

static uint32_t start_reader(TestInvoker *invoker)
{
	return invoke(invoker, "sh -c 'echo begun; exec cat'", "a line\n");
}

static void end_command(TestInvoker *invoker, uint32_t id)
{
	test_invoke_stop(invoker, id, FALSE);
	TestResult result = test_invoke_finish(invoker, id);
	test_result_clear(&result);
}

static uint32_t start_line(TestInvoker *invoker)
{
	struct pss_message message;
	TestClient *client = &invoker->client;
	g_autofree char *line = test_invoke_in_foreground("sh -c 'echo begun; exec sleep 1000'");

	pss_message_begin(&message, &client->out, PSS_ATTACH, ++invoker->last_id);
	pss_message_text(&message, PSS_TAG_INSTANCE, invoker->instance);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
	test_client_expect(client, PSS_RESULT);
	test_client_expect(client, PSS_PROMPT);
	g_string_truncate(client->output, 0);
	test_client_raw(client, PSS_LINE, invoker->last_id, line);
	test_client_expect(client, PSS_ACK);
	test_client_expect_output(client, "begun");
	return invoker->last_id;
}

static void end_line(TestInvoker *invoker, uint32_t id)
{
	struct pss_message message;
	TestClient *client = &invoker->client;

	test_client_raw(client, PSS_INPUT, id, "\003");
	do
		test_client_next(client);
	while (client->frame.header.type != PSS_PROMPT && client->frame.header.type != PSS_LEFT);
	if (client->frame.header.type == PSS_LEFT)
		return;
	pss_message_begin(&message, &client->out, PSS_LEAVE, id);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
	do
		test_client_next(client);
	while (client->frame.header.type != PSS_LEFT);
}

static const Activity activities[] = {
	{ "idle", do_nothing, end_nothing },
	{ "running", start_command, end_command },
	{ "reading", start_reader, end_command },
	{ "line", start_line, end_line },
};

/* FALSE: there are not so many processes. */
static gboolean kill_one(TestInvoker *invoker, guint number, const Activity *activity)
{
	warm_up(invoker);
	uint32_t id = activity->start(invoker);
	g_autoptr(GArray) processes = test_processes_find(NULL);
	g_autoptr(GArray) sessions = test_processes_sessions(processes);
	gboolean found = number < processes->len, leads = FALSE;
	if (found) {
		const TestProcess victim = g_array_index(processes, TestProcess, number);
		leads = victim.pid == victim.session;
		g_test_message("%s: %s %d of session %d", activity->name, victim.name, victim.pid, victim.session);
		g_assert_true(kill(victim.pid, SIGKILL) == 0 || errno == ESRCH);
	}
	activity->end(invoker, id);
	check_session(invoker, leads);
	test_invoker_renew(invoker);
	await_nothing(sessions);
	return found;
}

/* Waits until so many processes are there, or the start is over. */
static GArray *await_processes(guint n)
{
	gint64 deadline = g_get_monotonic_time() + G_USEC_PER_SEC;

	for (;;) {
		GArray *processes = test_processes_find(NULL);
		if (processes->len >= n || (processes->len > 0 && g_get_monotonic_time() > deadline))
			return processes;
		g_array_unref(processes);
		g_main_context_iteration(NULL, FALSE);
	}
}

/* The start comes to its end, whatever dies in it. */
static void test_start(TestInvoker *invoker, gconstpointer data)
{
	guint n_rounds = g_test_slow() ? 100 : 12;

	test_invoker_close(invoker);
	for (guint i = 0; i < n_rounds; i++) {
		test_invoker_begin(invoker);
		g_autoptr(GArray) processes = await_processes((guint)g_test_rand_int_range(1, 9));
		const TestProcess *victim =
			&g_array_index(processes, TestProcess, g_test_rand_int_range(0, (gint32)processes->len));
		g_test_message("starting: %s %d of session %d", victim->name, victim->pid, victim->session);
		g_assert_true(kill(victim->pid, SIGKILL) == 0 || errno == ESRCH);
		if (test_invoker_opened(invoker))
			check_session(invoker, TRUE);
		g_autoptr(GArray) all = test_processes_find(NULL);
		g_autoptr(GArray) sessions = test_processes_sessions(all);
		test_invoker_close(invoker);
		await_nothing(sessions);
	}
}

static void test_activity(TestInvoker *invoker, gconstpointer data)
{
	for (guint i = 0; kill_one(invoker, i, data); i++)
		;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	test_invoke_shell = argv[1];
	argv[1] = argv[0];
	argc--;
	argv++;
	g_test_init(&argc, &argv, NULL);
	g_test_add("/killed/start", TestInvoker, NULL, test_invoker_init, test_start, test_invoker_finish);
	for (gsize i = 0; i < G_N_ELEMENTS(activities); i++) {
		g_autofree char *path = g_strconcat("/killed/", activities[i].name, NULL);
		g_test_add(path, TestInvoker, &activities[i], test_invoker_init, test_activity, test_invoker_finish);
	}
	return g_test_run();
}
