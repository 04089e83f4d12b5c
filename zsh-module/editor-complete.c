/* SPDX-License-Identifier: MIT */
/* Completion while entered, by zsh's own hooks, so that no key, widget or option is touched and every completion
 * widget of the user's comes through here. Nothing local is ever completed, expanded or corrected into a remote
 * line; what the remote knows is not asked for yet. Ours are the last functions of their hooks, and of those zsh
 * runs only the last. */
#include <stdbool.h>

#include "zsh-module/zsh.h"

#include "zsh-module/editor.h"

/* `list` says what was wanted: COMP_COMPLETE, COMP_EXPAND_COMPLETE, … True ends it before zsh looks at the word. */
static int before_complete(Hookdef hook, void *list)
{
	return 1;
}

/* In the place of zsh/complete's do_completion(), for whatever else calls that hook. 1: there is nothing. */
static int complete(Hookdef hook, void *data)
{
	return 1;
}

void pss_editor_hook_completion(void)
{
	addhookfunc((char *)"before_complete", before_complete);
	addhookfunc((char *)"complete", complete);
}

void pss_editor_unhook_completion(void)
{
	deletehookfunc((char *)"complete", complete);
	deletehookfunc((char *)"before_complete", before_complete);
}
