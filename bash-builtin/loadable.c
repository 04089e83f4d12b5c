/* SPDX-License-Identifier: MIT */
/* Running a verb as a bash builtin: words in, exit status out, errors in bash's own style; and the table of what the
 * client needs of bash. Called by the builtins of names.c, also in subshells, pipelines and background jobs. It must
 * leave nothing behind in the shell. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "builtins.h"
#include "shell.h"
#include "execute_cmd.h"
#include "quit.h"
#include "builtins/common.h"

#include "bash-builtin/adapter.h"
#include "bash-builtin/bash.h"

/* In the name that was typed, unless it is another command's: enter-pssession is what bash runs while commands that
 * lead on from a session do. */
static void say_error(const char *command, const char *message)
{
	char *typed = this_command_name;

	fflush(stdout);
	if (!typed || strcasecmp(typed, command) != 0)
		this_command_name = (char *)command;
	builtin_error("%s", message);
	this_command_name = typed;
}

/* A trap on SIGINT takes the place of bash's flag; a shell that is being ended wants to get on as well. */
static bool interrupted(void)
{
	return interrupt_state || terminating_signal || pending_traps[SIGINT] > 0;
}

/* A subshell forgets the traps, but not which signals had one: so the handler says it. */
static bool has_trap(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == trap_handler;
}

const struct pss_shell pss_bash_shell = {
	.name = "bash",
	.error = say_error,
	.get_variable = pss_bash_get_variable,
	.get_items = pss_bash_get_items,
	.get_environment = pss_bash_get_environment,
	.check_array = pss_bash_check_array,
	.set_array = pss_bash_set_array,
	.interrupted = interrupted,
	.has_trap = has_trap,
	.signal_pending = pss_bash_signal_pending,
	.why_not_enter = pss_bash_why_not_enter,
	.run_entered = pss_bash_run_entered,
	.editor_begin = pss_bash_editor_begin,
	.editor_end = pss_bash_editor_end,
	.read_line = pss_bash_read_line,
	.expand_history = pss_bash_expand_history,
	.add_history = pss_bash_add_history,
	.print_above = pss_bash_print_above,
	.set_prompt = pss_bash_set_prompt,
};

int pss_bash_run(const struct pss_verb *verb, WORD_LIST *list)
{
	size_t n = 0;

	for (const WORD_LIST *word = list; word; word = word->next)
		n++;
	const char **arguments = calloc(n + 1, sizeof *arguments);
	if (!arguments) {
		builtin_error("not enough memory");
		return EXECUTION_FAILURE;
	}
	n = 0;
	for (const WORD_LIST *word = list; word; word = word->next)
		arguments[n++] = word->word->word;
	int status = pss_verb_run(verb, &pss_bash_shell, arguments);
	free(arguments);
	/* bash goes on from an interrupt with the status of the command before, where that was 128 or more. */
	if (interrupt_state)
		last_command_exit_value = status;
	/* What has failed before is said by its own status. */
	int written = sh_chkwrite(EXECUTION_SUCCESS);
	return status != EXECUTION_SUCCESS ? status : written;
}
