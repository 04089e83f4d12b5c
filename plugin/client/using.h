/* SPDX-License-Identifier: MIT */
/* `$using:NAME` in a command's text: the value of a local variable, byte for byte. */
#pragma once

#include "client/text.h"

/* Writes the text anew with `$using:NAME` (and `${using:NAME}`) as references to remote variables, quoted where they
 * do not stand in double quotes already; in single quotes and behind a backslash it stays as it is. *ret_names gets
 * each NAME once. 0 or -ENOMEM. */
int pss_using_expand(const char *text, char **ret_text, struct pss_texts *ret_names);
