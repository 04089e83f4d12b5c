/* SPDX-License-Identifier: MIT */
/* The history that is shown while entered: the host's, in the place of the shell's own list. This is the
 * entered child's copy of it, so the shell's list and its HISTFILE are never touched. HISTCONTROL and
 * HISTIGNORE are bash's own work. */
#include <stdlib.h>
#include <string.h>

#include "bash-builtin/adapter.h"
#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"

static int was_on = -1; /* `set -o history` of the shell; -1: not looked at yet */
static char open_quote; /* at the end of the line before: ' or ", or 0 */

void pss_bash_editor_load_history(char *const *history, unsigned long n_history)
{
	/* The other one is off in a command of `bind -x`, too; and behind a hop both are as we have left them. */
	was_on = was_on < 0 ? enable_history_list : was_on;
	enable_history_list = remember_on_history = history_lines_this_session = 0;
	history_expansion_inhibited = 0; /* as it is there */
	clear_history();
	for (unsigned long i = 0; i < n_history; i++)
		add_history(history[i]);
	using_history();
}

void pss_bash_editor_first_line(void)
{
	open_quote = 0;
}

/* `!` means nothing in a quoted string that began on a line before. */
static void note_quotes(const char *line)
{
	for (; *line; line++) {
		if (*line == '\\' && open_quote != '\'' && line[1])
			line++;
		else if (open_quote && *line == open_quote)
			open_quote = 0;
		else if (!open_quote && (*line == '\'' || *line == '"'))
			open_quote = *line;
	}
}

bool pss_bash_add_history(const char *line)
{
	const char *file = pss_bash_get_variable("HISTFILE");
	bool is_saved = file && *file;
	char *copy = strdup(line);
	bool added = was_on && copy && check_add_history(copy, 1);

	free(copy);
	return added && is_saved;
}

enum pss_expand pss_bash_expand_history(const char *line, char **ret, bool *ret_changed)
{
	char *copy = strdup(line), *value = NULL;
	int outcome = 0;

	*ret_changed = false;
	if (&history_quoting_state)
		history_quoting_state = open_quote;
	if (copy && history_expansion && !history_expansion_inhibited)
		outcome = history_expand(copy, &value);
	if (value) {
		*ret = value;
		free(copy);
	} else {
		*ret = copy;
	}
	if (outcome >= 0 && *ret)
		note_quotes(*ret);
	if (outcome == 1)
		*ret_changed = !hist_verify;
	if (outcome < 0)
		return PSS_EXPAND_ERROR;
	if (outcome == 2)
		return PSS_EXPAND_SHOW;
	return outcome == 1 && hist_verify ? PSS_EXPAND_EDIT : PSS_EXPAND_RUN;
}
