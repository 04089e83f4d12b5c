/* SPDX-License-Identifier: MIT */
#include "engine-alone.h"

#include <string.h>

static void send_bytes(gpointer user, const void *data, gsize n)
{
	((TestEngine *)user)->n_sent++;
	g_string_append_len(((TestEngine *)user)->said, data, (gssize)n);
}

static void send_terminal(gpointer user, const void *data, gsize n)
{
	((TestEngine *)user)->n_sent++;
	g_string_append_len(((TestEngine *)user)->typed, data, (gssize)n);
}

static void on_notice(gpointer user, const char *text)
{
}

static void on_output(gpointer user, const void *data, gsize n)
{
	g_string_append_len(((TestEngine *)user)->shown, data, (gssize)n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
}

static void on_busy(gpointer user)
{
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	g_string_append_printf(((TestEngine *)user)->prompts, "%d %.*s|%.*s%s\n", prompt->kind, (int)prompt->n_text,
			       prompt->text, (int)prompt->n_right, prompt->n_right ? prompt->right : "",
			       prompt->repaint ? "!" : "");
}

static void on_ended(gpointer user, PssRemoteEnd how, int status, const char *cause)
{
	TestEngine *engine = user;

	engine->ended = TRUE;
	engine->how = how;
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
}

gboolean test_engine_is_paused;

static gboolean on_silence(gpointer user)
{
	return test_engine_is_paused;
}

static void on_done(gpointer user, int status, gboolean background, gboolean whole)
{
}

const PssInvokeEvents test_engine_events = { .on_stream = on_stream, .on_silence = on_silence, .on_done = on_done };

void test_engine_begin(TestEngine *engine)
{
	static const PssRemoteEvents events = {
		.send_control = send_bytes,
		.send_terminal = send_terminal,
		.on_notice = on_notice,
		.on_output = on_output,
		.on_typed = on_bytes,
		.on_prompt = on_prompt,
		.on_busy = on_busy,
		.on_ended = on_ended,
	};
	const PssRemoteOptions options = { .kept = TRUE, .resilient = TRUE };

	*engine = (TestEngine){ .said = g_string_new(NULL),
				.shown = g_string_new(NULL),
				.typed = g_string_new(NULL),
				.prompts = g_string_new(NULL) };
	engine->remote = pss_remote_new(&options, &events, engine);
	engine->remote->family = PSS_FAMILY_BASH;
	engine->remote->phase = PSS_PHASE_IDLE;
}

void test_engine_end(TestEngine *engine)
{
	pss_remote_free(engine->remote);
	g_string_free(engine->said, TRUE);
	g_string_free(engine->shown, TRUE);
	g_string_free(engine->typed, TRUE);
	g_string_free(engine->prompts, TRUE);
}

void test_engine_let_time_pass(const TestEngine *engine)
{
	PssRemote *remote = engine->remote;

	while (remote->timer.source) {
		g_clear_handle_id(&remote->timer.source, g_source_remove);
		remote->timer.func(remote);
	}
}

void test_engine_line(const TestEngine *engine, const char *text)
{
	g_assert_true(pss_remote_line(engine->remote, text, strlen(text), NULL));
}

void test_engine_invoke(const TestEngine *engine, const char *text)
{
	const PssCommand command = { .text = text, .n_text = strlen(text) };
	const PssInvokeStreams streams = { .relay = 1 };

	g_assert_true(pss_remote_invoke(engine->remote, &command, &streams, &test_engine_events, NULL, NULL));
}

void test_engine_print(const TestEngine *engine, const char *text)
{
	pss_remote_terminal_data(engine->remote, text, strlen(text));
}

void test_engine_reply(const TestEngine *engine, const char *type, const char *const *fields)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "\036%s%s", engine->remote->key, type);
	g_string_append_c(text, '\0');
	for (; *fields; fields++)
		g_string_append_len(text, *fields, (gssize)strlen(*fields) + 1);
	pss_remote_control_data(engine->remote, text->str, text->len);
}
