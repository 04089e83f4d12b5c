/* SPDX-License-Identifier: MIT */
/* The states of a resilient transport and the table of their transitions. Pure: it knows no link and no holder. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_HELD_NEW,
	PSS_HELD_OPENING,     /* the first link; its holder has not greeted */
	PSS_HELD_TRYING,      /* a further link, likewise */
	PSS_HELD_CATCHING_UP, /* what was there when the link was made has not all come */
	PSS_HELD_UP,
	PSS_HELD_WAITING, /* until it is time for the next attempt */
	PSS_HELD_STUCK,   /* no attempt until pss_transport_held_hurry() */
	PSS_HELD_PARKED,  /* the same, on request */
	PSS_HELD_PLAIN,   /* no holder: the first link is all there is */
	PSS_HELD_LOST,    /* for good */
	PSS_N_HELD_STATES
} PssHeldState;

typedef enum {
	PSS_HELD_ON_START,
	PSS_HELD_ON_GREETING,  /* the holder goes on where it and this process were */
	PSS_HELD_ON_CAUGHT_UP, /* all that it kept has come */
	PSS_HELD_ON_NO_HOLDER, /* there can be none on that computer */
	PSS_HELD_ON_TRY,
	PSS_HELD_ON_DOWN,  /* the link is lost, or an attempt has failed */
	PSS_HELD_ON_STUCK, /* the same, and another attempt needs a person */
	PSS_HELD_ON_PARK,  /* the link is closed on request */
	PSS_HELD_ON_END,
	PSS_N_HELD_EVENTS
} PssHeldEvent;

/* FALSE: the event is refused in that state, and nothing changes. */
gboolean pss_held_next(PssHeldState *state, PssHeldEvent event);
