/* SPDX-License-Identifier: MIT */
/* Every pair of verbs at once on one session; see pairs.h. */
#include "pairs.h"

#define LET_GO ": disconnected; receive-pssession -Id 1 shows the rest"
#define LEFT_DISCONNECTED "left disconnected: the session was disconnected; what runs in it goes on|"
#define LEFT_REMOVED "left removed: the session was removed|"
#define LEFT_TAKEN "left taken: another terminal has taken the session over|"
#define GONE "no-session: the session *|"
#define BUSY "busy: session Session1 is busy; -Wait waits for it|"
#define ENTERED "busy: session Session1 is entered in another terminal; -Force takes it over|"
#define RECEIVED "busy: session Session1 is being received from already|"
#define NOT_OPEN "not-open: Because the session state for session Session1, * is Disconnected.|"
#define STAYS "+prompt|still"
#define DONE "+ok 0|begun more"
#define SHOWN "+prompt|begun more"
#define ENDED ": the pssession host process was ended|"
#define NONE "Disconnected/None"
#define IDLE "Opened/Available"
#define RUNNING "Opened/Busy"

const Pair pairs[] = {
	/* a terminal at the prompt */
	{ ENTERS, ENTERS, BOTH, STAYS, ENTERED, IDLE, "ok 0|" },
	{ ENTERS, TAKES, BOTH, LEFT_TAKEN, "+prompt|", IDLE, "ok 0|" },
	{ ENTERS, INVOKES, BOTH, STAYS, DONE, RUNNING, "ok 0|" },
	{ ENTERS, JOB, BOTH, STAYS, "ok|", RUNNING, "ok 0|begun more" },
	{ ENTERS, RECEIVES, BOTH, STAYS, "ok 0|", IDLE, "ok 0|" },
	{ ENTERS, DISCONNECTS, BOTH, LEFT_DISCONNECTED, "ok|", NONE, "ok 0|" },
	{ ENTERS, CONNECTS, BOTH, STAYS, "ok|", IDLE, "ok 0|" },
	{ ENTERS, REMOVES, BOTH, LEFT_REMOVED, "ok|", NULL, NULL },
	{ ENTERS, TERM, PLAIN, "left removed" ENDED, NULL, NULL, NULL },
	{ ENTERS, TERM, RESILIENT, "left removed" ENDED, NULL, NONE, "ok 0|" },
	{ ENTERS, KILL, PLAIN, "end|", NULL, NULL, NULL },
	{ ENTERS, KILL, RESILIENT, "end|", NULL, NONE, "ok 0|" },
	{ ENTERS, CUT, PLAIN, "left lost: the cable was cut|", NULL, "Broken/None", "ok 0|" },
	{ ENTERS, CUT, RESILIENT, STAYS, NULL, IDLE, "ok 0|" },

	/* a terminal with the command in it */
	{ RUNS, ENTERS, BOTH, SHOWN, ENTERED, RUNNING, "ok 0|" },
	{ RUNS, TAKES, BOTH, LEFT_TAKEN "begun", "+prompt|more", RUNNING, "ok 0|" },
	{ RUNS, INVOKES, BOTH, SHOWN, BUSY, RUNNING, "ok 0|" },
	{ RUNS, JOB, BOTH, SHOWN, BUSY, RUNNING, "ok 0|" },
	{ RUNS, RECEIVES, BOTH, SHOWN, "ok 0|", RUNNING, "ok 0|" },
	{ RUNS, DISCONNECTS, BOTH, LEFT_DISCONNECTED "begun", "ok|", NONE, "ok 0|more" },
	{ RUNS, CONNECTS, BOTH, SHOWN, "ok|", RUNNING, "ok 0|" },
	{ RUNS, REMOVES, BOTH, LEFT_REMOVED "begun", "ok|", NULL, NULL },
	{ RUNS, TERM, PLAIN, "left removed" ENDED "begun", NULL, NULL, NULL },
	{ RUNS, TERM, RESILIENT, "left removed" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ RUNS, KILL, PLAIN, "end|begun", NULL, NULL, NULL },
	{ RUNS, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ RUNS, CUT, PLAIN, "left lost: the cable was cut|begun", NULL, "Broken/None", "ok 0|" },
	{ RUNS, CUT, RESILIENT, SHOWN, NULL, RUNNING, "ok 0|" },

	/* a client that watches its command */
	{ INVOKES, ENTERS, BOTH, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ INVOKES, TAKES, BOTH, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ INVOKES, INVOKES, BOTH, DONE, BUSY, RUNNING, "ok 0|" },
	{ INVOKES, JOB, BOTH, DONE, BUSY, RUNNING, "ok 0|" },
	{ INVOKES, RECEIVES, BOTH, DONE, "+ok 0|", RUNNING, "ok 0|" },
	{ INVOKES, DISCONNECTS, BOTH, "ok 0" LET_GO "|begun", "ok|", NONE, "ok 0|more" },
	{ INVOKES, CONNECTS, BOTH, DONE, "ok|", RUNNING, "ok 0|" },
	{ INVOKES, REMOVES, BOTH, "link-lost: the session was removed|begun", "ok|", NULL, NULL },
	{ INVOKES, TERM, PLAIN, "link-lost" ENDED "begun", NULL, NULL, NULL },
	{ INVOKES, TERM, RESILIENT, "link-lost" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ INVOKES, KILL, PLAIN, "end|begun", NULL, NULL, NULL },
	{ INVOKES, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ INVOKES, CUT, PLAIN, "link-lost: the cable was cut|begun", NULL, "Broken/None", "ok 0|" },
	{ INVOKES, CUT, RESILIENT, DONE, NULL, RUNNING, "ok 0|" },

	/* a job */
	{ JOB, ENTERS, BOTH, NULL, SHOWN, RUNNING, "ok 0|" },
	{ JOB, TAKES, BOTH, NULL, SHOWN, RUNNING, "ok 0|" },
	{ JOB, INVOKES, BOTH, NULL, BUSY, RUNNING, "ok 0|begun more" },
	{ JOB, JOB, BOTH, NULL, BUSY, RUNNING, "ok 0|begun more" },
	{ JOB, RECEIVES, BOTH, NULL, DONE, RUNNING, "ok 0|" },
	{ JOB, DISCONNECTS, BOTH, NULL, "ok|", NONE, "ok 0|begun more" },
	{ JOB, CONNECTS, BOTH, NULL, "ok|", RUNNING, "ok 0|begun more" },
	{ JOB, REMOVES, BOTH, NULL, "ok|", NULL, NULL },
	{ JOB, TERM, PLAIN, NULL, NULL, NULL, NULL },
	{ JOB, TERM, RESILIENT, NULL, NULL, NONE, "ok 0|begun more" },
	{ JOB, KILL, PLAIN, NULL, NULL, NULL, NULL },
	{ JOB, KILL, RESILIENT, NULL, NULL, NONE, "ok 0|begun more" },
	{ JOB, CUT, PLAIN, NULL, NULL, "Broken/None", "link-lost: the cable was cut|begun" },
	{ JOB, CUT, RESILIENT, NULL, NULL, RUNNING, "ok 0|begun more" },

	/* a client that receives a job's output */
	{ RECEIVES, ENTERS, BOTH, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ RECEIVES, TAKES, BOTH, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ RECEIVES, INVOKES, BOTH, DONE, BUSY, RUNNING, "ok 0|" },
	{ RECEIVES, JOB, BOTH, DONE, BUSY, RUNNING, "ok 0|" },
	{ RECEIVES, RECEIVES, BOTH, DONE, RECEIVED, RUNNING, "ok 0|" },
	{ RECEIVES, DISCONNECTS, BOTH, "ok 0" LET_GO "|begun", "ok|", NONE, "ok 0|more" },
	{ RECEIVES, CONNECTS, BOTH, DONE, "ok|", RUNNING, "ok 0|" },
	{ RECEIVES, REMOVES, BOTH, "link-lost: the session was removed|begun", "ok|", NULL, NULL },
	{ RECEIVES, TERM, PLAIN, "link-lost" ENDED "begun", NULL, NULL, NULL },
	{ RECEIVES, TERM, RESILIENT, "link-lost" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ RECEIVES, KILL, PLAIN, "end|begun", NULL, NULL, NULL },
	{ RECEIVES, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ RECEIVES, CUT, PLAIN, "link-lost: the cable was cut|begun", NULL, "Broken/None",
	  "link-lost: the cable was cut|" },
	{ RECEIVES, CUT, RESILIENT, DONE, NULL, RUNNING, "ok 0|" },

	/* one that was let go of */
	{ DISCONNECTS, ENTERS, BOTH, NULL, "+prompt|", IDLE, "ok 0|" },
	{ DISCONNECTS, TAKES, BOTH, NULL, "+prompt|", IDLE, "ok 0|" },
	{ DISCONNECTS, INVOKES, BOTH, NULL, NOT_OPEN, NONE, "ok 0|" },
	{ DISCONNECTS, JOB, BOTH, NULL, NOT_OPEN, NONE, "ok 0|" },
	{ DISCONNECTS, RECEIVES, BOTH, NULL, "ok 0|", IDLE, "ok 0|" },
	{ DISCONNECTS, DISCONNECTS, BOTH, NULL, "ok|", NONE, "ok 0|" },
	{ DISCONNECTS, CONNECTS, BOTH, NULL, "ok|", IDLE, "ok 0|" },
	{ DISCONNECTS, REMOVES, BOTH, NULL, "ok|", NULL, NULL },
	{ DISCONNECTS, TERM, PLAIN, NULL, NULL, NULL, NULL },
	{ DISCONNECTS, TERM, RESILIENT, NULL, NULL, NONE, "ok 0|" },
	{ DISCONNECTS, KILL, PLAIN, NULL, NULL, NULL, NULL },
	{ DISCONNECTS, KILL, RESILIENT, NULL, NULL, NONE, "ok 0|" },
	{ DISCONNECTS, CUT, PLAIN, NULL, NULL, "Broken/None", "ok 0|" },
	{ DISCONNECTS, CUT, RESILIENT, NULL, NULL, NONE, "ok 0|" },

	/* one that is gone */
	{ REMOVES, ENTERS, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, INVOKES, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, JOB, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, RECEIVES, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, DISCONNECTS, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, CONNECTS, PLAIN, NULL, GONE, NULL, NULL },
	{ REMOVES, REMOVES, PLAIN, NULL, GONE, NULL, NULL },
};

const gsize n_pairs = G_N_ELEMENTS(pairs);
