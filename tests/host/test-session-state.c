/* SPDX-License-Identifier: MIT */
/* The state of a session without a session: all lives, links and claims by all events, and what the wire shows of each.
 */
#include <glib.h>

#include "host/state/session-state.h"

static const char *const lives[] = { "opening", "open", "broken", "closed" };
static const char *const links[] = { "up", "lost", "failing", "stuck", "released" };
static const char *const claims[] = { "taken", "let go", "releasing" };

G_STATIC_ASSERT(G_N_ELEMENTS(lives) == PSS_N_LIVES && G_N_ELEMENTS(links) == PSS_N_LINKS &&
		G_N_ELEMENTS(claims) == PSS_N_CLAIMS);

/* For each event what becomes of each state of its part, in the order of the enum; "-": refused. */
static const struct {
	PssSessionEvent event;
	const char *name, *life, *link, *claim;
} rows[] = {
	{ PSS_SESSION_ON_OPENED, "opened", "open - - -", NULL, NULL },
	{ PSS_SESSION_ON_BROKEN, "broken", "broken broken - -", NULL, NULL },
	{ PSS_SESSION_ON_CLOSED, "closed", "closed closed - -", NULL, NULL },
	{ PSS_SESSION_ON_LINK_UP, "link up", NULL, "up up up up up", NULL },
	{ PSS_SESSION_ON_LINK_DOWN, "link down", NULL, "lost failing failing failing failing", NULL },
	{ PSS_SESSION_ON_LINK_STUCK, "link stuck", NULL, "stuck stuck stuck stuck stuck", NULL },
	{ PSS_SESSION_ON_LINK_RELEASED, "link released", NULL, "released released released released released", NULL },
	{ PSS_SESSION_ON_TAKE, "take", NULL, NULL, "taken taken taken" },
	{ PSS_SESSION_ON_LET_GO, "let go", NULL, NULL, "let-go let-go releasing" },
	{ PSS_SESSION_ON_RELEASE, "release", NULL, NULL, "- releasing releasing" },
	{ PSS_SESSION_ON_SETTLED, "settled", NULL, NULL, "- - let-go" },
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) == PSS_N_SESSION_EVENTS);

static gboolean is_named(const char *const *names, guint state, const char *word)
{
	g_autofree char *name = g_strdelimit(g_strdup(names[state]), " ", '-');
	return g_strcmp0(name, word) == 0;
}

/* One part: what the row says of the state it was in. Without a word it stays. */
static void check_part(const char *const *names, const char *row, guint before, guint after, gboolean accepted)
{
	if (!row) {
		g_assert_cmpuint(after, ==, before);
		return;
	}
	g_auto(GStrv) words = g_strsplit(row, " ", -1);
	if (!accepted)
		g_assert_cmpuint(after, ==, before);
	else
		g_assert_true(is_named(names, after, words[before]));
}

static gboolean is_refused(const char *row, guint state)
{
	g_auto(GStrv) words = g_strsplit(row ? row : "", " ", -1);
	return row && g_strcmp0(words[state], "-") == 0;
}

static void check(const PssSessionState *before, gsize i)
{
	PssSessionState after = *before;
	gboolean refused = pss_session_state_is_over(before) || is_refused(rows[i].life, before->life) ||
			   is_refused(rows[i].link, before->link) || is_refused(rows[i].claim, before->claim);
	gboolean accepted = pss_session_state_step(&after, rows[i].event);

	g_test_message("%s, %s, %s; %s: %s, %s, %s", lives[before->life], links[before->link], claims[before->claim],
		       rows[i].name, lives[after.life], links[after.link], claims[after.claim]);
	g_assert_cmpint(accepted, ==, !refused);
	check_part(lives, rows[i].life, before->life, after.life, accepted);
	check_part(links, rows[i].link, before->link, after.link, accepted);
	check_part(claims, rows[i].claim, before->claim, after.claim, accepted);
}

static void for_all(void (*func)(const PssSessionState *state, gsize i), gsize i)
{
	for (guint n = 0; n < PSS_N_LIVES * PSS_N_LINKS * PSS_N_CLAIMS; n++) {
		const PssSessionState state = { n / (PSS_N_LINKS * PSS_N_CLAIMS), n / PSS_N_CLAIMS % PSS_N_LINKS,
						n % PSS_N_CLAIMS };
		func(&state, i);
	}
}

static void transition(gconstpointer row)
{
	for_all(check, GPOINTER_TO_SIZE(row));
}

/* Five states of SPEC §4: Disconnected is an open session without a link, or one that was let go of. */
static void check_shown(const PssSessionState *state, gsize i)
{
	gboolean is_whole = state->link == PSS_LINK_IS_UP && state->claim == PSS_CLAIM_TAKEN;
	const enum pss_state expected[] = { PSS_STATE_OPENING, is_whole ? PSS_STATE_OPENED : PSS_STATE_DISCONNECTED,
					    PSS_STATE_BROKEN, PSS_STATE_CLOSED };

	g_assert_cmpint(pss_session_state_on_wire(state), ==, expected[state->life]);
	g_assert_cmpint(pss_session_state_is_over(state), ==, state->life >= PSS_LIFE_BROKEN);
}

static void shown(void)
{
	for_all(check_shown, 0);
}

/* The user hears once that the connection is lost, not at each attempt; and again behind a release. */
static void repeats(void)
{
	static const struct {
		PssSessionEvent event;
		gboolean repeats;
	} story[] = {
		{ PSS_SESSION_ON_LINK_DOWN, FALSE },  { PSS_SESSION_ON_LINK_DOWN, TRUE },
		{ PSS_SESSION_ON_LINK_DOWN, TRUE },   { PSS_SESSION_ON_LINK_STUCK, FALSE },
		{ PSS_SESSION_ON_LINK_DOWN, TRUE },   { PSS_SESSION_ON_LINK_UP, FALSE },
		{ PSS_SESSION_ON_LINK_DOWN, FALSE },  { PSS_SESSION_ON_LINK_RELEASED, FALSE },
		{ PSS_SESSION_ON_LINK_DOWN, FALSE },  { PSS_SESSION_ON_LINK_DOWN, TRUE },
		{ PSS_SESSION_ON_LINK_STUCK, FALSE }, { PSS_SESSION_ON_LINK_STUCK, FALSE },
	};
	PssSessionState state = { PSS_LIFE_OPEN, PSS_LINK_IS_UP, PSS_CLAIM_TAKEN };

	for (gsize i = 0; i < G_N_ELEMENTS(story); i++) {
		const PssSessionState before = state;
		g_assert_true(pss_session_state_step(&state, story[i].event));
		g_test_message("%zu: %s, was %s", i, links[state.link], links[before.link]);
		g_assert_cmpint(pss_session_state_repeats(&before, &state), ==, story[i].repeats);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/event/", rows[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), transition);
	}
	g_test_add_func("/shown/all states", shown);
	g_test_add_func("/shown/an attempt that fails again", repeats);
	return g_test_run();
}
