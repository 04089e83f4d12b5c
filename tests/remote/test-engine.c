/* SPDX-License-Identifier: MIT */
/* What an engine makes of events in any order: what is output when a command has been interrupted, where keys go when
 * the start fails, which prompt is painted anew, whom an interrupt is for. */
#include <string.h>

#include "engine-alone.h"

/* ---- what an interrupt leaves on the terminal */

static const struct {
	const char *name;
	gboolean interrupted;
	const char *before, *behind; /* the mark of its end */
	const char *shown;
} echoes[] = {
	{ "in time", TRUE, "^C\r\n", "", "" },
	{ "as it ends", TRUE, "^C", "\r\n", "" },
	{ "too late", TRUE, "", "^C\r\n", "" },
	{ "in front of output", TRUE, "^C\r\nword", "", "^C\r\nword" },
	{ "in front of late output", TRUE, "", "^C\r\nword", "^C\r\nword" },
	{ "of nobody", FALSE, "", "^C\r\n", "^C\r\n" },
};

static void echo(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	TestEngine engine;

	test_engine_begin(&engine);
	test_engine_invoke(&engine, "command");
	engine.remote->phase = PSS_PHASE_RUNNING;
	if (echoes[i].interrupted)
		pss_remote_interrupt(engine.remote);
	g_autofree char *mark = g_strdup_printf("\033]7337;%s;q;130\a", engine.remote->request.nonce);
	test_engine_print(&engine, echoes[i].before);
	test_engine_print(&engine, mark);
	test_engine_print(&engine, echoes[i].behind);
	g_assert_cmpstr(engine.shown->str, ==, echoes[i].shown);
	test_engine_end(&engine);
}

/* ---- keys, where the launcher is told to give up */

/* What happens, in that order: the control channel fails (x), keys come (k), the launcher waits (w), a program prints
 * in its place (o). A terminal forgets at an interrupt what it has got before. */
static const struct {
	const char *events, *typed;
} failures[] = {
	{ "xkw", "\003keys" },      { "kxw", "\003keys" },  { "xwk", "\003keys" }, { "wkx", "\003keys" },
	{ "xkwk", "\003keyskeys" }, { "xkok", "keyskeys" }, { "xk", "keys" },
};

static void fail(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	static const PssReply failure = { .type = 'x', .field = { "no room" } };
	TestEngine engine;

	test_engine_begin(&engine);
	engine.remote->phase = PSS_PHASE_MEETING;
	for (const char *event = failures[i].events; *event; event++) {
		if (*event == 'x')
			pss_boot_on_reply(engine.remote, &failure);
		else if (*event == 'k')
			pss_remote_keys(engine.remote, "keys", 4);
		else if (*event == 'w')
			pss_boot_on_mark(engine.remote, 'w', "");
		else
			pss_boot_on_output(engine.remote, "Password: ", 10);
	}
	test_engine_let_time_pass(&engine);
	g_assert_cmpstr(engine.typed->str, ==, failures[i].typed);
	test_engine_end(&engine);
}

/* ---- a prompt that changes by itself */

/* What happens, in that order: a line goes out (l), or an unfinished one (u); the shell begins it (b), says that it is
 * done (e), or is to go on (v), and marks its end (q); paints its prompt anew (p), as it was (s), or that of an older
 * line (o); an invocation goes out (i). The right prompt comes before the other (r). The session becomes a kept one
 * (k). */
static const struct {
	const char *name, *events, *prompts;
} repaints[] = {
	{ "at rest", "lbreqp", "1 one|right\n1 two|new!\n" },
	{ "as it was", "lbreqps", "1 one|right\n1 two|new!\n" },
	{ "without a right prompt", "lbreqplbeq", "1 one|right\n1 two|new!\n1 one|\n" },
	{ "while a line runs", "lbreqlp", "1 one|right\n" },
	{ "before its end", "lbrpeq", "1 one|right\n" },
	{ "of an older line", "lbreqo", "1 one|right\n" },
	{ "behind an unfinished line", "lbrequvp", "1 one|right\n2 >|\n" },
	{ "while an invocation runs", "lbreqip", "1 one|right\n" },
};

static void begin_stream(const TestEngine *engine)
{
	g_autofree char *mark = g_strdup_printf("\036%s<", engine->remote->request.nonce);

	pss_remote_relay_data(engine->remote, 1, FALSE, mark, strlen(mark));
}

static void run_now(guint source)
{
	g_source_set_ready_time(g_main_context_find_source_by_id(NULL, source), 0);
	g_main_context_iteration(NULL, TRUE);
}

