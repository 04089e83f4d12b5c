/* SPDX-License-Identifier: MIT */
/* What nobody has seen is shown once, whoever shows it, and also where the host process was killed between: each way in
 * which a resilient session prints unseen × each way in which it is shown. And a job whose host process is killed at
 * random moments: every line of it once, in order. */
#include <glib.h>
#include <signal.h>
#include <string.h>

#include "real-host.h"
#include "wire-client.h"

typedef struct {
	World world;
	char *command; /* "begun", then it waits at the gate, then "more" */
	char *last;    /* what was there when it was last looked at */
} Fixture;

static const char *host_program;

static void expect(char *outcome, const char *expected)
{
	if (!g_pattern_match_simple(expected, outcome))
		g_test_fail_printf("expected <%s>, got <%s>", expected, outcome);
	g_free(outcome);
}

/* ---- to print unseen */

static void print_as_job(Fixture *fixture)
{
	Actor actor = { 0 };

	actor_begin(&fixture->world, &actor);
	actor_invoke(&fixture->world, &actor, PSS_TAG_JOB, fixture->command);
	expect(actor_outcome(&actor), "ok|");
	actor_end(&actor);
}

static void print_disconnected(Fixture *fixture)
{
	Actor actor = { 0 };

	actor_begin(&fixture->world, &actor);
	actor_invoke(&fixture->world, &actor, 0, fixture->command);
	actor_await_output(&actor, "begun");
	expect(world_outcome(&fixture->world, PSS_DISCONNECT, 0), "ok|");
	expect(actor_outcome(&actor), "ok 0: disconnected*|begun");
	actor_end(&actor);
}

static void enter_and_say(Fixture *fixture, Actor *actor, const char *line)
{
	actor_begin(&fixture->world, actor);
	actor_request(&fixture->world, actor, PSS_ATTACH, 0);
	expect(actor_outcome(actor), "ok|");
	expect(actor_outcome(actor), "prompt|");
	actor_say(actor, line);
}

static void print_behind_closed(Fixture *fixture)
{
	Actor actor = { 0 };

	enter_and_say(fixture, &actor, fixture->command);
	actor_await_output(&actor, "begun");
	actor_end(&actor);
	/* Another request behind it: the host process has seen that the terminal is gone. */
	g_free(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_KEEP));
}

static void leave(Fixture *fixture, Actor *actor)
{
	struct pss_message message;

	pss_message_begin(&message, &actor->client.out, PSS_LEAVE, actor->id);
	pss_message_number(&message, PSS_TAG_KEEP, 1);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_send(&actor->client);
	expect(actor_outcome(actor), "left by request*");
	actor_end(actor);
}

static void print_detached(Fixture *fixture)
{
	Actor actor = { 0 };

	enter_and_say(fixture, &actor, fixture->command);
	actor_await_output(&actor, "begun");
	leave(fixture, &actor);
}

static void print_in_background(Fixture *fixture)
{
	Actor actor = { 0 };
	g_autofree char *line = g_strdup_printf("set +m; (read x <'%s'; echo more) &", fixture->world.gate_path);

	enter_and_say(fixture, &actor, line);
	expect(actor_outcome(&actor), "prompt|*");
	leave(fixture, &actor);
}

/* ---- to show */

static char *enter(Fixture *fixture, Actor *actor, enum pss_tag tag)
{
	actor_begin(&fixture->world, actor);
	actor_request(&fixture->world, actor, PSS_ATTACH, tag);
	expect(actor_outcome(actor), "ok|");
	return actor_outcome(actor);
}

static char *show_by_entering(Fixture *fixture)
{
	Actor actor = { 0 };

	char *outcome = enter(fixture, &actor, 0);
	actor_end(&actor);
	return outcome;
}

static char *show_by_receiving(Fixture *fixture)
{
	return world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT);
}

/* The first one sees it, and the one that takes the session over does not. */
static char *show_by_taking(Fixture *fixture)
{
	Actor first = { 0 }, second = { 0 };

	char *outcome = enter(fixture, &first, 0);
	expect(enter(fixture, &second, PSS_TAG_FORCE), "prompt|");
	expect(actor_outcome(&first), "left taken*");
	actor_end(&first);
	actor_end(&second);
	return outcome;
}

static char *show_and_keep(Fixture *fixture)
{
	g_free(world_outcome(&fixture->world, PSS_CONNECT, 0));
	char *kept = world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_KEEP);
	expect(world_outcome(&fixture->world, PSS_RECEIVE, 0), kept);
	return kept;
}

/* ---- the table */

static const struct way_to_print {
	const char *name;
	void (*print)(Fixture *fixture);
	gboolean is_job;     /* entering does not show it when it is over */
	const char *printed; /* in all that nobody saw */
} ways_to_print[] = {
	{ "a job", print_as_job, TRUE, "begun more" },
	{ "a disconnected invocation", print_disconnected, TRUE, "more" },
	{ "a command whose terminal was closed", print_behind_closed, FALSE, "more" },
	{ "a command that was detached from", print_detached, FALSE, "more" },
	{ "a background process at the prompt", print_in_background, FALSE, "more" },
};

