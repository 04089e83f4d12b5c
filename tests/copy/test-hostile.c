/* SPDX-License-Identifier: MIT */
/* The SFTP client in front of servers that break the rules, or do what the rules allow and nobody expects. Whatever
 * they do, each operation ends once, with what is true; what is asked of a server stays bounded. */
#include <glib.h>
#include <string.h>

#include "copy/sftp/sftp.h"
#include "fake-server.h"

typedef struct {
	FakeServer *server;
	PssSftp *sftp;
	gboolean is_ready;
	char *lost; /* why, or NULL */
	guint n_done;
	int code;
	char *message;
	GByteArray *data;
	guint64 end;
	gboolean has_more;
	guint n_entries, n_bad_names, entries_wanted;
	PssSftpList *list;
	guint64 written, size;
	GPtrArray *held; /* requests whose answers wait */
	gboolean frees_in_callback;
} Test;

static void maybe_free(Test *test)
{
	if (test->frees_in_callback)
		g_clear_pointer(&test->sftp, pss_sftp_free);
}

static void on_ready(gpointer user)
{
	((Test *)user)->is_ready = TRUE;
}

static void on_lost(gpointer user, const GError *error)
{
	Test *test = user;

	g_assert_null(test->lost);
	g_assert_cmpint(error->code, ==, PSS_SFTP_CONNECTION_LOST);
	test->lost = g_strdup(error->message);
	maybe_free(test);
}

static const PssSftpEvents events = { .on_ready = on_ready, .on_lost = on_lost };

static void begin_with(Test *test, void (*on_request)(FakeServer *server, const Request *request),
		       const char *extensions)
{
	*test = (Test){ .data = g_byte_array_new(), .held = g_ptr_array_new() };
	test->server = fake_server_new(on_request, test);
	test->server->extensions = extensions;
	test->sftp = pss_sftp_new(test->server->client, &events, test);
	while (!test->is_ready)
		fake_server_turn(test->server);
}

static void begin(Test *test, void (*on_request)(FakeServer *server, const Request *request))
{
	begin_with(test, on_request, NULL);
}

static void finish(Test *test)
{
	pss_sftp_free(test->sftp);
	fake_server_free(test->server);
	g_byte_array_unref(test->data);
	g_ptr_array_unref(test->held);
	g_free(test->lost);
	g_free(test->message);
}

static void wait_done(Test *test, guint n)
{
	while (test->n_done < n)
		fake_server_turn(test->server);
	g_assert_cmpuint(test->n_done, ==, n);
}

/* ---- what operations bring */

static void on_done(gpointer user, const GError *error)
{
	Test *test = user;

	test->n_done++;
	test->code = error ? error->code : 0;
	g_free(test->message);
	test->message = error ? g_strdup(error->message) : NULL;
	maybe_free(test);
}

static void on_attributes(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	g_assert_true(!attributes == !!error);
	on_done(user, error);
}

static void on_path(gpointer user, const char *path, const GError *error)
{
	g_assert_true(!path == !!error);
	on_done(user, error);
}

static void on_data(gpointer user, guint64 offset, const void *data, gsize n)
{
	Test *test = user;

	g_assert_cmpuint(offset, ==, test->data->len);
	g_byte_array_append(test->data, data, (guint)n);
	maybe_free(test);
}

static void on_get_done(gpointer user, guint64 end, gboolean has_more, const GError *error)
{
	Test *test = user;

	g_assert_cmpuint(end, ==, test->data->len);
	test->end = end;
	test->has_more = has_more;
	on_done(user, error);
}

static const PssSftpGetEvents get_events = { NULL, on_data, on_get_done };

static void get(Test *test, guint64 size)
{
	pss_sftp_get(test->sftp, &(PssSftpGetRequest){ .path = "f", .size = size }, &get_events, test);
}

static void on_entry(gpointer user, const PssSftpEntry *entry)
{
	Test *test = user;

	g_assert_true(*entry->name && !strchr(entry->name, '/'));
	g_assert_true(strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0);
	if (++test->n_entries == test->entries_wanted)
		g_clear_pointer(&test->list, pss_sftp_list_free);
	maybe_free(test);
}

static void on_bad_name(gpointer user, const char *shown)
{
	for (const char *at = shown; *at; at++)
		g_assert_false(g_ascii_iscntrl(*at));
	((Test *)user)->n_bad_names++;
}

static const PssSftpListEvents list_events = { on_entry, on_bad_name, on_done };

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	const Test *test = user;

	n = MIN(n, test->size - *offset);
	memset(buffer, 'x', n);
	return (gssize)n;
}

static void on_written(gpointer user, guint64 offset)
{
	((Test *)user)->written = offset;
}

static const PssSftpPutEvents put_events = { on_read, on_written, on_done };

static void put(Test *test, guint64 size)
{
	const PssSftpPutRequest request = { .path = ".f.part", .is_new = TRUE, .mode = 0600, .rename = "f" };

	test->size = size;
	pss_sftp_put(test->sftp, &request, &put_events, test);
}

/* ---- a server's file, whose bytes are the low ones of their offsets */

static guint64 file_size;

static void answer_read(FakeServer *server, const Request *request, gsize at_most)
{
	guint64 offset;
	guint32 n;

	fake_range(request, &offset, &n);
	if (offset >= file_size) {
		fake_status(server, request->id, PSS_SFTP_EOF, NULL);
		return;
	}
	gsize m = MIN(MIN(n, at_most), file_size - offset);
	g_autofree guint8 *bytes = g_malloc(m);
	for (gsize i = 0; i < m; i++)
		bytes[i] = (guint8)(offset + i);
	fake_data(server, request->id, bytes, m);
}

