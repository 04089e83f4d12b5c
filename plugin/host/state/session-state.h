/* SPDX-License-Identifier: MIT */
/* The state of a session: its life, its link and who claims it, as three enums with a table of transitions each. What
 * the wire shows (enum pss_state) is computed from them and stored nowhere. Pure functions, without a session or a
 * link. */
#pragma once

#include <glib.h>

#include "wire/message.h"

typedef enum {
	PSS_LIFE_OPENING, /* connecting, or in its start-up files */
	PSS_LIFE_OPEN,
	PSS_LIFE_BROKEN, /* over: the link was lost */
	PSS_LIFE_CLOSED, /* over: on request, or with its shell */
	PSS_N_LIVES
} PssLife;

/* Of a resilient session; that of another one is always up. */
typedef enum {
	PSS_LINK_IS_UP,
	PSS_LINK_IS_LOST,     /* reconnecting */
	PSS_LINK_IS_FAILING,  /* the same, and an attempt has failed since */
	PSS_LINK_IS_STUCK,    /* not reconnecting: that needs a person */
	PSS_LINK_IS_RELEASED, /* closed on request */
	PSS_N_LINKS
} PssSessionLink;

typedef enum {
	PSS_CLAIM_TAKEN,
	PSS_CLAIM_LET_GO,    /* Disconnected on request; what runs goes on */
	PSS_CLAIM_RELEASING, /* the same, and its link is to be closed when nothing waits to be run */
	PSS_N_CLAIMS
} PssClaim;

typedef struct {
	PssLife life;
	PssSessionLink link;
	PssClaim claim;
} PssSessionState;

typedef enum {
	/* of the life */
	PSS_SESSION_ON_OPENED,
	PSS_SESSION_ON_BROKEN,
	PSS_SESSION_ON_CLOSED,
	/* of the link */
	PSS_SESSION_ON_LINK_UP,
	PSS_SESSION_ON_LINK_DOWN,
	PSS_SESSION_ON_LINK_STUCK,
	PSS_SESSION_ON_LINK_RELEASED,
	/* of the claim */
	PSS_SESSION_ON_TAKE,
	PSS_SESSION_ON_LET_GO,
	PSS_SESSION_ON_RELEASE, /* its link is wanted no longer */
	PSS_SESSION_ON_SETTLED, /* nothing waits to be run: the link is being closed */
	PSS_N_SESSION_EVENTS
} PssSessionEvent;

/* FALSE: the event is refused, and nothing changes. A session that is over refuses all. */
gboolean pss_session_state_step(PssSessionState *state, PssSessionEvent event);

/* An attempt to reconnect has failed, and is not the first. */
gboolean pss_session_state_repeats(const PssSessionState *before, const PssSessionState *after);

gboolean pss_session_state_is_over(const PssSessionState *state);
enum pss_state pss_session_state_on_wire(const PssSessionState *state);
