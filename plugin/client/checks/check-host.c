/* SPDX-License-Identifier: MIT */
/* The host process: its program and its version, its socket, and whether it answers. Where none runs one is started, as
 * the next command would do. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/base/poll.h"
#include "client/checks/private.h"
#include "client/checks/program.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"
#include "wire/runtime.h"

#define OWN_NAME "pssession-host " PSSESSION_VERSION

/* The first that there is, as the command that starts it takes it. NULL: there is none, which has been said. */
static const char *find_program(struct pss_checks *checks, const struct pss_texts *path)
{
	for (size_t i = 0; i < path->n_items; i++) {
		if (access(path->items[i], X_OK) == 0)
			return path->items[i];
		if (errno != ENOENT && errno != ENOTDIR) {
			PSS_FAIL_LINE(checks, "program", "%s cannot be run: %s; chmod +x, or install pssession again",
				      path->items[i], strerror(errno));
			return NULL;
		}
	}
	PSS_FAIL_LINE(checks, "program",
		      "there is no %s; install pssession again, or let PSSESSION_HOST name the program",
		      path->n_items > 0 ? path->items[path->n_items - 1] : "pssession-host");
	return NULL;
}

/* What is installed may be newer than what this shell has loaded. */
static void check_version(struct pss_checks *checks, const char *program)
{
	const struct pss_shell *shell = checks->call->shell;
	const char *const argv[] = { program, "--version", NULL };
	struct pss_said said;

	int rc = pss_program_read(argv, shell->get_environment ? shell->get_environment() : environ,
				  pss_deadline(PSS_CHECK_MS), shell->interrupted, &said);
	if (rc < 0) {
		if (rc != -EINTR)
			PSS_FAIL_LINE(checks, "program", "%s --version: %s; install pssession again", program,
				      rc == -ETIMEDOUT ? "no answer" : strerror(-rc));
		return;
	}
	said.output[strcspn(said.output, "\n")] = '\0';
	said.errors[strcspn(said.errors, "\n")] = '\0';
	/* Behind it, in parentheses, what it uses. */
	size_t n = strlen(OWN_NAME);
	if (strncmp(said.output, OWN_NAME, n) == 0 && (!said.output[n] || said.output[n] == ' '))
		PSS_OK_LINE(checks, "program", "%s, %s", program, said.output);
	else if (!*said.output)
		PSS_FAIL_LINE(checks, "program", "%s does not run: %s; install pssession again", program,
			      *said.errors ? said.errors : "it says nothing");
	else
		PSS_WARN_LINE(checks, "program",
			      "%s is %s, and this shell has loaded %s; 'exec %s' starts a shell that matches", program,
			      said.output, PSSESSION_VERSION, shell->name);
	pss_said_finish(&said);
}

static void check_program(struct pss_checks *checks)
{
	struct pss_texts path = { 0 };

	if (pss_request_search_path("pssession-host", "host", &path) < 0)
		return;
	const char *program = find_program(checks, &path);
	if (program)
		check_version(checks, program);
	pss_texts_finish(&path);
}

static void say_host(struct pss_checks *checks, bool started, long long took_ms)
{
	const struct pss_connection *connection = &checks->connection;
	int pid = (int)pss_connection_host_pid(connection);
	const char *how = started ? "started now" : "running";

	if (strcmp(connection->program, OWN_NAME) == 0 && connection->version == PSS_PROTOCOL_VERSION)
		pss_report_put(&checks->report, PSS_VERDICT_OK, "host", took_ms * 1000, "%s, pid %d, protocol %u, %s",
			       connection->program, pid, (unsigned)connection->version, how);
	else
		PSS_WARN_LINE(checks, "host",
			      "%s runs (pid %d, protocol %u), and this shell has pssession %s; its sessions go on. "
			      "When they are removed (remove-pssession), 'kill %d' makes room for the new one",
			      *connection->program ? connection->program : "another version", pid,
			      (unsigned)connection->version, PSSESSION_VERSION, pid);
}

static void say_sessions(struct pss_checks *checks)
{
	struct pss_sessions sessions = { 0 };
	size_t n[PSS_STATE_CLOSED + 1] = { 0 };

	if (pss_request_list(checks->call, &checks->connection, &sessions) < 0)
		return;
	for (size_t i = 0; i < sessions.n_items; i++)
		n[sessions.items[i].state <= PSS_STATE_CLOSED ? sessions.items[i].state : 0]++;
	if (n[PSS_STATE_BROKEN] > 0)
		PSS_WARN_LINE(checks, "sessions",
			      "%zu kept, %zu of them Broken: 'get-pssession -Format list' tells why, remove-pssession "
			      "clears them away",
			      sessions.n_items, n[PSS_STATE_BROKEN]);
	else
		PSS_OK_LINE(checks, "sessions", "%zu kept", sessions.n_items);
	pss_sessions_finish(&sessions);
}

void pss_checks_host(struct pss_checks *checks)
{
	_cleanup_(pss_free_pointer) char *error = NULL;
	struct pss_runtime runtime;
	long long began = pss_now_ms();

	check_program(checks);
	bool has_place = pss_runtime_find(geteuid(), &runtime) == 0;
	if (has_place)
		PSS_OK_LINE(checks, "socket", "%s", runtime.socket);
	began = pss_now_ms();
	int rc = pss_request_reach(checks->call, false, NULL, &checks->connection, &error);
	bool start = rc == -ENOENT;
	if (start) {
		free(error);
		error = NULL;
		rc = pss_request_reach(checks->call, true, NULL, &checks->connection, &error);
	}
	if (rc < 0 && rc != -EINTR)
		PSS_FAIL_LINE(checks, has_place ? "host" : "socket", "%s", error ? error : strerror(-rc));
	if (rc < 0)
		return;
	say_host(checks, start, pss_now_ms() - began);
	say_sessions(checks);
}
