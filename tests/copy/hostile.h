/* SPDX-License-Identifier: MIT */
/* The SFTP client in front of a server that a test plays: what the client's operations bring, counted, and answers that
 * a right server would give. */
#pragma once

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
	guint64 written, size, n_read;
	GPtrArray *held; /* requests whose answers wait */
	gboolean frees_in_callback;
} Test;

/* With a client that is ready; `extensions` as those of the server, or NULL. */
void begin_with(Test *test, void (*on_request)(FakeServer *server, const Request *request), const char *extensions);
void begin(Test *test, void (*on_request)(FakeServer *server, const Request *request));
void finish(Test *test);
void wait_done(Test *test, guint n); /* until so many operations have ended, and not one more */

extern const PssSftpEvents hostile_events;
extern const PssSftpListEvents list_events;
void on_done(gpointer user, const GError *error);
void on_attributes(gpointer user, const PssSftpAttributes *attributes, const GError *error);
void on_path(gpointer user, const char *path, const GError *error);
void get(Test *test, guint64 size);
void put(Test *test, guint64 size);
void check_data(const Test *test); /* what has come is the beginning of the server's file */

/* ---- the server */

extern guint64 file_size; /* of its file, whose bytes are the low ones of their offsets */
void answer_read(FakeServer *server, const Request *request, gsize at_most);
void answer_open(FakeServer *server, const Request *request); /* and all that wants no more than a status */

#define N_GOOD_NAMES 5u /* of a listing: ok, ESC[2J, ..., ~, `touch x` */
#define N_BAD_NAMES 8u
extern gboolean is_endless; /* its listings */
void answer_names(FakeServer *server, const Request *request);
void answer_right(FakeServer *server, const Request *request);
