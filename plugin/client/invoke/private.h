/* SPDX-License-Identifier: MIT */
/* A run of invoke-command, shared by the files invoke*.c. It lives as long as pss_invoke_run(). */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "client/base/output-fd.h"
#include "client/invoke/invoke.h"
#include "client/tty/tty.h"

#define PSS_SIGPIPE_STATUS (128 + SIGPIPE)

struct pss_invoke_counts {
	size_t running, done, failed;
};

/* What goes to our own standard output and error, [0] and [1]. */
struct pss_invoke_output {
	struct pss_writer writers[2];
	struct pss_buffer queue[2];
	bool on_terminal[2];
	bool has_open_line;     /* the terminal: what was written there last has no newline yet */
	size_t n_held;          /* bytes of unfinished lines, of all targets together */
	struct pss_frame frame; /* one whose bytes are being written, form bare */
	bool is_showing;        /* … and `n_shown` of them are */
	size_t n_shown;
	int error; /* errno of writing: nothing is written any more; 0: it works */
};

/* How it is ended before its commands end, from least to most. */
enum pss_invoke_stopped { PSS_INVOKE_NOT_STOPPED, PSS_INVOKE_ASKED_TO_END, PSS_INVOKE_GIVEN_UP };

struct pss_invoke_ending {
	unsigned n_interrupts;
	int signal;                   /* SIGHUP or SIGTERM that has come, or 0 */
	long long give_up;            /* ms; 0: not decided */
	enum pss_invoke_stopped sent; /* to all commands */
};

/* Is the host process there? */
struct pss_invoke_liveness {
	uint32_t ping;   /* the id of a PING without its RESULT, or 0 */
	long long heard; /* ms */
};

struct pss_invoke_progress {
	bool possible, wanted, shown;
	bool stopping;        /* the commands have been asked to end, and Ctrl-C would not wait for that */
	char *said;           /* by the only target itself; NULL: nothing */
	bool pipe;            /* standard output is one */
	long long drawn, due; /* ms: when it was last, or is to come first; when it is to be drawn next */
};

struct pss_invoke_run {
	struct pss_invoke_counts counts;
	struct pss_tty terminal; /* raw while it runs; fd -1: none */
	struct pss_invoke_output output;
	struct pss_invoke_ending ending;
	struct pss_invoke_liveness host;
	struct pss_invoke_progress progress;
	struct pss_buffer password; /* -SharePassword: the answer so far */
};

/* ---- invoke-state.c: what all files ask, and the end of every line that is written */
bool pss_invoke_is_under_way(const struct pss_invoke_target *target); /* sent, and not done */
bool pss_invoke_has_output(const struct pss_invoke *invoke);
/* Queues bytes as they are. */
void pss_invoke_put(struct pss_invoke *invoke, int stream, const void *data, size_t n);
void pss_invoke_put_text(struct pss_invoke *invoke, int stream, const char *text);
void pss_invoke_put_label(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream);
/* The exit status of a target that was not let finish. */
int pss_invoke_early_status(const struct pss_invoke *invoke);

/* ---- invoke-frames.c: requests out, frames in. 0 or -errno */
int pss_invoke_start(struct pss_invoke *invoke, struct pss_invoke_target *target);
/* The same before the run has begun: it is not counted. */
int pss_invoke_send(struct pss_invoke *invoke, struct pss_invoke_target *target);
int pss_invoke_stop(struct pss_invoke *invoke, const struct pss_invoke_target *target, bool force);
int pss_invoke_send_size(struct pss_invoke *invoke);
int pss_invoke_on_frame(struct pss_invoke *invoke, const struct pss_frame *frame);
void pss_invoke_end_target(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
			   int exit_status);

/* ---- invoke-input.c */
bool pss_invoke_wants_input(const struct pss_invoke *invoke);
/* Reads once and sends it. */
int pss_invoke_take_input(struct pss_invoke *invoke);
/* The same for copies, to every target that may get more. */
int pss_invoke_give_copies(struct pss_invoke *invoke);

/* ---- invoke-progress.c */
void pss_invoke_progress_open(struct pss_invoke *invoke);
/* The only target says how far it is; 0 bytes: it has done. Of several nobody is heard. */
void pss_invoke_progress_say(struct pss_invoke *invoke, const void *text, size_t n);
/* Ctrl-C has been pressed: after a moment the line says what another one does. */
void pss_invoke_progress_stop(struct pss_invoke *invoke);
/* Takes the line off the terminal, before anything else is written. False: the terminal takes nothing now. */
bool pss_invoke_progress_clear(struct pss_invoke *invoke);
/* Draws it when that is due. */
void pss_invoke_progress_show(struct pss_invoke *invoke, long long *wake);

/* ---- invoke-summary.c */
/* Of several targets: the line that names one whose command failed. */
void pss_invoke_report_failure(struct pss_invoke *invoke, const struct pss_invoke_target *target);
/* The last line: how many went well, and which did not. */
void pss_invoke_report_summary(struct pss_invoke *invoke);
/* "NAME STATUS" of each, for -OutVariable, in the order of the targets. */
void pss_invoke_record(struct pss_invoke *invoke);

/* ---- invoke-output.c */
/* Takes output of a target. Form bare writes it from the frame: the frame is done only when this returns true. */
bool pss_invoke_show(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const void *data,
		     size_t n);
/* Takes text that goes to standard error beside a target's output. */
void pss_invoke_show_aside(struct pss_invoke *invoke, struct pss_invoke_target *target, const void *data, size_t n);
/* A terminal stands in an unfinished line. Shows that, and says once that no answer can be given. */
void pss_invoke_show_question(struct pss_invoke *invoke, struct pss_invoke_target *target);
void pss_invoke_show_end(struct pss_invoke *invoke, struct pss_invoke_target *target); /* its last words */
void pss_invoke_show_groups(struct pss_invoke *invoke);
void pss_invoke_write(struct pss_invoke *invoke); /* what the descriptors take now */

/* ---- invoke-safe.c */
/* A line for a terminal, without what could reach the text in front of it: see there. With a target it stands behind
 * that one's label. */
void pss_invoke_put_safe(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *line, size_t n);

/* ---- invoke-json.c */
/* A line, or a part of one that goes on. */
void pss_invoke_put_json(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *line, size_t n, bool partial);
/* An object or a message of PowerShell's: `members` whose text is not NULL, then `value`, which is JSON, or NULL. */
struct pss_json_member {
	const char *name, *text; /* UTF-8 */
	size_t n_text;
};
void pss_invoke_put_json_record(struct pss_invoke *invoke, const struct pss_invoke_target *target, const char *stream,
				const struct pss_json_member *members, size_t n_members, const void *value,
				size_t n_value);
/* The target is done: its status, and why where it was not reached. */
void pss_invoke_put_json_end(struct pss_invoke *invoke, const struct pss_invoke_target *target);

/* ---- invoke-records.c */
/* A frame of a RECORD. */
void pss_invoke_take_record(struct pss_invoke *invoke, struct pss_invoke_target *target, const struct pss_frame *frame);
void pss_invoke_end_records(struct pss_invoke *invoke,
			    struct pss_invoke_target *target); /* a line that has not ended */
