/* SPDX-License-Identifier: MIT */
/* zsh's line editor for an entered session: ZLE with the user's keymaps and widgets, our prompt and the host's
 * history, one zleread() a line as `vared` does it. All of it happens in the user's own shell: what is changed
 * here is put back here, also when the shell ends in the middle of it. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor-signals.h"
#include "zsh-module/editor.h"
#include "wire/cleanup.h"

#define WAKE_WIDGET "_pssession-wake"
#define ABORTED "ZLE_VARED_ABORTED" /* where zleread() leaves a line that was not ended */

static struct {
	pid_t owner;
	char *prompt, *right; /* of the line; zsh looks at them again when it expands prompts again */
	Widget wake;
	/* of the shell, to be put back */
	LinkList bufstack;
	char **psvar;
	char *aborted; /* or NULL: it was not set */
} editor;

/* The connection has something to say. Called by zleread() between two keys. */
static int on_wake(char **arguments)
{
	const struct pss_read_request *request = pss_zsh_editor_request();

	if (!request || pss_zsh_editor_has_given_up())
		return 0;
	pss_zsh_editor_take_unread();
	if (request->on_wake(request->user))
		pss_zsh_editor_give_up();
	else
		pss_zsh_editor_give_typed();
	return 0;
}

/* The shell ends while it reads, because its terminal has ended: that does not return. */
static int on_shell_exit(Hookdef hook, void *data)
{
	const struct pss_read_request *request = pss_zsh_editor_request();
	int length, cursor;
	char *line;

	if (!request || getpid() != editor.owner)
		return 0;
	pss_zsh_editor_set_request(NULL);
	pss_zsh_editor_history_is_gone();
	line = zleentry(ZLE_CMD_GET_LINE, &length, &cursor);
	char *typed = line ? pss_zsh_plain(line) : NULL;
	if (request->on_exit)
		request->on_exit(request->user, typed);
	free(typed);
	zsfree(line);
	return 0;
}

static char *copy_of(const char *parameter)
{
	char *value = getsparam((char *)parameter);

	return value ? ztrdup(value) : NULL;
}

int pss_zsh_editor_begin(char *const *history, size_t n_history)
{
	char name[] = WAKE_WIDGET;
	int error;

	if (!pss_zle_load())
		return -ENOSYS;
	error = pss_zsh_editor_signals_begin();
	if (error < 0)
		return error;
	editor.owner = getpid();
	editor.wake =
		pss_zle.addzlefunction(name, on_wake, ZLE_KEEPSUFFIX | ZLE_MENUCMP | ZLE_LASTCOL | ZLE_NOTCOMMAND);
	editor.bufstack = bufstack;
	bufstack = znewlinklist();
	editor.psvar = psvar;
	psvar = NULL;
	editor.aborted = copy_of(ABORTED);
	pss_zsh_editor_history_push(history, n_history);
	pss_zsh_editor_disarm_widgets();
	pss_zsh_editor_secure_ends();
	pss_zsh_editor_raise_fence();
	pss_zsh_editor_hook_completion();
	addhookfunc((char *)"exit", on_shell_exit);
	return 0;
}

static void restore_aborted(void)
{
	if (editor.aborted)
		setsparam((char *)ABORTED, editor.aborted);
	else
		unsetparam((char *)ABORTED);
	editor.aborted = NULL;
}

void pss_zsh_editor_end(void)
{
	deletehookfunc((char *)"exit", on_shell_exit);
	pss_zsh_editor_unhook_completion();
	pss_zsh_editor_lower_fence();
	pss_zsh_editor_release_ends();
	pss_zsh_editor_put_all_back();
	pss_zsh_editor_history_pop();
	restore_aborted();
	if (psvar)
		freearray(psvar);
	psvar = editor.psvar;
	freelinklist(bufstack, freestr);
	bufstack = editor.bufstack;
	pss_zle.deletezlefunction(editor.wake);
	pss_zsh_editor_signals_end();
}

static void watch(int fd, bool on)
{
	char number[16];

	snprintf(number, sizeof number, "%d", fd);
	pss_zle_builtin(on ? "Fw" : "F", number, on ? WAKE_WIDGET : NULL);
}

/* `exit` in a widget ends the session, not the shell. */
static bool takes_exit(void)
{
	bool exits = exit_pending != 0;

	exit_pending = exit_level = 0;
	return exits;
}

