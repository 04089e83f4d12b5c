/* SPDX-License-Identifier: MIT */
/* The states of a resilient transport without a link: all states by all events. What a row does not name is refused. */
#include <glib.h>

#include "link/resilient/state.h"

static const char *const states[] = { "new",     "opening", "trying", "catching up", "up",
				      "waiting", "stuck",   "parked", "plain",       "lost" };
static const char *const events[] = { "start", "greeting", "caught up", "no holder", "try",
				      "down",  "stuck",    "park",      "end" };

/* In the order of the states, and in each of the events. */
static const char *const rows[] = {
	"start>opening, end>lost",
	"greeting>up, no holder>plain, end>lost",
	"greeting>catching up, try>trying, down>waiting, stuck>stuck, park>parked, end>lost",
	"caught up>up, down>waiting, stuck>stuck, end>lost",
	"down>waiting, stuck>stuck, park>parked, end>lost",
	"try>trying, park>parked, end>lost",
	"try>trying, end>lost",
	"try>trying, end>lost",
	"end>lost",
	"",
};

G_STATIC_ASSERT(G_N_ELEMENTS(states) == PSS_N_HELD_STATES && G_N_ELEMENTS(events) == PSS_N_HELD_EVENTS &&
		G_N_ELEMENTS(rows) == PSS_N_HELD_STATES);

static char *describe(PssResilientState state)
{
	GString *text = g_string_new(NULL);

	for (PssResilientEvent event = 0; event < PSS_N_HELD_EVENTS; event++) {
		PssResilientState next = state;
		if (pss_resilient_next(&next, event))
			g_string_append_printf(text, "%s%s>%s", text->len > 0 ? ", " : "", events[event], states[next]);
		else
			g_assert_cmpuint(next, ==, state);
	}
	return g_string_free(text, FALSE);
}

static void transitions(gconstpointer data)
{
	PssResilientState state = GPOINTER_TO_UINT(data);
	g_autofree char *row = describe(state);

	g_assert_cmpstr(row, ==, rows[state]);
}

/* A story each, from the beginning: the states that it goes through. */
static const struct {
	const char *name;
	PssResilientEvent events[8];
	PssResilientState end;
} stories[] = {
	{ "no holder", { PSS_RESILIENT_ON_START, PSS_RESILIENT_ON_NO_HOLDER }, PSS_RESILIENT_PLAIN },
	{ "a link is lost and comes back",
	  { PSS_RESILIENT_ON_START, PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_DOWN, PSS_RESILIENT_ON_TRY,
	    PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_CAUGHT_UP },
	  PSS_RESILIENT_UP },
	{ "another network comes during an attempt",
	  { PSS_RESILIENT_ON_START, PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_DOWN, PSS_RESILIENT_ON_TRY,
	    PSS_RESILIENT_ON_TRY, PSS_RESILIENT_ON_GREETING },
	  PSS_RESILIENT_CATCHING_UP },
	{ "disconnected, and connected again",
	  { PSS_RESILIENT_ON_START, PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_PARK, PSS_RESILIENT_ON_TRY,
	    PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_CAUGHT_UP },
	  PSS_RESILIENT_UP },
	{ "a password is wanted, and a person comes",
	  { PSS_RESILIENT_ON_START, PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_DOWN, PSS_RESILIENT_ON_TRY,
	    PSS_RESILIENT_ON_STUCK, PSS_RESILIENT_ON_TRY, PSS_RESILIENT_ON_GREETING, PSS_RESILIENT_ON_END },
	  PSS_RESILIENT_LOST },
};

static void story(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	PssResilientState state = PSS_RESILIENT_NEW;
	gsize n = 0;

	/* The first one starts it; no other is of the value 0. */
	do
		g_assert_true(pss_resilient_next(&state, stories[i].events[n++]));
	while (n < G_N_ELEMENTS(stories[i].events) && stories[i].events[n] != PSS_RESILIENT_ON_START);
	g_assert_cmpuint(state, ==, stories[i].end);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < PSS_N_HELD_STATES; i++) {
		g_autofree char *path = g_strconcat("/state/", states[i], NULL);
		g_test_add_data_func(path, GUINT_TO_POINTER(i), transitions);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(stories); i++) {
		g_autofree char *path = g_strconcat("/story/", stories[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), story);
	}
	return g_test_run();
}
