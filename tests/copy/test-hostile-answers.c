/* SPDX-License-Identifier: MIT */
/* The SFTP client in front of servers that break the rules of the protocol, or end. Whatever they do, each operation
 * ends once, with what is true. */
#include <glib.h>
#include <string.h>

#include "hostile.h"

/* ---- the greeting */

static void check_greeting(const void *bytes, gsize n)
{
	Test test = { .data = g_byte_array_new(), .held = g_ptr_array_new() };

	test.server = fake_server_new(NULL, &test);
	test.server->is_silent = TRUE;
	test.sftp = pss_sftp_new(test.server->client, &hostile_events, &test);
	fake_send_raw(test.server, bytes, n);
	fake_server_hang_up(test.server);
	while (!test.lost)
		fake_server_turn(test.server);
	g_assert_false(test.is_ready);
	pss_sftp_lstat(test.sftp, "f", on_attributes, &test);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, PSS_SFTP_CONNECTION_LOST);
	finish(&test);
}

#define GREETING(bytes) check_greeting(bytes, sizeof bytes - 1)

static void test_greetings(void)
{
	GREETING("");
	GREETING("Last login: today\r\n");
	GREETING("\0\0\0\0");
	GREETING("\0\0\0\1\2");
	GREETING("\0\0\0\5\2\0\0\0\2");
	GREETING("\0\0\0\5\2\0\0\0\6");
	GREETING("\0\0\0\5\3\0\0\0\3");
	GREETING("\0\4\0\1\2\0\0\0\3");
	GREETING("\377\377\377\377\2\0\0\0\3");
}

/* ---- answers */

static const char *raw_answer; /* behind length, type and id */
static gsize n_raw_answer;
static guint8 raw_type;

static void answer_raw(FakeServer *server, const Request *request)
{
	GByteArray *packet = fake_packet((PssFxp)raw_type, request->id);

	g_byte_array_append(packet, (const guint8 *)raw_answer, (guint)n_raw_answer);
	fake_send(server, packet);
}

static void check_answer(guint8 type, const char *bytes, gsize n, int code)
{
	Test test;

	raw_type = type;
	raw_answer = bytes;
	n_raw_answer = n;
	begin(&test, answer_raw);
	pss_sftp_lstat(test.sftp, "f", on_attributes, &test);
	pss_sftp_real_path(test.sftp, "f", on_path, &test);
	pss_sftp_remove(test.sftp, "f", on_done, &test);
	get(&test, 10);
	put(&test, 10);
	pss_sftp_list(test.sftp, "d", &list_events, &test);
	wait_done(&test, 6);
	g_assert_cmpint(test.code, ==, code);
	g_assert_cmpuint(test.data->len, ==, 0);
	g_assert_cmpuint(test.n_entries, ==, 0);
	finish(&test);
}

#define ANSWER(type, bytes, code) check_answer(type, bytes, sizeof bytes - 1, code)

static void test_answers(void)
{
	ANSWER(PSS_FXP_STATUS, "", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_STATUS, "\0\0\0\3", PSS_SFTP_PERMISSION_DENIED);
	ANSWER(PSS_FXP_STATUS, "\0\0\0\0", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_STATUS, "\0\0\1\0\377\377\377\377x", PSS_SFTP_FAILURE);
	ANSWER(PSS_FXP_HANDLE, "", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_HANDLE, "\0\0\1\1", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_DATA, "\0\0\0\4abcd", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_NAME, "\377\377\377\377", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_ATTRS, "\0\0\0\1", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_ATTRS, "\0\0\0\100", PSS_SFTP_BAD_MESSAGE);
	ANSWER(PSS_FXP_ATTRS, "\200\0\0\0\377\377\377\377", PSS_SFTP_BAD_MESSAGE);
	ANSWER(77, "x", PSS_SFTP_BAD_MESSAGE);
}

/* A handle of more than 256 bytes is none (draft, section 6.3). */
static void answer_long_handle(FakeServer *server, const Request *request)
{
	g_autofree char *handle = g_strnfill(257, 'h');

	fake_handle(server, request->id, handle);
}

static void test_long_handle(void)
{
	Test test;

	begin(&test, answer_long_handle);
	get(&test, 10);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, PSS_SFTP_BAD_MESSAGE);
	finish(&test);
}

