/* SPDX-License-Identifier: MIT */
/* Commands that run elsewhere: on one computer or session, or on hundreds at once. What invoke-command asks for, and
 * the state of a run of it, shared by the files invoke*.c. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "client/base/output-fd.h"
#include "client/command/call.h"
#include "client/command/resilience.h"
#include "client/requests/connection.h"
#include "client/requests/session-info.h"
#include "client/tty/tty.h"

#define PSS_SIGPIPE_STATUS (128 + SIGPIPE)

enum pss_invoke_form {
	PSS_FORM_BARE,    /* bytes as they come: one target, or -HideComputerName */
	PSS_FORM_LINES,   /* whole lines behind "host: " */
	PSS_FORM_GROUPED, /* host by host at the end, equal outputs once */
	PSS_FORM_JSON,    /* an object a line */
};

/* What is asked for. */
enum pss_invoke_kind {
	PSS_INVOKE_WATCHED, /* a command, whose output comes here */
	PSS_INVOKE_JOB,     /* one that is left to the host process */
	PSS_INVOKE_MISSED,  /* no command: what sessions printed unwatched */
};

enum pss_invoke_state { PSS_TARGET_WAITS, PSS_TARGET_RUNS, PSS_TARGET_DONE };

/* What became of a target. In the order in which the summary names them. */
enum pss_invoke_outcome {
	PSS_OUTCOME_OK,
	PSS_OUTCOME_FAILED,      /* it ran, and its status was not 0 */
	PSS_OUTCOME_UNREACHABLE, /* it never ran, or its end is not known */
	PSS_OUTCOME_TIMED_OUT,
	PSS_OUTCOME_STOPPED, /* nobody wanted it any more */
	PSS_OUTCOME_COUNT
};

struct pss_invoke_target {
	const char *label;            /* as the user knows it */
	struct pss_target target;     /* a computer; host is NULL: a session */
	const struct pss_value *link; /* of a computer; NULL: as call->link has it */
	const char *instance;         /* the session's */
	enum pss_invoke_state state;
	uint32_t id;
	bool acknowledged, reached;
	long long started; /* ms */
	bool overdue;      /* -Timeout has passed */
	enum pss_invoke_outcome outcome;
	int exit_status;
	char *reason;                 /* why it was not reached or not let finish, or NULL; heap */
	struct pss_buffer partial[2]; /* standard output and error since the last newline, or all of it when grouped */
	bool in_parts[2];             /* parts of the line are out already */
	bool told_parts, told_question;
	long long printed; /* ms: when it printed last, while its terminal stands in a line; 0: it does not */
	size_t credit;     /* bytes of input that may be sent */
	off_t input_at;
	bool input_ended;
};

struct pss_invoke_progress {
	bool wanted, shown;
	bool pipe;            /* standard output is one */
	long long drawn, due; /* ms: when it was last, or is to come first; when it is to be drawn next */
};

struct pss_invoke {
	struct pss_call *call;
	enum pss_invoke_kind kind;
	/* what runs */
	const char *text; /* NULL where there are words */
	size_t n_text;
	bool script;
	const struct pss_texts *words, *arguments;
	struct pss_texts variables; /* as using-values.h has them: secrets perhaps */
	bool wait, tty, share_password;
	bool restarts;                /* -WaitForRestart: it may end with its computer */
	bool disconnect, keep;        /* of a job: lets go of its session; of what was missed: it stays */
	enum pss_buffering buffering; /* of a job; 0: as the session has it */
	long long buffer_size;
	struct pss_resilience resilience; /* of the sessions that jobs on computers get */
	struct pss_sessions started;      /* the jobs' sessions */
	/* where */
	struct pss_invoke_target *targets;
	size_t n_targets;
	size_t throttle;
	long long timeout_ms; /* 0: none */
	enum pss_invoke_form form;
	/* its input: -1 none, else a descriptor; `copies`: a file of which each target gets all */
	int input;
	bool copies;

	/* while it runs */
	struct pss_connection connection;
	size_t n_running, n_done, n_failed;
	struct pss_tty terminal; /* raw while it runs; fd -1: none */
	struct pss_writer writers[2];
	struct pss_buffer out[2];
	size_t n_held;          /* bytes of unfinished lines */
	struct pss_frame frame; /* one whose bytes are being written, form bare */
	bool showing;
	size_t n_shown;
	uint32_t ping;
	long long heard; /* ms */
	unsigned n_interrupts;
	int ending;        /* SIGHUP or SIGTERM that has come, or 0 */
	int broken;        /* errno of writing: our output goes nowhere any more; 0: it does */
	long long give_up; /* ms; 0: not decided */
	bool color[2];     /* of the two streams */
	bool on_terminal[2];
	struct pss_invoke_progress progress;
	struct pss_buffer password; /* -SharePassword: the answer so far */
};

