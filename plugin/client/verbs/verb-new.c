/* SPDX-License-Identifier: MIT */
/* new-pssession: opens sessions that stay open until removed, many computers at once. On a terminal it prints their
 * table; elsewhere bare InstanceIds, so that s=$(new-pssession web1) works. They come as their sessions open, in the
 * order in which the computers were named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/buffering.h"
#include "client/command/resilience.h"
#include "client/command/ssh-connection.h"
#include "client/requests/requests.h"
#include "client/sessions/print-sessions.h"
#include "client/sessions/selection.h"
#include "wire/cleanup.h"

enum { COMPUTER_NAME, NAME, RESILIENT, IDLE_TIMEOUT, BUFFERING, BUFFER_SIZE, THROTTLE_LIMIT, SSH_CONNECTION, SESSION };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_LIST, "HOST", .wants = "the name of a computer",
			    .position = 1, .rest = true, .set = 1,
			    .help = "[user@]host[:port], a range, @FILE or - (standard input)" },
	[NAME] = { "Name", NULL, PSS_KIND_LIST, "NAME", .wants = "a name",
		   .help = "the sessions' names, in the computers' order" },
	[RESILIENT] = PSS_RESILIENT_ROW("the remote shell outlives a lost connection, which comes back by itself"),
	[IDLE_TIMEOUT] = PSS_IDLE_TIMEOUT_ROW(
		"with -Resilient: ends when no client has been heard for so long (7200; 0: never)"),
	[BUFFERING] = PSS_BUFFERING_ROW(
		"unseen output that is too much: stop what prints (Block) or forget the oldest (Drop)"),
	[BUFFER_SIZE] = PSS_BUFFER_SIZE_ROW("how much unseen output is kept (1048576)"),
	[SESSION] = { "Session", NULL, PSS_KIND_LIST, "SESSION", .wants = "an Id, a Name or an InstanceId", .set = 1,
		      .help = "another session to where each of these leads" },
	[SSH_CONNECTION] = PSS_SSH_CONNECTION_ROW,
	[THROTTLE_LIMIT] = PSS_THROTTLE_ROW("how many are opened at a time (32)"),
};

/* The sessions that are being opened, and how they are printed. */
struct batch {
	struct pss_open *opens;
	struct pss_session *opened; /* beside opens; instance is NULL: not open */
	size_t n_opens, n_printed;  /* the second: opens that are behind us, failed ones too */
	struct pss_table table;
	bool on_terminal, header_printed;
	struct pss_resilience resilience;
	struct pss_texts computers;
	struct pss_ssh_connections connections;
	struct pss_sessions sessions; /* -Session */
	struct pss_connection connection;
};

/* All is read and checked before anything is opened. */
static bool make_room(struct pss_call *call, struct batch *batch, size_t n)
{
	const struct pss_texts *names = &call->own[NAME].list;

	if (names->n_items > n) {
		pss_call_usage(call, "-Name gives %zu names for %zu computers", names->n_items, n);
		return false;
	}
	batch->opens = calloc(n + 1, sizeof *batch->opens);
	batch->opened = calloc(n + 1, sizeof *batch->opened);
	if (batch->opens && batch->opened)
		return true;
	pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	return false;
}

/* One more, whose target is still to be filled in. NULL: its name is refused, which is reported. */
static struct pss_open *add(struct pss_call *call, struct batch *batch)
{
	const struct pss_texts *names = &call->own[NAME].list;
	size_t i = batch->n_opens++;

	batch->opens[i] = (struct pss_open){
		.resilience = batch->resilience,
		.buffering = pss_buffering_of(&call->own[BUFFERING]),
		.buffer_size = call->own[BUFFER_SIZE].number,
		.name = i < names->n_items ? names->items[i] : NULL,
	};
	bool good = !batch->opens[i].name || pss_select_check_name(call, "Name", batch->opens[i].name);
	return good ? &batch->opens[i] : NULL;
}

static bool add_computers(struct pss_call *call, struct batch *batch)
{
	_cleanup_(pss_free_pointer) char *error = NULL;

	if (pss_targets_expand(&call->own[COMPUTER_NAME].list, call->shell->interrupted, &batch->computers, &error) <
	    0) {
		pss_call_usage(call, "%s", error ? error : "not enough memory");
		return false;
	}
	if (!make_room(call, batch, batch->computers.n_items))
		return false;
	for (size_t i = 0; i < batch->computers.n_items; i++) {
		struct pss_open *open = add(call, batch);
		if (!open)
			return false;
		if (pss_target_parse(batch->computers.items[i], &open->target, &error) < 0) {
			pss_call_usage(call, "-ComputerName: %s", error ? error : "not enough memory");
			return false;
		}
	}
	return true;
}

static bool add_connections(struct pss_call *call, struct batch *batch)
{
	struct pss_ssh_connections *connections = &batch->connections;

	if (!pss_ssh_connections_read(call, &call->own[SSH_CONNECTION], connections) ||
	    !make_room(call, batch, connections->n_items))
		return false;
	for (size_t i = 0; i < connections->n_items; i++) {
		struct pss_open *open = add(call, batch);
		if (!open)
			return false;
		open->target = connections->items[i].target;
		connections->items[i].target = (struct pss_target){ 0 };
		open->link = connections->items[i].link;
	}
	return true;
}