static char *unfinished_line(void)
{
	char *value = getsparam((char *)ABORTED);

	return value && *value ? pss_zsh_plain(value) : NULL;
}

static enum pss_read outcome_of(char *metafied, char **ret_line)
{
	bool interrupted = errflag != 0, given_up = pss_zsh_editor_has_given_up(), exits = takes_exit();
	size_t n;

	if (given_up) {
		errflag = 0;
		*ret_line = metafied ? pss_zsh_plain(metafied) : unfinished_line();
		return PSS_READ_LEAVE;
	}
	if (!metafied)
		return interrupted && !exits ? PSS_READ_INTERRUPT : PSS_READ_EOF;
	*ret_line = pss_zsh_editor_take_accepted();
	if (*ret_line)
		return PSS_READ_LINE;
	*ret_line = pss_zsh_plain(metafied);
	n = *ret_line ? strlen(*ret_line) : 0;
	if (n > 0 && (*ret_line)[n - 1] == '\n')
		(*ret_line)[n - 1] = '\0';
	return *ret_line ? PSS_READ_LINE : PSS_READ_EOF;
}

static void make_prompts(const struct pss_read_request *request)
{
	zsfree(editor.prompt);
	zsfree(editor.right);
	pss_zsh_editor_make_prompts(request, &editor.prompt, &editor.right);
}

/* The part in which zsh is in charge. */
static char *read_in_zle(void)
{
	int queued = queue_signal_level(), old_isfirstln = isfirstln;
	char *line;

	pss_zsh_editor_signals_of_shell();
	pss_zsh_editor_history_begin_line();
	free(pss_zsh_editor_take_accepted());
	pss_zsh_editor_secure_ends();
	watch(pss_zsh_editor_request()->wake_fd, true);
	isfirstln = 1; /* Ctrl-D on an empty line is the end at a second prompt, too */
	dont_queue_signals();
	line = zleentry(ZLE_CMD_READ, &editor.prompt, &editor.right, ZLRF_HISTORY, ZLCON_VARED);
	restore_queue_signals(queued);
	isfirstln = old_isfirstln;
	return line;
}

enum pss_read pss_zsh_read_line(const struct pss_read_request *request, char **ret_line)
{
	char *line;
	int old_breaks = breaks, old_retflag = retflag, old_percent = opts[PROMPTPERCENT];
	zlong old_lastval = lastval;
	enum pss_read outcome;

	make_prompts(request);
	if (!request->continuation)
		pss_zsh_editor_first_line();
	if (request->insert && *request->insert)
		zpushnode(bufstack, pss_zsh_metafied(request->insert, strlen(request->insert)));
	unsetparam((char *)ABORTED);
	pss_zsh_editor_set_request(request);
	opts[PROMPTPERCENT] = 1;
	pss_zsh_editor_give_typed();
	line = read_in_zle();
	if (!pss_zsh_editor_has_given_up())
		pss_zsh_editor_take_unread();
	*pss_zle.kungetct = 0;
	opts[PROMPTPERCENT] = (char)old_percent;
	pss_zsh_editor_set_request(NULL);
	pss_zsh_editor_forget_completion();
	watch(request->wake_fd, false);
	outcome = outcome_of(line, ret_line);
	errflag = 0;
	pss_zsh_editor_history_end_line();
	pss_zsh_editor_signals_of_loop();
	errflag = 0;
	breaks = old_breaks;
	retflag = old_retflag;
	lastval = old_lastval;
	zsfree(line);
	return outcome;
}

/* Takes the line and its prompt from the screen. The editor draws both when it goes on. */
static void clear_line(void)
{
	if (!zleactive || *pss_zle.trashedzle)
		return;
	pss_zle.redisplay((char **)pss_zle.zlenoargs);
	if (tccan(TCCLEAREOD))
		tputs(tcstr[TCCLEAREOD], 1, putshout);
	*pss_zle.trashedzle = 1;
}

void pss_zsh_print_above(const char *text, size_t n)
{
	clear_line();
	fwrite(text, 1, n, shout);
	fflush(shout);
}

void pss_zsh_set_prompt(const char *text, const char *right)
{
	struct pss_read_request changed = *pss_zsh_editor_request();

	changed.prompt = text;
	changed.right = right;
	clear_line();
	make_prompts(&changed);
	pss_zle.reexpandprompt();
}