static void answer_other_id(FakeServer *server, const Request *request)
{
	fake_status(server, request->id + 1000, 0, "");
}

static void test_other_id(void)
{
	Test test;

	begin(&test, answer_other_id);
	get(&test, 10);
	pss_sftp_lstat(test.sftp, "f", on_attributes, &test);
	wait_done(&test, 2);
	g_assert_cmpint(test.code, ==, PSS_SFTP_CONNECTION_LOST);
	g_assert_cmpstr(test.lost, ==, "the SFTP server is gone: it sent an answer to no request of this copy");
	finish(&test);
}

static void answer_twice(FakeServer *server, const Request *request)
{
	fake_status(server, request->id, 0, "");
	fake_status(server, request->id, 0, "");
}

static void test_twice(void)
{
	Test test;

	begin(&test, answer_twice);
	pss_sftp_remove(test.sftp, "f", on_done, &test);
	while (!test.lost)
		fake_server_turn(test.server);
	g_assert_cmpuint(test.n_done, ==, 1);
	g_assert_cmpint(test.code, ==, 0);
	finish(&test);
}

static void answer_with_escapes(FakeServer *server, const Request *request)
{
	fake_status(server, request->id, PSS_SFTP_FAILURE, "\033[2Jdisk\nfull\007");
}

static void test_escapes(void)
{
	Test test;

	begin(&test, answer_with_escapes);
	pss_sftp_remove(test.sftp, "f", on_done, &test);
	wait_done(&test, 1);
	for (const char *at = test.message; *at; at++)
		g_assert_false(g_ascii_iscntrl(*at));
	g_assert_nonnull(strstr(test.message, "disk"));
	finish(&test);
}

static void test_silence(void)
{
	Test test;

	begin(&test, NULL);
	pss_sftp_set_patience(test.sftp, 20);
	get(&test, 10);
	wait_done(&test, 1);
	g_assert_cmpstr(test.message, ==, "the SFTP server is gone: it does not answer");
	finish(&test);
}

/* ---- ends */

/* It ends behind so many bytes of its answers, wherever that is. */
static void test_cut(void)
{
	file_size = 100000;
	is_endless = FALSE;
	for (int n_turns = 0; n_turns < 40; n_turns++) {
		Test test;
		begin(&test, answer_right);
		get(&test, 100000);
		put(&test, 100000);
		pss_sftp_list(test.sftp, "d", &list_events, &test);
		pss_sftp_real_path(test.sftp, "f", on_path, &test);
		for (int i = 0; i < n_turns; i++)
			fake_server_turn(test.server);
		fake_send_raw(test.server, "\0\0\1", (gsize)g_test_rand_int_range(0, 3));
		fake_server_hang_up(test.server);
		while (!test.lost)
			fake_server_turn(test.server);
		g_assert_cmpuint(test.n_done, ==, 4);
		finish(&test);
	}
}

/* The n-th callback, whichever that is, frees the connection. */
static void test_freed_inside(void)
{
	file_size = 100000;
	for (int n_turns = 0; n_turns < 30; n_turns++) {
		Test test;
		begin(&test, answer_right);
		get(&test, 100000);
		put(&test, 100000);
		pss_sftp_list(test.sftp, "d", &list_events, &test);
		pss_sftp_real_path(test.sftp, "f", on_path, &test);
		for (int i = 0; i < n_turns; i++)
			fake_server_turn(test.server);
		test.frees_in_callback = TRUE;
		for (int i = 0; i < 50 && test.sftp; i++)
			fake_server_turn(test.server);
		finish(&test);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hostile/a greeting that is none", test_greetings);
	g_test_add_func("/hostile/answers that are malformed, or to something else", test_answers);
	g_test_add_func("/hostile/a handle over the limit", test_long_handle);
	g_test_add_func("/hostile/an answer to what nobody asked", test_other_id);
	g_test_add_func("/hostile/two answers to one request", test_twice);
	g_test_add_func("/hostile/a text with control bytes is made safe", test_escapes);
	g_test_add_func("/hostile/a server that says nothing is given up", test_silence);
	g_test_add_func("/hostile/an end at any moment ends each operation once", test_cut);
	g_test_add_func("/hostile/freed in any callback", test_freed_inside);
	return g_test_run();
}
