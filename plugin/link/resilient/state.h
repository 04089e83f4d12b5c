/* SPDX-License-Identifier: MIT */
/* The states of a resilient transport and the table of their transitions. Pure: it knows no link and no holder. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_RESILIENT_NEW,
	PSS_RESILIENT_OPENING,     /* the first link; its holder has not greeted */
	PSS_RESILIENT_TRYING,      /* a further link, likewise */
	PSS_RESILIENT_CATCHING_UP, /* what was there when the link was made has not all come */
	PSS_RESILIENT_UP,
	PSS_RESILIENT_WAITING, /* until it is time for the next attempt */
	PSS_RESILIENT_STUCK,   /* no attempt until pss_transport_held_hurry() */
	PSS_RESILIENT_PARKED,  /* the same, on request */
	PSS_RESILIENT_PLAIN,   /* no holder: the first link is all there is */
	PSS_RESILIENT_LOST,    /* for good */
	PSS_N_HELD_STATES
} PssResilientState;

typedef enum {
	PSS_RESILIENT_ON_START,
	PSS_RESILIENT_ON_GREETING,  /* the holder goes on where it and this process were */
	PSS_RESILIENT_ON_CAUGHT_UP, /* all that it kept has come */
	PSS_RESILIENT_ON_NO_HOLDER, /* there can be none on that computer */
	PSS_RESILIENT_ON_TRY,
	PSS_RESILIENT_ON_DOWN,  /* the link is lost, or an attempt has failed */
	PSS_RESILIENT_ON_STUCK, /* the same, and another attempt needs a person */
	PSS_RESILIENT_ON_PARK,  /* the link is closed on request */
	PSS_RESILIENT_ON_END,
	PSS_N_HELD_EVENTS
} PssResilientEvent;

/* FALSE: the event is refused in that state, and nothing changes. */
gboolean pss_resilient_next(PssResilientState *state, PssResilientEvent event);
