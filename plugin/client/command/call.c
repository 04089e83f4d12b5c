/* SPDX-License-Identifier: MIT */
/* The streams of a call and the common parameters that steer them. The verbs speak through this and
 * nothing else, so that -ErrorAction and its like hold everywhere. It prints on stderr (and what -WhatIf
 * shows on stdout) and never ends the shell. */
#include "client/command/call.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/tty/ask.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

/* In the order of their numbers. */
enum action { SILENTLY_CONTINUE, STOP, CONTINUE, INQUIRE, IGNORE };
static const char *const actions[] = { "SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", NULL };

#define ACTION .kind = PSS_KIND_CHOICE, .choices = actions, .max = IGNORE, .value = "ACTION"
#define VARIABLE .kind = PSS_KIND_VARIABLE, .value = "[+]NAME"

const struct pss_parameter pss_common_rows[PSS_COMMON_COUNT] = {
	[PSS_COMMON_VERBOSE] = { "Verbose", "vb", PSS_KIND_SWITCH, .help = "print the steps on standard error" },
	[PSS_COMMON_DEBUG] = { "Debug", "db", PSS_KIND_SWITCH, .help = "print the protocol too" },
	[PSS_COMMON_ERROR_ACTION] = { "ErrorAction", "ea", ACTION, .help = "what an error does" },
	[PSS_COMMON_ERROR_VARIABLE] = { "ErrorVariable", "ev", VARIABLE,
					.help = "collect errors in this array (+: append)" },
	[PSS_COMMON_WARNING_ACTION] = { "WarningAction", "wa", ACTION, .help = "what a warning does" },
	[PSS_COMMON_WARNING_VARIABLE] = { "WarningVariable", "wv", VARIABLE, .help = "collect warnings in this array" },
	[PSS_COMMON_INFORMATION_ACTION] = { "InformationAction", "infa", ACTION,
					    .help = "what information (banners) does" },
	[PSS_COMMON_INFORMATION_VARIABLE] = { "InformationVariable", "iv", VARIABLE,
					      .help = "collect information in this array" },
	[PSS_COMMON_OUT_VARIABLE] = { "OutVariable", "ov", VARIABLE, .help = "collect InstanceIds in this array" },
	[PSS_COMMON_OUT_BUFFER] = { "OutBuffer", "ob", PSS_KIND_NUMBER, .max = INT_MAX, .value = "N",
				    .help = "taken for PowerShell's sake; output is never held back" },
	[PSS_COMMON_PIPELINE_VARIABLE] = { "PipelineVariable", "pv", PSS_KIND_REFUSED,
					   .help = "not supported, because a shell's pipeline carries bytes and no "
						   "objects" },
	[PSS_COMMON_PROGRESS_ACTION] = { "ProgressAction", "proga", ACTION, .help = "what progress does" },
};

const struct pss_parameter pss_confirm_rows[PSS_CONFIRM_COUNT] = {
	[PSS_CONFIRM_WHAT_IF] = { "WhatIf", "wi", PSS_KIND_SWITCH, .help = "say what would be done, and do nothing" },
	[PSS_CONFIRM_CONFIRM] = { "Confirm", "cf", PSS_KIND_SWITCH, .help = "ask before each" },
};

static enum action action_of(const struct pss_call *call, enum pss_common parameter)
{
	const struct pss_value *value = &call->common[parameter];
	return value->given ? (enum action)value->number : CONTINUE;
}

void pss_call_take_status(struct pss_call *call, int exit_status)
{
	static const int order[] = { 130, 124, 255, 2 };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		if (call->status == order[i])
			return;
		if (exit_status == order[i])
			break;
	}
	if (exit_status != 0)
		call->status = exit_status;
}

__attribute__((format(printf, 1, 0))) static char *format_visible(const char *format, va_list arguments)
{
	_cleanup_(pss_free_pointer) char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	return text ? pss_visible(text, true) : NULL;
}

/* The streams that an action steers: by which parameter, and the words before a record. */
static const struct {
	enum pss_common action;
	const char *label; /* NULL: reported in the shell's own style */
} steered[] = {
	[PSS_STREAM_ERROR] = { PSS_COMMON_ERROR_ACTION, NULL },
	[PSS_STREAM_WARNING] = { PSS_COMMON_WARNING_ACTION, "WARNING: " },
	[PSS_STREAM_INFORMATION] = { PSS_COMMON_INFORMATION_ACTION, "" },
};

