/* SPDX-License-Identifier: MIT */
/* The engine's tables of transitions: all states by all events. What a row does not name is refused and changes
 * nothing. */
#include <glib.h>
#include <string.h>

#include "remote/state/phase.h"

typedef gboolean (*Next)(guint *state, guint event);

/* One machine; `rows`: for each state "EVENT>STATE" for what it accepts, in the order of its events. */
typedef struct {
	const char *const *states;
	guint n_states;
	const char *const *events;
	guint n_events;
	const char *const *rows;
	Next next;
} Machine;

static const char *const phases[] = { "meeting", "starting", "idle",   "sent", "running",
				      "typed",   "raw",      "ending", "ended" };
static const char *const phase_events[] = { "start", "plain",  "prompt", "send", "begun",
					    "typed", "resume", "gone",   "end" };
static const char *const phase_rows[] = {
	"start>starting plain>raw prompt>idle typed>typed resume>running end>ended",
	"plain>raw prompt>idle typed>typed end>ended",
	"send>sent end>ended",
	"prompt>idle begun>running typed>typed gone>ending end>ended",
	"prompt>idle begun>running typed>typed resume>running gone>ending end>ended",
	"prompt>idle end>ended",
	"plain>raw prompt>idle typed>typed end>ended",
	"end>ended",
	"",
};

static const char *const launchers[] = { "silent", "preceded", "waits", "over", "replaced" };
static const char *const launcher_events[] = { "output", "wait", "go", "replace" };
static const char *const launcher_rows[] = {
	"output>preceded wait>waits go>over replace>replaced",
	"output>preceded wait>waits go>over replace>replaced",
	"wait>waits go>over",
	"wait>waits go>over",
	"wait>waits go>over",
};

static const char *const readers[] = { "away", "called", "open", "woken" };
static const char *const reader_events[] = { "paint", "wait", "open", "wake" };
static const char *const reader_rows[] = {
	"paint>away wait>called open>open",
	"paint>away wait>called open>open",
	"paint>away wait>called open>open wake>woken",
	"paint>away wait>called open>open",
};

static gboolean next_phase(guint *state, guint event)
{
	return pss_phase_next(state, event);
}

static gboolean next_launcher(guint *state, guint event)
{
	return pss_launcher_next(state, event);
}

static gboolean next_reader(guint *state, guint event)
{
	return pss_reader_next(state, event);
}

#define MACHINE(name, n_states, n_events)                                            \
	{                                                                            \
		name##s, n_states, name##_events, n_events, name##_rows, next_##name \
	}
static const Machine machines[] = {
	MACHINE(phase, PSS_N_PHASES, PSS_N_PHASE_EVENTS),
	MACHINE(launcher, PSS_N_LAUNCHERS, PSS_N_LAUNCHER_EVENTS),
	MACHINE(reader, PSS_N_READERS, PSS_N_READER_EVENTS),
};

G_STATIC_ASSERT(G_N_ELEMENTS(phases) == PSS_N_PHASES && G_N_ELEMENTS(phase_events) == PSS_N_PHASE_EVENTS);
G_STATIC_ASSERT(G_N_ELEMENTS(launchers) == PSS_N_LAUNCHERS && G_N_ELEMENTS(launcher_events) == PSS_N_LAUNCHER_EVENTS);
G_STATIC_ASSERT(G_N_ELEMENTS(readers) == PSS_N_READERS && G_N_ELEMENTS(reader_events) == PSS_N_READER_EVENTS);

/* What the machine does in that state, written as the rows are. */
static char *describe(const Machine *machine, guint state)
{
	GString *text = g_string_new(NULL);

	for (guint event = 0; event < machine->n_events; event++) {
		guint next = state;
		if (machine->next(&next, event))
			g_string_append_printf(text, "%s%s>%s", text->len > 0 ? " " : "", machine->events[event],
					       machine->states[next]);
		else
			g_assert_cmpuint(next, ==, state);
	}
	return g_string_free(text, FALSE);
}

static void check_row(const Machine *machine, guint state)
{
	g_autofree char *row = describe(machine, state);

	g_test_message("%s: %s", machine->states[state], row);
	g_assert_cmpstr(row, ==, machine->rows[state]);
}

static void all_transitions(gconstpointer data)
{
	const Machine *machine = data;

	for (guint state = 0; state < machine->n_states; state++)
		check_row(machine, state);
}

/* From the first one, in any number of steps. */
static void all_are_reached(gconstpointer data)
{
	const Machine *machine = data;
	guint reached = 1, before = 0;

	while (reached != before) {
		before = reached;
		for (guint i = 0; i < machine->n_states * machine->n_events; i++) {
			guint state = i / machine->n_events;
			if (before & 1u << state && machine->next(&state, i % machine->n_events))
				reached |= 1u << state;
		}
	}
	g_assert_cmpuint(reached, ==, (1u << machine->n_states) - 1);
}

static void everything_ends_once(void)
{
	for (PssPhase from = 0; from < PSS_N_PHASES; from++) {
		PssPhase phase = from;
		g_assert_true(pss_phase_next(&phase, PSS_PHASE_ON_END) == (from != PSS_PHASE_ENDED));
		g_assert_cmpuint(phase, ==, PSS_PHASE_ENDED);
	}
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "phase", "launcher", "reader" };

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autofree char *rows = g_strconcat("/", names[i], "/all transitions, and all that are refused", NULL);
		g_autofree char *reached = g_strconcat("/", names[i], "/each state is reached", NULL);
		g_test_add_data_func(rows, &machines[i], all_transitions);
		g_test_add_data_func(reached, &machines[i], all_are_reached);
	}
	g_test_add_func("/phase/everything ends, once", everything_ends_once);
	return g_test_run();
}
