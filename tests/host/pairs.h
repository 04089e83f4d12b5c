/* SPDX-License-Identifier: MIT */
/* What test-pairs.c tries: two verbs at once on one session, and what becomes of both. pairs.c is the table. */
#pragma once

#include <glib.h>

#include "real-host.h"

/* What a client does, or what happens. The command of each is COMMAND: "begun", then it waits at a gate, then "more".
 */
typedef enum {
	ENTERS,      /* a terminal, and sits at the prompt */
	RUNS,        /* a terminal, and has the command run in it */
	INVOKES,     /* the command, and watches it */
	JOB,         /* the command is left to run */
	RECEIVES,    /* -Wait, while the command runs as a job and has said "begun" */
	DISCONNECTS, /* and the session stays so */
	CONNECTS,
	REMOVES,
	TAKES, /* enter -Force */
	TERM,  /* of the host process; then there is a new one */
	KILL,  /* likewise */
	CUT,   /* the connection */
	N_DEEDS
} Deed;

/* Sets of kinds. */
enum { BY_CABLE = PLAIN | SHARED, UNHELD = BY_CABLE | PROGRAM, ALL = UNHELD | RESILIENT };

/* Outcomes are "WHAT|OUTPUT", newlines as blanks, WHAT being "ok [STATUS][: MESSAGE]", "STATUS-NAME: MESSAGE" or "left
 * REASON[: MESSAGE]" of a RESULT or LEFT, "prompt", or "end" of the connection. With a "+" in front they come when the
 * gate is open, else before. Wildcards are *. NULL: none is expected. */
typedef struct {
	Deed first, second;
	guint kinds;
	const char *first_outcome, *second_outcome;
	const char *state; /* and availability, before the gate opens; NULL: it is not listed */
	const char *rest;  /* the outcome of receive -Wait when all is over */
} Pair;

extern const Pair pairs[];
extern const gsize n_pairs;
