/* SPDX-License-Identifier: MIT */
/* receive-pssession: shows what sessions printed while no terminal was attached. The loop is invoke-command's
 * (invoke-loop.c), with no command: Ctrl-C ends the receiving, and never what runs. With -OutTarget Job nothing is
 * shown: the sessions are connected, and are jobs to be received later. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/invoke/invoke.h"
#include "client/sessions/change-state.h"
#include "client/sessions/print-sessions.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

enum { COMPUTER_NAME, KEEP, WAIT, TIMEOUT, HIDE_COMPUTER_NAME, JSON, OUT_TARGET, JOB_NAME };
enum out_target { HOST, JOB };

static const char *const out_targets[] = { "Host", "Job", NULL };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = PSS_CHANGE_COMPUTER_ROW,
	[KEEP] = { "Keep", NULL, PSS_KIND_SWITCH, .help = "the output can be received again" },
	[WAIT] = { "Wait", NULL, PSS_KIND_SWITCH, .help = "go on until the command ends" },
	[TIMEOUT] = { "Timeout", NULL, PSS_KIND_NUMBER, "SECONDS", .min = 1, .max = INT_MAX / 1000,
		      .help = "wait no longer; the command goes on; status 124" },
	[HIDE_COMPUTER_NAME] = { "HideComputerName", "HCN", PSS_KIND_SWITCH, .help = "lines of output without names" },
	[JSON] = { "Json", NULL, PSS_KIND_SWITCH, .help = "print an object a line" },
	[OUT_TARGET] = { "OutTarget", NULL, PSS_KIND_CHOICE, "TARGET", .choices = out_targets,
			 .help = "Job: show nothing now, connect and print the sessions; Host: show it (usual)" },
	[JOB_NAME] = { "JobName", NULL, PSS_KIND_LIST, "NAME", .wants = "a name",
		       .help = "with -OutTarget Job: new names for the sessions, in their order" },
};

/* One that was found elsewhere (it has no Id here) is connected first. */
static bool take_over(struct pss_call *call, struct pss_connection *connection, const struct pss_session *session)
{
	const struct pss_change change = { .type = PSS_CONNECT };
	struct pss_session connected;

	if (session->id != 0)
		return true;
	if (pss_request_change(call, connection, &change, session, &connected) <= 0)
		return false;
	pss_session_finish(&connected);
	return true;
}

static void receive(struct pss_call *call, struct pss_invoke *invoke, const struct pss_sessions *sessions)
{
	_cleanup_(pss_free_pointer) struct pss_invoke_target *targets = calloc(sessions->n_items, sizeof *targets);

	if (!targets) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	invoke->targets = targets;
	for (size_t i = 0; i < sessions->n_items && !call->stop; i++) {
		if (!pss_call_should(call, "Receive", sessions->items[i].computer) ||
		    !take_over(call, &invoke->connection, &sessions->items[i]))
			continue;
		targets[invoke->n_targets].label = sessions->items[i].computer;
		targets[invoke->n_targets++].instance = sessions->items[i].instance;
	}
	invoke->request.throttle = invoke->n_targets;
	invoke->request.form =
		pss_invoke_form_of(call->own[JSON].on, false, call->own[HIDE_COMPUTER_NAME].on, invoke->n_targets);
	if (invoke->n_targets > 0 && !call->stop)
		pss_invoke_run(invoke);
}

/* ---- -OutTarget Job */

static bool check_job(struct pss_call *call)
{
	static const int shown[] = { KEEP, WAIT, TIMEOUT, HIDE_COMPUTER_NAME, JSON };
	const struct pss_texts *names = &call->own[JOB_NAME].list;
	bool is_job = call->own[OUT_TARGET].given && call->own[OUT_TARGET].number == JOB;

	if (!is_job && call->own[JOB_NAME].given) {
		pss_call_usage(call, "-JobName goes with -OutTarget Job");
		return false;
	}
	if (is_job && !pss_call_refuse(call, rows, call->own, shown, sizeof shown / sizeof *shown,
				       "does not go with -OutTarget Job: nothing is shown"))
		return false;
	for (size_t i = 0; i < names->n_items; i++)
		if (!pss_select_check_name(call, "JobName", names->items[i]))
			return false;
	return true;
}

static void make_job(struct pss_call *call, struct pss_connection *connection, const struct pss_session *session,
		     const char *name, struct pss_sessions *jobs)
{
	const struct pss_change change = { .type = PSS_CONNECT, .name = name };
	struct pss_session connected;

	if (!pss_call_should(call, "Receive", session->computer) ||
	    pss_request_change(call, connection, &change, session, &connected) <= 0)
		return;
	if (name && strcmp(connected.name, name) != 0)
		pss_call_error(call, PSS_FAILED, session->computer,
			       "an older pssession host process runs, which gives a session no other name");
	pss_call_output(call, connected.instance);
	if (pss_sessions_put(jobs, &connected) < 0)
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
}

static void make_jobs(struct pss_call *call, struct pss_connection *connection, const struct pss_sessions *sessions)
{
	const struct pss_texts *names = &call->own[JOB_NAME].list;
	struct pss_sessions jobs = { 0 };

	if (names->n_items > sessions->n_items) {
		pss_call_usage(call, "-JobName has %zu names for %zu sessions", names->n_items, sessions->n_items);
		return;
	}
	for (size_t i = 0; i < sessions->n_items && !call->stop; i++)
		make_job(call, connection, &sessions->items[i], i < names->n_items ? names->items[i] : NULL, &jobs);
	pss_print_sessions(&jobs);
	pss_sessions_finish(&jobs);
}

static void run(struct pss_call *call)
{
	struct pss_invoke invoke = {
		.call = call,
		.connection.fd = -1,
		.request = {
			.kind = PSS_INVOKE_UNSEEN,
			.input.fd = -1,
			.keep = call->own[KEEP].on,
			.wait = call->own[WAIT].on,
			.timeout_ms = call->own[TIMEOUT].number * 1000,
		},
	};
	struct pss_sessions sessions = { 0 };

	if (!check_job(call))
		return;
	if (call->own[TIMEOUT].given && !call->own[WAIT].on)
		pss_call_usage(call, "-Timeout goes with -Wait");
	else if (pss_change_select(call, &call->own[COMPUTER_NAME], PSS_THROTTLE_DEFAULT, &invoke.connection,
				   &sessions) == 0 &&
		 !call->stop && sessions.n_items > 0 && pss_request_needs(call, &invoke.connection, 2)) {
		if (call->own[OUT_TARGET].given && call->own[OUT_TARGET].number == JOB)
			make_jobs(call, &invoke.connection, &sessions);
		else
			receive(call, &invoke, &sessions);
	}
	pss_sessions_finish(&sessions);
	pss_connection_close(&invoke.connection);
}

const struct pss_verb pss_verb_receive = {
	.name = "receive-pssession",
	.summary = "Show what sessions printed while no terminal was attached",
	.details = "The output of jobs (invoke-command -AsJob), and that of sessions whose terminal has gone. What has "
		   "been shown is forgotten, unless -Keep is given. On a terminal what would make it answer is left "
		   "out. The status is that of the command, or 0 while it runs. A disconnected session is connected by "
		   "it, with -ComputerName also a resilient one that was opened from another computer.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_SELECTORS | PSS_USES_LINK | PSS_USES_CONFIRM,
	.run = run,
};
