/* SPDX-License-Identifier: MIT */
/* The table of transitions of state.h. An empty place refuses the event. */
#include "link/resilient/state.h"

/* 0 refuses: states are stored one higher. */
#define TO(state) ((guint8)((state) + 1))

static const guint8 transitions[PSS_N_HELD_STATES][PSS_N_HELD_EVENTS] = {
	[PSS_HELD_NEW] = {
		[PSS_HELD_ON_START] = TO(PSS_HELD_OPENING),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_OPENING] = {
		[PSS_HELD_ON_GREETING] = TO(PSS_HELD_UP), /* there is nothing to catch up with */
		[PSS_HELD_ON_NO_HOLDER] = TO(PSS_HELD_PLAIN),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_TRYING] = {
		[PSS_HELD_ON_GREETING] = TO(PSS_HELD_CATCHING_UP),
		[PSS_HELD_ON_TRY] = TO(PSS_HELD_TRYING), /* in another way, or over another network */
		[PSS_HELD_ON_DOWN] = TO(PSS_HELD_WAITING),
		[PSS_HELD_ON_STUCK] = TO(PSS_HELD_STUCK),
		[PSS_HELD_ON_PARK] = TO(PSS_HELD_PARKED),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_CATCHING_UP] = {
		[PSS_HELD_ON_CAUGHT_UP] = TO(PSS_HELD_UP),
		[PSS_HELD_ON_DOWN] = TO(PSS_HELD_WAITING),
		[PSS_HELD_ON_STUCK] = TO(PSS_HELD_STUCK),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_UP] = {
		[PSS_HELD_ON_DOWN] = TO(PSS_HELD_WAITING),
		[PSS_HELD_ON_STUCK] = TO(PSS_HELD_STUCK),
		[PSS_HELD_ON_PARK] = TO(PSS_HELD_PARKED),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_WAITING] = {
		[PSS_HELD_ON_TRY] = TO(PSS_HELD_TRYING),
		[PSS_HELD_ON_PARK] = TO(PSS_HELD_PARKED),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_STUCK] = {
		[PSS_HELD_ON_TRY] = TO(PSS_HELD_TRYING),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_PARKED] = {
		[PSS_HELD_ON_TRY] = TO(PSS_HELD_TRYING),
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
	[PSS_HELD_PLAIN] = {
		[PSS_HELD_ON_END] = TO(PSS_HELD_LOST),
	},
};

gboolean pss_held_next(PssHeldState *state, PssHeldEvent event)
{
	guint8 next = transitions[*state][event];

	if (next == 0)
		return FALSE;
	*state = next - 1u;
	return TRUE;
}
