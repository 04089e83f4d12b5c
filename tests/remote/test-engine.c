/* SPDX-License-Identifier: MIT */
/* The engine without a shell: how long it waits for a request to begin, what is output when a command has been
 * interrupted, and where keys go when the start fails. No time passes: each timer is run when it has been set. */
#include <glib.h>
#include <string.h>

#include "remote/engine/private.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define MEMO "1 " NONCE " " NONCE " " NONCE " 01234567 bash /tmp/.pss-x"

typedef struct {
	PssRemote *remote;
	guint n_sent;
	GString *said, *shown, *typed; /* said: requests; typed: what goes to the terminal */
	GString *prompts;              /* each as "KIND TEXT|RIGHT", with ! where it was painted anew */
	gboolean ended;
	PssRemoteEnd how;
} Engine;

static void send_bytes(gpointer user, const void *data, gsize n)
{
	((Engine *)user)->n_sent++;
	g_string_append_len(((Engine *)user)->said, data, (gssize)n);
}

static void send_terminal(gpointer user, const void *data, gsize n)
{
	((Engine *)user)->n_sent++;
	g_string_append_len(((Engine *)user)->typed, data, (gssize)n);
}

static void on_notice(gpointer user, const char *text)
{
}

static void on_output(gpointer user, const void *data, gsize n)
{
	g_string_append_len(((Engine *)user)->shown, data, (gssize)n);
}

static void on_bytes(gpointer user, const void *data, gsize n)
{
}

static void on_busy(gpointer user)
{
}

static void on_prompt(gpointer user, const PssRemotePrompt *prompt)
{
	g_string_append_printf(((Engine *)user)->prompts, "%d %.*s|%.*s%s\n", prompt->kind, (int)prompt->n_text,
			       prompt->text, (int)prompt->n_right, prompt->n_right ? prompt->right : "",
			       prompt->repaint ? "!" : "");
}

static void on_ended(gpointer user, PssRemoteEnd how, int status, const char *cause)
{
	Engine *engine = user;

	engine->ended = TRUE;
	engine->how = how;
}

static void on_stream(gpointer user, gboolean is_stderr, const void *data, gsize n)
{
}

static gboolean is_paused;

static gboolean on_silence(gpointer user)
{
	return is_paused;
}

static void on_done(gpointer user, int status, gboolean background, gboolean whole)
{
}

/* At its prompt. */
static void begin(Engine *engine)
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

	*engine = (Engine){ .said = g_string_new(NULL),
			    .shown = g_string_new(NULL),
			    .typed = g_string_new(NULL),
			    .prompts = g_string_new(NULL) };
	engine->remote = pss_remote_new(&options, &events, engine);
	engine->remote->family = PSS_FAMILY_BASH;
	engine->remote->phase = PSS_PHASE_IDLE;
}

static void end(Engine *engine)
{
	pss_remote_free(engine->remote);
	g_string_free(engine->said, TRUE);
	g_string_free(engine->shown, TRUE);
	g_string_free(engine->typed, TRUE);
	g_string_free(engine->prompts, TRUE);
}

/* Until nothing is waited for any more. */
static void let_time_pass(const Engine *engine)
{
	PssRemote *remote = engine->remote;

	while (remote->timer.source) {
		g_clear_handle_id(&remote->timer.source, g_source_remove);
		remote->timer.func(remote);
	}
}

static void say_line(const Engine *engine, const char *text)
{
	g_assert_true(pss_remote_line(engine->remote, text, strlen(text), NULL));
}

static void invoke(const Engine *engine, const char *text)
{
	static const PssInvokeEvents events = { .on_stream = on_stream, .on_silence = on_silence, .on_done = on_done };
	const PssCommand command = { .text = text, .n_text = strlen(text) };

	const PssInvokeStreams streams = { .relay = 1 };
	g_assert_true(pss_remote_invoke(engine->remote, &command, &streams, &events, NULL, NULL));
}

typedef void (*Request)(const Engine *engine, const char *text);

/* A shell that answers to none of five is gone. */
static void never_begins(gconstpointer request)
{
	Engine engine;

	begin(&engine);
	__extension__((Request)request)(&engine, "echo");
	let_time_pass(&engine);
	g_assert_cmpuint(engine.n_sent, ==, 5);
	g_assert_true(engine.ended);
	g_assert_cmpint(engine.how, ==, PSS_REMOTE_SILENT);
	end(&engine);
}

static void pass_time_once(const Engine *engine)
{
	PssRemote *remote = engine->remote;

	g_clear_handle_id(&remote->timer.source, g_source_remove);
	remote->timer.func(remote);
}

/* A command whose streams are held up may have begun: they would say so. It is not asked for the short way where they
 * are held up beforehand. */
