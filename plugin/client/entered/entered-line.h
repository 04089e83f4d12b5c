/* SPDX-License-Identifier: MIT */
/* What lines mean to the entered loop. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pss_leaving {
	PSS_LEAVING_NOT,
	PSS_LEAVING_EXIT,      /* `exit`, `exit N`, `logout`: of a temporary session, the remote shell's own affair */
	PSS_LEAVING_PSSESSION, /* `exit-pssession` */
};

/* Is this line, trimmed and in any case, one that leaves? *ret_status is N, or -1 where none was given. */
enum pss_leaving pss_line_leaves(const char *line, int *ret_status);