/* Runs it on all targets and leaves the exit status with the call. */
void pss_invoke_run(struct pss_invoke *invoke);

/* ---- job.c */
/* Starts jobs on all targets and prints their sessions. A computer gets a kept session first, whose name is one of
 * `names` (or NULL). */
void pss_job_run(struct pss_invoke *invoke, const struct pss_texts *names);

/* ---- invoke-frames.c: requests out, frames in. 0 or -errno */
int pss_invoke_start(struct pss_invoke *invoke, struct pss_invoke_target *target);
int pss_invoke_stop(struct pss_invoke *invoke, const struct pss_invoke_target *target, bool force);
int pss_invoke_send_size(struct pss_invoke *invoke);
int pss_invoke_on_frame(struct pss_invoke *invoke, const struct pss_frame *frame);
/* What a target comes to that was not let finish: nobody wants it any more. */
int pss_invoke_early_status(const struct pss_invoke *invoke);
void pss_invoke_end_target(struct pss_invoke *invoke, struct pss_invoke_target *target, enum pss_invoke_outcome outcome,
			   int exit_status);

/* ---- invoke-input.c */
/* Looks at standard input: the descriptor, or -1 when there is nothing to be passed on. */
int pss_invoke_find_input(void);
/* A file with all of standard input, for several targets. The descriptor or -errno. */
int pss_invoke_copy_input(void);
bool pss_invoke_wants_input(const struct pss_invoke *invoke);
/* Reads once and sends it. */
int pss_invoke_take_input(struct pss_invoke *invoke);
/* The same for copies, to everybody who may get more. */
int pss_invoke_give_copies(struct pss_invoke *invoke);

/* ---- invoke-progress.c */
void pss_invoke_progress_open(struct pss_invoke *invoke);
/* Takes the line off the terminal, before anything else is written. False: the terminal takes nothing now. */
bool pss_invoke_progress_clear(struct pss_invoke *invoke);
/* Draws it when that is due. */
void pss_invoke_progress_show(struct pss_invoke *invoke, long long *wake);

/* ---- invoke-summary.c */
/* Of several targets: the line that names one whose command failed. */
void pss_invoke_tell_failure(struct pss_invoke *invoke, const struct pss_invoke_target *target);
/* The last line: how many went well, and which did not. */
void pss_invoke_tell_summary(struct pss_invoke *invoke);
/* "NAME STATUS" of each, for -OutVariable, in the order of the targets. */
void pss_invoke_record(struct pss_invoke *invoke);

/* ---- invoke-output.c */
/* Takes output of a target. Form bare writes it from the frame: the frame is done only when this returns true. */
bool pss_invoke_show(struct pss_invoke *invoke, struct pss_invoke_target *target, int stream, const void *data,
		     size_t n);
/* A terminal stands in an unfinished line. Shows that, and says once that no answer can be given. */
void pss_invoke_show_question(struct pss_invoke *invoke, struct pss_invoke_target *target);
void pss_invoke_show_end(struct pss_invoke *invoke, struct pss_invoke_target *target); /* its last words */
void pss_invoke_show_groups(struct pss_invoke *invoke);
bool pss_invoke_has_output(const struct pss_invoke *invoke);
void pss_invoke_write(struct pss_invoke *invoke); /* what the descriptors take now */
/* Puts bytes as they are behind what is to be written. */
void pss_invoke_put(struct pss_invoke *invoke, int stream, const void *data, size_t n);
void pss_invoke_put_label(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream);

/* ---- invoke-safe.c */
/* A line for a terminal, without what could reach the text in front of it: see there. With a target it stands behind
 * that one's label. */
void pss_invoke_put_safe(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *line, size_t n);

/* ---- invoke-json.c */
/* A line, or a part of one that goes on. */
void pss_invoke_put_json(struct pss_invoke *invoke, const struct pss_invoke_target *target, int stream,
			 const void *line, size_t n, bool partial);
/* The target is done: its status, and why where it was not reached. */
void pss_invoke_put_json_end(struct pss_invoke *invoke, const struct pss_invoke_target *target);
