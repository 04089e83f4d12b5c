/* SPDX-License-Identifier: MIT */
/* The protocol as a client of the host process speaks it, right or wrong, and the socket that it is spoken over; with
 * the null transport. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session-fixture.h"
#include "wire/status.h"

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
	ADD("/host/another protocol version is told so", test_wrong_version);
	ADD("/host/completion is answered, or given up", test_completion);
	ADD("/host/a client of the version before is served", test_older_client);
	ADD("/host/bad frames end their connection only", test_bad_frames);
	ADD("/host/a client that does not read is not read from", test_client_that_does_not_read);
	ADD("/host/names that would select nothing are refused", test_names_that_select_nothing);
	ADD("/host/the socket comes back when it vanishes", test_socket_comes_back);
	return g_test_run();
}
