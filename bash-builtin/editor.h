/* SPDX-License-Identifier: MIT */
/* What the editor's files share. */
#pragma once

#include <stdbool.h>

struct pss_read_request;

/* editor-commands.c: takes the commands that act on the local machine out of every keymap, for good. Only in
 * the entered child. */
void pss_bash_editor_disarm_commands(void);

/* The bell, as a command; `key` is not used. */
int pss_bash_editor_only_bell(int count, int key);
bool pss_bash_editor_is_in_macro(void); /* its text is what is being read */
void pss_bash_editor_stop_macros(void); /* the rest of all macros is dropped */

/* editor-defaults.c: keymaps that are taken whole become readline's own. 0, or -ENOKEY: they are missing. Before
 * pss_bash_editor_disarm_commands(). */
int pss_bash_editor_take_back_keymaps(void);

/* editor-keys.c: Enter, keys that type text, and macros are such that no line ends but by the user's Enter. After
 * pss_bash_editor_disarm_commands(), as often as keys may have been bound. */
struct pss_keymap_entry;
void pss_bash_editor_secure_keys(void);
bool pss_bash_editor_is_taken(const struct pss_keymap_entry *keymap); /* most text in it is `bind -x` or macros */
bool pss_bash_editor_can_type(void);                                  /* in the keymap in use */

/* editor-fence.c: runs the `bind -x` command of a key, which may change the line and not run it. */
void pss_bash_editor_raise_fence(void); /* once, in the entered child */
int pss_bash_editor_run_fenced(int count, int key);

/* editor-history.c: the shown history. */
void pss_bash_editor_load_history(char *const *history, unsigned long n_history);
/* A first line is about to be read: no quote of the lines before it is open. */
void pss_bash_editor_first_line(void);

/* editor-complete.c: completion asks the remote for this request's line, and nothing on this machine. `on_over` is
 * called when that shows that the editing is over. NULL, NULL: nothing is completed. */
void pss_bash_editor_hook_completion(const struct pss_read_request *request, void (*on_over)(void));

/* editor-prompt.c: a request's prompt with what moves no cursor in it between \001 and \002, as readline wants it, and
 * with the one at the right margin where that fits into its first line. Heap; NULL when memory is short. */
char *pss_bash_editor_prompt(const struct pss_read_request *request);

/* The rows that the lines in front of such a prompt's last one take on the screen. */
unsigned pss_bash_editor_prompt_rows(const char *prompt);