static const struct way_to_show {
	const char *name;
	char *(*show)(Fixture *fixture);
	gboolean enters;
} ways_to_show[] = {
	{ "entering", show_by_entering, TRUE },
	{ "receiving", show_by_receiving, FALSE },
	{ "receiving with -Keep", show_and_keep, FALSE },
	{ "entering from two terminals", show_by_taking, TRUE },
};

typedef struct {
	const struct way_to_print *print;
	const struct way_to_show *show;
	gboolean kill;
	const char *without; /* keeper of the holder */
} Cell;

static void set_up(Fixture *fixture, gconstpointer data)
{
	const Cell *cell = data;

	world_begin(&fixture->world, host_program, RESILIENT, cell->without);
	fixture->command = g_strdup_printf("echo begun; read x <'%s'; echo more", fixture->world.gate_path);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	world_end(&fixture->world);
	g_free(fixture->command);
	g_free(fixture->last);
}

static gboolean has_printed(Fixture *fixture, const char *text)
{
	g_autofree char *outcome = world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_KEEP);
	bool has = strstr(outcome, text) != NULL;

	/* Said once, where it is waited for long. */
	if (!has && g_strcmp0(fixture->last, outcome) != 0)
		g_test_message("there is <%s>, not <%s>", outcome, text);
	g_free(fixture->last);
	fixture->last = g_steal_pointer(&outcome);
	return has;
}

static void kill_host(World *world)
{
	world_end_host(world, SIGKILL);
	world_start_host(world);
}

/* What the host process has said by now, the holder has heard. */
static void await_holder(Fixture *fixture)
{
	Actor actor = { 0 };

	actor_begin(&fixture->world, &actor);
	actor_invoke(&fixture->world, &actor, PSS_TAG_WAIT, ":");
	expect(actor_outcome(&actor), "ok 0|");
	actor_end(&actor);
}

static void test_cell(Fixture *fixture, gconstpointer data)
{
	const Cell *cell = data;
	gboolean waits = cell->print->is_job && cell->show->enters;
	g_autofree char *shown = g_strconcat("*|", waits ? "" : cell->print->printed, NULL);
	g_autofree char *rest = g_strconcat("ok *|", waits ? cell->print->printed : "", NULL);

	cell->print->print(fixture);
	world_open_gate(&fixture->world);
	test_until(has_printed(fixture, "more"));
	test_until(world_has_state(&fixture->world, "Opened/Available"));
	if (cell->kill)
		kill_host(&fixture->world);
	expect(cell->show->show(fixture), shown);
	expect(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT), rest);
	await_holder(fixture);
	kill_host(&fixture->world);
	expect(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT), "ok *|");
}

/* ---- killed at random moments */

#define N_LINES 2000
#define N_KILLS 6

static guint count_lines(const char *path)
{
	g_autofree char *text = NULL;
	guint n = 0;

	g_file_get_contents(path, &text, NULL, NULL);
	for (const char *at = text; at && *at; at++)
		n += *at == '\n';
	return n;
}

static void test_random_kills(Fixture *fixture, gconstpointer data)
{
	Actor actor = { 0 };
	g_autofree char *progress = g_build_filename(fixture->world.home, "progress", NULL);
	g_autofree char *command = g_strdup_printf("for ((i = 0; i < %d; i++)); do echo $i; echo $i >>'%s'; "
						   "read -t 0.001 <>'%s'; done",
						   N_LINES, progress, fixture->world.gate_path);
	g_autoptr(GString) all = g_string_new("*|");

	actor_begin(&fixture->world, &actor);
	actor_invoke(&fixture->world, &actor, PSS_TAG_JOB, command);
	expect(actor_outcome(&actor), "ok|");
	actor_end(&actor);
	for (int i = 0; i < N_KILLS; i++) {
		guint n = (guint)(i * N_LINES / N_KILLS + g_test_rand_int_range(0, N_LINES / N_KILLS));
		test_until(count_lines(progress) >= n);
		kill_host(&fixture->world);
		if (g_test_rand_bit())
			expect(world_outcome(&fixture->world, PSS_CONNECT, 0), "ok|");
	}
	for (int i = 0; i < N_LINES; i++)
		g_string_append_printf(all, i ? " %d" : "%d", i);
	Actor receiver = { 0 };
	actor_begin(&fixture->world, &receiver);
	actor_request(&fixture->world, &receiver, PSS_RECEIVE, PSS_TAG_WAIT);
	expect(actor_outcome(&receiver), all->str);
	actor_end(&receiver);
}

