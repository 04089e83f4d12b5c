/* SPDX-License-Identifier: MIT */
/* A remote engine on two local child processes, driven step by step: every step waits for an event, with
 * a deadline, and fails the test with what was seen. */
#pragma once

#include <glib.h>

#include "link/transport/transport.h"
#include "remote/engine/engine.h"

typedef struct Drive Drive;

typedef enum {
	STEP_END,
	STEP_LINE,      /* sends text as one line, as SENT so far is forgotten */
	STEP_KEYS,      /* keys for what runs */
	STEP_UNTIL,     /* waits for output that holds text */
	STEP_PROMPT,    /* waits for a first prompt with status number */
	STEP_SECOND,    /* waits for a second prompt */
	STEP_OUTPUT,    /* the output since the line is exactly text */
	STEP_SHOWS,     /* … is exactly text but for escape sequences and carriage returns */
	STEP_HAS,       /* … holds text */
	STEP_LACKS,     /* … does not */
	STEP_PS,        /* the prompt is exactly text */
	STEP_DIRECTORY, /* the shell's directory is exactly text */
	STEP_FRESH,     /* the cursor is known to stand in the first column: number */
	STEP_TYPED,     /* waits for text to come back as typed */
	STEP_KEPT_EXIT, /* waits for a kept exit with status number */
	STEP_ENDS,      /* waits for the end with status number */
	STEP_NOTICE,    /* waits for a notice that holds text */
	STEP_STATE,     /* waits for the state number */
	STEP_INTERRUPT,
	STEP_PRESS, /* types text, again each second until a prompt comes, as a person would */
	STEP_DISCARD,
	STEP_RESIZE,   /* number columns */
	STEP_COMPLETE, /* asks for the completion of text at its ^ */
	STEP_GIVES,    /* waits for it: "START[!]: word|word", sorted, ! where no space follows; "given up";
			* `*` and `?` stand for whatever there is */
	STEP_RIGHT,    /* the prompt at the right margin is exactly text */
	STEP_REPAINT,  /* waits for the prompt to become text while the shell rests; since the line */
	STEP_CALL,     /* runs check(drive) */
} StepKind;

typedef struct {
	StepKind kind;
	const char *text;
	int number;
	void (*call)(Drive *drive);
} Step;

typedef struct {
	const char *shell;         /* path, the login shell */
	const char *configuration; /* -ConfigurationName or NULL */
	const char *home;
	const char *const *environment; /* further NAME=value, or NULL */
	gboolean kept;
	guint boot_deadline_ms;
	const PssRemoteHints *hints; /* or NULL */
	const char *
		late_until; /* replies come only when this has been shown, as where a computer is busy; NULL: at once */
} DriveOptions;

Drive *drive_new(const DriveOptions *options);
/* Closes both channels and waits until the private directory is gone. */
void drive_free(Drive *drive);

/* Runs steps up to STEP_END; g_error()s with `name` when one fails. */
void drive_steps(Drive *drive, const char *name, const Step *steps);

/* Sends a line of any bytes. */
void drive_line(Drive *drive, const void *data, gsize n);
const char *drive_home(Drive *drive);
void drive_fail(Drive *drive, const char *what);
/* Asks for a completion; what comes is in the Drive for GIVES, and here: NULL while nothing has come. */
void drive_complete(Drive *drive, const char *text_with_cursor);
const char *drive_completion(Drive *drive);
guint drive_n_requests(Drive *drive); /* writes to the control channel so far */
const char *drive_output(Drive *drive, gsize *ret_n);
void drive_keys(Drive *drive, const void *data, gsize n);
const char *drive_typed(Drive *drive, gsize *ret_n); /* keys that came back since the line */

/* $PSS_FISH and $PSS_PWSH are other programs than those of PATH, for who looks one up: called first of all. */
void drive_choose_programs(void);

