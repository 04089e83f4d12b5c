/* SPDX-License-Identifier: MIT */
/* Sessions as a client of the host process sees them, over the real wire and the null transport. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire-client.h"
#include "wire/status.h"

typedef struct {
	TestHost host;
	char *home;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *rc = NULL;

	test_host_init(&fixture->host);
	fixture->home = g_dir_make_tmp("pss-home-XXXXXX", NULL);
	rc = g_build_filename(fixture->home, ".bashrc", NULL);
	g_assert_true(g_file_set_contents(rc, "PS1='ready> '\n", -1, NULL));
	g_free(rc);
	rc = g_build_filename(fixture->home, ".bash_profile", NULL);
	g_assert_true(g_file_set_contents(rc, ". ~/.bashrc\n", -1, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	test_host_finish(&fixture->host);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", fixture->home);
	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	g_free(fixture->home);
}

static uint64_t status_of(struct pss_fields fields)
{
	return pss_fields_number(fields, PSS_TAG_STATUS, 99);
}

static void send_instance(TestClient *client, enum pss_type type, uint32_t id, const char *instance, gboolean force)
{
	struct pss_message message;
	pss_message_begin(&message, &client->out, type, id);
	pss_message_text(&message, PSS_TAG_INSTANCE, instance);
	pss_message_number(&message, PSS_TAG_FORCE, force);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
}

static uint64_t expect_prompt(TestClient *client, uint64_t kind)
{
	struct pss_fields fields = test_client_expect(client, PSS_PROMPT);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_PROMPT_KIND, 0), ==, kind);
	return pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 999);
}

static uint64_t run(TestClient *client, uint32_t id, const char *line)
{
	test_client_raw(client, PSS_LINE, id, line);
	test_client_expect(client, PSS_ACK);
	return expect_prompt(client, 1);
}

static char *open_kept(TestClient *client, Fixture *fixture)
{
	test_client_open(client, 1, fixture->home, TRUE, FALSE);
	return g_strdup(pss_fields_text(pss_frame_fields(&client->frame), PSS_TAG_INSTANCE));
}

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

static void test_wrong_version(Fixture *fixture, gconstpointer data)
{
	TestClient client;
	struct pss_message message;

	test_client_init(&client, &fixture->host);
	pss_message_begin(&message, &client.out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, 0);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&client);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_VERSION);
	test_client_expect_end(&client);
	test_client_finish(&client);
}

/* Each breaks the protocol in its own way and loses its connection; the host goes on. */
static void test_bad_frames(Fixture *fixture, gconstpointer data)
{
	static const struct {
		gboolean greeted;
		uint16_t type;
		uint32_t length;
		const char *payload;
	} bad[] = {
		{ FALSE, PSS_LIST, 0, "" },
		{ TRUE, PSS_HELLO, 0, "" },
		{ TRUE, PSS_RESULT, 0, "" },
		{ TRUE, 0, 0, "" },
		{ TRUE, 65535, 0, "" },
		{ TRUE, PSS_OPEN, 3, "abc" },
		{ TRUE, PSS_OPEN, 8, "\001\000\000\000\377\377\377\377" },
		{ TRUE, PSS_LIST, 0xffffffff, "" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		TestClient client;
		struct pss_frame_header header = { .type = bad[i].type, .length = bad[i].length, .id = 1 };
		test_client_init(&client, &fixture->host);
		if (bad[i].greeted)
			test_client_hello(&client);
		pss_buffer_append(&client.out, &header, sizeof header);
		if (bad[i].length < 100)
			pss_buffer_append(&client.out, bad[i].payload, bad[i].length);
		test_client_send(&client);
		test_client_expect_end(&client);
		test_client_finish(&client);
	}
	TestClient client;
	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	test_client_raw(&client, PSS_PING, 9, "");
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_OK);
	test_client_finish(&client);
}

static void test_names_that_select_nothing(Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "12", "", "6f1c9a52-0b7e-4d63-9d3e-0a7a5c1f2b44" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		TestClient client;
		struct pss_message message;
		test_client_init(&client, &fixture->host);
		test_client_hello(&client);
		pss_message_begin(&message, &client.out, PSS_OPEN, 1);
		pss_message_text(&message, PSS_TAG_TARGET, "testhost");
		pss_message_text(&message, PSS_TAG_NAME, names[i]);
		pss_message_number(&message, PSS_TAG_KEEP, 1);
		g_assert_cmpint(pss_message_end(&message), ==, 0);
		test_client_send(&client);
		test_client_expect(&client, PSS_ACK);
		g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_USAGE);
		test_client_finish(&client);
	}
}

/* Each leaves no socket at its place. */
static void remove_socket(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "host", NULL);
	g_assert_cmpint(g_unlink(path), ==, 0);
}

