/* SPDX-License-Identifier: MIT */
/* The pieces of bash's struct pss_shell, which loadable.c puts together. What each has to do is said
 * in client/shell.h. */
#pragma once

#include "client/command/shell.h"

extern const struct pss_shell pss_bash_shell; /* loadable.c */

/* variables.c */
const char *pss_bash_get_variable(const char *name);
int pss_bash_get_items(const char *name, struct pss_items *ret_items);
char *const *pss_bash_get_environment(void);
int pss_bash_check_array(const char *name);
int pss_bash_set_array(const char *name, const char *const *values, size_t n_values, bool append);

/* job.c */
const char *pss_bash_why_not_enter(void);
int pss_bash_run_entered(const char *label, int (*loop)(void *argument), void *argument);

/* editor.c */
int pss_bash_editor_begin(char *const *history, size_t n_history);
void pss_bash_editor_end(void);
enum pss_read pss_bash_read_line(const struct pss_read_request *request, char **ret_line);
enum pss_expand pss_bash_expand_history(const char *line, char **ret, bool *ret_changed);
bool pss_bash_add_history(const char *line);
bool pss_bash_signal_pending(void);
void pss_bash_print_above(const char *text, size_t n);
void pss_bash_set_prompt(const char *prompt, const char *right);
