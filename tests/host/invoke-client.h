/* SPDX-License-Identifier: MIT */
/* A kept session whose remote shell is `test_invoke_shell`, and commands that are invoked in it over the real wire. */
#pragma once

#include "wire-client.h"

extern const char *test_invoke_shell;

typedef struct {
	TestHost host;
	TestClient client;
	char *home;
	char *instance;
	uint32_t last_id;
} TestInvoker;

typedef struct {
	GByteArray *out, *err;
	uint64_t status, exit_status;
	gsize taken;
} TestResult;

/* What g_test_add() wants. The session of busybox has nothing but busybox in its PATH. */
void test_invoker_init(TestInvoker *invoker, gconstpointer data);
void test_invoker_finish(TestInvoker *invoker, gconstpointer data);
void test_invoker_close(TestInvoker *invoker); /* removes its session */
void test_invoker_renew(TestInvoker *invoker); /* another session in its place */
void test_invoker_begin(TestInvoker *invoker); /* asks for one; then whether there is one */
gboolean test_invoker_opened(TestInvoker *invoker) G_GNUC_WARN_UNUSED_RESULT;

gboolean test_invoke_is_fish(void);
/* The text, where what begins with "sh -c 'echo begun" has the terminal when it says so: fish hands it to a program
 * that runs already, and until then an interrupt is fish's, and is lost, natively too. Free it. */
char *test_invoke_in_foreground(const char *text);

/* Sends the command; its id. */
uint32_t test_invoke_start(TestInvoker *invoker, const char *text, gboolean input, gboolean wait);
void test_invoke_input(TestInvoker *invoker, uint32_t id, const void *data, gsize n); /* n is 0: its end */
void test_invoke_stop(TestInvoker *invoker, uint32_t id, gboolean force);

/* The next frame of it; FALSE behind its RESULT. */
gboolean test_invoke_take(TestInvoker *invoker, uint32_t id, TestResult *result);
TestResult test_invoke_finish(TestInvoker *invoker, uint32_t id); /* to its end */
void test_invoke_await(TestInvoker *invoker, uint32_t id, TestResult *result, const char *text);
void test_result_clear(TestResult *result);