/* For what the steps do not cover. */
PssRemote *drive_remote(Drive *drive);
PssTransport *drive_transport(Drive *drive);
/* FALSE: the deadline has passed. */
gboolean drive_await(Drive *drive, gboolean (*condition)(gpointer user), gpointer user);

/* Runs a command beside the terminal, by a relay of that number (each once). What it writes, "2:" in front of errors;
 * free it. In drive-invoke.c. */
char *drive_invoke(Drive *drive, guint relay, const char *text, int *ret_status);
/* The same with "input\n" on its standard input, which nobody writes to until the file `until` is there. */
char *drive_invoke_late(Drive *drive, guint relay, const char *text, const char *until, int *ret_status);

/* The directory that the two channels met in, or NULL while there is none. Free it. */
char *drive_find_directory(Drive *drive);

/* Ends the control channel, or the shell, as an accident would. */
void drive_close_control(Drive *drive);
PssRemoteEnd drive_end_how(const Drive *drive);

/* The next bytes for the control channel do not arrive. */
void drive_lose_next_request(Drive *drive);

#define ANY (-1) /* whatever the status is */
#define LINE(t)                              \
	{                                    \
		.kind = STEP_LINE, .text = t \
	}
#define KEYS(t)                              \
	{                                    \
		.kind = STEP_KEYS, .text = t \
	}
#define PRESS(t)                              \
	{                                     \
		.kind = STEP_PRESS, .text = t \
	}
#define UNTIL(t)                              \
	{                                     \
		.kind = STEP_UNTIL, .text = t \
	}
#define PROMPT(n)                                \
	{                                        \
		.kind = STEP_PROMPT, .number = n \
	}
#define SECOND                      \
	{                           \
		.kind = STEP_SECOND \
	}
#define OUTPUT(t)                              \
	{                                      \
		.kind = STEP_OUTPUT, .text = t \
	}
#define SHOWS(t)                              \
	{                                     \
		.kind = STEP_SHOWS, .text = t \
	}
#define HAS(t)                              \
	{                                   \
		.kind = STEP_HAS, .text = t \
	}
#define LACKS(t)                              \
	{                                     \
		.kind = STEP_LACKS, .text = t \
	}
#define PS(t)                              \
	{                                  \
		.kind = STEP_PS, .text = t \
	}
#define RIGHT(t)                              \
	{                                     \
		.kind = STEP_RIGHT, .text = t \
	}
#define REPAINT(t)                              \
	{                                       \
		.kind = STEP_REPAINT, .text = t \
	}
#define DIRECTORY(t)                              \
	{                                         \
		.kind = STEP_DIRECTORY, .text = t \
	}
#define FRESH(n)                                \
	{                                       \
		.kind = STEP_FRESH, .number = n \
	}
#define TYPED(t)                              \
	{                                     \
		.kind = STEP_TYPED, .text = t \
	}
#define KEPT_EXIT(n)                                \
	{                                           \
		.kind = STEP_KEPT_EXIT, .number = n \
	}
#define ENDS(n)                                \
	{                                      \
		.kind = STEP_ENDS, .number = n \
	}
#define NOTICE(t)                              \
	{                                      \
		.kind = STEP_NOTICE, .text = t \
	}
#define STATE(n)                                \
	{                                       \
		.kind = STEP_STATE, .number = n \
	}
#define INTERRUPT                      \
	{                              \
		.kind = STEP_INTERRUPT \
	}
#define DISCARD                      \
	{                            \
		.kind = STEP_DISCARD \
	}
#define RESIZE(n)                                \
	{                                        \
		.kind = STEP_RESIZE, .number = n \
	}
#define COMPLETE(t)                              \
	{                                        \
		.kind = STEP_COMPLETE, .text = t \
	}
#define GIVES(t)                              \
	{                                     \
		.kind = STEP_GIVES, .text = t \
	}
#define CALL(f)                              \
	{                                    \
		.kind = STEP_CALL, .call = f \
	}
#define DONE                     \
	{                        \
		.kind = STEP_END \
	}
