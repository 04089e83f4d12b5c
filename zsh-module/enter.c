/* SPDX-License-Identifier: MIT */
/* Where an entered session runs in zsh: in place, as `vared` does, because zsh has no way to make a job of a
 * builtin. So what zsh keeps in variables is saved here and put back, whatever happened in between; what
 * belongs to the editor is editor.c's. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor-signals.h"

static bool inside;

bool pss_zsh_is_entered(void)
{
	return inside;
}

const char *pss_zsh_why_not_enter(void)
{
	if (!interact)
		return "needs an interactive shell; in scripts use invoke-command";
	if (subsh || zsh_subshell || getpid() != mypid)
		return "cannot run in a pipeline, a subshell or the background; use invoke-command";
	if (inside || zleactive)
		return "cannot run inside a widget or another entered session; use invoke-command";
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || SHTTY == -1)
		return "its input and output must be the terminal; use invoke-command";
	if (tcgetpgrp(SHTTY) != getpgrp())
		return "needs the terminal's foreground; use invoke-command";
	if (unset(USEZLE))
		return "needs the line editor (setopt zle); else use invoke-command";
	return NULL;
}

int pss_zsh_run_entered(const char *label, int (*loop)(void *argument), void *argument)
{
	zlong old_lastval = lastval;
	int old_retflag = retflag, old_errflag = errflag, old_breaks = breaks;
	sigset_t old_mask;
	int status;

	/* Jobs of the shell's own are its affair when the session is left. */
	sigprocmask(SIG_BLOCK, &sigchld_mask, &old_mask);
	pss_zsh_editor_signals_note();
	inside = true;
	pushheap();
	status = loop(argument);
	popheap();
	inside = false;
	lastval = old_lastval;
	retflag = old_retflag;
	errflag = old_errflag;
	breaks = old_breaks;
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	return status;
}
