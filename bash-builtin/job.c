/* SPDX-License-Identifier: MIT */
/* Where an entered session runs in bash: in a forked child that is a job of the shell, made with the shell's
 * own make_child(). Whatever happens in there, the shell's variables, traps, history and editor stay as
 * they are, Ctrl-Z gives a stopped job, and a crash costs a status of 139. Nothing in the parent is changed. */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "bashtypes.h"
#include "shell.h"
#include "bashjmp.h"

#include "bash-builtin/adapter.h"

/* jobs.h, sig.h, trap.h and others of bash 5.1 to 5.3, which not all systems install. */
extern pid_t make_child(char *command, int flags);
extern int stop_pipeline(int async, COMMAND *deferred);
extern int wait_for(pid_t pid, int flags);
extern void stop_making_children(void);
extern void delete_all_jobs(int running_only);
extern void reset_terminating_signals(void);
extern void clear_pending_traps(void);
extern void restore_original_signals(void);
extern void clear_unwind_protect_list(int flags);
extern pid_t shell_pgrp, pipeline_pgrp;
extern volatile int last_command_exit_value;
extern int job_control, running_trap, return_catch_flag, loop_level, sourcelevel, parse_and_execute_level;

const char *pss_bash_why_not_enter(void)
{
	if (!interactive_shell)
		return "needs an interactive shell; in scripts use invoke-command";
	if (subshell_environment != 0)
		return "cannot run in a pipeline, a subshell or the background; use invoke-command";
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "its input and output must be the terminal; use invoke-command";
	if (tcgetpgrp(STDIN_FILENO) != getpgrp())
		return "needs the terminal's foreground; use invoke-command";
	return NULL;
}

/* The child has left every loop, function, trap and source of the parent: nothing in it may jump there. In a sourced
 * file, a trap or PROMPT_COMMAND bash is not interactive, and set_sigint_handler() would take a handler that ends the
 * shell. */
static void forget_callers(void)
{
	clear_unwind_protect_list(0);
	interactive = interactive_shell;
	return_catch_flag = loop_level = sourcelevel = running_trap = parse_and_execute_level = 0;
}

/* Jobs started from here (`bind -x`) are this process's: a group of their own, and back to ours. */
static void become_shell_of_own_jobs(void)
{
	stop_making_children();
	delete_all_jobs(0);
	pipeline_pgrp = 0;
	shell_pgrp = getpgrp();
	subshell_environment = 0;
}

static void take_default_signals(void)
{
	reset_terminating_signals();
	clear_pending_traps();
	restore_original_signals();
	set_sigint_handler();     /* the verb asks for bash's flag while it connects */
	signal(SIGTERM, SIG_DFL); /* an interactive bash ignores it */
	if (!job_control)
		signal(SIGTSTP, SIG_IGN); /* no shell could continue us */
}

/* Interrupted while it connected. The shell ends the loop or list that it runs where a job has died of that, as `ssh`
 * does (jobs.c, wait_for()). */
static void die_of_interrupt(void)
{
	signal(SIGINT, SIG_DFL);
	raise(SIGINT);
}

__attribute__((noreturn)) static void run_child(int (*loop)(void *argument), void *argument)
{
	int status;

	forget_callers();
	become_shell_of_own_jobs();
	take_default_signals();
	if (setjmp_nosigs(top_level) == 0)
		status = loop(argument);
	else
		status = last_command_exit_value; /* the shell's code gave up: nothing above us may go on */
	fflush(stdout);
	if (interrupt_state)
		die_of_interrupt();
	_exit(status & 0xff);
}

int pss_bash_run_entered(const char *label, int (*loop)(void *argument), void *argument)
{
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = make_child(savestring(label), 0);
	if (pid == 0)
		run_child(loop, argument);
	stop_pipeline(0, NULL);
	return wait_for(pid, 0);
}