static void begins_unseen(void)
{
	Engine engine;

	begin(&engine);
	invoke(&engine, "echo");
	g_assert_nonnull(strstr(engine.said->str, " short; }"));
	is_paused = TRUE;
	for (int i = 0; i < 20; i++)
		pass_time_once(&engine);
	is_paused = FALSE;
	g_assert_cmpuint(engine.n_sent, ==, 1);
	g_assert_false(engine.ended);
	g_autofree char *mark = g_strdup_printf("\036%s<", engine.remote->request.nonce);
	pss_remote_relay_data(engine.remote, 1, FALSE, mark, strlen(mark));
	g_assert_cmpint(engine.remote->phase, ==, PSS_PHASE_RUNNING);
	g_assert_cmpuint(engine.remote->timer.source, ==, 0);
	end(&engine);

	begin(&engine);
	is_paused = TRUE;
	invoke(&engine, "echo");
	is_paused = FALSE;
	g_assert_null(strstr(engine.said->str, " short"));
	end(&engine);
}

static void reply(const Engine *engine, const char *type, const char *const *fields)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "\036%s%s", engine->remote->key, type);
	g_string_append_c(text, '\0');
	for (; *fields; fields++)
		g_string_append_len(text, *fields, (gssize)strlen(*fields) + 1);
	pss_remote_control_data(engine->remote, text->str, text->len);
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
	static const PssInvokeEvents events = {
		.on_stream = on_stream, .on_silence = on_silence, .on_done = on_done, .on_late = on_late
	};
	const PssCommand command = { .text = "echo", .n_text = 4 };
	const PssInvokeStreams streams = { .relay = 1, .awaited = TRUE };
	Engine engine;

	begin(&engine);
	g_assert_true(pss_remote_awaits_relay(engine.remote, 1));
	g_assert_false(pss_remote_awaits_relay(engine.remote, 2));
	g_assert_true(pss_remote_invoke(engine.remote, &command, &streams, &events, NULL, NULL));
	g_assert_nonnull(strstr(engine.said->str, " 1 '' short await; }"));
	reply(&engine, "y", (const char *[]){ NONCE, NULL });
	g_assert_cmpuint(n_late, ==, 0);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_BUSY);
	reply(&engine, "y", (const char *[]){ engine.remote->request.nonce, NULL });
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
	end(&engine);
}

/* One that was taken over may run for days what was begun before: the first request lies behind that. */
static void begins_in_days(void)
{
	Engine engine;

	begin(&engine);
	engine.remote->phase = PSS_PHASE_MEETING; /* a new engine */
	pss_remote_await(engine.remote);
	pss_remote_resume(engine.remote, MEMO);
	let_time_pass(&engine);
	g_assert_cmpuint(engine.n_sent, ==, 5);
	g_assert_false(engine.ended);
	g_assert_cmpint(pss_remote_state(engine.remote), ==, PSS_REMOTE_BUSY);
	end(&engine);
}

/* What is long takes its time on a slow link, 8000 bytes a second at the least. */
static void takes_its_time(gconstpointer request)
{
	const gsize n = 1024 * 1024;
	g_autofree char *text = g_strnfill(n, 'x');
	Engine engine;

	begin(&engine);
	__extension__((Request)request)(&engine, text);
	g_assert_cmpuint(engine.remote->timer.milliseconds, >=, n / 8);
	end(&engine);
}

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

static void print(const Engine *engine, const char *text)
{
	pss_remote_terminal_data(engine->remote, text, strlen(text));
}

