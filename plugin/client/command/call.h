/* SPDX-License-Identifier: MIT */
/* One call of a verb: its parameters' values, and the streams that PowerShell's common parameters steer:
 * errors, warnings, information, notes, and the variables they are collected in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/command/computer.h"
#include "client/command/selectors.h"
#include "client/command/verb.h"
#include "wire/status.h"

enum pss_common {
	PSS_COMMON_VERBOSE,
	PSS_COMMON_DEBUG,
	PSS_COMMON_ERROR_ACTION,
	PSS_COMMON_ERROR_VARIABLE,
	PSS_COMMON_WARNING_ACTION,
	PSS_COMMON_WARNING_VARIABLE,
	PSS_COMMON_INFORMATION_ACTION,
	PSS_COMMON_INFORMATION_VARIABLE,
	PSS_COMMON_OUT_VARIABLE,
	PSS_COMMON_OUT_BUFFER,
	PSS_COMMON_PIPELINE_VARIABLE,
	PSS_COMMON_PROGRESS_ACTION,
	PSS_COMMON_COUNT
};
extern const struct pss_parameter pss_common_rows[PSS_COMMON_COUNT];

enum pss_confirm { PSS_CONFIRM_WHAT_IF, PSS_CONFIRM_CONFIRM, PSS_CONFIRM_COUNT };
extern const struct pss_parameter pss_confirm_rows[PSS_CONFIRM_COUNT];

#define PSS_OWN_MAX 32

/* The streams that end in a variable. */
enum pss_stream { PSS_STREAM_ERROR, PSS_STREAM_WARNING, PSS_STREAM_INFORMATION, PSS_STREAM_OUTPUT, PSS_STREAM_COUNT };

enum pss_to_all { PSS_TO_EACH, PSS_YES_TO_ALL, PSS_NO_TO_ALL };

struct pss_call {
	const struct pss_shell *shell;
	const struct pss_verb *verb;
	const struct pss_via *via; /* the way to computers (hop.h), or NULL: from here */
	struct pss_value selectors[PSS_SELECTOR_COUNT];
	struct pss_value own[PSS_OWN_MAX]; /* of verb->rows */
	struct pss_value link[PSS_LINK_COUNT];
	struct pss_value confirm[PSS_CONFIRM_COUNT];
	struct pss_value common[PSS_COMMON_COUNT];
	struct pss_texts streams[PSS_STREAM_COUNT]; /* what goes into the variables */
	int status;                                 /* the exit status so far */
	bool stop;                                  /* an action said Stop: do nothing more */
	bool refused;                               /* wrong parameters: nothing has happened, no variable is set */
	enum pss_to_all to_all;                     /* what -Confirm was answered */
	bool go_on[PSS_STREAM_COUNT];               /* Inquire was answered "Yes to All" */
};

/* Reports one failure, in the way -ErrorAction wants it. `computer` (or NULL) goes before the message as "[computer]
 * ". */
void pss_call_error(struct pss_call *call, enum pss_status status, const char *computer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Reports, in a line of its own and in the way -ErrorAction wants it, a command that ran and failed. The exit status
 * and -ErrorVariable are left as they are. */
void pss_call_failure(struct pss_call *call, const char *line);
/* A line that goes with such lines, and is hidden where they are. */
void pss_call_remark(const struct pss_call *call, const char *line);

/* Reports a wrong parameter that only the verb could see, before anything has happened: no action softens that. */
void pss_call_usage(struct pss_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Refuses those of the parameters `which` (indices of rows and values; NULL: all n) that are given, as wrong ones:
 * "-NAME REASON". True: none is given. */
bool pss_call_refuse(struct pss_call *call, const struct pss_parameter *rows, const struct pss_value *values,
		     const int *which, size_t n, const char *reason);

/* The same of call->link, where a kept session is used: it has its link already. */
bool pss_call_refuse_link(struct pss_call *call);

/* Takes an exit status in without a message: of several the one counts that comes first in 130, 124, 255, 2, others, 0.
 */
void pss_call_take_status(struct pss_call *call, int exit_status);

void pss_call_warning(struct pss_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Information may have several lines (a banner). */
void pss_call_information(struct pss_call *call, const char *text);

/* Takes in what another has to show, or has shown already (the entered loop, the remote's terminal). Does the stream's
 * action want it shown? At most PSS_CLEAN_MAX bytes are kept, colours and the like are not.
 * Stop and Inquire are no more than Continue here; pss_call_obey() obeys them, where something can still be stopped. */
bool pss_call_keep(struct pss_call *call, enum pss_stream stream, const char *text);

/* What Stop and Inquire do once it has been shown. */
void pss_call_obey(struct pss_call *call, enum pss_stream stream);
/* -InformationAction says itself that information is to be shown. */
bool pss_call_asks_for_information(const struct pss_call *call);

void pss_call_verbose(struct pss_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pss_call_debug(struct pss_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 0, 1 with -Verbose, 2 with -Debug: what the host process is asked to report. */
unsigned pss_call_verbosity(const struct pss_call *call);

/* Does -ProgressAction leave progress to be shown? */
bool pss_call_wants_progress(const struct pss_call *call);

/* One object of output, for -OutVariable: an InstanceId. Printing it is the verb's work. */
void pss_call_output(struct pss_call *call, const char *text);

/* -ErrorAction Stop or Inquire: what follows an error depends on it. */
bool pss_call_waits_after_errors(const struct pss_call *call);

/* Does -WhatIf or -Confirm keep the verb from doing `operation` on `target`? Asks where that is wanted. */
bool pss_call_should(struct pss_call *call, const char *operation, const char *target);
