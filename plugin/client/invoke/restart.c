/* SPDX-License-Identifier: MIT */
/* -WaitForRestart. The host process watches the computers (WATCH, AWAIT); here is what is asked for, in which order,
 * and what is said. Called by verb-invoke.c; open-sessions.c makes the requests. */
#include "client/invoke/restart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "wire/cleanup.h"

static void on_watched(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct pss_restart *restart = user;

	restart->watched[open - restart->watches] = true;
}

static void name_target(const struct pss_invoke_target *target, struct pss_open *open)
{
	open->target = target->computer;
	open->instance = target->instance;
	if (target->instance)
		open->target.host = (char *)target->label;
}

static int watch_all(struct pss_restart *restart)
{
	const struct pss_open_events events = { .on_opened = on_watched, .user = restart };
	struct pss_invoke *invoke = restart->invoke;

	for (size_t i = 0; i < invoke->n_targets; i++)
		name_target(&invoke->targets[i], &restart->watches[i]);
	int rc = pss_request_list(invoke->call, &restart->connection, &restart->before);
	if (rc == 0)
		rc = pss_request_open(invoke->call, &restart->connection, restart->watches, invoke->n_targets,
				      invoke->request.throttle, PSS_OPEN_WATCHED, NULL, &events);
	return rc;
}

int pss_restart_prepare(struct pss_restart *restart, struct pss_invoke *invoke)
{
	restart->invoke = invoke;
	restart->watches = calloc(invoke->n_targets, sizeof *restart->watches);
	restart->watched = calloc(invoke->n_targets, sizeof *restart->watched);
	int rc = restart->watches && restart->watched ? pss_request_connect(invoke->call, true, &restart->connection)
						      : -ENOMEM;
	if (rc == 0)
		rc = watch_all(restart);
	for (size_t i = 0; rc == 0 && i < invoke->n_targets; i++)
		if (!restart->watched[i])
			invoke->targets[i].refused = invoke->call->status ? invoke->call->status : 255;
	return rc;
}

void pss_restart_free(struct pss_restart *restart)
{
	pss_connection_close(&restart->connection);
	pss_sessions_finish(&restart->before);
	free(restart->watches);
	free(restart->watched);
}

/* "user@host:port" without the user. */
static const char *place_of(const char *history_key)
{
	const char *at = history_key ? strrchr(history_key, '@') : NULL;

	return at ? at + 1 : "";
}

struct finishing {
	struct pss_restart *restart;
	const struct pss_open *awaits;
	bool *reopens; /* of restart->before */
};

/* The name of a computer holds nothing that JSON would quote (computer.c). */
static void say_restarted(const struct pss_restart *restart, const char *computer)
{
	if (restart->invoke->request.form == PSS_FORM_JSON) {
		printf("{\"host\":\"%s\",\"restarted\":true}\n", computer);
		fflush(stdout);
	}
	pss_call_verbose(restart->invoke->call, "%s has restarted", computer);
}

static void on_restarted(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	const struct finishing *finishing = user;
	const struct pss_restart *restart = finishing->restart;
	const char *place = place_of(pss_fields_text(fields, PSS_TAG_HISTORY_KEY));

	say_restarted(restart, open->target.host);
	for (size_t i = 0; i < restart->before.n_items; i++) {
		const struct pss_session *session = &restart->before.items[i];
		if (!pss_session_is_ended(session) && strcmp(place_of(session->history_key), place) == 0)
			finishing->reopens[i] = true;
	}
}

static void say_waiting(const struct pss_restart *restart, const struct pss_open *awaits, size_t n)
{
	for (size_t i = 0; i < n && isatty(STDERR_FILENO); i++) {
		_cleanup_(pss_free_pointer) char *line = pss_format(
			"%s: waiting until it has restarted (Ctrl-C stops the waiting)", awaits[i].target.host);
		if (line)
			pss_call_remark(restart->invoke->call, line);
	}
}

/* So many are to be waited for. */
static size_t choose_awaited(const struct pss_restart *restart, struct pss_open *awaits, long long deadline)
{
	const struct pss_invoke *invoke = restart->invoke;
	long long left = deadline - pss_now_ms();
	size_t n = 0;

	for (size_t i = 0; i < invoke->n_targets; i++) {
		if (invoke->targets[i].result.outcome != PSS_OUTCOME_OK || !restart->watched[i])
			continue;
		name_target(&invoke->targets[i], &awaits[n]);
		awaits[n].watch = restart->watches[i].id;
		awaits[n++].timeout_ms = deadline == 0 ? 0 : left > 0 ? left : 1;
	}
	return n;
}

static void reopen_all(const struct pss_restart *restart, const bool *reopens)
{
	struct pss_call *call = restart->invoke->call;
	size_t n = 0, n_before = restart->before.n_items;
	_cleanup_(pss_free_pointer) const struct pss_session **chosen = calloc(n_before + 1, sizeof *chosen);
	struct pss_sessions opened = { 0 };

	for (size_t i = 0; chosen && i < n_before; i++)
		if (reopens[i])
			chosen[n++] = &restart->before.items[i];
	pss_reopen_sessions(call, (struct pss_connection *)&restart->connection, chosen, n, &opened);
	for (size_t i = 0; i < opened.n_items; i++)
		pss_call_verbose(call, "%s on %s is open again", opened.items[i].name, opened.items[i].computer);
	pss_sessions_finish(&opened);
}

void pss_restart_finish(struct pss_restart *restart, long long deadline)
{
	struct pss_invoke *invoke = restart->invoke;
	_cleanup_(pss_free_pointer) struct pss_open *awaits = calloc(invoke->n_targets, sizeof *awaits);
	_cleanup_(pss_free_pointer) bool *reopens = calloc(restart->before.n_items + 1, sizeof *reopens);
	struct finishing finishing = { .restart = restart, .awaits = awaits, .reopens = reopens };
	const struct pss_open_events events = { .on_opened = on_restarted, .user = &finishing };

	if (!awaits || !reopens) {
		pss_call_error(invoke->call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	size_t n = choose_awaited(restart, awaits, deadline);
	if (n == 0 || invoke->call->stop)
		return;
	say_waiting(restart, awaits, n);
	if (pss_request_open(invoke->call, &restart->connection, awaits, n, n, PSS_OPEN_AWAITED, NULL, &events) == 0)
		reopen_all(restart, reopens);
}
