/* SPDX-License-Identifier: MIT */
/* A client of the host process for tests: the real server in this very process, the real wire, and
 * steps that run the main context until what is expected has come or a deadline has passed. */
#pragma once

#include <glib.h>

#include "host/server/server.h"
#include "wire/message.h"

typedef struct {
	char *directory; /* the private runtime directory */
	PssServer *server;
} TestHost;

/* A host whose connections are child processes of this machine. */
void test_host_init(TestHost *host);
void test_host_finish(TestHost *host);

typedef struct {
	int fd;
	struct pss_buffer in, out;
	struct pss_frame frame; /* the one that expect returned last */
	gboolean has_frame;
	GString *output; /* OUTPUT payloads that were passed by on the way */
} TestClient;

void test_client_init(TestClient *client, TestHost *host);
void test_client_finish(TestClient *client);
void test_client_hello(TestClient *client);
void test_client_hello_as(TestClient *client, uint64_t version); /* and the host answers with that one */

/* Sends what has been put into client->out. */
void test_client_send(TestClient *client);
void test_client_raw(TestClient *client, enum pss_type type, uint32_t id, const char *text);

/* The next frame that is no OUTPUT, NOTE or STARTED must be of that type; its fields are returned. */
struct pss_fields test_client_expect(TestClient *client, enum pss_type type);
/* The same, of whatever type. */
struct pss_fields test_client_next(TestClient *client);
void test_client_expect_output(TestClient *client, const char *text);
void test_client_expect_end(TestClient *client);

/* The next frame of any kind, in client->frame. FALSE: the connection has ended. */
gboolean test_client_frame(TestClient *client);

/* Turns the main context until the condition holds, or a deadline has passed. */
#define test_until(condition)                                                         \
	do {                                                                          \
		gint64 until_deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC; \
		while (!(condition) && g_get_monotonic_time() < until_deadline) {     \
			g_main_context_iteration(NULL, FALSE);                        \
			g_usleep(1000);                                               \
		}                                                                     \
		if (g_get_monotonic_time() >= until_deadline)                         \
			g_error("not in time: %s", #condition);                       \
	} while (0)

/* OPEN with a private environment; returns after the RESULT. */
void test_client_open(TestClient *client, uint32_t id, const char *home, gboolean keep, gboolean attach_too);