static gsize count_equal(const char *a, const char *b)
{
	gsize n = 0;
	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static void start_job(Fixture *fixture, const char *command, enum pss_buffering buffering, guint size)
{
	struct pss_message message;
	Actor actor = { 0 };

	actor_begin(&fixture->world, &actor);
	pss_message_begin(&message, &actor.client.out, PSS_INVOKE, ++actor.id);
	pss_message_text(&message, PSS_TAG_INSTANCE, fixture->world.instance);
	pss_message_number(&message, PSS_TAG_JOB, 1);
	pss_message_number(&message, PSS_TAG_BUFFERING, buffering);
	pss_message_number(&message, PSS_TAG_BUFFER_SIZE, size);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	test_client_raw(&actor.client, PSS_COMMAND, actor.id, command);
	expect(actor_outcome(&actor), "ok|");
	actor_end(&actor);
}

/* More than anybody keeps, so the command waits. Its host process is killed while the buffer fills, and when it is
 * full: each one leaves to the next what was there, and what was on its way to it. */
static void test_block(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GString) all = g_string_new("ok 0|");
	const guint n = 600000;

	g_autofree char *command = g_strdup_printf("seq %u", n);
	start_job(fixture, command, PSS_BUFFERING_BLOCK, 0);
	for (int i = 0; i < 4; i++) {
		test_until(has_printed(fixture, "|1 2 3 "));
		kill_host(&fixture->world);
	}
	for (guint i = 1; i <= n; i++)
		g_string_append_printf(all, i > 1 ? " %u" : "%u", i);
	g_autofree char *outcome = world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT);
	gsize at = count_equal(outcome, all->str);
	if (outcome[at] || all->str[at])
		g_test_fail_printf("of %" G_GSIZE_FORMAT " bytes these come behind %" G_GSIZE_FORMAT ": %.60s",
				   strlen(outcome), at, outcome + MIN(at, strlen(outcome)));
}

/* The buffer grows up to twice its size before it is cut: what it does not take of that in the next host process is
 * gone for the holder too, so that what has been shown is not shown again. */
static void test_small_buffer(Fixture *fixture, gconstpointer data)
{
	g_autofree char *command =
		g_strdup_printf("seq 1000 1699; read x <'%s'; seq 1700 2399", fixture->world.gate_path);

	start_job(fixture, command, PSS_BUFFERING_DROP, 4096);
	test_until(has_printed(fixture, "1699"));
	world_open_gate(&fixture->world);
	test_until(world_has_state(&fixture->world, "Opened/Available"));
	await_holder(fixture);
	kill_host(&fixture->world);
	expect(world_outcome(&fixture->world, PSS_CONNECT, 0), "ok|");
	expect(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT), "ok *|* 2398 2399");
	await_holder(fixture);
	kill_host(&fixture->world);
	expect(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT), "ok *|");
}

/* The holder lets the oldest go, and has time for others. */
static void test_more_than_held(Fixture *fixture, gconstpointer data)
{
	start_job(fixture, "seq 700000", PSS_BUFFERING_DROP, 8 * 1024 * 1024);
	test_until(world_has_state(&fixture->world, "Opened/Available"));
	await_holder(fixture);
	kill_host(&fixture->world);
	g_autofree char *outcome = world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT);
	g_assert_true(g_str_has_suffix(outcome, " 699999 700000"));
	g_assert_cmpuint(strlen(outcome), >, 3 * 1024 * 1024 - 256 * 1024);
	g_assert_cmpuint(strlen(outcome), <, 3 * 1024 * 1024 + 256);
}

static void add_cells(gboolean kill)
{
	static Cell cells[2 * G_N_ELEMENTS(ways_to_print) * G_N_ELEMENTS(ways_to_show)];
	static gsize n;

	for (gsize i = 0; i < G_N_ELEMENTS(ways_to_print); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(ways_to_show); j++) {
			g_autofree char *path =
				g_strdup_printf("/unseen/%s, shown by %s%s", ways_to_print[i].name,
						ways_to_show[j].name, kill ? ", host process killed between" : "");
			cells[n] = (Cell){ &ways_to_print[i], &ways_to_show[j], kill, NULL };
			g_test_add(path, Fixture, &cells[n], set_up, test_cell, tear_down);
			n++;
		}
	}
}

int main(int argc, char **argv)
{
	static const Cell in_perl = { .without = "python" }, in_python = { .without = "perl" };

	g_test_init(&argc, &argv, NULL);
	host_program = argv[1];
	add_cells(FALSE);
	add_cells(TRUE);
	g_test_add("/unseen/a job that waits for its output to be taken, the holder in Perl", Fixture, &in_perl, set_up,
		   test_block, tear_down);
	g_test_add("/unseen/a job that waits for its output to be taken, the holder in Python", Fixture, &in_python,
		   set_up, test_block, tear_down);
	g_test_add("/unseen/more than the buffer takes, the holder in Perl", Fixture, &in_perl, set_up,
		   test_small_buffer, tear_down);
	g_test_add("/unseen/more than the buffer takes, the holder in Python", Fixture, &in_python, set_up,
		   test_small_buffer, tear_down);
	g_test_add("/unseen/more than the holder keeps, in Perl", Fixture, &in_perl, set_up, test_more_than_held,
		   tear_down);
	g_test_add("/unseen/more than the holder keeps, in Python", Fixture, &in_python, set_up, test_more_than_held,
		   tear_down);
	g_test_add("/unseen/killed at random moments, the holder in Perl", Fixture, &in_perl, set_up, test_random_kills,
		   tear_down);
	g_test_add("/unseen/killed at random moments, the holder in Python", Fixture, &in_python, set_up,
		   test_random_kills, tear_down);
	return g_test_run();
}
