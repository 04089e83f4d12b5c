/* SPDX-License-Identifier: MIT */
/* Signals while zsh's editor reads: zsh's own handlers are in force but for those that end the shell, and
 * Ctrl-C is no affair of the user's traps. */
#pragma once

#include <stdbool.h>

/* Once a session: takes note of the shell's handlers and mask. Before the entered loop changes them. */
void pss_zsh_editor_signals_note(void);

int pss_zsh_editor_signals_begin(void); /* 0 or -errno; makes the timer of pss_zsh_editor_give_up() */
void pss_zsh_editor_signals_end(void);

/* Around zleread(). */
void pss_zsh_editor_signals_of_shell(void);
void pss_zsh_editor_signals_of_loop(void);

/* Makes zleread() end, as after Ctrl-C, from a signal handler or from within it. */
void pss_zsh_editor_give_up(void);
bool pss_zsh_editor_has_given_up(void);
