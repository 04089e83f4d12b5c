/* SPDX-License-Identifier: MIT */
/* How long an engine waits for a request to begin, and for how long a request may take. */
#include <string.h>

#include "engine-alone.h"

#define MEMO "1 " TEST_ENGINE_NONCE " " TEST_ENGINE_NONCE " " TEST_ENGINE_NONCE " 01234567 bash /tmp/.pss-x"

typedef void (*Request)(const TestEngine *engine, const char *text);

/* A shell that answers to none of five is gone. */
static void never_begins(gconstpointer request)
{
	TestEngine engine;

	test_engine_begin(&engine);
	__extension__((Request)request)(&engine, "echo");
	test_engine_let_time_pass(&engine);
	g_assert_cmpuint(engine.n_sent, ==, 5);
	g_assert_true(engine.ended);
	g_assert_cmpint(engine.how, ==, PSS_REMOTE_SILENT);
	test_engine_end(&engine);
}

static void pass_time_once(const TestEngine *engine)
{
	PssRemote *remote = engine->remote;

	g_clear_handle_id(&remote->timer.source, g_source_remove);
	remote->timer.func(remote);
}

/* A command whose streams are held up may have begun: they would say so. It is not asked for the short way where they
 * are held up beforehand. */
static void begins_unseen(void)
{
	TestEngine engine;

	test_engine_begin(&engine);
	test_engine_invoke(&engine, "echo");
	g_assert_nonnull(strstr(engine.said->str, " short; }"));
	test_engine_is_paused = TRUE;
	for (int i = 0; i < 20; i++)
		pass_time_once(&engine);
	test_engine_is_paused = FALSE;
	g_assert_cmpuint(engine.n_sent, ==, 1);
	g_assert_false(engine.ended);
	g_autofree char *mark = g_strdup_printf("\036%s<", engine.remote->request.nonce);
	pss_remote_relay_data(engine.remote, 1, FALSE, mark, strlen(mark));
	g_assert_cmpint(engine.remote->phase, ==, PSS_PHASE_RUNNING);
	g_assert_cmpuint(engine.remote->timer.source, ==, 0);
	test_engine_end(&engine);

	test_engine_begin(&engine);
	test_engine_is_paused = TRUE;
	test_engine_invoke(&engine, "echo");
	test_engine_is_paused = FALSE;
	g_assert_null(strstr(engine.said->str, " short"));
	test_engine_end(&engine);
}

static guint n_late;

static void on_late(gpointer user)
{
	n_late++;
}

/* A relay that is late: the shell says so, is at its prompt, and a late word for another request changes nothing. It is
 * not asked to wait where another engine has started it, perhaps of another version, nor for a second relay. */
static void waits_for_relay(void)
{
	PssInvokeEvents events = test_engine_events;
	const PssCommand command = { .text = "echo", .n_text = 4 };
	const PssInvokeStreams streams = { .relay = 1, .awaited = TRUE };
	TestEngine engine;

	events.on_late = on_late;
	test_engine_begin(&engine);
	g_assert_true(pss_remote_awaits_relay(engine.remote, 1));
	g_assert_false(pss_remote_awaits_relay(engine.remote, 2));
	g_assert_true(pss_remote_invoke(engine.remote, &command, &streams, &events, NULL, NULL));
	g_assert_nonnull(strstr(engine.said->str, " 1 '' short await; }"));
	test_engine_reply(&engine, "y", (const char *[]){ TEST_ENGINE_NONCE, NULL });
	g_assert_cmpuint(n_late, ==, 0);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_BUSY);
	test_engine_reply(&engine, "y", (const char *[]){ engine.remote->request.nonce, NULL });
	g_assert_cmpuint(n_late, ==, 1);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_IDLE);
	g_assert_false(pss_remote_is_invoking(engine.remote));
	g_assert_cmpuint(engine.remote->timer.source, ==, 0);
	g_assert_true(pss_remote_invoke(engine.remote, &command, &streams, &events, NULL, NULL));
	pss_remote_relay_missing(engine.remote, 2);
	g_assert_cmpuint(n_late, ==, 1);
	pss_remote_relay_missing(engine.remote, 1);
	g_assert_cmpuint(n_late, ==, 2);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_IDLE);
	engine.remote->phase = PSS_PHASE_MEETING;
	pss_remote_await(engine.remote);
	pss_remote_resume(engine.remote, MEMO);
	g_assert_false(pss_remote_awaits_relay(engine.remote, 1));
	test_engine_end(&engine);
}

/* One that was taken over may run for days what was begun before: the first request lies behind that. */
static void begins_in_days(void)
{
	TestEngine engine;

	test_engine_begin(&engine);
	engine.remote->phase = PSS_PHASE_MEETING; /* a new engine */
	pss_remote_await(engine.remote);
	pss_remote_resume(engine.remote, MEMO);
	test_engine_let_time_pass(&engine);
	g_assert_cmpuint(engine.n_sent, ==, 5);
	g_assert_false(engine.ended);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_BUSY);
	test_engine_end(&engine);
}

/* What is long takes its time on a slow link, 8000 bytes a second at the least. */
static void takes_its_time(gconstpointer request)
{
	const gsize n = 1024 * 1024;
	g_autofree char *text = g_strnfill(n, 'x');
	TestEngine engine;

	test_engine_begin(&engine);
	__extension__((Request)request)(&engine, text);
	g_assert_cmpuint(engine.remote->timer.milliseconds, >=, n / 8);
	test_engine_end(&engine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/deadlines/a line that never begins", __extension__((gpointer)test_engine_line),
			     never_begins);
	g_test_add_data_func("/deadlines/an invocation that never begins", __extension__((gpointer)test_engine_invoke),
			     never_begins);
	g_test_add_func("/deadlines/an invocation that is held up", begins_unseen);
	g_test_add_func("/deadlines/a relay that is late", waits_for_relay);
	g_test_add_func("/deadlines/what another engine's command is in front of", begins_in_days);
	g_test_add_data_func("/deadlines/a long line", __extension__((gpointer)test_engine_line), takes_its_time);
	g_test_add_data_func("/deadlines/a long invocation", __extension__((gpointer)test_engine_invoke),
			     takes_its_time);
	return g_test_run();
}