static void show(const struct pss_call *call, enum pss_stream stream, const char *text)
{
	fflush(stdout);
	if (steered[stream].label)
		fprintf(stderr, "%s%s\n", steered[stream].label, text);
	else
		call->shell->error(call->verb->name, text);
	fflush(stderr);
}

/* Nothing more is done. Where no error says why, one does now. */
static void halt(struct pss_call *call, enum pss_stream stream, int status, const char *why)
{
	call->stop = true;
	pss_call_take_status(call, status);
	if (stream == PSS_STREAM_ERROR && !why)
		return;
	_cleanup_(pss_free_pointer) char *text =
		pss_format("stopped: %s%s%s%s", why ? why : "", why ? "" : "-",
			   why ? "" : pss_common_rows[steered[stream].action].name, why ? "" : " is Stop");
	pss_texts_add(&call->streams[PSS_STREAM_ERROR], text ? strdup(text) : NULL);
	show(call, PSS_STREAM_ERROR, text ? text : "not enough memory");
}

/* Inquire. Without anybody to ask it is as Stop. */
static void inquire(struct pss_call *call, enum pss_stream stream)
{
	if (call->go_on[stream])
		return;
	int answer = pss_ask_choice(
		"Confirm\nGo on after this?\n[Y] Yes  [A] Yes to All  [H] Halt Command (default is \"Y\"): ", "yah");
	call->go_on[stream] = answer == 'a';
	if (answer == 'y' || answer == 'a')
		return;
	if (answer == -EINTR)
		halt(call, PSS_STREAM_ERROR, pss_status_exit(PSS_INTERRUPTED), NULL);
	else if (answer == 'h' || answer == -ECANCELED)
		halt(call, stream, pss_status_exit(PSS_FAILED),
		     stream == PSS_STREAM_ERROR ? NULL : "halted by the user");
	else
		halt(call, stream, pss_status_exit(PSS_FAILED), "there is no terminal to ask on");
}

bool pss_call_waits_after_errors(const struct pss_call *call)
{
	enum action action = action_of(call, steered[PSS_STREAM_ERROR].action);

	return action == STOP || action == INQUIRE;
}

/* What the stream's action wants done after a record was shown. */
static void act(struct pss_call *call, enum pss_stream stream, enum action action)
{
	if (action == STOP)
		halt(call, stream, pss_status_exit(PSS_FAILED), NULL);
	else if (action == INQUIRE)
		inquire(call, stream);
}

static bool is_hidden(enum action action)
{
	return action == SILENTLY_CONTINUE || action == IGNORE;
}

static void record(struct pss_call *call, enum pss_stream stream, const char *text)
{
	enum action action = action_of(call, steered[stream].action);

	if (action != IGNORE)
		pss_texts_add(&call->streams[stream], strdup(text));
	if (is_hidden(action))
		return;
	show(call, stream, text);
	act(call, stream, action);
}

void pss_call_remark(const struct pss_call *call, const char *line)
{
	if (is_hidden(action_of(call, PSS_COMMON_ERROR_ACTION)))
		return;
	fflush(stdout);
	fprintf(stderr, "%s\n", line);
	fflush(stderr);
}

void pss_call_failure(struct pss_call *call, const char *line)
{
	enum action action = action_of(call, PSS_COMMON_ERROR_ACTION);

	pss_call_remark(call, line);
	if (!call->stop)
		act(call, PSS_STREAM_ERROR, action);
}

bool pss_call_keep(struct pss_call *call, enum pss_stream stream, const char *text)
{
	enum action action = action_of(call, steered[stream].action);

	char *clean = action != IGNORE ? pss_clean_text(text, strlen(text), PSS_CLEAN_LINES) : NULL;
	for (size_t n = clean ? strlen(clean) : 0; n > 0 && clean[n - 1] == '\n'; n--)
		clean[n - 1] = '\0';
	if (action != IGNORE)
		pss_texts_add(&call->streams[stream], clean);
	return action != IGNORE && action != SILENTLY_CONTINUE;
}

void pss_call_obey(struct pss_call *call, enum pss_stream stream)
{
	act(call, stream, action_of(call, steered[stream].action));
}

bool pss_call_asks_for_information(const struct pss_call *call)
{
	const struct pss_value *value = &call->common[PSS_COMMON_INFORMATION_ACTION];
	return value->given && !is_hidden((enum action)value->number);
}

void pss_call_error(struct pss_call *call, enum pss_status status, const char *computer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	_cleanup_(pss_free_pointer) char *message = format_visible(format, arguments);
	va_end(arguments);
	_cleanup_(pss_free_pointer) char *text = computer && message ? pss_format("[%s] %s", computer, message) : NULL;
	pss_call_take_status(call, pss_status_exit(status));
	record(call, PSS_STREAM_ERROR, text ? text : message ? message : "not enough memory");
}

