/* SPDX-License-Identifier: MIT */
/* A temporary session, opened as enter-pssession opens one, whose steps the host process reports with their times
 * (wire/PROTOCOL.md, NOTEs of kind STEP), and whose stream is read up to the first prompt and thrown away. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/poll.h"
#include "client/checks/private.h"
#include "wire/cleanup.h"
#include "wire/deadlines.h"

/* In their order, as the host process names them; how the line calls them, and what helps where one fails. */
static const struct step {
	const char *name, *check, *help;
} steps[] = {
	{ "ssh_config", "ssh_config", "'ssh -G' with the name of the computer tells more" },
	{ "name", "name", "is it spelled right? HostName of ssh_config gives another; 'getent hosts' looks it up" },
	{ "tcp", "connect",
	  "is the computer up, does sshd listen there, is it that port (-Port, ssh_config), does a firewall drop it?" },
	{ "exchange", "key exchange", "what answers may be no SSH server; -Transport ssh tells what ssh says" },
	{ "host_key", "host key", "ssh judges in the same way" },
	{ "login", "login",
	  "'ssh-add -l' lists the agent's keys, -KeyFilePath names another, -UserName another user; a password "
	  "wants a terminal" },
};
enum { CONFIG, NAME, CONNECT, EXCHANGE, HOST_KEY, LOGIN, N_STEPS };
_Static_assert(sizeof steps / sizeof *steps == N_STEPS, "one for each");

struct opening {
	struct pss_checks *checks;
	size_t n_done; /* steps */
	bool failed;
};

static const struct step *find_step(const char *name, size_t n)
{
	for (size_t i = 0; i < N_STEPS; i++)
		if (strlen(steps[i].name) == n && memcmp(steps[i].name, name, n) == 0)
			return &steps[i];
	return NULL;
}

/* "NAME MICROSECONDS TEXT" */
static void on_step(struct opening *opening, const char *note)
{
	size_t n = strcspn(note, " ");
	char *text;
	long long microseconds = strtoll(note + n, &text, 10);
	const struct step *step = find_step(note, n);

	text += *text == ' ';
	if (step) {
		opening->n_done = (size_t)(step - steps) + 1;
		pss_report_put(&opening->checks->report, PSS_VERDICT_OK, step->check, microseconds, "%s", text);
	} else if (n == strlen("ignored") && memcmp(note, "ignored", n) == 0) {
		pss_checks_ignored(opening->checks, text);
	}
}

/* A banner and the message of the day are for who works there. */
static bool on_note(struct pss_call *call, enum pss_note_kind kind, const char *text, void *user)
{
	struct opening *opening = user;

	(void)call;
	if (kind == PSS_NOTE_STEP)
		on_step(opening, text);
	else if (kind == PSS_NOTE_WARNING)
		PSS_WARN_LINE(opening->checks, "connection", "%s", text);
	return kind != PSS_NOTE_VERBOSE && kind != PSS_NOTE_DEBUG;
}

/* The one that was under way; of an older host process, which reports none, what the outcome says. */
static size_t failed_step(const struct opening *opening, enum pss_status status)
{
	const struct pss_value *transport = &opening->checks->call->link[PSS_LINK_TRANSPORT];
	bool by_program =
		transport->given && strcmp(pss_link_rows[PSS_LINK_TRANSPORT].choices[transport->number], "ssh") == 0;

	switch (status) {
	case PSS_HOST_KEY:
		return HOST_KEY;
	case PSS_AUTH:
		return LOGIN;
	case PSS_USAGE:
	case PSS_SSH_ENDS:
	case PSS_UNSUPPORTED:
		return opening->n_done > CONFIG ? opening->n_done : CONFIG;
	default:
		/* The ssh program does not say how far it has come. */
		return by_program && opening->n_done == NAME ? CONNECT : opening->n_done;
	}
}

static void on_failed(struct pss_call *call, struct pss_open *open, enum pss_status status, const char *message,
		      void *user)
{
	struct opening *opening = user;
	size_t step = failed_step(opening, status);

	(void)call;
	(void)open;
	opening->failed = true;
	if (step < N_STEPS)
		PSS_FAIL_LINE(opening->checks, steps[step].check, "%s; %s", message, steps[step].help);
	else
		PSS_FAIL_LINE(opening->checks, "session", "%s", message);
}

