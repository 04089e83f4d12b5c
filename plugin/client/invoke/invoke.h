/* SPDX-License-Identifier: MIT */
/* Commands that run elsewhere: on one computer or session, or on hundreds at once. What invoke-command and
 * receive-pssession ask for, and how it is run. */
#pragma once

#include "client/command/call.h"
#include "client/command/resilience.h"
#include "client/requests/connection.h"
#include "client/requests/session-info.h"

enum pss_invoke_form {
	PSS_FORM_BARE,    /* bytes as they come: one target, or -HideComputerName */
	PSS_FORM_LINES,   /* whole lines behind "host: " */
	PSS_FORM_GROUPED, /* host by host at the end, equal outputs once */
	PSS_FORM_JSON,    /* an object a line */
};

enum pss_invoke_kind {
	PSS_INVOKE_WATCHED, /* a command, whose output comes here */
	PSS_INVOKE_JOB,     /* a command that is left to the host process */
	PSS_INVOKE_UNSEEN,  /* no command: what sessions printed while no terminal was attached */
};

/* What runs; the members are borrowed but for `variables`. */
struct pss_invoke_command {
	const char *text; /* NULL where there are words */
	size_t n_text;
	bool is_script; /* -FilePath */
	const struct pss_texts *words, *arguments;
	struct pss_texts variables;         /* as using-values.h has them: secrets perhaps */
	const char *as_written;             /* with `$using:` in it, or NULL: the text is */
	const struct pss_texts *properties; /* of objects in JSON; NULL or empty: all */
};

/* How a job runs. */
struct pss_invoke_job {
	bool disconnect;                  /* its session is disconnected at once */
	enum pss_buffering buffering;     /* 0: as the session has it */
	long long buffer_size;            /* bytes; 0: as the session has it */
	struct pss_resilience resilience; /* of the sessions that jobs on computers get */
};

/* Standard input of the commands. */
struct pss_invoke_input {
	int fd;      /* -1: none */
	bool copies; /* a file of which each target gets all */
};

/* What is asked for. Nothing in it changes while it runs. */
struct pss_invoke_request {
	enum pss_invoke_kind kind;
	struct pss_invoke_command command; /* not of PSS_INVOKE_UNSEEN */
	struct pss_invoke_job job;         /* of PSS_INVOKE_JOB */
	struct pss_invoke_input input;     /* of PSS_INVOKE_WATCHED */
	bool keep;                         /* of PSS_INVOKE_UNSEEN: the output can be received again */
	bool wait;                         /* for a session that is busy; of PSS_INVOKE_UNSEEN: for the command's end */
	bool tty, share_password;
	bool restarts;        /* -WaitForRestart: the command may end with its computer */
	size_t throttle;      /* so many at a time */
	long long timeout_ms; /* of each command; 0: none */
	enum pss_invoke_form form;
	bool color[2]; /* of standard output and error */
};

/* The form that -Json, -Grouped and -HideComputerName mean. */
enum pss_invoke_form pss_invoke_form_of(bool json, bool grouped, bool hides_names, size_t n_targets);

/* The life of one target's command. */
enum pss_invoke_state {
	PSS_INVOKE_WAITING, /* its turn has not come */
	PSS_INVOKE_SENT,    /* the request is on its way */
	PSS_INVOKE_RUNNING, /* the host process has acknowledged it */
	PSS_INVOKE_DONE,    /* `result` counts */
};

/* What became of a target. In the order in which the summary names them. */
enum pss_invoke_outcome {
	PSS_OUTCOME_OK,
	PSS_OUTCOME_FAILED,      /* it ran, and its status was not 0 */
	PSS_OUTCOME_UNREACHABLE, /* it never ran, or its end is not known */
	PSS_OUTCOME_TIMED_OUT,
	PSS_OUTCOME_STOPPED, /* its result is not wanted any more */
	PSS_OUTCOME_COUNT
};

struct pss_invoke_result {
	enum pss_invoke_outcome outcome;
	int exit_status;
	char *reason; /* why it was not reached or not let finish, or NULL; heap, freed with the run */
};

/* One target's command since its request was sent. */
struct pss_invoke_command_run {
	uint32_t id;
	long long started;   /* ms */
	bool is_overdue;     /* -Timeout has passed */
	bool password_given; /* -SharePassword: the shared one */
};

/* What it printed and was not written yet. */
struct pss_invoke_target_output {
	struct pss_buffer partial[2]; /* standard output and error since the last newline, or all of it when grouped */
	bool in_parts[2];             /* parts of the line are written already */
	struct pss_buffer record;     /* RECORD: the frames so far */
	struct pss_buffer host_line;  /* with JSON: what PowerShell's host has printed since the last newline */
	bool warned_parts, warned_question;
	long long printed; /* ms: when it printed last, while its terminal stands in a line; 0: it does not */
};

struct pss_invoke_target_input {
	size_t credit; /* bytes that may be sent */
	off_t at;      /* with copies: how far it has been sent */
	bool ended;
};

struct pss_invoke_target {
	const char *label;            /* as the user knows it; borrowed */
	struct pss_target computer;   /* host is NULL: a session */
	const struct pss_value *link; /* of a computer; NULL: as call->link has it; borrowed */
	const char *instance;         /* the session's; borrowed; NULL: it is named */
	const char *named; /* the session's Id, InstanceId or Name, which the host process looks up; borrowed */
	int refused;       /* not 0: it is not to be run, and ends as unreachable with this exit status */
	enum pss_invoke_state state;
	struct pss_invoke_command_run run;
	struct pss_invoke_target_output output;
	struct pss_invoke_target_input input;
	struct pss_invoke_result result;
};

struct pss_invoke {
	struct pss_call *call;
	struct pss_invoke_request request;
	struct pss_invoke_target *targets;
	size_t n_targets;
	struct pss_connection connection;
	struct pss_sessions started; /* the jobs' sessions */
	char *computer;              /* of the session that was named, its target's label; heap */
	struct pss_invoke_run *run;  /* private.h; NULL: it does not run */
};

/* invoke-named.c: sends the command to the only target's session, which is `named`. 1: it is under way, and
 * pss_invoke_run() goes on with it. 0: nothing has been done, and the sessions have to be listed. -errno, reported. */
int pss_invoke_begin_named(struct pss_invoke *invoke);

/* Runs it on all targets and leaves the exit status with the call. Blocks until all of them are done or given up. */
void pss_invoke_run(struct pss_invoke *invoke);

/* job.c: starts jobs on all targets and prints their sessions. A computer gets a kept session first, whose name is one
 * of `names` (or NULL). */
void pss_job_run(struct pss_invoke *invoke, const struct pss_texts *names);

/* invoke-input.c: looks at standard input. The descriptor, or -1 when there is nothing to be passed on. */
int pss_invoke_find_input(void);
/* A file with all of standard input, for several targets. The descriptor, which is the caller's, or -1: the reason has
 * been said. Blocks until its end. */
int pss_invoke_copy_input(struct pss_call *call);
