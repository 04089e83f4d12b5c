/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <string.h>

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
	gboolean is_other = strstr(error->message, "is not SFTP") || strstr(error->message, "does not speak SFTP");
	g_assert_cmpint(error->code, ==, is_other ? PSS_SFTP_BAD_MESSAGE : PSS_SFTP_CONNECTION_LOST);
	test->lost = g_strdup(error->message);
	maybe_free(test);
}

const PssSftpEvents hostile_events = { .on_ready = on_ready, .on_lost = on_lost };

void begin_with(Test *test, void (*on_request)(FakeServer *server, const Request *request), const char *extensions)
{
	*test = (Test){ .data = g_byte_array_new(), .held = g_ptr_array_new() };
	test->server = fake_server_new(on_request, test);
	test->server->extensions = extensions;
	test->sftp = pss_sftp_new(test->server->client, &hostile_events, test);
	while (!test->is_ready)
		fake_server_turn(test->server);
}

void begin(Test *test, void (*on_request)(FakeServer *server, const Request *request))
{
	begin_with(test, on_request, NULL);
}

void finish(Test *test)
{
	pss_sftp_free(test->sftp);
	fake_server_free(test->server);
	g_byte_array_unref(test->data);
	g_ptr_array_unref(test->held);
	g_free(test->lost);
	g_free(test->message);
}

void wait_done(Test *test, guint n)
{
	while (test->n_done < n)
		fake_server_turn(test->server);
	g_assert_cmpuint(test->n_done, ==, n);
}

/* ---- what operations bring */

void on_done(gpointer user, const GError *error)
{
	Test *test = user;

	test->n_done++;
	test->code = error ? error->code : 0;
	g_free(test->message);
	test->message = error ? g_strdup(error->message) : NULL;
	maybe_free(test);
}

void on_attributes(gpointer user, const PssSftpAttributes *attributes, const GError *error)
{
	g_assert_true(!attributes == !!error);
	on_done(user, error);
}

void on_path(gpointer user, const char *path, const GError *error)
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

void get(Test *test, guint64 size)
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

const PssSftpListEvents list_events = { on_entry, on_bad_name, on_done };

static gssize on_read(gpointer user, guint64 *offset, void *buffer, gsize n)
{
	Test *test = user;

	n = MIN(n, test->size - *offset);
	memset(buffer, 'x', n);
	test->n_read = *offset + n;
	return (gssize)n;
}

static void on_written(gpointer user, guint64 offset)
{
	((Test *)user)->written = offset;
}

static const PssSftpPutEvents put_events = { on_read, on_written, on_done };

void put(Test *test, guint64 size)
{
	const PssSftpPutRequest request = { .path = ".f.part", .is_new = TRUE, .mode = 0600, .rename = "f" };

	test->size = size;
	pss_sftp_put(test->sftp, &request, &put_events, test);
}

/* ---- a server's file */

guint64 file_size;

void answer_read(FakeServer *server, const Request *request, gsize at_most)
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

void answer_open(FakeServer *server, const Request *request)
{
	if (request->type == PSS_FXP_OPEN || request->type == PSS_FXP_OPENDIR)
		fake_handle(server, request->id, "h");
	else if (request->type == PSS_FXP_FSTAT)
		fake_attributes(server, request->id, file_size);
	else
		fake_status(server, request->id, 0, "");
}

void check_data(const Test *test)
{
	for (guint i = 0; i < test->data->len; i++)
		g_assert_cmpuint(test->data->data[i], ==, (guint8)i);
}

/* ---- a listing */

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

gboolean is_endless;

void answer_names(FakeServer *server, const Request *request)
{
	if (request->type != PSS_FXP_READDIR)
		answer_open(server, request);
	else if (is_endless || server->n_answered++ == 0)
		send_names(server, request->id);
	else
		fake_status(server, request->id, PSS_SFTP_EOF, NULL);
}

void answer_right(FakeServer *server, const Request *request)
{
	if (request->type == PSS_FXP_READ)
		answer_read(server, request, G_MAXSIZE);
	else if (request->type == PSS_FXP_READDIR)
		answer_names(server, request);
	else
		answer_open(server, request);
}
