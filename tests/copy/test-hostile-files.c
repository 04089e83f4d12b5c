/* SPDX-License-Identifier: MIT */
/* Files and directories of servers that do what the rules allow and nobody expects, or a little more. What is asked of
 * a server, and what waits for it, stays bounded. */
#include <glib.h>
#include <string.h>

#include "hostile.h"

/* ---- reading */

static gsize read_at_most;

static void answer_short(FakeServer *server, const Request *request)
{
	if (request->type == PSS_FXP_READ)
		answer_read(server, request, (gsize)g_test_rand_int_range(1, (gint32)read_at_most));
	else
		answer_open(server, request);
}

static void test_short_reads(void)
{
	Test test;

	file_size = 300000;
	read_at_most = 9000;
	begin(&test, answer_short);
	get(&test, file_size);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.data->len, ==, file_size);
	check_data(&test);
	finish(&test);
}

/* Its CLOSE went with its one READ; from then on nothing is closed before it is read. */
static void test_short_small_file(void)
{
	Test test;

	file_size = 5000;
	read_at_most = 1000;
	begin(&test, answer_short);
	get(&test, file_size);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.data->len, ==, file_size);
	check_data(&test);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_OPEN), ==, 2);
	g_byte_array_set_size(test.data, 0);
	get(&test, file_size);
	wait_done(&test, 2);
	check_data(&test);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_OPEN), ==, 3);
	finish(&test);
}

static void shuffle_and_answer(FakeServer *server)
{
	Test *test = server->user;

	while (test->held->len > 0) {
		guint i = (guint)g_test_rand_int_range(0, (gint32)test->held->len);
		const Request *request = test->held->pdata[i];
		g_ptr_array_remove_index(test->held, i);
		answer_read(server, request, (gsize)g_test_rand_int_range(1000, 40000));
	}
}

static void hold_reads(FakeServer *server, const Request *request)
{
	Test *test = server->user;

	if (request->type == PSS_FXP_READ)
		g_ptr_array_add(test->held, (gpointer)request);
	else
		answer_open(server, request);
}

static void test_any_order(void)
{
	Test test;

	file_size = 3000000;
	begin(&test, hold_reads);
	get(&test, PSS_SFTP_SIZE_UNKNOWN);
	while (test.n_done == 0) {
		fake_server_turn(test.server);
		if (g_test_rand_int_range(0, 5) == 0)
			shuffle_and_answer(test.server);
	}
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.data->len, ==, file_size);
	check_data(&test);
	finish(&test);
}

/* All but the first chunk is answered: what it brings must wait here, and it must not be more and more. */
static void answer_all_but_first(FakeServer *server, const Request *request)
{
	guint64 offset;
	guint32 n;

	if (request->type != PSS_FXP_READ) {
		answer_open(server, request);
		return;
	}
	fake_range(request, &offset, &n);
	if (offset > 0)
		answer_read(server, request, G_MAXSIZE);
}

static void check_withheld(guint n_connections, gsize at_most)
{
	Test test;
	guint n_before = 0;

	file_size = 1u << 30;
	begin(&test, answer_all_but_first);
	pss_sftp_set_share(test.sftp, n_connections);
	get(&test, file_size);
	for (int n_idle = 0; n_idle < 1000; n_idle++) {
		fake_server_turn(test.server);
		if (test.server->requests->len > n_before)
			n_idle = 0;
		n_before = test.server->requests->len;
	}
	g_assert_cmpuint(test.data->len, ==, 0);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_READ), <=, at_most / 32768);
	finish(&test);
}

static void test_withheld(void)
{
	check_withheld(1, 9u * 1024 * 1024);
	check_withheld(10, 512u * 1024);
	check_withheld(1000, 256u * 1024);
}

/* What is written waits at its source, not here. */
static void test_stalled_put(void)
{
	Test test;

	begin(&test, answer_open);
	put(&test, 1u << 30);
	while (test.n_read == 0)
		fake_server_turn(test.server);
	for (int i = 0; i < 10000; i++)
		g_main_context_iteration(NULL, FALSE);
	g_assert_cmpuint(test.n_read, <=, 1024u * 1024);
	finish(&test);
}

static int wrong_kind;

