/* SPDX-License-Identifier: MIT */
/* This shell and its terminal, and the order of all that is checked on this computer. */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/checks/private.h"
#include "client/tty/ask.h"
#include "client/tty/size.h"

bool pss_checks_interrupted(const struct pss_checks *checks)
{
	const struct pss_call *call = checks->call;

	return call->status == pss_status_exit(PSS_INTERRUPTED) ||
	       (call->shell->interrupted && call->shell->interrupted());
}

static void check_shell(struct pss_checks *checks)
{
	const struct pss_shell *shell = checks->call->shell;
	bool is_zsh = strcmp(shell->name, "zsh") == 0;
	const char *version = shell->get_variable(is_zsh ? "ZSH_VERSION" : "BASH_VERSION");

	PSS_OK_LINE(checks, "shell", "%s %s, %s %s", shell->name, version ? version : "of unknown version",
		    is_zsh ? "module" : "loadable", PSSESSION_VERSION);
}

/* Ours alone: of other variables what they hold is nobody's business. */
static void check_settings(struct pss_checks *checks)
{
	static const char *const names[] = { "PSSESSION_HOST", "PSSESSION_RUNTIME_DIR", "PSSESSION_PROMPT" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			PSS_OK_LINE(checks, "settings", "%s=%s", names[i], value);
	}
}

static void check_terminal(struct pss_checks *checks)
{
	const char *term = getenv("TERM"), *codeset = nl_langinfo(CODESET);
	unsigned columns, rows;

	if (!pss_can_ask()) {
		PSS_OK_LINE(checks, "terminal",
			    "none: nobody can be asked for a password or a host key here (SSH_ASKPASS can)");
		return;
	}
	pss_terminal_size(&columns, &rows);
	if (!term || !*term || strcmp(term, "dumb") == 0)
		PSS_WARN_LINE(checks, "terminal",
			      "TERM is %s: prompts are edited plainly, and full-screen programs will not work there; "
			      "export TERM as your terminal is called (xterm-256color)",
			      term && *term ? term : "not set");
	else if (strcmp(codeset, "UTF-8") != 0)
		PSS_WARN_LINE(checks, "terminal",
			      "the character set of the locale is %s: what is not ASCII shows as '?'; export "
			      "LANG=C.UTF-8, or another of 'locale -a'",
			      codeset);
	else
		PSS_OK_LINE(checks, "terminal", "%s, %u columns, %u lines, %s", term, columns, rows, codeset);
}

void pss_checks_here(struct pss_checks *checks)
{
	static void (*const parts[])(struct pss_checks * checks) = {
		check_shell,    check_settings,   pss_checks_host,        check_terminal,
		pss_checks_ssh, pss_checks_agent, pss_checks_known_hosts,
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts && !pss_checks_interrupted(checks); i++)
		parts[i](checks);
}

void pss_checks_finish(struct pss_checks *checks)
{
	pss_connection_close(&checks->connection);
	free(checks->configuration);
	pss_session_finish(&checks->session);
}
