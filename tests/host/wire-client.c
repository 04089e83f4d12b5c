/* SPDX-License-Identifier: MIT */
/* The test client's plumbing; see wire-client.h. */
#include "wire-client.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/session/session.h"
#include "link/local.h"
#include "wire/status.h"

#define DEADLINE_SECONDS 150

void test_host_init(TestHost *host)
{
	g_autoptr(GError) error = NULL;
	struct pss_runtime runtime;

	host->directory = g_dir_make_tmp("pss-test-XXXXXX", &error);
	g_assert_no_error(error);
	g_setenv("PSSESSION_RUNTIME_DIR", host->directory, TRUE);
	g_assert_cmpint(pss_runtime_find(geteuid(), &runtime), ==, 0);
	PssServerOptions options = { .new_transport = pss_transport_null_new, .newest = PSS_PROTOCOL_VERSION };
	host->server = pss_server_new(&runtime, &options, &error);
	g_assert_no_error(error);
}

void test_host_finish(TestHost *host)
{
	while (g_main_context_iteration(NULL, pss_session_any_going()))
		;
	pss_server_free(host->server);
	g_assert_cmpint(g_rmdir(host->directory), ==, 0);
	g_free(host->directory);
}

void test_client_init(TestClient *client, TestHost *host)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*client = (TestClient){ .output = g_string_new(NULL) };
	g_snprintf(address.sun_path, sizeof address.sun_path, "%s/host", host->directory);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_assert_cmpint(connect(client->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
}

void test_client_finish(TestClient *client)
{
	close(client->fd);
	pss_buffer_finish(&client->in);
	pss_buffer_finish(&client->out);
	g_string_free(client->output, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

void test_client_send(TestClient *client)
{
	gint64 deadline = g_get_monotonic_time() + DEADLINE_SECONDS * G_USEC_PER_SEC;
	while (client->out.length > 0) {
		ssize_t n = send(client->fd, pss_buffer_bytes(&client->out), client->out.length, MSG_NOSIGNAL);
		if (n > 0)
			pss_buffer_consume(&client->out, (size_t)n);
		else
			g_main_context_iteration(NULL, FALSE);
		g_assert_cmpint(g_get_monotonic_time(), <, deadline);
	}
}

void test_client_raw(TestClient *client, enum pss_type type, uint32_t id, const char *text)
{
	g_assert_cmpint(pss_frame_append(&client->out, type, id, 0, text, strlen(text)), ==, 0);
	test_client_send(client);
}

void test_client_hello_as(TestClient *client, uint64_t version)
{
	struct pss_message message;
	pss_message_begin(&message, &client->out, PSS_HELLO, 0);
	pss_message_number(&message, PSS_TAG_VERSION, version);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
	struct pss_fields fields = test_client_expect(client, PSS_HELLO);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_VERSION, 0), ==, version);
}

void test_client_hello(TestClient *client)
{
	test_client_hello_as(client, PSS_PROTOCOL_VERSION);
}

static gboolean on_deadline(gpointer reached)
{
	*(gboolean *)reached = TRUE;
	return G_SOURCE_CONTINUE;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer unused)
{
	return G_SOURCE_CONTINUE; /* the turn of the main context ends, which is all that is wanted */
}

/* One turn of the main context, then whatever has arrived. FALSE at the end of the connection. */
static gboolean pump(TestClient *client)
{
	unsigned char bytes[65536];
	ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0)
		pss_buffer_append(&client->in, bytes, (size_t)n);
	g_main_context_iteration(NULL, n < 0);
	return n != 0;
}

gboolean test_client_frame(TestClient *client)
{
	if (client->has_frame)
		pss_buffer_consume(&client->in, pss_frame_size(&client->frame));
	client->has_frame = FALSE;

	gboolean late = FALSE, alive = TRUE;
	guint timer = g_timeout_add_seconds(DEADLINE_SECONDS, on_deadline, &late);
	guint watch = g_unix_fd_add(client->fd, G_IO_IN | G_IO_HUP, on_readable, NULL);
	while (!client->has_frame && !late && alive) {
		client->has_frame = pss_frame_parse(&client->in, &client->frame) > 0;
		if (!client->has_frame)
			alive = pump(client);
	}
	g_source_remove(watch);
	g_source_remove(timer);
	g_assert_false(late);
	return client->has_frame;
}

static gboolean is_passed_by(TestClient *client)
{
	if (client->frame.header.type == PSS_OUTPUT)
		g_string_append_len(client->output, (const char *)client->frame.payload, client->frame.header.length);
	return client->frame.header.type == PSS_OUTPUT || client->frame.header.type == PSS_NOTE ||
	       client->frame.header.type == PSS_STARTED;
}

struct pss_fields test_client_expect(TestClient *client, enum pss_type type)
{
	do
		g_assert_true(test_client_frame(client));
	while (is_passed_by(client));
	if (client->frame.header.type != type)
		g_error("expected frame %d, got %d after the output: %s", type, client->frame.header.type,
			client->output->str);
	return pss_frame_fields(&client->frame);
}

struct pss_fields test_client_next(TestClient *client)
{
	do
		g_assert_true(test_client_frame(client));
	while (is_passed_by(client));
	return pss_frame_fields(&client->frame);
}

void test_client_expect_output(TestClient *client, const char *text)
{
	while (!strstr(client->output->str, text)) {
		g_assert_true(test_client_frame(client));
		g_assert_true(is_passed_by(client));
	}
}

void test_client_expect_end(TestClient *client)
{
	while (test_client_frame(client))
		;
}

void test_client_open(TestClient *client, uint32_t id, const char *home, gboolean keep, gboolean attach_too)
{
	struct pss_message message;
	g_autofree char *home_variable = g_strdup_printf("HOME=%s", home);

	pss_message_begin(&message, &client->out, PSS_OPEN, id);
	pss_message_text(&message, PSS_TAG_TARGET, "testhost");
	pss_message_text(&message, PSS_TAG_SHELL, "bash");
	pss_message_number(&message, PSS_TAG_KEEP, keep);
	pss_message_number(&message, PSS_TAG_ATTACH_TOO, attach_too);
	pss_message_text(&message, PSS_TAG_ENV, home_variable);
	pss_message_text(&message, PSS_TAG_ENV, "SHELL=/bin/bash");
	pss_message_text(&message, PSS_TAG_ENV, "TERM=dumb");
	pss_message_number(&message, PSS_TAG_COLUMNS, 80);
	pss_message_number(&message, PSS_TAG_ROWS, 24);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(client);
	test_client_expect(client, PSS_ACK);
	struct pss_fields fields = test_client_expect(client, PSS_RESULT);
	g_assert_cmpstr(pss_fields_text(fields, PSS_TAG_MESSAGE), ==, NULL);
	g_assert_cmpint(pss_fields_number(fields, PSS_TAG_STATUS, 99), ==, PSS_OK);
}
