/* SPDX-License-Identifier: MIT */
/* What the editor's files share. */
#pragma once

/* editor-commands.c: takes the commands that act on the local machine out of every keymap, for good. Only in
 * the entered child. */
void pss_editor_disarm_commands(void);

/* editor-history.c: the shown history. */
void pss_editor_load_history(char *const *history, unsigned long n_history);
/* A first line is about to be read: no quote of the lines before it is open. */
void pss_editor_first_line(void);

/* editor-complete.c: completion asks the remote for this request's line, and nothing on this machine. `on_over` is
 * called when that shows that the editing is over. NULL, NULL: nothing is completed. */
struct pss_read_request;
void pss_editor_hook_completion(const struct pss_read_request *request, void (*on_over)(void));

/* A prompt with its SGR sequences between \001 and \002, as readline wants it. Heap. */
char *pss_editor_mark_prompt(const char *prompt);
