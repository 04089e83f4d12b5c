/* SPDX-License-Identifier: MIT */
/* The engine's states and the tables of their transitions: the phase of the remote shell, the launcher that starts it,
 * and the reader of fish. Pure functions: they know no engine, and a test walks through all of each table. */
#pragma once

#include <glib.h>

typedef enum {
	PSS_PHASE_MEETING,  /* the two channels find each other; the terminal's command waits */
	PSS_PHASE_STARTING, /* the shell reads its start-up files */
	PSS_PHASE_IDLE,     /* a line may come */
	PSS_PHASE_SENT,     /* a line is on its way; keys are held back */
	PSS_PHASE_RUNNING,  /* it has begun; keys go to it */
	PSS_PHASE_TYPED,    /* it is done; the shell is asked for keys that nothing read */
	PSS_PHASE_RAW,      /* a plain terminal */
	PSS_PHASE_ENDING,   /* the shell is gone; what its last invocation has printed is on its way */
	PSS_PHASE_ENDED,
	PSS_N_PHASES
} PssPhase;

typedef enum {
	PSS_PHASE_ON_START,  /* the launcher hands over to the shell */
	PSS_PHASE_ON_PLAIN,  /* the terminal stays a plain one, until a prompt comes */
	PSS_PHASE_ON_PROMPT, /* the shell is at a first or second prompt, or an invocation is over */
	PSS_PHASE_ON_SEND,   /* a request goes out */
	PSS_PHASE_ON_BEGUN,  /* the shell executes it */
	PSS_PHASE_ON_TYPED,  /* it is done, and keys may lie unread in the terminal */
	PSS_PHASE_ON_RESUME, /* the shell is another engine's, and runs what nobody here knows */
	PSS_PHASE_ON_GONE,   /* the shell is gone, and an invocation's streams are waited for */
	PSS_PHASE_ON_END,    /* nothing more comes */
	PSS_N_PHASE_EVENTS
} PssPhaseEvent;

/* FALSE: the event is refused in this phase, and nothing changes. */
gboolean pss_phase_next(PssPhase *phase, PssPhaseEvent event);

/* The process that the terminal's channel starts, and that becomes the user's shell. */
typedef enum {
	PSS_LAUNCHER_SILENT,   /* nothing has come from the terminal */
	PSS_LAUNCHER_PRECEDED, /* something else has been printed: start-up files, a forced command, a question */
	PSS_LAUNCHER_WAITS,    /* for the control channel */
	PSS_LAUNCHER_OVER,     /* it has become a shell */
	PSS_LAUNCHER_REPLACED, /* the terminal has been opened again, for the login shell */
	PSS_N_LAUNCHERS
} PssLauncher;

typedef enum {
	PSS_LAUNCHER_ON_OUTPUT,
	PSS_LAUNCHER_ON_WAIT,    /* it says that it waits */
	PSS_LAUNCHER_ON_GO,      /* it says that it becomes a shell, or has been made to */
	PSS_LAUNCHER_ON_REPLACE, /* the channel has ended, or was refused */
	PSS_N_LAUNCHER_EVENTS
} PssLauncherEvent;

gboolean pss_launcher_next(PssLauncher *launcher, PssLauncherEvent event);

/* fish's own line editor, as to the keys of the terminal. */
typedef enum {
	PSS_READER_AWAY,   /* it paints, or executes */
	PSS_READER_CALLED, /* it waits, and has been sent the key that makes it read a request */
	PSS_READER_OPEN,   /* it waits until there is a request, as the user's handlers may run */
	PSS_READER_WOKEN,  /* it was, and has been sent the key */
	PSS_N_READERS
} PssReaderState;

typedef enum {
	PSS_READER_ON_PAINT, /* it paints, or has ended that */
	PSS_READER_ON_WAIT,  /* it waits for the one key */
	PSS_READER_ON_OPEN,  /* it waits until there is a request */
	PSS_READER_ON_WAKE,  /* there is one */
	PSS_N_READER_EVENTS
} PssReaderEvent;

gboolean pss_reader_next(PssReaderState *state, PssReaderEvent event);
