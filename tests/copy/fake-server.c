/* SPDX-License-Identifier: MIT */
/* See fake-server.h. */
#include "fake-server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void free_request(gpointer data)
{
	Request *request = data;

	g_byte_array_unref(request->body);
	g_free(request);
}

FakeServer *fake_server_new(void (*on_request)(FakeServer *server, const Request *request), gpointer user)
{
	FakeServer *server = g_new0(FakeServer, 1);
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	server->fd = pair[0];
	server->client = pair[1];
	server->in = g_byte_array_new();
	server->requests = g_ptr_array_new_with_free_func(free_request);
	server->on_request = on_request;
	server->user = user;
	return server;
}

void fake_server_hang_up(FakeServer *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
}

void fake_server_free(FakeServer *server)
{
	fake_server_hang_up(server);
	g_byte_array_unref(server->in);
	g_ptr_array_unref(server->requests);
	g_free(server);
}

/* ---- what it sends */

void fake_send_raw(FakeServer *server, const void *bytes, gsize n)
{
	const guint8 *at = bytes;

	while (n > 0 && server->fd >= 0) {
		gssize sent = send(server->fd, at, n, MSG_NOSIGNAL);
		if (sent > 0) {
			at += sent;
			n -= (gsize)sent;
		} else if (errno == EAGAIN) {
			g_main_context_iteration(NULL, FALSE);
		} else {
			return; /* the client is gone */
		}
	}
}

void fake_send(FakeServer *server, GByteArray *packet)
{
	pss_fxp_seal(packet);
	fake_send_raw(server, packet->data, packet->len);
	g_byte_array_unref(packet);
}

GByteArray *fake_packet(PssFxp type, guint32 id)
{
	GByteArray *packet = pss_fxp_new(type);

	pss_fxp_put_u32(packet, id);
	return packet;
}

void fake_status(FakeServer *server, guint32 id, guint32 code, const char *text)
{
	GByteArray *packet = fake_packet(PSS_FXP_STATUS, id);

	pss_fxp_put_u32(packet, code);
	if (text) {
		pss_fxp_put_text(packet, text);
		pss_fxp_put_text(packet, "en");
	}
	fake_send(server, packet);
}

void fake_handle(FakeServer *server, guint32 id, const char *handle)
{
	GByteArray *packet = fake_packet(PSS_FXP_HANDLE, id);

	pss_fxp_put_text(packet, handle);
	fake_send(server, packet);
}

void fake_data(FakeServer *server, guint32 id, const void *bytes, gsize n)
{
	GByteArray *packet = fake_packet(PSS_FXP_DATA, id);

	pss_fxp_put_string(packet, bytes, n);
	fake_send(server, packet);
}

void fake_attributes(FakeServer *server, guint32 id, guint64 size)
{
	GByteArray *packet = fake_packet(PSS_FXP_ATTRS, id);

	pss_fxp_put_attributes(packet, &(PssSftpAttributes){ .has = PSS_SFTP_HAS_SIZE, .size = size });
	fake_send(server, packet);
}

/* ---- what comes */

void fake_range(const Request *request, guint64 *ret_offset, guint32 *ret_n)
{
	PssFxpReader reader = { request->body->data, request->body->len, FALSE };
	gsize n_handle;

	pss_fxp_get_string(&reader, &n_handle);
	*ret_offset = pss_fxp_get_u64(&reader);
	*ret_n = pss_fxp_get_u32(&reader);
	g_assert_false(reader.is_bad);
}

guint fake_server_count(const FakeServer *server, PssFxp type)
{
	guint n = 0;

	for (guint i = 0; i < server->requests->len; i++)
		n += ((const Request *)server->requests->pdata[i])->type == type;
	return n;
}

static void greet(FakeServer *server)
{
	GByteArray *packet = pss_fxp_new(PSS_FXP_VERSION);
	g_auto(GStrv) words = g_strsplit(server->extensions ? server->extensions : "", " ", -1);

	pss_fxp_put_u32(packet, 3);
	for (char **word = words; *word && **word; word++)
		pss_fxp_put_text(packet, *word);
	fake_send(server, packet);
}

static void take(FakeServer *server, PssFxp type, PssFxpReader *payload)
{
	if (type == PSS_FXP_INIT) {
		if (!server->is_silent)
			greet(server);
		return;
	}
	Request *request = g_new0(Request, 1);
	request->type = type;
	request->id = pss_fxp_get_u32(payload);
	request->body = g_byte_array_new();
	g_byte_array_append(request->body, payload->at, (guint)payload->left);
	g_ptr_array_add(server->requests, request);
	if (server->on_request)
		server->on_request(server, request);
}

static void read_some(FakeServer *server)
{
	guint8 bytes[65536];
	gssize n = read(server->fd, bytes, sizeof bytes);

	if (n > 0)
		g_byte_array_append(server->in, bytes, (guint)n);
}

void fake_server_turn(FakeServer *server)
{
	PssFxpReader payload;
	PssFxp type;
	gsize size;
	int is_whole;

	g_main_context_iteration(NULL, FALSE);
	if (server->fd >= 0)
		read_some(server);
	while ((is_whole = pss_fxp_parse(server->in->data, server->in->len, &type, &payload, &size)) > 0) {
		take(server, type, &payload);
		g_byte_array_remove_range(server->in, 0, (guint)size);
	}
	g_assert_cmpint(is_whole, ==, 0); /* the client keeps to the rules */
}