static void answer_wrong_data(FakeServer *server, const Request *request)
{
	static const guint8 bytes[65536];
	guint64 offset;
	guint32 n;

	if (request->type != PSS_FXP_READ) {
		answer_open(server, request);
		return;
	}
	fake_range(request, &offset, &n);
	if (wrong_kind == 0)
		fake_data(server, request->id, bytes, n + 1);
	else if (wrong_kind == 1)
		fake_data(server, request->id, bytes, 0);
	else
		fake_status(server, request->id, 0, "");
}

static void test_wrong_data(void)
{
	for (wrong_kind = 0; wrong_kind < 3; wrong_kind++) {
		Test test;
		begin(&test, answer_wrong_data);
		get(&test, 100);
		wait_done(&test, 1);
		g_assert_cmpint(test.code, ==, PSS_SFTP_BAD_MESSAGE);
		g_assert_cmpuint(test.data->len, ==, 0);
		finish(&test);
	}
}

static void check_size(guint64 said, guint64 is, int code, guint64 end, gboolean has_more)
{
	Test test;

	file_size = is;
	read_at_most = G_MAXINT32;
	begin(&test, answer_short);
	get(&test, said);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, code);
	g_assert_cmpuint(test.end, ==, end);
	g_assert_cmpint(test.has_more, ==, has_more);
	check_data(&test);
	finish(&test);
}

static void test_sizes(void)
{
	check_size(100000, 100000, 0, 100000, FALSE);
	check_size(100000, 100001, 0, 100000, TRUE);
	check_size(100000, 200000, 0, 100000, TRUE);
	check_size(100000, 99999, PSS_SFTP_CHANGED, 99999, FALSE);
	check_size(100000, 0, PSS_SFTP_CHANGED, 0, FALSE);
	check_size(1000, 1000, 0, 1000, FALSE);
	check_size(1000, 1001, 0, 1000, TRUE);
	check_size(1000, 999, PSS_SFTP_CHANGED, 999, FALSE);
	check_size(1000, 0, PSS_SFTP_CHANGED, 0, FALSE);
	check_size(0, 0, 0, 0, FALSE);
	check_size(0, 100000, 0, 100000, FALSE); /* proc */
}

/* ---- listings */

static void test_names(void)
{
	Test test;

	is_endless = FALSE;
	begin(&test, answer_names);
	pss_sftp_list(test.sftp, "d", &list_events, &test);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.n_entries, ==, N_GOOD_NAMES);
	g_assert_cmpuint(test.n_bad_names, ==, N_BAD_NAMES);
	finish(&test);
}

static void test_endless(void)
{
	Test test;

	is_endless = TRUE;
	begin(&test, answer_names);
	test.entries_wanted = 10000;
	test.list = pss_sftp_list(test.sftp, "d", &list_events, &test);
	while (test.list)
		fake_server_turn(test.server);
	/* What was on its way still comes, is dropped, and the directory is closed. */
	pss_sftp_remove(test.sftp, "f", on_done, &test);
	wait_done(&test, 1);
	g_assert_cmpuint(test.n_entries, ==, 10000);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_CLOSE), ==, 1);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_READDIR), <=, 10000 / N_GOOD_NAMES + 64);
	finish(&test);
}

/* ---- writing */

static PssFxp failing;
static guint failing_from; /* the first so many of them succeed */

static void fail_some(FakeServer *server, const Request *request)
{
	if (request->type == failing && fake_server_count(server, failing) > failing_from)
		fake_status(server, request->id, PSS_SFTP_FAILURE, "No space left on device");
	else
		answer_open(server, request);
}

static void check_put(PssFxp type, guint from, guint64 written)
{
	Test test;

	failing = type;
	failing_from = from;
	begin(&test, fail_some);
	put(&test, 200000);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, PSS_SFTP_FAILURE);
	g_assert_cmpstr(test.message, ==, "No space left on device");
	g_assert_cmpuint(test.written, ==, written);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_RENAME), ==, type == PSS_FXP_RENAME);
	while (fake_server_count(test.server, PSS_FXP_OPEN) > fake_server_count(test.server, PSS_FXP_CLOSE) &&
	       type != PSS_FXP_OPEN)
		fake_server_turn(test.server);
	finish(&test);
}

