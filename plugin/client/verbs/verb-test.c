/* SPDX-License-Identifier: MIT */
/* test-pssession: what is wrong, here, on the way to a computer, or there. The checks are in client/checks; nothing is
 * changed by them, but that a host process is started where none runs, and a session opened and closed. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/checks/checks.h"
#include "client/sessions/print-sessions.h"

enum { COMPUTER_NAME, FORMAT };
enum format { TABLE, JSON };

static const char *const formats[] = { "table", "json", NULL };

static const struct pss_parameter rows[] = {
	[COMPUTER_NAME] = { "ComputerName", "HostName Cn", PSS_KIND_TEXT, "HOST", .wants = "the name of a computer",
			    .position = 1, .help = "[user@]host[:port]; without it this computer alone is tested" },
	[FORMAT] = { "Format", NULL, PSS_KIND_CHOICE, "FORMAT", .choices = formats, .help = "how to print" },
};

/* What passwd names, as for ssh. */
static char *find_home(void)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char strings[4096];

	if (getpwuid_r(geteuid(), &entry, strings, sizeof strings, &found) == 0 && found)
		home = found->pw_dir;
	return strdup(home ? home : "");
}

/* What says how to reach a computer wants one; which file of ssh_config is read matters here, too. */
static bool check_link(struct pss_call *call)
{
	for (int i = 0; i < PSS_LINK_COUNT; i++)
		if (call->link[i].given && i != PSS_LINK_CONFIG_FILE && i != PSS_LINK_OPTIONS) {
			pss_call_usage(call, "-%s goes with -ComputerName", pss_link_rows[i].name);
			return false;
		}
	return true;
}

static bool read_target(struct pss_call *call, struct pss_target *ret_target)
{
	char *error = NULL;

	if (!call->own[COMPUTER_NAME].given)
		return check_link(call);
	if (pss_target_parse(call->own[COMPUTER_NAME].text, ret_target, &error) == 0)
		return true;
	pss_call_usage(call, "%s", error ? error : "not enough memory");
	free(error);
	return false;
}

static void run_checks(struct pss_checks *checks)
{
	pss_report_begin(&checks->report);
	pss_checks_here(checks);
	if (checks->target.host && !pss_checks_interrupted(checks))
		pss_checks_connection(checks);
	if (checks->target.host && !pss_checks_interrupted(checks))
		pss_checks_tools(checks);
	pss_report_end(&checks->report, pss_checks_interrupted(checks));
}

static void run(struct pss_call *call)
{
	struct pss_checks checks = { .call = call, .connection.fd = -1 };
	char *home = find_home();

	if (home && read_target(call, &checks.target)) {
		checks.report = (struct pss_report){ .call = call,
						     .as_json = call->own[FORMAT].number == JSON,
						     .width = pss_output_width(),
						     .host = checks.target.host,
						     .home = home };
		run_checks(&checks);
		if (checks.report.n_lines[PSS_VERDICT_FAIL] > 0)
			pss_call_take_status(call, pss_status_exit(PSS_FAILED));
		if (pss_checks_interrupted(&checks))
			pss_call_take_status(call, pss_status_exit(PSS_INTERRUPTED));
	}
	pss_checks_finish(&checks);
	pss_target_finish(&checks.target);
	free(home);
}

const struct pss_verb pss_verb_test = {
	.name = "test-pssession",
	.summary = "Say what is wrong here, on the way to a computer or there, and how to mend it",
	.details =
		"A line for each thing that was looked at: ok, warn (good to know) or fail. Its status is 0 where "
		"nothing "
		"fails, else 1. The output belongs in a report of a bug: home directories and names of users are left "
		"out of it. A host process is started where none runs; a session is opened and closed.\n",
	.rows = rows,
	.n_rows = sizeof rows / sizeof *rows,
	.uses = PSS_USES_LINK,
	.run = run,
};
