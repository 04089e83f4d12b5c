/* SPDX-License-Identifier: MIT */
/* The tables of transitions of session-state.h. Each event is one row and concerns one of the three enums; an empty
 * place refuses it. */
#include "host/state/session-state.h"

/* 0 refuses: states are stored one higher. */
#define TO(state) ((guint8)((state) + 1))
enum { N_STATES_MAX = PSS_N_LINKS };

G_STATIC_ASSERT((int)PSS_N_LIVES <= (int)N_STATES_MAX && (int)PSS_N_CLAIMS <= (int)N_STATES_MAX);

typedef enum { LIFE, LINK, CLAIM } Part;

static const struct {
	Part part;
	guint8 next[N_STATES_MAX];
} transitions[PSS_N_SESSION_EVENTS] = {
	[PSS_SESSION_ON_OPENED] = { LIFE,
				    {
					    [PSS_LIFE_OPENING] = TO(PSS_LIFE_OPEN),
				    } },
	[PSS_SESSION_ON_BROKEN] = { LIFE,
				    {
					    [PSS_LIFE_OPENING] = TO(PSS_LIFE_BROKEN),
					    [PSS_LIFE_OPEN] = TO(PSS_LIFE_BROKEN),
				    } },
	[PSS_SESSION_ON_CLOSED] = { LIFE,
				    {
					    [PSS_LIFE_OPENING] = TO(PSS_LIFE_CLOSED),
					    [PSS_LIFE_OPEN] = TO(PSS_LIFE_CLOSED),
				    } },
	[PSS_SESSION_ON_LINK_UP] = { LINK,
				     {
					     [PSS_LINK_IS_UP] = TO(PSS_LINK_IS_UP),
					     [PSS_LINK_IS_LOST] = TO(PSS_LINK_IS_UP),
					     [PSS_LINK_IS_FAILING] = TO(PSS_LINK_IS_UP),
					     [PSS_LINK_IS_STUCK] = TO(PSS_LINK_IS_UP),
					     [PSS_LINK_IS_RELEASED] = TO(PSS_LINK_IS_UP),
				     } },
	[PSS_SESSION_ON_LINK_DOWN] = { LINK,
				       {
					       [PSS_LINK_IS_UP] = TO(PSS_LINK_IS_LOST),
					       [PSS_LINK_IS_LOST] = TO(PSS_LINK_IS_FAILING),
					       [PSS_LINK_IS_FAILING] = TO(PSS_LINK_IS_FAILING),
					       [PSS_LINK_IS_STUCK] = TO(PSS_LINK_IS_FAILING),
					       [PSS_LINK_IS_RELEASED] = TO(PSS_LINK_IS_FAILING),
				       } },
	[PSS_SESSION_ON_LINK_STUCK] = { LINK,
					{
						[PSS_LINK_IS_UP] = TO(PSS_LINK_IS_STUCK),
						[PSS_LINK_IS_LOST] = TO(PSS_LINK_IS_STUCK),
						[PSS_LINK_IS_FAILING] = TO(PSS_LINK_IS_STUCK),
						[PSS_LINK_IS_STUCK] = TO(PSS_LINK_IS_STUCK),
						[PSS_LINK_IS_RELEASED] = TO(PSS_LINK_IS_STUCK),
					} },
	[PSS_SESSION_ON_LINK_RELEASED] = { LINK,
					   {
						   [PSS_LINK_IS_UP] = TO(PSS_LINK_IS_RELEASED),
						   [PSS_LINK_IS_LOST] = TO(PSS_LINK_IS_RELEASED),
						   [PSS_LINK_IS_FAILING] = TO(PSS_LINK_IS_RELEASED),
						   [PSS_LINK_IS_STUCK] = TO(PSS_LINK_IS_RELEASED),
						   [PSS_LINK_IS_RELEASED] = TO(PSS_LINK_IS_RELEASED),
					   } },
	[PSS_SESSION_ON_TAKE] = { CLAIM,
				  {
					  [PSS_CLAIM_TAKEN] = TO(PSS_CLAIM_TAKEN),
					  [PSS_CLAIM_LET_GO] = TO(PSS_CLAIM_TAKEN),
					  [PSS_CLAIM_RELEASING] = TO(PSS_CLAIM_TAKEN),
				  } },
	[PSS_SESSION_ON_LET_GO] = { CLAIM,
				    {
					    [PSS_CLAIM_TAKEN] = TO(PSS_CLAIM_LET_GO),
					    [PSS_CLAIM_LET_GO] = TO(PSS_CLAIM_LET_GO),
					    [PSS_CLAIM_RELEASING] = TO(PSS_CLAIM_RELEASING),
				    } },
	[PSS_SESSION_ON_RELEASE] = { CLAIM,
				     {
					     [PSS_CLAIM_LET_GO] = TO(PSS_CLAIM_RELEASING),
					     [PSS_CLAIM_RELEASING] = TO(PSS_CLAIM_RELEASING),
				     } },
	[PSS_SESSION_ON_SETTLED] = { CLAIM,
				     {
					     [PSS_CLAIM_RELEASING] = TO(PSS_CLAIM_LET_GO),
				     } },
};

gboolean pss_session_state_is_over(const PssSessionState *state)
{
	return state->life == PSS_LIFE_BROKEN || state->life == PSS_LIFE_CLOSED;
}

gboolean pss_session_state_step(PssSessionState *state, PssSessionEvent event)
{
	guint *const parts[] = { [LIFE] = &state->life, [LINK] = &state->link, [CLAIM] = &state->claim };
	guint *part = parts[transitions[event].part];
	guint8 next = transitions[event].next[*part];

	if (next == 0 || pss_session_state_is_over(state))
		return FALSE;
	*part = next - 1u;
	return TRUE;
}

gboolean pss_session_state_repeats(const PssSessionState *before, const PssSessionState *after)
{
	return after->link == PSS_LINK_IS_FAILING && before->link != PSS_LINK_IS_RELEASED;
}

enum pss_state pss_session_state_on_wire(const PssSessionState *state)
{
	static const enum pss_state states[PSS_N_LIVES] = {
		[PSS_LIFE_OPENING] = PSS_STATE_OPENING,
		[PSS_LIFE_OPEN] = PSS_STATE_OPENED,
		[PSS_LIFE_BROKEN] = PSS_STATE_BROKEN,
		[PSS_LIFE_CLOSED] = PSS_STATE_CLOSED,
	};

	if (state->life == PSS_LIFE_OPEN && (state->link != PSS_LINK_IS_UP || state->claim != PSS_CLAIM_TAKEN))
		return PSS_STATE_DISCONNECTED;
	return states[state->life];
}
