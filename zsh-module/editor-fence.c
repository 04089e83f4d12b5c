/* SPDX-License-Identifier: MIT */
/* What a widget of the user's may do with the line being edited: change it, not run it. Such a widget runs here while
 * the line is the remote's, so `eval` refuses the line's text (`eval "$BUFFER"`) in it. Other code that takes the text
 * to pieces is the user's own program. */
#include <stdbool.h>

#include "zsh-module/zsh.h"

#include "client/prompt/fence.h"
#include "zsh-module/editor.h"

static struct {
	HandlerFunc eval; /* zsh's; NULL: the fence is down */
	int level;        /* of the function that has called enter-pssession: a widget's is deeper */
} fence;

static Builtin eval_builtin(void)
{
	return (Builtin)builtintab->getnode2(builtintab, "eval");
}

/* The line as it is, or as it was when the widget began. All of it is metafied. */
static bool is_line(const char *text)
{
	int length, cursor;
	char *now = zleentry(ZLE_CMD_GET_LINE, &length, &cursor);
	char *before = pss_zle.zlelineasstring(*pss_zle.lastline, *pss_zle.lastll, 0, NULL, NULL, 0);
	bool found = (now && pss_text_runs_line(text, now)) || (before && pss_text_runs_line(text, before));

	zsfree(now);
	zsfree(before);
	return found;
}

static int fenced_eval(char *name, char **arguments, Options options, int function)
{
	if (pss_zsh_editor_request() && zleactive && locallevel > fence.level) {
		char *text = zjoin(arguments, ' ', 1);

		if (is_line(text)) {
			zwarnnam(name, "%s", PSS_FENCE_REFUSAL);
			return 1;
		}
	}
	return fence.eval(name, arguments, options, function);
}

void pss_zsh_editor_raise_fence(void)
{
	Builtin eval = eval_builtin();

	if (!eval || fence.eval)
		return;
	fence.level = locallevel;
	fence.eval = eval->handlerfunc;
	eval->handlerfunc = fenced_eval;
}

void pss_zsh_editor_lower_fence(void)
{
	Builtin eval = eval_builtin();

	if (eval && fence.eval && eval->handlerfunc == fenced_eval)
		eval->handlerfunc = fence.eval;
	fence.eval = NULL;
}