static void on_opened(struct pss_call *call, struct pss_open *open, struct pss_fields fields, void *user)
{
	struct pss_checks *checks = ((struct opening *)user)->checks;

	(void)call;
	checks->attached = open->id;
	checks->is_open = pss_session_read(fields, &checks->session) == 0;
}

/* -- its stream */

enum stream { GOES_ON, AT_PROMPT, ENDED };

static enum stream on_left(struct pss_checks *checks, struct pss_fields fields)
{
	const char *message = pss_fields_text(fields, PSS_TAG_MESSAGE);

	if (pss_fields_number(fields, PSS_TAG_LEFT_REASON, 0) == PSS_LEFT_EXIT)
		PSS_FAIL_LINE(checks, "prompt",
			      "the remote shell has ended with status %d before its first prompt; look at its start-up "
			      "files, and at the user's shell and ForceCommand there",
			      (int)pss_fields_number(fields, PSS_TAG_EXIT_STATUS, 255));
	else
		PSS_FAIL_LINE(checks, "prompt", "%s", message && *message ? message : "the session has ended");
	return ENDED;
}

static enum stream on_frame(struct pss_checks *checks, const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	const char *text;

	if (frame->header.id != checks->attached)
		return GOES_ON;
	switch (frame->header.type) {
	case PSS_PROMPT:
		return AT_PROMPT;
	case PSS_LEFT:
		return on_left(checks, fields);
	case PSS_NOTE:
		text = pss_fields_text(fields, PSS_TAG_MESSAGE);
		if (text && pss_fields_number(fields, PSS_TAG_NOTE_KIND, 0) == PSS_NOTE_WARNING)
			PSS_WARN_LINE(checks, "session", "%s", text);
		return GOES_ON;
	default:
		return GOES_ON;
	}
}

static void say_no_prompt(struct pss_checks *checks, int rc)
{
	if (rc == -ETIMEDOUT)
		PSS_FAIL_LINE(
			checks, "prompt",
			"no prompt within %d s: start-up files there wait for something, or what runs there is no "
			"shell (ForceCommand); 'ssh -t' shows it",
			PSS_OPENING_MS / 1000);
	else if (rc != -EINTR)
		PSS_FAIL_LINE(checks, "host", "its connection has ended: %s; another call starts it again",
			      strerror(-rc));
}

/* The deadline is for all of it: start-up files that print for ever do not put it off. */
static void await_prompt(struct pss_checks *checks)
{
	long long began = pss_now_ms(), deadline = began + pss_deadline(PSS_OPENING_MS);
	enum stream stream = GOES_ON;
	struct pss_frame frame;

	while (stream == GOES_ON) {
		long long left = deadline - pss_now_ms();
		int rc = left <= 0 ? -ETIMEDOUT
				   : pss_connection_wait(&checks->connection, (int)left,
							 checks->call->shell->interrupted, &frame);
		if (rc < 0) {
			say_no_prompt(checks, rc);
			checks->is_open = false;
			return;
		}
		stream = on_frame(checks, &frame);
		pss_connection_done(&checks->connection, &frame);
	}
	checks->is_open = stream == AT_PROMPT;
	if (stream == AT_PROMPT)
		pss_report_put(&checks->report, PSS_VERDICT_OK, "prompt", (pss_now_ms() - began) * 1000,
			       "the remote shell is at its first prompt");
}

void pss_checks_connection(struct pss_checks *checks)
{
	struct opening opening = { .checks = checks };
	const struct pss_open_events events = {
		.on_opened = on_opened, .on_note = on_note, .on_failed = on_failed, .user = &opening
	};
	struct pss_open open = { .target = checks->target };

	if (checks->connection.fd < 0)
		return;
	int rc = pss_request_open(checks->call, &checks->connection, &open, 1, 1, PSS_OPEN_ENTERED, NULL, &events);
	free(open.parting);
	if (rc < 0 && rc != -EINTR)
		PSS_FAIL_LINE(checks, "host", "its connection has ended: %s; another call starts it again",
			      strerror(-rc));
	if (checks->is_open)
		await_prompt(checks);
}
