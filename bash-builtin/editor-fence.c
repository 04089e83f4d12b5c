/* SPDX-License-Identifier: MIT */
/* What a `bind -x` command may do with the line being edited: change it, not run it. Such a command runs here while the
 * line is the remote's, so `eval` refuses the line's text (`eval "$READLINE_LINE"`, as editors and tools that accept a
 * line by themselves have it) as long as the command runs, and so it does what was given to `history -s`, as tools do
 * that run a line out of a history. The line is on the prompt then, for Enter. Other code that takes the text to pieces
 * is the user's own program. Only in the entered child, whose table of builtins is changed. */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "shell.h"
#include "builtins/common.h"

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"
#include "client/prompt/fence.h"

extern char *string_list(WORD_LIST *list);

static struct {
	char *line;     /* what was edited when the command began; heap. NULL: none runs */
	char *recalled; /* what it has said is a line of the history; heap, or NULL */
	char *refused;  /* which of them it has tried to run, or NULL */
} fence;

static sh_builtin_func_t *eval, *history; /* bash's own */

static char *line_in(const char *text)
{
	if (pss_text_runs_line(text, fence.line))
		return fence.line;
	return fence.recalled && pss_text_runs_line(text, fence.recalled) ? fence.recalled : NULL;
}

static int fenced_eval(WORD_LIST *list)
{
	char *text = fence.line ? string_list(list) : NULL;
	char *line = text ? line_in(text) : NULL;

	free(text);
	if (!line)
		return eval(list);
	fence.refused = line;
	builtin_error("%s", PSS_FENCE_REFUSAL);
	return EXECUTION_FAILURE;
}

/* The shown history is the host's: what runs here does not belong in it. */
static int fenced_history(WORD_LIST *list)
{
	if (!fence.line || !list || strcmp(list->word->word, "-s") != 0)
		return history(list);
	if (fence.refused == fence.recalled)
		fence.refused = NULL;
	free(fence.recalled);
	fence.recalled = string_list(list->next);
	return EXECUTION_SUCCESS;
}

static void replace(const char *name, sh_builtin_func_t *instead, sh_builtin_func_t **ret_before)
{
	struct builtin *builtin = builtin_address_internal((char *)name, 1);

	if (!builtin || builtin->function == instead)
		return;
	*ret_before = builtin->function;
	builtin->function = instead;
}

void pss_bash_editor_raise_fence(void)
{
	replace("eval", fenced_eval, &eval);
	replace("history", fenced_history, &history);
}

static void forget(void)
{
	free(fence.line);
	free(fence.recalled);
	fence.line = fence.recalled = fence.refused = NULL;
}

int pss_bash_editor_run_fenced(int count, int key)
{
	forget(); /* of one that has jumped out of readline */
	fence.line = strndup(rl_line_buffer, (size_t)rl_end);
	int rc = bash_execute_unix_command(count, key);
	if (fence.refused) {
		rl_replace_line(fence.refused, 0);
		rl_point = rl_end;
	}
	forget();
	return rc;
}
