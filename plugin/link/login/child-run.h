/* SPDX-License-Identifier: MIT */
/* Running a program in a login's thread, within the login's deadline. */
#pragma once

#include "link/login/login-context.h"
#include "link/process/spawn.h"

typedef struct {
	char *bytes; /* the caller's block; what does not fit is read and dropped */
	gsize size, n;
	int exit_status; /* 128+n for signal n */
} PssChildOutput;

/* Runs it to its end, collecting standard output (and standard error where `errors` is given), within
 * the person's deadline; killed when that passes, the person leaves, or `output` is too small. For login threads: it
 * blocks. */
gboolean pss_child_run(PssLoginContext *person, PssSpawn *spawn, PssChildOutput *output, PssChildOutput *errors,
		       const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
