/* SPDX-License-Identifier: MIT */
/* Sessions as a client of the host process sees them, over the real wire and the null transport. */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session-fixture.h"
#include "wire/status.h"

static void test_temporary_session(Fixture *fixture, gconstpointer data)
{
	TestClient client;

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	test_client_open(&client, 1, fixture->home, FALSE, TRUE);
	struct pss_fields fields = test_client_expect(&client, PSS_PROMPT);
	struct pss_field prompt;
	g_assert_cmpint(pss_fields_bytes(fields, PSS_TAG_PROMPT, &prompt), ==, 0);
	g_assert_cmpmem(prompt.data, prompt.length, "ready> ", 7);

	g_assert_cmpint(run(&client, 1, "echo out-$((40 + 2)); (exit 7)"), ==, 7);
	test_client_expect_output(&client, "out-42");

	test_client_raw(&client, PSS_LINE, 1, "exit 5");
	test_client_expect(&client, PSS_ACK);
	fields = test_client_expect(&client, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_EXIT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0), ==, 5);

	test_client_raw(&client, PSS_LIST, 2, "");
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_OK);
	test_client_finish(&client);
}

/* The remote side says that a temporary session has been left by `exit`, as only a kept one is: the session, which
 * nobody but its terminal holds, goes on. */
static void test_exit_that_is_not_kept(Fixture *fixture, gconstpointer data)
{
	TestClient client;

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	test_client_open(&client, 1, fixture->home, FALSE, TRUE);
	expect_prompt(&client, 1);
	g_assert_cmpint(run(&client, 1, "__pss_say X \"$__pss_n\" 3; (exit 7)"), ==, 7);
	g_assert_cmpint(run(&client, 1, "(exit 8)"), ==, 8);
	test_client_finish(&client);
}

static void test_kept_session(Fixture *fixture, gconstpointer data)
{
	TestClient opener, first, second;
	struct pss_fields fields;

	test_client_init(&opener, &fixture->host);
	test_client_hello(&opener);
	g_autofree char *instance = open_kept(&opener, fixture);
	test_client_finish(&opener);

	test_client_init(&first, &fixture->host);
	test_client_hello(&first);
	send_instance(&first, PSS_ATTACH, 3, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&first, PSS_RESULT)), ==, PSS_OK);
	expect_prompt(&first, 1);
	run(&first, 3, "kept=value; cd /");

	test_client_init(&second, &fixture->host);
	test_client_hello(&second);
	send_instance(&second, PSS_ATTACH, 4, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&second, PSS_RESULT)), ==, PSS_BUSY);
	send_instance(&second, PSS_ATTACH, 5, instance, TRUE);
	g_assert_cmpint(status_of(test_client_expect(&second, PSS_RESULT)), ==, PSS_OK);
	fields = test_client_expect(&first, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_TAKEN);
	expect_prompt(&second, 1);
	run(&second, 5, "echo \"$kept $PWD\"");
	test_client_expect_output(&second, "value /");

	test_client_raw(&second, PSS_LINE, 5, "cd /usr && exit 4");
	test_client_expect(&second, PSS_ACK);
	fields = test_client_expect(&second, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_KEPT_EXIT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0), ==, 4);

	send_instance(&first, PSS_REMOVE, 6, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&first, PSS_RESULT)), ==, PSS_OK);
	send_instance(&first, PSS_REMOVE, 7, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&first, PSS_RESULT)), ==, PSS_NO_SESSION);
	test_client_finish(&first);
	test_client_finish(&second);
}