static void answer_open(FakeServer *server, const Request *request)
{
	if (request->type == PSS_FXP_OPEN || request->type == PSS_FXP_OPENDIR)
		fake_handle(server, request->id, "h");
	else if (request->type == PSS_FXP_FSTAT)
		fake_attributes(server, request->id, file_size);
	else
		fake_status(server, request->id, 0, "");
}

static void check_data(const Test *test)
{
	for (guint i = 0; i < test->data->len; i++)
		g_assert_cmpuint(test->data->data[i], ==, (guint8)i);
}

/* ---- the greeting */

static void check_greeting(const void *bytes, gsize n)
{
	Test test = { .data = g_byte_array_new(), .held = g_ptr_array_new() };

	test.server = fake_server_new(NULL, &test);
	test.server->is_silent = TRUE;
	test.sftp = pss_sftp_new(test.server->client, &events, &test);
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
	g_assert_cmpstr(test.lost, ==, "the SFTP server is gone: it answers what nobody asked");
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

static void test_withheld(void)
{
	Test test;
	guint n_before = 0;

	file_size = 1u << 30;
	begin(&test, answer_all_but_first);
	get(&test, file_size);
	for (int n_idle = 0; n_idle < 1000; n_idle++) {
		fake_server_turn(test.server);
		if (test.server->requests->len > n_before)
			n_idle = 0;
		n_before = test.server->requests->len;
	}
	g_assert_cmpuint(test.data->len, ==, 0);
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_READ), <=, 9u * 1024 * 1024 / 32768);
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
	check_size(0, 0, 0, 0, FALSE);
	check_size(0, 100000, 0, 100000, FALSE); /* proc */
}

/* ---- listings */

typedef struct {
	const char *bytes;
	gsize n;
} Name;
#define NAME(text)                    \
	{                             \
		text, sizeof text - 1 \
	}

static const Name listed[] = { NAME("ok"),  NAME("."), NAME(".."),   NAME("../x"), NAME("/etc/x"),
			       NAME("a/b"), NAME(""),  NAME("x\0y"), NAME("/"),    NAME("\033[2J"),
			       NAME("..."), NAME("~"), NAME("../"),  NAME("./x"),  NAME("`touch x`") };
#define N_GOOD 5u /* ok, ESC[2J, ..., ~, `touch x` */
#define N_BAD 8u

static void send_names(FakeServer *server, guint32 id)
{
	GByteArray *packet = fake_packet(PSS_FXP_NAME, id);

	pss_fxp_put_u32(packet, G_N_ELEMENTS(listed));
	for (gsize i = 0; i < G_N_ELEMENTS(listed); i++) {
		pss_fxp_put_string(packet, listed[i].bytes, listed[i].n);
		pss_fxp_put_text(packet, "drwxr-xr-x long");
		pss_fxp_put_attributes(packet, NULL);
	}
	fake_send(server, packet);
}

static gboolean endless;

static void answer_names(FakeServer *server, const Request *request)
{
	if (request->type != PSS_FXP_READDIR)
		answer_open(server, request);
	else if (endless || server->n_answered++ == 0)
		send_names(server, request->id);
	else
		fake_status(server, request->id, PSS_SFTP_EOF, NULL);
}

static void test_names(void)
{
	Test test;

	endless = FALSE;
	begin(&test, answer_names);
	pss_sftp_list(test.sftp, "d", &list_events, &test);
	wait_done(&test, 1);
	g_assert_cmpint(test.code, ==, 0);
	g_assert_cmpuint(test.n_entries, ==, N_GOOD);
	g_assert_cmpuint(test.n_bad_names, ==, N_BAD);
	finish(&test);
}

static void test_endless(void)
{
	Test test;

	endless = TRUE;
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
	g_assert_cmpuint(fake_server_count(test.server, PSS_FXP_READDIR), <=, 10000 / N_GOOD + 5);
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

/* ---- ends */

static void answer_right(FakeServer *server, const Request *request)
{
	if (request->type == PSS_FXP_READ)
		answer_read(server, request, G_MAXSIZE);
	else if (request->type == PSS_FXP_READDIR)
		answer_names(server, request);
	else
		answer_open(server, request);
}

/* It ends behind so many bytes of its answers, wherever that is. */
static void test_cut(void)
{
	file_size = 100000;
	endless = FALSE;
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
	g_test_add_func("/hostile/get: short reads bring the whole file", test_short_reads);
	g_test_add_func("/hostile/get: answers in any order bring it in order", test_any_order);
	g_test_add_func("/hostile/get: what waits for the first chunk is bounded", test_withheld);
	g_test_add_func("/hostile/get: more than was asked for, nothing, a status", test_wrong_data);
	g_test_add_func("/hostile/get: a file that is longer or shorter than it was", test_sizes);
	g_test_add_func("/hostile/list: only names are entries", test_names);
	g_test_add_func("/hostile/list: an endless one can be given up", test_endless);
	g_test_add_func("/hostile/put: what is not whole gets no name", test_failing_puts);
	g_test_add_func("/hostile/put: answers in any order", test_puts_in_any_order);
	g_test_add_func("/hostile/limits are kept to", test_limits);
	g_test_add_func("/hostile/an end at any moment ends each operation once", test_cut);
	g_test_add_func("/hostile/freed in any callback", test_freed_inside);
	return g_test_run();
}