static void remove_directory(const char *directory)
{
	remove_socket(directory);
	g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void rename_directory(const char *directory)
{
	g_autofree char *elsewhere = g_strconcat(directory, "-elsewhere", NULL);

	g_assert_cmpint(g_rename(directory, elsewhere), ==, 0);
	remove_directory(elsewhere);
}

/* No directory can be made there for a while, as where /run/user/UID is not there until the next login. */
static void put_file_in_place(const char *directory)
{
	remove_directory(directory);
	g_assert_true(g_file_set_contents(directory, "", 0, NULL));
	g_main_context_iteration(NULL, FALSE);
	g_assert_cmpint(g_unlink(directory), ==, 0);
}

/* Nothing of ours goes where it leads. */
static void put_link_in_place(const char *directory)
{
	g_autofree char *elsewhere = g_strconcat(directory, "-elsewhere", NULL);

	remove_directory(directory);
	g_assert_cmpint(g_mkdir(elsewhere, 0700), ==, 0);
	g_assert_cmpint(symlink(elsewhere, directory), ==, 0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpint(g_unlink(directory), ==, 0);
	g_assert_cmpint(g_rmdir(elsewhere), ==, 0);
}

static void test_socket_comes_back(Fixture *fixture, gconstpointer data)
{
	static void (*const ways[])(const char *directory) = {
		remove_socket,    remove_socket,     remove_directory,  remove_directory,  rename_directory,
		rename_directory, put_file_in_place, put_file_in_place, put_link_in_place,
	};
	g_autofree char *path = g_build_filename(fixture->host.directory, "host", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		TestClient client;
		ways[i](fixture->host.directory);
		test_until(g_file_test(path, G_FILE_TEST_EXISTS));
		test_client_init(&client, &fixture->host);
		test_client_hello(&client);
		test_client_finish(&client);
	}
}

#define ADD(name, function) g_test_add(name, Fixture, NULL, set_up, function, tear_down)

static void send_complete(TestClient *client, uint32_t id, const char *line, uint64_t point)
{
	struct pss_message message;
	pss_message_begin(&message, &client->out, PSS_COMPLETE, id);
	pss_message_bytes(&message, PSS_TAG_LINE, line, strlen(line));
	pss_message_number(&message, PSS_TAG_POINT, point);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
}

static void test_completion(Fixture *fixture, gconstpointer data)
{
	TestClient client;
	struct pss_fields fields;

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	send_complete(&client, 2, "ls", 2);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_FAILED);
	test_client_open(&client, 1, fixture->home, FALSE, TRUE);
	expect_prompt(&client, 1);
	run(&client, 1, ">'a file'; _slow() { sleep 1000; }; complete -F _slow slow");

	send_complete(&client, 3, "cat a\\ f | wc", 8);
	fields = test_client_expect(&client, PSS_RESULT);
	g_assert_cmpint(client.frame.header.id, ==, 3);
	g_assert_cmpint(status_of(fields), ==, PSS_OK);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_START, 99), ==, 4);
	g_assert_cmpstr(pss_fields_text(fields, PSS_TAG_CANDIDATE), ==, "a\\ file");

	send_complete(&client, 4, "cat", 4);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_USAGE);

	/* Given up by CANCEL, by the next one, and by a line: each has its RESULT, in its turn. */
	send_complete(&client, 5, "slow ", 5);
	test_client_raw(&client, PSS_CANCEL, 5, "");
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_INTERRUPTED);
	send_complete(&client, 6, "slow ", 5);
	send_complete(&client, 7, "slow ", 5);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_INTERRUPTED);
	g_assert_cmpint(client.frame.header.id, ==, 6);
	test_client_raw(&client, PSS_LINE, 1, "echo on");
	test_client_expect(&client, PSS_ACK);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_INTERRUPTED);
	g_assert_cmpint(client.frame.header.id, ==, 7);
	expect_prompt(&client, 1);
	send_complete(&client, 8, "slow ", 5);
	send_instance(&client, PSS_LEAVE, 1, "", FALSE);
	test_client_expect(&client, PSS_ACK);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_INTERRUPTED);
	test_client_expect(&client, PSS_LEFT);
	test_client_finish(&client);
}

/* A shell that loaded the version before: everything of it works, and what came later ends its connection only. */
static void test_older_client(Fixture *fixture, gconstpointer data)
{
	TestClient client;

	test_client_init(&client, &fixture->host);
	test_client_hello_as(&client, 1);
	g_autofree char *instance = open_kept(&client, fixture);
	send_instance(&client, PSS_ATTACH, 2, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_OK);
	expect_prompt(&client, 1);
	g_assert_cmpint(run(&client, 2, "echo out-$((40 + 2)); (exit 7)"), ==, 7);
	test_client_expect_output(&client, "out-42");
	test_client_raw(&client, PSS_INPUT, 2, "x");
	test_client_expect(&client, PSS_TYPED);
	send_complete(&client, 3, "ls", 2);
	test_client_expect_end(&client);
	test_client_finish(&client);

	test_client_init(&client, &fixture->host);
	test_client_hello_as(&client, 1);
	send_instance(&client, PSS_REMOVE, 4, instance, FALSE);
	g_assert_cmpint(status_of(test_client_expect(&client, PSS_RESULT)), ==, PSS_OK);
	test_client_finish(&client);
}

/* One that asks and does not read is not read from either: what waits for it is bounded. */
static void test_client_that_does_not_read(Fixture *fixture, gconstpointer unused)
{
	TestClient client;
	guint n = 0;

	test_client_init(&client, &fixture->host);
	test_client_hello(&client);
	for (guint quiet = 0; quiet < 200; n++) {
		gsize before = client.out.length;
		g_assert_cmpint(pss_frame_append(&client.out, PSS_PING, n + 10, 0, "", 0), ==, 0);
		ssize_t sent =
			send(client.fd, pss_buffer_bytes(&client.out), client.out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0)
			pss_buffer_consume(&client.out, (size_t)sent);
		g_main_context_iteration(NULL, FALSE);
		quiet = client.out.length > before ? quiet + 1 : 0;
		g_assert_cmpuint(n, <, 1000000);
	}
	g_test_message("%u questions until it was not read from any more", n);
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
	ADD("/host/another protocol version is told so", test_wrong_version);
	ADD("/host/completion is answered, or given up", test_completion);
	ADD("/host/a client of the version before is served", test_older_client);
	ADD("/host/bad frames end their connection only", test_bad_frames);
	ADD("/host/a client that does not read is not read from", test_client_that_does_not_read);
	ADD("/host/names that would select nothing are refused", test_names_that_select_nothing);
	ADD("/host/the socket comes back when it vanishes", test_socket_comes_back);
	return g_test_run();
}
