/* SPDX-License-Identifier: MIT */
/* The local script of invoke-command -FilePath. */
#pragma once

#include "client/command/call.h"

/* Reads it whole: *ret_text is heap and ends with a NUL behind its *ret_n bytes, of which none is NUL. Blocks where the
 * file does (a pipe). False: it cannot be read, is too long or no text, which is reported as a wrong parameter. */
bool pss_script_read(struct pss_call *call, const char *path, char **ret_text, size_t *ret_n);