/* Detaching from a temporary session while a line runs: it goes on as a kept one, and `exit` in it leaves. */
static void test_temporary_session_is_kept(Fixture *fixture, gconstpointer data)
{
	struct pss_message message;
	struct pss_fields fields;
	TestClient first, second;

	test_client_init(&first, &fixture->host);
	test_client_hello(&first);
	test_client_open(&first, 1, fixture->home, FALSE, TRUE);
	g_autofree char *instance = g_strdup(pss_fields_text(pss_frame_fields(&first.frame), PSS_TAG_INSTANCE));
	expect_prompt(&first, 1);
	/* The program says so itself: an interrupt that comes before it has the terminal is lost, natively too. */
	test_client_raw(&first, PSS_LINE, 1, "sh -c 'echo begun; exec tail -f /dev/null'; exit 4");
	test_client_expect(&first, PSS_ACK);
	test_client_expect_output(&first, "begun");
	pss_message_begin(&message, &first.out, PSS_LEAVE, 1);
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&first);
	test_client_expect(&first, PSS_ACK);
	fields = test_client_expect(&first, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_BY_REQUEST);
	g_assert_nonnull(strstr(pss_fields_text(fields, PSS_TAG_MESSAGE), "goes on"));
	test_client_finish(&first);

	test_client_init(&second, &fixture->host);
	test_client_hello(&second);
	send_instance(&second, PSS_ATTACH, 3, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&second, PSS_RESULT)), ==, PSS_OK);
	test_client_raw(&second, PSS_INTERRUPT, 3, "");
	expect_prompt(&second, 1);
	test_client_raw(&second, PSS_LINE, 3, "cd / && exit 6");
	test_client_expect(&second, PSS_ACK);
	fields = test_client_expect(&second, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_KEPT_EXIT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 0), ==, 6);
	send_instance(&second, PSS_REMOVE, 4, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&second, PSS_RESULT)), ==, PSS_OK);
	test_client_finish(&second);
}

static void test_second_prompt(Fixture *fixture, gconstpointer data)
{
	TestClient client;

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	test_client_open(&client, 1, fixture->home, FALSE, TRUE);
	expect_prompt(&client, 1);
	test_client_raw(&client, PSS_LINE, 1, "for i in 1 2; do");
	test_client_expect(&client, PSS_ACK);
	expect_prompt(&client, 2);
	test_client_raw(&client, PSS_LINE, 1, "echo turn-$i; done");
	test_client_expect(&client, PSS_ACK);
	expect_prompt(&client, 1);
	test_client_expect_output(&client, "turn-2");
	/* Keys for a prompt come back, they are never typed into the remote shell. */
	test_client_raw(&client, PSS_INPUT, 1, "touch x\r");
	test_client_expect(&client, PSS_TYPED);
	g_assert_cmpmem(client.frame.payload, client.frame.header.length, "touch x\r", 8);
	test_client_finish(&client);
}

/* Waits until the one session is at its prompt, as get-pssession would see it. */
static void wait_until_available(TestClient *client)
{
	uint64_t availability = 0;
	for (uint32_t id = 100; availability != PSS_AVAILABILITY_AVAILABLE; id++) {
		test_client_raw(client, PSS_LIST, id, "");
		availability = pss_fields_number(test_client_expect(client, PSS_SESSION), PSS_TAG_AVAILABILITY, 0);
		test_client_expect(client, PSS_RESULT);
		g_assert_cmpuint(id, <, 100000);
	}
}