/* The table begins before the sessions are known: their computers are, and their names as far as they were given. */
static void lay_out(const struct pss_call *call, struct batch *batch)
{
	struct pss_sessions expected = { .items = calloc(batch->n_opens, sizeof *expected.items) };
	char none[] = "";

	batch->on_terminal = pss_output_width() > 0;
	if (expected.items)
		expected.n_items = batch->n_opens;
	for (size_t i = 0; i < expected.n_items; i++) {
		const struct pss_open *open = &batch->opens[i];
		const char *shell = pss_link_configuration(open->link ? open->link : call->link);
		expected.items[i] = (struct pss_session){
			.name = (char *)(open->name ? open->name : ""),
			.computer = open->target.host,
			.instance = none,
			.shell = (char *)(shell ? shell : ""),
			.transport = none,
			.remote_user = none,
			.cause = none,
		};
	}
	pss_table_init(&batch->table, pss_table_properties, PSS_TABLE_PROPERTIES, &expected, pss_output_width());
	free(expected.items);
}

static void print(struct batch *batch, const struct pss_session *session)
{
	if (!batch->on_terminal) {
		puts(session->instance);
		return;
	}
	if (!batch->header_printed)
		pss_table_header(&batch->table);
	batch->header_printed = true;
	pss_table_row(&batch->table, session);
}

/* Up to the first that is still on its way; with `all` those behind it too. */
static void print_opened(struct batch *batch, bool all)
{
	for (; batch->n_printed < batch->n_opens; batch->n_printed++) {
		if (!all && batch->opens[batch->n_printed].state != PSS_OPEN_DONE)
			break;
		if (batch->opened[batch->n_printed].instance)
			print(batch, &batch->opened[batch->n_printed]);
	}
	fflush(stdout);
}

static void on_opened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct batch *batch = user;

	if (pss_session_read(fields, &batch->opened[open - batch->opens]) < 0)
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
	print_opened(batch, false);
}

static void open_all(struct pss_call *call, struct batch *batch)
{
	const struct pss_open_events events = { .on_opened = on_opened, .user = batch };

	if (batch->connection.fd < 0 && pss_request_connect(call, true, &batch->connection) < 0)
		return;
	lay_out(call, batch);
	bool asks_more = call->own[BUFFERING].given || call->own[BUFFER_SIZE].given;
	if (!asks_more || pss_request_needs(call, &batch->connection, 2))
		pss_request_open(call, &batch->connection, batch->opens, batch->n_opens,
				 pss_throttle_of(&call->own[THROTTLE_LIMIT]), PSS_OPEN_KEPT, NULL, &events);
	print_opened(batch, true);
	for (size_t i = 0; i < batch->n_opens; i++)
		if (batch->opened[i].instance)
			pss_call_output(call, batch->opened[i].instance);
}

/* All but the shell is as it was for them. */
static bool check_link(struct pss_call *call)
{
	for (int i = 0; i < PSS_LINK_COUNT; i++) {
		if (!call->link[i].given || i == PSS_LINK_CONFIGURATION_NAME)
			continue;
		pss_call_usage(call, "-%s does not go with -Session: the new session is reached as that one is",
			       pss_link_rows[i].name);
		return false;
	}
	return true;
}

static bool list_sessions(struct pss_call *call, struct batch *batch)
{
	const struct pss_selection selection = { .selectors = { &call->own[SESSION] } };

	if (!check_link(call) || pss_select_read_input(call, &call->own[SESSION]) < 0)
		return false;
	if (pss_request_list_running(call, &batch->connection, &batch->sessions) < 0)
		return false;
	if (batch->connection.fd >= 0 && !pss_request_needs(call, &batch->connection, 2))
		return false;
	pss_select(call, &selection, &batch->sessions);
	return !call->stop;
}

/* Those that are resilient have resilient ones beside them, if nothing else is said. */
static bool add_sessions(struct pss_call *call, struct batch *batch)
{
	if (!list_sessions(call, batch) || !make_room(call, batch, batch->sessions.n_items))
		return false;
	for (size_t i = 0; i < batch->sessions.n_items; i++) {
		const struct pss_session *session = &batch->sessions.items[i];
		struct pss_open *open = add(call, batch);
		if (!open)
			return false;
		open->again = session->instance;
		open->target.host = strdup(session->computer);
		if (session->resilient && !call->own[RESILIENT].given)
			open->resilience = (struct pss_resilience){ true, (long long)session->idle_s };
		if (!open->target.host)
			return false;
	}
	return true;
}

static bool prepare(struct pss_call *call, struct batch *batch)
{
	if (call->own[COMPUTER_NAME].given)
		return add_computers(call, batch);
	if (call->own[SSH_CONNECTION].given)
		return add_connections(call, batch);
	if (call->own[SESSION].given)
		return add_sessions(call, batch);
	pss_call_usage(call, "which computer? -ComputerName is needed");
	return false;
}

static void finish(struct batch *batch)
{
	for (size_t i = 0; i < batch->n_opens; i++) {
		pss_target_finish(&batch->opens[i].target);
		pss_session_finish(&batch->opened[i]);
	}
	free(batch->opens);
	free(batch->opened);
	pss_texts_finish(&batch->computers);
	pss_ssh_connections_finish(&batch->connections);
	pss_sessions_finish(&batch->sessions);
	pss_connection_close(&batch->connection);
}

static void run(struct pss_call *call)
{
	struct batch batch = { .connection = { .fd = -1 } };

	if (pss_resilience_read(call, &call->own[RESILIENT], &call->own[IDLE_TIMEOUT], false, &batch.resilience) &&
	    prepare(call, &batch) && batch.n_opens > 0)
		open_all(call, &batch);
	finish(&batch);
}

const struct pss_verb pss_verb_new = {
	.name = "new-pssession",
	.summary = "Open sessions that stay open until they are removed",
	.details = "Prints their table on a terminal and bare InstanceIds elsewhere: s=$(new-pssession web1). "
		   "Several computers are opened at once; one that fails does not stop the others.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_LINK,
	.run = run,
};
