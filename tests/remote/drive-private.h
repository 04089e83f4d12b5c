/* SPDX-License-Identifier: MIT */
/* The members of Drive. Private to drive.c, which fills them, and drive-steps.c, which waits for them. */
#pragma once

#include "drive.h"

struct Drive {
	PssRemote *remote;
	PssTransport *transport;
	PssChannel *control, *terminal;
	char *name; /* of the private directory */
	char *home;
	GString *output, *typed, *notices, *prompt, *right, *directory;
	guint n_prompts, n_prompts_seen, n_repaints;
	int kind, status, kept_exit, end_status;
	gboolean fresh, ended, no_control, lose_next;
	PssRemoteEnd end_how;
	char *completion;
	const char *late_until; /* NULL: replies come at once */
	GString *late;
	guint n_requests;
	const char *test;
	guint step;
	gconstpointer awaited;
};

/* Ends the test with what has been seen. */
_Noreturn void drive_fail_with(Drive *drive, const char *what, const char *text);

/* Iterates the main context until it is so, or a deadline has passed: FALSE then. */
typedef gboolean (*DriveCondition)(Drive *drive, const Step *step);
gboolean drive_wait(Drive *drive, DriveCondition condition, const Step *step);