void pss_call_usage(struct pss_call *call, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	_cleanup_(pss_free_pointer) char *text = format_visible(format, arguments);
	va_end(arguments);
	call->shell->error(call->verb->name, text ? text : "not enough memory");
	call->status = pss_status_exit(PSS_USAGE);
	call->refused = true;
}

bool pss_call_refuse(struct pss_call *call, const struct pss_parameter *rows, const struct pss_value *values,
		     const int *which, size_t n, const char *reason)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = which ? (size_t)which[i] : i;
		if (!values[at].given)
			continue;
		pss_call_usage(call, "-%s %s", rows[at].name, reason);
		return false;
	}
	return true;
}

bool pss_call_refuse_link(struct pss_call *call)
{
	return pss_call_refuse(call, pss_link_rows, call->link, NULL, PSS_LINK_COUNT,
			       "goes with -ComputerName: a kept session has its connection already");
}

void pss_call_warning(struct pss_call *call, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	_cleanup_(pss_free_pointer) char *text = format_visible(format, arguments);
	va_end(arguments);
	if (text)
		record(call, PSS_STREAM_WARNING, text);
}

void pss_call_information(struct pss_call *call, const char *text)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(text, true);
	if (!visible)
		return;
	size_t n = strlen(visible);
	if (n > 0 && visible[n - 1] == '\n')
		visible[n - 1] = '\0';
	record(call, PSS_STREAM_INFORMATION, visible);
}

unsigned pss_call_verbosity(const struct pss_call *call)
{
	return call->common[PSS_COMMON_DEBUG].on ? 2 : call->common[PSS_COMMON_VERBOSE].on ? 1 : 0;
}

bool pss_call_wants_progress(const struct pss_call *call)
{
	enum action action = action_of(call, PSS_COMMON_PROGRESS_ACTION);
	return action != SILENTLY_CONTINUE && action != IGNORE;
}

__attribute__((format(printf, 2, 0))) static void note(const char *label, const char *format, va_list arguments)
{
	_cleanup_(pss_free_pointer) char *text = format_visible(format, arguments);

	fflush(stdout);
	fprintf(stderr, "%s%s\n", label, text ? text : "");
	fflush(stderr);
}

void pss_call_verbose(struct pss_call *call, const char *format, ...)
{
	va_list arguments;

	if (pss_call_verbosity(call) < 1)
		return;
	va_start(arguments, format);
	note("VERBOSE: ", format, arguments);
	va_end(arguments);
}

void pss_call_debug(struct pss_call *call, const char *format, ...)
{
	va_list arguments;

	if (pss_call_verbosity(call) < 2)
		return;
	va_start(arguments, format);
	note("DEBUG: ", format, arguments);
	va_end(arguments);
}

void pss_call_output(struct pss_call *call, const char *text)
{
	pss_texts_add(&call->streams[PSS_STREAM_OUTPUT], strdup(text));
}

bool pss_call_should(struct pss_call *call, const char *operation, const char *target)
{
	if (call->confirm[PSS_CONFIRM_WHAT_IF].on) {
		printf("What if: Performing the operation \"%s\" on target \"%s\".\n", operation, target);
		return false;
	}
	if (!call->confirm[PSS_CONFIRM_CONFIRM].on || call->to_all == PSS_YES_TO_ALL)
		return true;
	if (call->to_all == PSS_NO_TO_ALL)
		return false;
	_cleanup_(pss_free_pointer) char *question =
		pss_format("Confirm\nAre you sure you want to perform this action?\n"
			   "Performing the operation \"%s\" on target \"%s\".\n"
			   "[Y] Yes  [A] Yes to All  [N] No  [L] No to All (default is \"Y\"): ",
			   operation, target);
	int answer = question ? pss_ask_choice(question, "yanl") : -1;
	if (answer == -EINTR) {
		halt(call, PSS_STREAM_ERROR, pss_status_exit(PSS_INTERRUPTED), NULL);
	} else if (answer < 0 && answer != -ECANCELED) {
		pss_call_error(call, PSS_FAILED, NULL, "-Confirm needs a terminal to ask on");
		call->stop = true;
	}
	if (answer == 'a')
		call->to_all = PSS_YES_TO_ALL;
	else if (answer == 'l' || answer == -ECANCELED)
		call->to_all = PSS_NO_TO_ALL;
	return answer == 'y' || answer == 'a';
}
