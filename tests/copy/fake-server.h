/* SPDX-License-Identifier: MIT */
/* A server of SFTP inside the test, which does to each request what the test wants: right or wrong. */
#pragma once

#include "copy/sftp/codec.h"

/* One request as it came. */
typedef struct {
	PssFxp type;
	guint32 id;
	GByteArray *body; /* behind the id */
} Request;

typedef struct FakeServer FakeServer;

struct FakeServer {
	int fd, client; /* its own end, and the one for the client */
	GByteArray *in;
	GPtrArray *requests; /* of Request, all that came; freed with the server */
	guint n_answered;    /* by on_request */
	/* Called for each, in order; NULL: nothing is answered. */
	void (*on_request)(FakeServer *server, const Request *request);
	const char
		*extensions; /* "NAME VERSION NAME VERSION", in the greeting; NULL: none; set before the first turn */
	gboolean is_silent;  /* no greeting */
	gpointer user;
};

FakeServer *fake_server_new(void (*on_request)(FakeServer *server, const Request *request), gpointer user);
void fake_server_free(FakeServer *server);
void fake_server_hang_up(FakeServer *server);

/* The server's and the main context's turn. */
void fake_server_turn(FakeServer *server);

guint fake_server_count(const FakeServer *server, PssFxp type); /* requests of that type */

void fake_send_raw(FakeServer *server, const void *bytes, gsize n);
void fake_send(FakeServer *server, GByteArray *packet); /* takes it */
GByteArray *fake_packet(PssFxp type, guint32 id);
void fake_status(FakeServer *server, guint32 id, guint32 code, const char *text); /* NULL: without a text */
void fake_handle(FakeServer *server, guint32 id, const char *handle);
void fake_data(FakeServer *server, guint32 id, const void *bytes, gsize n);
void fake_attributes(FakeServer *server, guint32 id, guint64 size);

/* Offset and length of a READ or WRITE. */
void fake_range(const Request *request, guint64 *ret_offset, guint32 *ret_n);