static void test_unwatched_output(Fixture *fixture, gconstpointer data)
{
	g_autofree char *go = g_build_filename(fixture->home, "go", NULL);
	TestClient client;

	g_assert_cmpint(mkfifo(go, 0600), ==, 0);
	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	g_autofree char *instance = open_kept(&client, fixture);
	send_instance(&client, PSS_ATTACH, 2, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	expect_prompt(&client, 1);
	test_client_raw(&client, PSS_LINE, 2, "read x <~/go; printf 'a\\033[cb\\n'");
	test_client_expect(&client, PSS_ACK);
	test_client_finish(&client);

	/* Nobody watches now; what the line prints is kept, but for the query. */
	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	int fd = open(go, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(write(fd, "\n", 1), ==, 1);
	wait_until_available(&client);
	close(fd);
	send_instance(&client, PSS_ATTACH, 3, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	expect_prompt(&client, 1);
	g_assert_nonnull(strstr(client.output->str, "ab"));
	send_instance(&client, PSS_REMOVE, 4, instance, FALSE);
	struct pss_fields fields = test_client_expect(&client, PSS_LEFT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0), ==, PSS_LEFT_REMOVED);
	test_client_expect(&client, PSS_RESULT);
	test_client_finish(&client);
}

/* More than the answers that may wait for a client. */
static void test_much_unwatched_output(Fixture *fixture, gconstpointer data)
{
	static const guint64 n = 20000000;
	g_autofree char *go = g_build_filename(fixture->home, "go", NULL),
			*line = g_strdup_printf("read x <~/go; head -c %" G_GUINT64_FORMAT " /dev/zero | tr '\\0' x",
						n);
	struct pss_message message;
	TestClient client;

	g_assert_cmpint(mkfifo(go, 0600), ==, 0);
	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	g_autofree char *instance = open_kept(&client, fixture);
	send_instance(&client, PSS_ATTACH, 2, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	expect_prompt(&client, 1);
	test_client_raw(&client, PSS_LINE, 2, line);
	test_client_expect(&client, PSS_ACK);
	test_client_finish(&client);

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	pss_message_begin(&message, &client.out, PSS_DISCONNECT, 3);
	pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	pss_message_number(&message, PSS_TAG_BUFFER_SIZE, 2 * n);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&client);
	test_client_expect(&client, PSS_RESULT);
	int fd = open(go, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(write(fd, "\n", 1), ==, 1);
	send_instance(&client, PSS_CONNECT, 4, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	wait_until_available(&client);
	close(fd);
	send_instance(&client, PSS_ATTACH, 5, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	expect_prompt(&client, 1);
	g_assert_cmpuint(client.output->len, >=, n);
	send_instance(&client, PSS_REMOVE, 6, instance, FALSE);
	test_client_expect(&client, PSS_LEFT);
	test_client_expect(&client, PSS_RESULT);
	test_client_finish(&client);
}

static pid_t read_pid(const Fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->home, "pid", NULL), *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (pid_t)atoi(text);
}

/* A shell at rest ends its jobs when it is asked to hang up; so its terminal is not taken from it before it is done. */
static void test_shell_goes_first(Fixture *fixture, gconstpointer data)
{
	g_autofree char *went = g_build_filename(fixture->home, "went", NULL);
	char word[16] = "";
	TestClient client;

	g_assert_cmpint(mkfifo(went, 0600), ==, 0);
	int fd = open(went, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	g_autofree char *instance = open_kept(&client, fixture);
	send_instance(&client, PSS_ATTACH, 2, instance, FALSE);
	test_client_expect(&client, PSS_RESULT);
	expect_prompt(&client, 1);
	run(&client, 2,
	    "trap '{ : </dev/tty; } 2>&- && echo asked >~/went || echo cut >~/went; exit' HUP; echo $$ >~/pid");
	pid_t shell = read_pid(fixture);
	g_assert_cmpint(kill(shell, SIGSTOP), ==, 0);
	send_instance(&client, PSS_REMOVE, 3, instance, FALSE);
	test_client_expect(&client, PSS_LEFT);
	test_client_expect(&client, PSS_RESULT);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpint(kill(shell, SIGCONT), ==, 0);
	while (read(fd, word, sizeof word - 1) < 0)
		g_main_context_iteration(NULL, FALSE);
	g_assert_cmpstr(word, ==, "asked\n");
	close(fd);
	test_client_finish(&client);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/host/a temporary session runs lines and ends with its shell", test_temporary_session);
	ADD("/host/a temporary session is not left by word of its remote alone", test_exit_that_is_not_kept);
	ADD("/host/a kept session keeps its state over terminals", test_kept_session);
	ADD("/host/a temporary session that is detached from becomes a kept one", test_temporary_session_is_kept);
	ADD("/host/second prompts, and keys at a prompt come back", test_second_prompt);
	ADD("/host/unwatched output is kept and made safe", test_unwatched_output);
	ADD("/host/unwatched output is shown however much it is", test_much_unwatched_output);
	ADD("/host/a shell goes before its terminal", test_shell_goes_first);
	return g_test_run();
}