/* Whatever fails, what is not whole does not get the name. */
static void test_failing_puts(void)
{
	check_put(PSS_FXP_OPEN, 0, 0);
	check_put(PSS_FXP_WRITE, 0, 0);
	check_put(PSS_FXP_WRITE, 2, 65536);
	check_put(PSS_FXP_CLOSE, 0, 200000);
	check_put(PSS_FXP_RENAME, 0, 200000);
}

static void hold_writes(FakeServer *server, const Request *request)
{
	Test *test = server->user;

	if (request->type == PSS_FXP_WRITE)
		g_ptr_array_add(test->held, (gpointer)request);
	else
		answer_open(server, request);
}

/* What ends it is answered before what is in front of that. */
static void test_puts_in_any_order(void)
{
	Test test;

	begin(&test, hold_writes);
	put(&test, 300000);
	while (test.n_done == 0) {
		fake_server_turn(test.server);
		g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_RENAME), <=, test.held->len == 0);
		if (fake_server_count(test.server, PSS_FXP_CLOSE) == 0 || test.held->len == 0)
			continue;
		const Request *request = test.held->pdata[test.held->len - 1];
		fake_status(test.server, request->id, 0, "");
		g_ptr_array_remove_index(test.held, test.held->len - 1);
	}
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.written, ==, 300000);
	finish(&test);
}

/* ---- limits */

static guint n_open, n_open_max;

static void count_open(FakeServer *server, const Request *request)
{
	n_open += request->type == PSS_FXP_OPEN;
	n_open -= request->type == PSS_FXP_CLOSE;
	n_open_max = MAX(n_open_max, n_open);
	if (request->type == PSS_FXP_EXTENDED) {
		GByteArray *packet = fake_packet(PSS_FXP_EXTENDED_REPLY, request->id);
		pss_fxp_put_u64(packet, 34000);
		pss_fxp_put_u64(packet, 1024);
		pss_fxp_put_u64(packet, 1024);
		pss_fxp_put_u64(packet, 16);
		fake_send(server, packet);
	} else if (request->type == PSS_FXP_READ) {
		guint64 offset;
		guint32 n;
		fake_range(request, &offset, &n);
		g_assert_cmpuint(n, <=, 1024);
		answer_read(server, request, n);
	} else {
		answer_open(server, request);
	}
}

static void on_small_data(gpointer user, guint64 offset, const void *data, gsize n)
{
}

static void on_small_done(gpointer user, guint64 end, gboolean has_more, const GError *error)
{
	g_assert_no_error(error);
	g_assert_cmpuint(end, ==, 5000);
	((Test *)user)->n_done++;
}

static void test_limits(void)
{
	static const PssSftpGetEvents small_events = { NULL, on_small_data, on_small_done };
	Test test;

	file_size = 5000;
	n_open = n_open_max = 0;
	begin_with(&test, count_open, "limits@openssh.com 1");
	while (fake_server_count(test.server, PSS_FXP_EXTENDED) == 0)
		fake_server_turn(test.server);
	fake_server_turn(test.server);
	for (int i = 0; i < 200; i++)
		pss_sftp_get(test.sftp, &(PssSftpGetRequest){ .path = "f", .size = 5000 }, &small_events, &test);
	wait_done(&test, 200);
	g_assert_cmpuint(n_open_max, <=, 8);
	finish(&test);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hostile/get: short reads bring the whole file", test_short_reads);
	g_test_add_func("/hostile/get: a small file that came short is opened once more", test_short_small_file);
	g_test_add_func("/hostile/get: answers in any order bring it in order", test_any_order);
	g_test_add_func("/hostile/get: what waits for the first chunk is bounded", test_withheld);
	g_test_add_func("/hostile/get: more than was asked for, nothing, a status", test_wrong_data);
	g_test_add_func("/hostile/get: a file that is longer or shorter than it was", test_sizes);
	g_test_add_func("/hostile/list: only names are entries", test_names);
	g_test_add_func("/hostile/list: an endless one can be given up", test_endless);
	g_test_add_func("/hostile/put: a server that takes no more has no more read", test_stalled_put);
	g_test_add_func("/hostile/put: what is not whole gets no name", test_failing_puts);
	g_test_add_func("/hostile/put: answers in any order", test_puts_in_any_order);
	g_test_add_func("/hostile/limits are kept to", test_limits);
	return g_test_run();
}
