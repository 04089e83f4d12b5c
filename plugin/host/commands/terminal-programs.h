/* SPDX-License-Identifier: MIT */
/* Programs that are of no use without a terminal, which PowerShell remoting does not have. Pure. */
#pragma once

#include <glib.h>

/* The program that the text's first word names, where it is one of them and has not been noticed before: `noticed` is
 * the caller's to keep, 0 at first. NULL: none. */
const char *pss_terminal_program(const char *text, gsize n, guint64 *noticed);
