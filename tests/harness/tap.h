/* SPDX-License-Identifier: MIT */
/* The Test Anything Protocol for programs of libc alone. */
#pragma once

#include <stdbool.h>

void check(bool good, const char *name);

/* Frees `got`, which may be NULL. */
void check_text(char *got, const char *wanted, const char *name);

/* Prints how many there were: the last call. What main() returns: 1 when one failed. */
int check_end(void);
