/* SPDX-License-Identifier: MIT */
/* What a `bind -x` command may do with the line being edited: change it, not run it. Such a command runs here while the
 * line is the remote's, so `eval` refuses the line's text (`eval "$READLINE_LINE"`, as editors and tools that
 * accept a line by themselves have it) as long as the command runs, and the line is left as it was. Other code that
 * takes the text to pieces is the user's own program. Only in the entered child, whose table of builtins is changed. */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "shell.h"
#include "builtins/common.h"

#include "bash-builtin/editor-readline.h"
#include "bash-builtin/editor.h"
#include "client/fence.h"

extern struct builtin *builtin_address_internal(char *name, int disabled_okay);
extern char *string_list(WORD_LIST *list);

static struct {
	char *line;   /* what was edited when the command began; heap. NULL: none runs */
	bool refused; /* it has tried to run the line */
	sh_builtin_func_t *eval;
} fence;

static int fenced_eval(WORD_LIST *list)
{
	char *text = fence.line ? string_list(list) : NULL;
	bool runs = text && pss_text_runs_line(text, fence.line);

	free(text);
	if (!runs)
		return fence.eval(list);
	fence.refused = true;
	builtin_error("%s", PSS_FENCE_REFUSAL);
	return EXECUTION_FAILURE;
}

void pss_editor_raise_fence(void)
{
	char name[] = "eval";
	struct builtin *eval = builtin_address_internal(name, 1);

	if (!eval || eval->function == fenced_eval)
		return;
	fence.eval = eval->function;
	eval->function = fenced_eval;
}

static void forget(void)
{
	free(fence.line);
	fence.line = NULL;
	fence.refused = false;
}

int pss_editor_run_widget(int count, int key)
{
	int rc;

	forget(); /* of one that has jumped out of readline */
	fence.line = strndup(rl_line_buffer, (size_t)rl_end);
	rc = bash_execute_unix_command(count, key);
	if (fence.refused && fence.line) {
		rl_replace_line(fence.line, 0);
		rl_point = rl_end;
	}
	forget();
	pss_editor_secure_keys();
	return rc;
}
