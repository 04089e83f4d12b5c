/* SPDX-License-Identifier: MIT */
/* Commands that are left to the host process: invoke-command -AsJob and -InDisconnectedSession. A job always runs in a
 * kept session, so a computer gets one first, with all questions asked while the user is at the terminal; then the
 * commands are started by the loop of invoke-loop.c, and nothing is waited for. Called by verb-invoke.c. */
#include <stdlib.h>
#include <string.h>

#include "client/invoke/invoke.h"
#include "client/requests/requests.h"
#include "client/sessions/print-sessions.h"
#include "wire/cleanup.h"

/* The sessions that are opened for a job, beside the targets they are for. */
struct opening {
	struct pss_open *opens;
	struct pss_sessions opened;
	size_t *targets; /* which one each of `opened` is for */
};

static void on_opened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct opening *opening = user;

	if (pss_sessions_add(&opening->opened, fields) == 0)
		opening->targets[opening->opened.n_items - 1] = (size_t)(open - opening->opens);
	else
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
}

static void open_all(struct pss_invoke *invoke, struct opening *opening)
{
	const struct pss_open_events events = { .on_opened = on_opened, .user = opening };

	pss_request_open(invoke->call, &invoke->connection, opening->opens, invoke->n_targets, invoke->request.throttle,
			 PSS_OPEN_KEPT, NULL, &events);
}

/* Those whose session is open stay, in the order in which they were given. */
static void keep_opened(struct pss_invoke *invoke, struct opening *opening)
{
	size_t n = 0;

	for (size_t i = 0; i < invoke->n_targets; i++) {
		struct pss_invoke_target *target = &invoke->targets[i];
		size_t at = 0;
		while (at < opening->opened.n_items && opening->targets[at] != i)
			at++;
		pss_target_finish(&target->computer);
		target->computer = (struct pss_target){ 0 };
		target->instance = at < opening->opened.n_items ? opening->opened.items[at].instance : NULL;
		if (target->instance)
			invoke->targets[n++] = *target;
	}
	invoke->n_targets = n;
}

static bool open_sessions(struct pss_invoke *invoke, const struct pss_texts *names, struct opening *opening)
{
	opening->opens = calloc(invoke->n_targets, sizeof *opening->opens);
	opening->targets = calloc(invoke->n_targets, sizeof *opening->targets);
	if (!opening->opens || !opening->targets) {
		pss_call_error(invoke->call, PSS_FAILED, NULL, "not enough memory");
		return false;
	}
	for (size_t i = 0; i < invoke->n_targets; i++) {
		opening->opens[i].target = invoke->targets[i].computer;
		opening->opens[i].link = invoke->targets[i].link;
		opening->opens[i].resilience = invoke->request.job.resilience;
		opening->opens[i].name = names && i < names->n_items ? names->items[i] : NULL;
	}
	open_all(invoke, opening);
	keep_opened(invoke, opening);
	return true;
}

/* In the order of the targets, whatever was started first. */
static void put_in_order(const struct pss_invoke *invoke, struct pss_sessions *sessions)
{
	size_t n = 0;

	for (size_t i = 0; i < invoke->n_targets; i++) {
		size_t at = n;
		while (at < sessions->n_items && strcmp(sessions->items[at].instance, invoke->targets[i].instance) != 0)
			at++;
		if (at == sessions->n_items)
			continue;
		struct pss_session session = sessions->items[at];
		sessions->items[at] = sessions->items[n];
		sessions->items[n++] = session;
	}
}

/* Sessions that were opened for commands which could not be started any more are shown as well: they are there. */
static void print(struct pss_invoke *invoke, struct opening *opening)
{
	struct pss_sessions *sessions =
		invoke->started.n_items > 0 || opening->opened.n_items == 0 ? &invoke->started : &opening->opened;

	put_in_order(invoke, sessions);
	for (size_t i = 0; i < sessions->n_items; i++)
		pss_call_output(invoke->call, sessions->items[i].instance);
	pss_print_sessions(sessions);
}

void pss_job_run(struct pss_invoke *invoke, const struct pss_texts *names)
{
	struct opening opening = { 0 };
	bool good = true;

	if (invoke->targets[0].computer.host)
		good = open_sessions(invoke, names, &opening);
	bool interrupted = invoke->call->status == pss_status_exit(PSS_INTERRUPTED);
	if (good && invoke->n_targets > 0 && !invoke->call->stop && !interrupted)
		pss_invoke_run(invoke);
	print(invoke, &opening);
	for (size_t i = 0; i < invoke->n_targets; i++)
		invoke->targets[i].instance = NULL;
	pss_sessions_finish(&invoke->started);
	pss_sessions_finish(&opening.opened);
	free(opening.opens);
	free(opening.targets);
}
