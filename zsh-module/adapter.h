/* SPDX-License-Identifier: MIT */
/* The pieces of zsh's struct pss_shell, which shell.c puts together. What each has to do is said in
 * client/shell.h. No type of zsh's is needed to read this. */
#pragma once

#include "client/command/shell.h"
#include "client/command/verb.h"

extern const struct pss_shell pss_zsh_shell; /* shell.c */

/* shell.c: runs a verb on zsh's (metafied) words; the exit status. */
int pss_zsh_run(const struct pss_verb *verb, char **words);
void pss_zsh_error(const char *command, const char *message);
bool pss_zsh_interrupted(void);

/* text.c: zsh's own form of text and back. */
char *pss_zsh_metafied(const char *text, size_t n); /* with zsh's allocator: zsfree() */
char *pss_zsh_plain(const char *metafied);          /* heap, NULL when memory is short */

/* variables.c */
const char *pss_zsh_get_variable(const char *name);
int pss_zsh_get_items(const char *name, struct pss_items *ret_items);
int pss_zsh_check_array(const char *name);
int pss_zsh_set_array(const char *name, const char *const *values, size_t n_values, bool append);

/* enter.c */
const char *pss_zsh_why_not_enter(void);
int pss_zsh_run_entered(const char *label, int (*loop)(void *argument), void *argument);
bool pss_zsh_is_entered(void); /* then the module must stay */

/* editor.c */
int pss_zsh_editor_begin(char *const *history, size_t n_history);
void pss_zsh_editor_end(void);
enum pss_read pss_zsh_read_line(const struct pss_read_request *request, char **ret_line);
void pss_zsh_print_above(const char *text, size_t n);
void pss_zsh_set_prompt(const char *text, const char *right);

/* editor-history.c */
enum pss_expand pss_zsh_expand_history(const char *line, char **ret, bool *ret_changed);
bool pss_zsh_add_history(const char *line);
