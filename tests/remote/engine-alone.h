/* SPDX-License-Identifier: MIT */
/* An engine without a shell, which the tests of test-engine-….c speak for. No time passes: each timer is run when it
 * has been set. */
#ifndef TEST_ENGINE_ALONE_H
#define TEST_ENGINE_ALONE_H

#include <glib.h>

#include "remote/engine/private.h"

#define TEST_ENGINE_NONCE "0123456789abcdef0123456789abcdef" /* of no request */

typedef struct {
	PssRemote *remote;
	guint n_sent;
	GString *said, *shown, *typed; /* said: requests; typed: what goes to the terminal */
	GString *prompts;              /* each as "KIND TEXT|RIGHT", with ! where it was painted anew */
	gboolean ended;
	PssRemoteEnd how;
} TestEngine;

extern gboolean test_engine_is_paused;           /* the streams of what is invoked */
extern const PssInvokeEvents test_engine_events; /* of what is invoked: they do nothing */

/* At its prompt, of bash. */
void test_engine_begin(TestEngine *engine);
void test_engine_end(TestEngine *engine);

void test_engine_line(const TestEngine *engine, const char *text);
void test_engine_invoke(const TestEngine *engine, const char *text);
/* Until nothing is waited for any more. */
void test_engine_let_time_pass(const TestEngine *engine);

/* What the shell says: on the terminal; a reply, its fields with NULL behind them. */
void test_engine_print(const TestEngine *engine, const char *text);
void test_engine_reply(const TestEngine *engine, const char *type, const char *const *fields);

#endif
