/* SPDX-License-Identifier: MIT */
/* Two verbs at once on one session: the cells of pairs.c. Each client has an outcome within its deadline, the session a
 * state, and what nobody has seen is received once. */
#include <glib.h>
#include <signal.h>

#include "pairs.h"
#include "real-host.h"
#include "wire-client.h"

typedef struct {
	World world;
	Actor first, second;
	gboolean sits; /* the first is at the prompt of a session that it has entered */
	char *command;
} Fixture;

typedef struct {
	const Pair *pair;
	WorldKind kind;
} Cell;

static const char *host_program;

static const char *const deeds[N_DEEDS] = {
	"enters",   "runs",    "invokes", "job",        "receives",    "disconnects",
	"connects", "removes", "takes",   "host ended", "host killed", "link cut",
};

static gboolean has_printed(Fixture *fixture)
{
	g_autofree char *outcome = world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_KEEP);
	return g_str_equal(outcome, "ok 0|begun");
}

static void request_deed(Fixture *fixture, Actor *actor, Deed deed)
{
	static const struct {
		enum pss_type type;
		enum pss_tag tag;
	} requests[N_DEEDS] = {
		[ENTERS] = { PSS_ATTACH, 0 },
		[RUNS] = { PSS_ATTACH, 0 },
		[TAKES] = { PSS_ATTACH, PSS_TAG_FORCE },
		[RECEIVES] = { PSS_RECEIVE, PSS_TAG_WAIT },
		[DISCONNECTS] = { PSS_DISCONNECT, 0 },
		[CONNECTS] = { PSS_CONNECT, 0 },
		[REMOVES] = { PSS_REMOVE, 0 },
	};

	if (deed == INVOKES || deed == JOB)
		actor_invoke(&fixture->world, actor, deed == JOB ? PSS_TAG_JOB : 0, fixture->command);
	else
		actor_request(&fixture->world, actor, requests[deed].type, requests[deed].tag);
}

static void expect(char *outcome, const char *expected)
{
	if (!g_pattern_match_simple(expected, outcome))
		g_test_fail_printf("expected <%s>, got <%s>", expected, outcome);
	g_free(outcome);
}

static gboolean is_entering(Deed deed)
{
	return deed == ENTERS || deed == RUNS || deed == TAKES;
}

static void have_job_run(Fixture *fixture)
{
	Actor actor = { 0 };

	actor_begin(&fixture->world, &actor);
	request_deed(fixture, &actor, JOB);
	expect(actor_outcome(&actor), "ok|");
	actor_end(&actor);
	test_until(has_printed(fixture));
}

/* To the point where the second may come. */
static void do_first(Fixture *fixture, Deed deed)
{
	Actor *actor = &fixture->first;

	if (deed == RECEIVES || deed == JOB)
		have_job_run(fixture);
	if (deed == JOB)
		return;
	actor_begin(&fixture->world, actor);
	request_deed(fixture, actor, deed);
	if (deed == DISCONNECTS || deed == REMOVES) {
		expect(actor_outcome(actor), "ok|");
		return;
	}
	if (is_entering(deed)) {
		expect(actor_outcome(actor), "ok*");
		expect(actor_outcome(actor), "prompt|");
	}
	if (deed == RUNS)
		actor_say(actor, fixture->command);
	fixture->sits = deed == ENTERS;
	if (deed != ENTERS)
		actor_await_output(actor, "begun");
}

static void do_second(Fixture *fixture, Deed deed, const char *expected)
{
	Actor *actor = &fixture->second;

	if (deed == TERM || deed == KILL) {
		world_end_host(&fixture->world, deed == TERM ? SIGTERM : SIGKILL);
		return;
	}
	if (deed == CUT) {
		world_cut_link(&fixture->world);
		return;
	}
	actor_begin(&fixture->world, actor);
	request_deed(fixture, actor, deed);
	/* With an outcome at once the RESULT is that, else it is followed by one. */
	if (is_entering(deed) && *expected == '+')
		expect(actor_outcome(actor), "ok*");
}

/* ---- cells */

static void set_up(Fixture *fixture, gconstpointer data)
{
	const Cell *cell = data;

	world_begin(&fixture->world, host_program, cell->kind, NULL);
	fixture->command = g_strdup_printf("echo begun; read x <'%s'; echo more", fixture->world.gate_path);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	actor_end(&fixture->first);
	actor_end(&fixture->second);
	world_end(&fixture->world);
	g_free(fixture->command);
}

static void expect_at_once(Actor *actor, const char *expected)
{
	if (expected && *expected != '+')
		expect(actor_outcome(actor), expected);
}

static void expect_late(Actor *actor, const char *expected)
{
	if (expected && *expected == '+')
		expect(actor_outcome(actor), expected + 1);
}

/* It hears of nothing that is done to the first. */
static const char *state_of_other(Deed deed)
{
	if (deed == TERM || deed == KILL)
		return NULL;
	return deed == CUT ? "Broken/None" : "Opened/Available";
}

static void test_cell(Fixture *fixture, gconstpointer data)
{
	const Pair *pair = ((const Cell *)data)->pair;

	do_first(fixture, pair->first);
	do_second(fixture, pair->second, pair->second_outcome);
	expect_at_once(&fixture->second, pair->second_outcome);
	expect_at_once(&fixture->first, pair->first_outcome);
	if (pair->second == TERM || pair->second == KILL)
		world_start_host(&fixture->world);
	test_until(world_has_state(&fixture->world, pair->state));
	world_open_gate(&fixture->world);
	expect_late(&fixture->second, pair->second_outcome);
	if (fixture->sits && *pair->first_outcome == '+')
		actor_say(&fixture->first, "echo still");
	expect_late(&fixture->first, pair->first_outcome);
	test_until(world_other_has_state(&fixture->world, state_of_other(pair->second)));
	if (pair->rest)
		expect(world_outcome(&fixture->world, PSS_RECEIVE, PSS_TAG_WAIT), pair->rest);
}

/* What ends a session or takes it away differs by what is below; the rest is for -m slow. */
static gboolean is_wanted(const Pair *pair, WorldKind kind)
{
	static const gboolean telling[N_DEEDS] = {
		[DISCONNECTS] = TRUE, [REMOVES] = TRUE, [TAKES] = TRUE, [CUT] = TRUE
	};

	if (!(pair->kinds & kind))
		return FALSE;
	return (kind & (PLAIN | RESILIENT)) || telling[pair->second] || g_test_slow();
}

static void add_cells(WorldKind kind, const char *name)
{
	static Cell cells[4 * 128];
	static gsize n;

	for (gsize i = 0; i < n_pairs; i++) {
		const Pair *pair = &pairs[i];
		if (!is_wanted(pair, kind))
			continue;
		g_autofree char *path =
			g_strdup_printf("/pairs/%s/%s, %s", name, deeds[pair->first], deeds[pair->second]);
		cells[n] = (Cell){ pair, kind };
		g_test_add(path, Fixture, &cells[n], set_up, test_cell, tear_down);
		n++;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	host_program = argv[1];
	add_cells(PLAIN, "plain");
	add_cells(RESILIENT, "resilient");
	add_cells(SHARED, "shared");
	if (!sshd_why_no_terminal())
		add_cells(PROGRAM, "ssh");
	return g_test_run();
}
