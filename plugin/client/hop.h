/* SPDX-License-Identifier: MIT */
/* The second hop: enter-, new-pssession and invoke-command that are typed at the prompt of an entered session, and run
 * here, with that session's connection as the way. ARCHITECTURE.md, "The second hop", says when. */
#pragma once

#include "client/call.h"
#include "client/entered-link.h"
#include "client/prompt-marks.h"

/* Through which session a verb reaches computers. */
struct pss_via {
	const char *instance;
	const char *computer;
	const char *prompt_name;  /* of that session, with those in front of it */
	struct pss_buffer *typed; /* what was typed behind the command: whoever enters takes it; else it is left */
};

/* A line of the entered loop that may be one, and the loop as it stood there. */
struct pss_hop {
	char *line;                    /* heap; NULL: none */
	struct pss_link link;          /* with `line`: at the prompt; to be gone on with */
	struct pss_prompt_marks marks; /* … and how far the terminal has been told of it */
	bool resumes;                  /* the loop goes on with `link`, */
	bool sends_line;               /* … and sends the line first */
	struct pss_buffer typed;       /* behind the line, and read by nobody; heap, the caller's */
};

/* Could the line be one: such a command by its name or short alias, with words that every shell takes as they are written? */
bool pss_hop_is_one(const char *line);

/* Runs it, or has it sent as it was typed, where the remote has a command of that name. */
void pss_hop_run(struct pss_call *call, const struct pss_via *via, struct pss_hop *hop);
