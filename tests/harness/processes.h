/* SPDX-License-Identifier: MIT */
/* The processes of Unix sessions, as /proc has them. */
#ifndef TEST_HARNESS_PROCESSES_H
#define TEST_HARNESS_PROCESSES_H

#include <glib.h>

typedef struct {
	int pid, parent, session;
	char state;
	char name[32];
} TestProcess;

/* All that live in one of the sessions (an array of int), by session, parent and number; with NULL, in those whose
 * leaders are children of ours. Returns an array of TestProcess, which is the caller's. */
GArray *test_processes_find(const GArray *sessions);

/* Theirs: an array of int, which is the caller's. */
GArray *test_processes_sessions(const GArray *processes);

#endif
