/* SPDX-License-Identifier: MIT */
/* What names.c and loadable.c share, and what bash exports but Debian's headers do not declare. */
#pragma once

#include "client/command/verb.h"

struct word_list;

/* Runs a verb on bash's list of words and returns its exit status. */
int pss_bash_run(const struct pss_verb *verb, struct word_list *list);

/* bash: builtins/enable.def, trap.c */
extern int enable_builtin(struct word_list *list);
extern int pending_traps[];
