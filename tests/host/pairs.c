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
	{ ENTERS, ENTERS, ALL, STAYS, ENTERED, IDLE, "ok 0|" },
	{ ENTERS, TAKES, ALL, LEFT_TAKEN, "+prompt|", IDLE, "ok 0|" },
	{ ENTERS, INVOKES, ALL, STAYS, DONE, RUNNING, "ok 0|" },
	{ ENTERS, JOB, ALL, STAYS, "ok|", RUNNING, "ok 0|begun more" },
	{ ENTERS, RECEIVES, ALL, STAYS, "ok 0|", IDLE, "ok 0|" },
	{ ENTERS, DISCONNECTS, ALL, LEFT_DISCONNECTED, "ok|", NONE, "ok 0|" },
	{ ENTERS, CONNECTS, ALL, STAYS, "ok|", IDLE, "ok 0|" },
	{ ENTERS, REMOVES, ALL, LEFT_REMOVED, "ok|", NULL, NULL },
	{ ENTERS, TERM, UNHELD, "left removed" ENDED, NULL, NULL, NULL },
	{ ENTERS, TERM, RESILIENT, "left removed" ENDED, NULL, NONE, "ok 0|" },
	{ ENTERS, KILL, UNHELD, "end|", NULL, NULL, NULL },
	{ ENTERS, KILL, RESILIENT, "end|", NULL, NONE, "ok 0|" },
	{ ENTERS, CUT, BY_CABLE, "left lost: the cable was cut|", NULL, "Broken/None", "ok 0|" },
	{ ENTERS, CUT, PROGRAM, "left lost: ssh has ended*|", NULL, "Broken/None", "ok 0|" },
	{ ENTERS, CUT, RESILIENT, STAYS, NULL, IDLE, "ok 0|" },

	/* a terminal with the command in it */
	{ RUNS, ENTERS, ALL, SHOWN, ENTERED, RUNNING, "ok 0|" },
	{ RUNS, TAKES, ALL, LEFT_TAKEN "begun", "+prompt|more", RUNNING, "ok 0|" },
	{ RUNS, INVOKES, ALL, SHOWN, BUSY, RUNNING, "ok 0|" },
	{ RUNS, JOB, ALL, SHOWN, BUSY, RUNNING, "ok 0|" },
	{ RUNS, RECEIVES, ALL, SHOWN, "ok 0|", RUNNING, "ok 0|" },
	{ RUNS, DISCONNECTS, ALL, LEFT_DISCONNECTED "begun", "ok|", NONE, "ok 0|more" },
	{ RUNS, CONNECTS, ALL, SHOWN, "ok|", RUNNING, "ok 0|" },
	{ RUNS, REMOVES, ALL, LEFT_REMOVED "begun", "ok|", NULL, NULL },
	{ RUNS, TERM, UNHELD, "left removed" ENDED "begun", NULL, NULL, NULL },
	{ RUNS, TERM, RESILIENT, "left removed" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ RUNS, KILL, UNHELD, "end|begun", NULL, NULL, NULL },
	{ RUNS, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ RUNS, CUT, BY_CABLE, "left lost: the cable was cut|begun", NULL, "Broken/None", "ok 0|" },
	{ RUNS, CUT, PROGRAM, "left lost: ssh has ended*|begun", NULL, "Broken/None", "ok 0|" },
	{ RUNS, CUT, RESILIENT, SHOWN, NULL, RUNNING, "ok 0|" },

	/* a client that watches its command */
	{ INVOKES, ENTERS, ALL, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ INVOKES, TAKES, ALL, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ INVOKES, INVOKES, ALL, DONE, BUSY, RUNNING, "ok 0|" },
	{ INVOKES, JOB, ALL, DONE, BUSY, RUNNING, "ok 0|" },
	{ INVOKES, RECEIVES, ALL, DONE, "+ok 0|", RUNNING, "ok 0|" },
	{ INVOKES, DISCONNECTS, ALL, "ok 0" LET_GO "|begun", "ok|", NONE, "ok 0|more" },
	{ INVOKES, CONNECTS, ALL, DONE, "ok|", RUNNING, "ok 0|" },
	{ INVOKES, REMOVES, ALL, "link-lost: the session was removed|begun", "ok|", NULL, NULL },
	{ INVOKES, TERM, UNHELD, "link-lost" ENDED "begun", NULL, NULL, NULL },
	{ INVOKES, TERM, RESILIENT, "link-lost" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ INVOKES, KILL, UNHELD, "end|begun", NULL, NULL, NULL },
	{ INVOKES, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ INVOKES, CUT, BY_CABLE, "link-lost: the cable was cut|begun", NULL, "Broken/None", "ok 0|" },
	{ INVOKES, CUT, PROGRAM, "link-lost: ssh has ended*|begun", NULL, "Broken/None", "ok 0|" },
	{ INVOKES, CUT, RESILIENT, DONE, NULL, RUNNING, "ok 0|" },

	/* a job */
	{ JOB, ENTERS, ALL, NULL, SHOWN, RUNNING, "ok 0|" },
	{ JOB, TAKES, ALL, NULL, SHOWN, RUNNING, "ok 0|" },
	{ JOB, INVOKES, ALL, NULL, BUSY, RUNNING, "ok 0|begun more" },
	{ JOB, JOB, ALL, NULL, BUSY, RUNNING, "ok 0|begun more" },
	{ JOB, RECEIVES, ALL, NULL, DONE, RUNNING, "ok 0|" },
	{ JOB, DISCONNECTS, ALL, NULL, "ok|", NONE, "ok 0|begun more" },
	{ JOB, CONNECTS, ALL, NULL, "ok|", RUNNING, "ok 0|begun more" },
	{ JOB, REMOVES, ALL, NULL, "ok|", NULL, NULL },
	{ JOB, TERM, UNHELD, NULL, NULL, NULL, NULL },
	{ JOB, TERM, RESILIENT, NULL, NULL, NONE, "ok 0|begun more" },
	{ JOB, KILL, UNHELD, NULL, NULL, NULL, NULL },
	{ JOB, KILL, RESILIENT, NULL, NULL, NONE, "ok 0|begun more" },
	{ JOB, CUT, BY_CABLE, NULL, NULL, "Broken/None", "link-lost: the cable was cut|begun" },
	{ JOB, CUT, PROGRAM, NULL, NULL, "Broken/None", "link-lost: ssh has ended*|begun" },
	{ JOB, CUT, RESILIENT, NULL, NULL, RUNNING, "ok 0|begun more" },

	/* a client that receives a job's output */
	{ RECEIVES, ENTERS, ALL, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ RECEIVES, TAKES, ALL, DONE, "+prompt|", RUNNING, "ok 0|" },
	{ RECEIVES, INVOKES, ALL, DONE, BUSY, RUNNING, "ok 0|" },
	{ RECEIVES, JOB, ALL, DONE, BUSY, RUNNING, "ok 0|" },
	{ RECEIVES, RECEIVES, ALL, DONE, RECEIVED, RUNNING, "ok 0|" },
	{ RECEIVES, DISCONNECTS, ALL, "ok 0" LET_GO "|begun", "ok|", NONE, "ok 0|more" },
	{ RECEIVES, CONNECTS, ALL, DONE, "ok|", RUNNING, "ok 0|" },
	{ RECEIVES, REMOVES, ALL, "link-lost: the session was removed|begun", "ok|", NULL, NULL },
	{ RECEIVES, TERM, UNHELD, "link-lost" ENDED "begun", NULL, NULL, NULL },
	{ RECEIVES, TERM, RESILIENT, "link-lost" ENDED "begun", NULL, NONE, "ok 0|*more" },
	{ RECEIVES, KILL, UNHELD, "end|begun", NULL, NULL, NULL },
	{ RECEIVES, KILL, RESILIENT, "end|begun", NULL, NONE, "ok 0|*more" },
	{ RECEIVES, CUT, BY_CABLE, "link-lost: the cable was cut|begun", NULL, "Broken/None",
	  "link-lost: the cable was cut|" },
	{ RECEIVES, CUT, PROGRAM, "link-lost: ssh has ended*|begun", NULL, "Broken/None",
	  "link-lost: ssh has ended*|" },
	{ RECEIVES, CUT, RESILIENT, DONE, NULL, RUNNING, "ok 0|" },

	/* one that was let go of */
	{ DISCONNECTS, ENTERS, ALL, NULL, "+prompt|", IDLE, "ok 0|" },
	{ DISCONNECTS, TAKES, ALL, NULL, "+prompt|", IDLE, "ok 0|" },
	{ DISCONNECTS, INVOKES, ALL, NULL, NOT_OPEN, NONE, "ok 0|" },
	{ DISCONNECTS, JOB, ALL, NULL, NOT_OPEN, NONE, "ok 0|" },
	{ DISCONNECTS, RECEIVES, ALL, NULL, "ok 0|", IDLE, "ok 0|" },
	{ DISCONNECTS, DISCONNECTS, ALL, NULL, "ok|", NONE, "ok 0|" },
	{ DISCONNECTS, CONNECTS, ALL, NULL, "ok|", IDLE, "ok 0|" },
	{ DISCONNECTS, REMOVES, ALL, NULL, "ok|", NULL, NULL },
	{ DISCONNECTS, TERM, UNHELD, NULL, NULL, NULL, NULL },
	{ DISCONNECTS, TERM, RESILIENT, NULL, NULL, NONE, "ok 0|" },
	{ DISCONNECTS, KILL, UNHELD, NULL, NULL, NULL, NULL },
	{ DISCONNECTS, KILL, RESILIENT, NULL, NULL, NONE, "ok 0|" },
	{ DISCONNECTS, CUT, BY_CABLE, NULL, NULL, "Broken/None", "ok 0|" },
	{ DISCONNECTS, CUT, PROGRAM, NULL, NULL, "Broken/None", "ok 0|" },
	{ DISCONNECTS, CUT, RESILIENT, NULL, NULL, NONE, "ok 0|" },

	/* one that is gone */
	{ REMOVES, ENTERS, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, INVOKES, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, JOB, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, RECEIVES, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, DISCONNECTS, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, CONNECTS, UNHELD, NULL, GONE, NULL, NULL },
	{ REMOVES, REMOVES, UNHELD, NULL, GONE, NULL, NULL },
};

const gsize n_pairs = G_N_ELEMENTS(pairs);
