/* SPDX-License-Identifier: MIT */
/* A program that is asked something (its version, ssh_config), with a deadline and away from the terminal. */
#pragma once

#include <stdbool.h>

struct pss_said {
	char *output, *errors; /* heap; never NULL after success */
};

/* The path of a program, as PATH has it: heap, or NULL. */
char *pss_program_find(const char *name);

/* Runs argv[0], a path, until it ends or closes both its outputs. 0; -ETIMEDOUT; -EINTR: interrupted() said so; or
 * another -errno. It is no child of the shell's, has no terminal, and ends by itself soon behind the deadline. */
int pss_program_read(const char *const *argv, char *const *environment, int deadline_ms, bool (*interrupted)(void),
		     struct pss_said *ret_said);
void pss_said_finish(struct pss_said *said);
