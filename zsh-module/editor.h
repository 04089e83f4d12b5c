/* SPDX-License-Identifier: MIT */
/* What the editor's files share. Include zsh-module/zsh.h first. */
#pragma once

#include "client/command/shell.h"

/* editor-history.c: the host's history in the place of the shell's own, and back. */
void pss_zsh_editor_history_push(char *const *history, size_t n_history);
void pss_zsh_editor_history_pop(void);
void pss_zsh_editor_history_is_gone(void); /* the shell ends, and has taken it off itself */
/* Around zleread(): the line being edited is at the end of the shown history, and no option of the user's
 * makes zsh read or write HISTFILE for it. */
void pss_zsh_editor_history_begin_line(void);
void pss_zsh_editor_history_end_line(void);
/* A first line is about to be read: no quote of the lines before it is open. */
void pss_zsh_editor_first_line(void);

/* editor-complete.c: after zsh/complete is loaded, so that ours come last. */
void pss_zsh_editor_hook_completion(void);
void pss_zsh_editor_unhook_completion(void);
/* What was answered belongs to a line that is no longer edited. */
void pss_zsh_editor_forget_completion(void);

/* editor-candidates.c: runs `collect`, zsh's own do_completion, so that it finds these words and no others, of which
 * n_typed bytes stand on the line. Returns what `collect` does. */
int pss_zsh_editor_with_candidates(const struct pss_completion *answer, const char *typed, size_t n_typed,
				   int (*collect)(void *user), void *user);
void pss_zsh_editor_candidates_begin(void);
void pss_zsh_editor_candidates_end(void);

/* editor-request.c: that of the line being edited, or NULL. editor.c sets it (borrowed). */
void pss_zsh_editor_set_request(const struct pss_read_request *request);
const struct pss_read_request *pss_zsh_editor_request(void);

/* The keys that were typed ahead for it: between these two the request's `typed` is what zsh has not read of them, and
 * zsh has none. */
void pss_zsh_editor_take_unread(void);
void pss_zsh_editor_give_typed(void);

/* editor-widgets.c: the widgets that act on the local machine are off. */
void pss_zsh_editor_disarm_widgets(void);

Widget pss_zsh_editor_widget(const char *name); /* what the name means, or NULL */

/* editor-replaced.c: the widget does `instead` from now on, in place. False: it does already, or memory is short. */
bool pss_zsh_editor_replace(Widget widget, int flags, ZleIntFunc instead);
void pss_zsh_editor_put_all_back(void);

/* editor-ends.c: a line ends by zsh's own widgets and by Enter, whatever has taken their places; and back. Again for
 * each line; the widgets and Enter as soon as they are rebound. */
void pss_zsh_editor_secure_ends(void);
void pss_zsh_editor_release_ends(void);
/* The line as it was accepted, for free(), or NULL: it was not. */
char *pss_zsh_editor_take_accepted(void);

/* editor-fence.c: `eval` does not run the line for a widget. */
void pss_zsh_editor_raise_fence(void);
void pss_zsh_editor_lower_fence(void);

/* editor-prompt.c: sets zsh's psvar to the pieces of a request's prompts and gives what shows them as they are,
 * whatever options are set. The right one may be NULL. Both for zsfree(). */
void pss_zsh_editor_make_prompts(const struct pss_read_request *request, char **ret_left, char **ret_right);
