/* SPDX-License-Identifier: MIT */
/* What an engine takes from the terminal for the painting of fish's reader, and what for output. */
#include "engine-alone.h"

/* A mark of the request that was sent last. */
static void mark(const TestEngine *engine, const char *kind)
{
	g_autofree char *text = g_strdup_printf("\033]7337;%s;%s\007", engine->remote->request.mark_nonce, kind);

	pss_remote_terminal_data(engine->remote, text, strlen(text));
}

static void begin_fish(TestEngine *engine)
{
	test_engine_begin(engine);
	engine->remote->family = PSS_FAMILY_FISH;
	test_engine_line(engine, "cmd");
	mark(engine, "s");
}

static void finds_news_in_painting(void)
{
	static const struct {
		const char *painted, *shown;
	} rows[] = {
		{ "\r\n", "" },
		{ "\033[2m\342\217\216\033(B\033[m      \r\342\217\216 \r\033[2K", "" },
		{ "\033[2m\342\217\216\033[m\017      \r\342\217\216 \r\033[2K", "" },
		{ "\033[?25h\033]0;~\033\\\033[>4;1m\033=\033[6 q", "" },
		{ "\033]7;file://h/\007\033[?2004h\033[>4;0m\033>", "" },
		{ "\033[?25hlate\r\n\033]0;~\007", "late\r\n" },
		{ "fish: Job 1, 'a' has ended\n\033[2m\342\217\216\033[m  \r", "fish: Job 1, 'a' has ended\n" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		TestEngine engine;
		begin_fish(&engine);
		test_engine_print(&engine, "out\r\n");
		mark(&engine, "n;1");
		test_engine_print(&engine, rows[i].painted);
		mark(&engine, "s");
		g_autofree char *shown = g_strconcat("out\r\n", rows[i].shown, NULL);
		g_assert_cmpstr(engine.shown->str, ==, shown);
		test_engine_end(&engine);
	}
}

/* What it paints of the line is no news. */
static void drops_the_line(void)
{
	TestEngine engine;
	begin_fish(&engine);
	mark(&engine, "n");
	test_engine_print(&engine, "echo painted\r\n");
	mark(&engine, "s");
	g_assert_cmpstr(engine.shown->str, ==, "");
	test_engine_end(&engine);
}

static void drops_its_end_mark(void)
{
	static const struct {
		const char *pieces[4], *shown;
	} rows[] = {
		{ { "a\033]133;D;0\007" }, "a" },
		{ { "a\033]13", "3;D;", "127\007" }, "a" },
		{ { "a\033]133;D;0\007\033]133;D;0\007" }, "a\033]133;D;0\007" },
		{ { "a\033]133;D;0\007", "b" }, "a\033]133;D;0\007b" },
		{ { "a\033]133;D;0" }, "a\033]133;D;0" },
		{ { "a\033]133;C\007" }, "a\033]133;C\007" },
		{ { "a\033", "[m" }, "a\033[m" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		TestEngine engine;
		begin_fish(&engine);
		for (gsize j = 0; rows[i].pieces[j]; j++)
			test_engine_print(&engine, rows[i].pieces[j]);
		mark(&engine, "n;1");
		g_assert_cmpstr(engine.shown->str, ==, rows[i].shown);
		test_engine_end(&engine);
	}
}

/* A reader that paints once more goes on to execute what it has read, and the key would be the program's. */
static void calls_no_reader_that_is_about_to_execute(void)
{
	TestEngine engine;
	test_engine_begin(&engine);
	engine.remote->family = PSS_FAMILY_FISH;
	test_engine_line(&engine, "cmd");
	mark(&engine, "n");
	mark(&engine, "r");
	g_assert_cmpstr(engine.typed->str, ==, "");
	mark(&engine, "s");
	mark(&engine, "r");
	g_assert_cmpstr(engine.typed->str, ==, engine.remote->reader.key);
	test_engine_end(&engine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fish/news in what is painted are shown", finds_news_in_painting);
	g_test_add_func("/fish/a line that is painted is not", drops_the_line);
	g_test_add_func("/fish/its own mark of an end is dropped", drops_its_end_mark);
	g_test_add_func("/fish/a reader about to execute is not called", calls_no_reader_that_is_about_to_execute);
	return g_test_run();
}