static void echo(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	Engine engine;

	begin(&engine);
	invoke(&engine, "command");
	engine.remote->phase = PSS_PHASE_RUNNING;
	if (echoes[i].interrupted)
		pss_remote_interrupt(engine.remote);
	g_autofree char *mark = g_strdup_printf("\033]7337;%s;q;130\a", engine.remote->request.nonce);
	print(&engine, echoes[i].before);
	print(&engine, mark);
	print(&engine, echoes[i].behind);
	g_assert_cmpstr(engine.shown->str, ==, echoes[i].shown);
	end(&engine);
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
	Engine engine;

	begin(&engine);
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
	let_time_pass(&engine);
	g_assert_cmpstr(engine.typed->str, ==, failures[i].typed);
	end(&engine);
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

static void begin_stream(const Engine *engine)
{
	g_autofree char *mark = g_strdup_printf("\036%s<", engine->remote->request.nonce);

	pss_remote_relay_data(engine->remote, 1, FALSE, mark, strlen(mark));
}

static void run_now(guint source)
{
	g_source_set_ready_time(g_main_context_find_source_by_id(NULL, source), 0);
	g_main_context_iteration(NULL, TRUE);
}

static void happen(const Engine *engine, char event)
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
		{ 'o', "P", { NONCE, "two", "new" } },
	};
	g_autofree char *mark = g_strdup_printf("\033]7337;%s;q;0\a", nonce);

	for (gsize i = 0; i < G_N_ELEMENTS(replies); i++)
		if (replies[i].event == event)
			reply(engine, replies[i].type, replies[i].fields);
	if (event == 'q')
		print(engine, mark);
	if (event == 'l' || event == 'u')
		say_line(engine, event == 'l' ? "echo" : "for");
	if (event == 'i')
		invoke(engine, "command");
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
	Engine engine;

	begin(&engine);
	for (const char *event = repaints[i].events; *event; event++)
		happen(&engine, *event);
	g_assert_cmpstr(engine.prompts->str, ==, repaints[i].prompts);
	end(&engine);
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
	Engine engine;

	begin(&engine);
	for (const char *event = interrupts[i].events; *event; event++)
		happen(&engine, *event);
	g_assert_cmpstr(engine.typed->str, ==, interrupts[i].typed);
	g_assert_cmpuint(count(engine.said->str, "__pss_i "), ==, interrupts[i].n_sent);
	end(&engine);
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
	Engine engine;

	begin(&engine);
	engine.remote->kept = FALSE;
	for (const char *event = keeps[i].events; *event; event++)
		happen(&engine, *event);
	const char *told = strstr(engine.said->str, "__pss_kept=1");
	g_assert_nonnull(told);
	g_assert_null(strstr(told + 1, "__pss_kept=1"));
	end(&engine);
}

/* ---- fish's reader */

/* A mark of the request that was sent last. */
static void mark(const Engine *engine, const char *kind)
{
	g_autofree char *text = g_strdup_printf("\033]7337;%s;%s\007", engine->remote->request.mark_nonce, kind);

	pss_remote_terminal_data(engine->remote, text, strlen(text));
}

static void prints(const Engine *engine, const char *text)
{
	pss_remote_terminal_data(engine->remote, text, strlen(text));
}

static void begin_fish(Engine *engine)
{
	begin(engine);
	engine->remote->family = PSS_FAMILY_FISH;
	say_line(engine, "cmd");
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
		Engine engine;
		begin_fish(&engine);
		prints(&engine, "out\r\n");
		mark(&engine, "n;1");
		prints(&engine, rows[i].painted);
		mark(&engine, "s");
		g_autofree char *shown = g_strconcat("out\r\n", rows[i].shown, NULL);
		g_assert_cmpstr(engine.shown->str, ==, shown);
		end(&engine);
	}
}

/* What it paints of the line is no news. */
static void drops_the_line(void)
{
	Engine engine;
	begin_fish(&engine);
	mark(&engine, "n");
	prints(&engine, "echo painted\r\n");
	mark(&engine, "s");
	g_assert_cmpstr(engine.shown->str, ==, "");
	end(&engine);
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
		Engine engine;
		begin_fish(&engine);
		for (gsize j = 0; rows[i].pieces[j]; j++)
			prints(&engine, rows[i].pieces[j]);
		mark(&engine, "n;1");
		g_assert_cmpstr(engine.shown->str, ==, rows[i].shown);
		end(&engine);
	}
}

/* A reader that paints once more goes on to execute what it has read, and the key would be the program's. */
static void calls_no_reader_that_is_about_to_execute(void)
{
	Engine engine;
	begin(&engine);
	engine.remote->family = PSS_FAMILY_FISH;
	say_line(&engine, "cmd");
	mark(&engine, "n");
	mark(&engine, "r");
	g_assert_cmpstr(engine.typed->str, ==, "");
	mark(&engine, "s");
	mark(&engine, "r");
	g_assert_cmpstr(engine.typed->str, ==, engine.remote->reader.key);
	end(&engine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/deadlines/a line that never begins", __extension__((gpointer)say_line), never_begins);
	g_test_add_data_func("/deadlines/an invocation that never begins", __extension__((gpointer)invoke),
			     never_begins);
	g_test_add_func("/deadlines/an invocation that is held up", begins_unseen);
	g_test_add_func("/deadlines/a relay that is late", waits_for_relay);
	g_test_add_func("/deadlines/what another engine's command is in front of", begins_in_days);
	g_test_add_data_func("/deadlines/a long line", __extension__((gpointer)say_line), takes_its_time);
	g_test_add_data_func("/deadlines/a long invocation", __extension__((gpointer)invoke), takes_its_time);
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
	g_test_add_func("/fish/news in what is painted are shown", finds_news_in_painting);
	g_test_add_func("/fish/a line that is painted is not", drops_the_line);
	g_test_add_func("/fish/its own mark of an end is dropped", drops_its_end_mark);
	g_test_add_func("/fish/a reader about to execute is not called", calls_no_reader_that_is_about_to_execute);
	return g_test_run();
}