static void happen(const TestEngine *engine, char event)
{
	const char *nonce = engine->remote->request.nonce;
	const struct {
		char event;
		const char *type, *fields[6];
	} replies[] = {
		{ 'b', "b", { nonce } },
		{ 'v', "v", { nonce, ">" } },
		{ 'r', "R", { nonce, "right" } },
		{ 'e', "E", { nonce, "0", "/", "one", "" } },
		{ 'p', "P", { nonce, "two", "new" } },
		{ 's', "P", { nonce, "two", "new" } },
		{ 'o', "P", { TEST_ENGINE_NONCE, "two", "new" } },
	};
	g_autofree char *mark = g_strdup_printf("\033]7337;%s;q;0\a", nonce);

	for (gsize i = 0; i < G_N_ELEMENTS(replies); i++)
		if (replies[i].event == event)
			test_engine_reply(engine, replies[i].type, replies[i].fields);
	if (event == 'q')
		test_engine_print(engine, mark);
	if (event == 'l' || event == 'u')
		test_engine_line(engine, event == 'l' ? "echo" : "for");
	if (event == 'i')
		test_engine_invoke(engine, "command");
	if (event == 'c')
		pss_remote_interrupt(engine->remote);
	if (event == 'k')
		pss_remote_keep(engine->remote);
	if (event == 'm')
		begin_stream(engine);
	if (event == 'w')
		engine->remote->invocation.begun_at -= G_USEC_PER_SEC;
	if (event == 't' && engine->remote->invocation.again_timer)
		run_now(engine->remote->invocation.again_timer);
}

static void repaint(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	TestEngine engine;

	test_engine_begin(&engine);
	for (const char *event = repaints[i].events; *event; event++)
		happen(&engine, *event);
	g_assert_cmpstr(engine.prompts->str, ==, repaints[i].prompts);
	test_engine_end(&engine);
}

/* ---- an interrupt from outside is for what it was meant for alone */

static const struct {
	const char *name, *events, *typed;
	guint n_sent; /* times that the invocation was sent */
} interrupts[] = {
	{ "at rest", "clb", "", 0 },
	{ "before the line begins", "lcb", "\003", 0 },
	{ "while it runs", "lbc", "\003", 0 },
	{ "is not sent again to a line", "lcbttt", "\003", 0 },
	{ "before an invocation begins", "icb", "\003", 1 },
	{ "is sent again to an invocation", "icbt", "\003\003", 1 },
	{ "is sent again until its end is reported", "icbtttett", "\003\003\003", 1 },
	{ "is sent four times at most", "icbttttttttttt", "\003\003\003\003", 1 },
	{ "is sent again as soon as it has begun", "ibct", "\003\003", 1 },
	{ "is sent once to what has run for long", "ibwcttt", "\003", 1 },
	{ "takes the request with it that has marked its beginning alone", "icmtttt", "\003\003\003", 3 },
	{ "leaves a request alone that the shell has taken", "icmbtttt", "\003\003\003", 1 },
	{ "and the line was unfinished", "ucvlb", "", 0 },
};

static guint count(const char *text, const char *part)
{
	guint n = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static void interrupt(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	TestEngine engine;

	test_engine_begin(&engine);
	for (const char *event = interrupts[i].events; *event; event++)
		happen(&engine, *event);
	g_assert_cmpstr(engine.typed->str, ==, interrupts[i].typed);
	g_assert_cmpuint(count(engine.said->str, "__pss_i "), ==, interrupts[i].n_sent);
	test_engine_end(&engine);
}

/* ---- a session that becomes a kept one, whose shell has to know: `exit` does not end it any more */

static const struct {
	const char *name, *events;
} keeps[] = {
	{ "at rest", "klbeql" },
	{ "with a line that has not begun", "lkbeqlbeql" },
	{ "while a line runs", "lbkeqlbeql" },
	{ "behind an unfinished line", "lbequvkl" },
	{ "at rest, and an invocation comes", "ki" },
};

static void keep(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	TestEngine engine;

	test_engine_begin(&engine);
	engine.remote->kept = FALSE;
	for (const char *event = keeps[i].events; *event; event++)
		happen(&engine, *event);
	const char *told = strstr(engine.said->str, "__pss_kept=1");
	g_assert_nonnull(told);
	g_assert_null(strstr(told + 1, "__pss_kept=1"));
	test_engine_end(&engine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(echoes); i++) {
		g_autofree char *path = g_strconcat("/echo of an interrupt/", echoes[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), echo);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autofree char *path = g_strconcat("/a start that fails/", failures[i].events, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), fail);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(repaints); i++) {
		g_autofree char *path = g_strconcat("/a prompt that changes by itself/", repaints[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), repaint);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(interrupts); i++) {
		g_autofree char *path = g_strconcat("/an interrupt from outside/", interrupts[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), interrupt);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(keeps); i++) {
		g_autofree char *path = g_strconcat("/a session that is kept/", keeps[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), keep);
	}
	return g_test_run();
}
