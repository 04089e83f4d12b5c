/* SPDX-License-Identifier: MIT */
/* Running a verb as a zsh builtin: words in, exit status out, errors in zsh's own style; and the table of what
 * the client needs of zsh. Called by the builtins of module.c, also in subshells and pipelines. For as long as
 * a verb runs zsh holds its signals back (a trap would run in the middle of our malloc()), so that Ctrl-C, and what
 * ends the shell, is also taken note of here. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zsh-module/zsh.h"

#include "client/base/poll.h"
#include "zsh-module/adapter.h"

static struct {
	int number;
	volatile sig_atomic_t seen;
	struct sigaction before; /* zsh's own way with it, while ours is in front of that */
} watched[] = { { .number = SIGINT }, { .number = SIGHUP }, { .number = SIGTERM } };
#define N_WATCHED (sizeof watched / sizeof *watched)

/* The stub of plugin/functions that a shell's first command comes by, or NULL. */
static const struct funcstack *find_stub(void)
{
	return funcstack && strcmp(funcstack->name, "_pssession_call") == 0 ? funcstack->prev : NULL;
}

/* zwarn() begins with the function and the line that it is called in. */
static void warn_as_caller_of(const struct funcstack *stub, const char *command, const char *text)
{
	char *script = scriptname;
	zlong line = lineno;

	scriptname = stub->caller;
	lineno = stub->lineno;
	locallevel -= 2;
	zwarn("%s: %s", command, text);
	locallevel += 2;
	lineno = line;
	scriptname = script;
}

void pss_zsh_error(const char *command, const char *message)
{
	char *text = pss_zsh_metafied(message, strlen(message));
	const struct funcstack *stub = find_stub();
	int before = errflag;

	fflush(stdout);
	errflag = 0; /* zwarn() says nothing after Ctrl-C */
	if (stub)
		warn_as_caller_of(stub, command, text);
	else
		zwarn("%s: %s", command, text);
	fflush(stderr);
	errflag = before | (errflag & ERRFLAG_INT);
	zsfree(text);
}

static bool has_trap(int signal)
{
	return (sigtrapped[signal] & ZSIG_TRAPPED) != 0;
}

/* A shell that is being ended wants to get on as well. */
bool pss_zsh_interrupted(void)
{
	bool seen = errflag & ERRFLAG_INT;

	for (size_t i = 0; i < N_WATCHED; i++)
		seen = seen || (watched[i].seen && (watched[i].number == SIGINT || !has_trap(watched[i].number)));
	return seen;
}

static void on_signal(int number)
{
	for (size_t i = 0; i < N_WATCHED; i++) {
		if (watched[i].number != number)
			continue;
		watched[i].seen = 1;
		watched[i].before.sa_handler(number); /* queued: it comes when the verb is done */
	}
}

static void watch_signals(void)
{
	for (size_t i = 0; i < N_WATCHED; i++) {
		struct sigaction ours = { .sa_handler = on_signal };
		watched[i].seen = 0;
		sigaction(watched[i].number, NULL, &watched[i].before);
		ours.sa_mask = watched[i].before.sa_mask;
		if (watched[i].before.sa_handler != SIG_DFL && watched[i].before.sa_handler != SIG_IGN)
			sigaction(watched[i].number, &ours, NULL);
	}
}

/* Unless another handler has been put there meanwhile. */
static void unwatch_signals(void)
{
	for (size_t i = 0; i < N_WATCHED; i++) {
		struct sigaction now;
		sigaction(watched[i].number, NULL, &now);
		if (now.sa_handler == on_signal)
			sigaction(watched[i].number, &watched[i].before, NULL);
	}
}

/* In `x | VERB` the terminal is that of the process group of x, which has ended before VERB has: Ctrl-C would reach
 * no process. zsh takes the terminal back when it has seen the end of x (update_job() in jobs.c), so it is made to
 * look. Not with a trap on SIGCHLD, which would run here and may call a verb. */
static bool takes_terminal_back(void)
{
	if (unset(MONITOR) || subsh || getpid() != mypid || SHTTY == -1 || has_trap(SIGCHLD) || gettygrp() == mypgrp)
		return false;
	wait_for_processes();
	return gettygrp() != mypgrp;
}

static char **plain_words(char **words)
{
	size_t n = 0;

	while (words[n])
		n++;
	char **plain = calloc(n + 1, sizeof *plain);
	for (size_t i = 0; plain && i < n; i++) {
		plain[i] = pss_zsh_plain(words[i]);
		if (!plain[i])
			break;
	}
	return plain;
}

/* Behind a redirection of the command's own zsh does not look. */
static int end_output(const struct pss_verb *verb, int status)
{
	char message[128] = "write error";
	bool failed = ferror(stdout);

	if (fflush(stdout) == EOF)
		snprintf(message, sizeof message, "write error: %s", strerror(errno));
	else if (!failed)
		return status;
	clearerr(stdout);
	pss_zsh_error(verb->name, message);
	return status ? status : 1;
}

int pss_zsh_run(const struct pss_verb *verb, char **words)
{
	static int depth; /* a widget of an entered session may run a verb */
	int status;

	queue_signals();
	char **plain = plain_words(words);
	if (depth++ == 0)
		watch_signals();
	pss_wait_for_children(takes_terminal_back);
	status = plain ? pss_verb_run(verb, &pss_zsh_shell, (const char *const *)plain) : 1;
	status = end_output(verb, status);
	if (--depth == 0)
		unwatch_signals();
	for (size_t i = 0; plain && plain[i]; i++)
		free(plain[i]);
	free(plain);
	unqueue_signals();
	return status;
}

const struct pss_shell pss_zsh_shell = {
	.name = "zsh",
	.error = pss_zsh_error,
	.get_variable = pss_zsh_get_variable,
	.get_items = pss_zsh_get_items,
	.check_array = pss_zsh_check_array,
	.set_array = pss_zsh_set_array,
	.interrupted = pss_zsh_interrupted,
	.has_trap = has_trap,
	.why_not_enter = pss_zsh_why_not_enter,
	.run_entered = pss_zsh_run_entered,
	.editor_begin = pss_zsh_editor_begin,
	.editor_end = pss_zsh_editor_end,
	.read_line = pss_zsh_read_line,
	.expand_history = pss_zsh_expand_history,
	.add_history = pss_zsh_add_history,
	.print_above = pss_zsh_print_above,
	.set_prompt = pss_zsh_set_prompt,
};
