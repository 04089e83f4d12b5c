/* SPDX-License-Identifier: MIT */
/* `$using:NAME` with the values: those of the calling shell, beside the text that refers to them. */
#pragma once

#include "client/command/call.h"

/* The text rewritten (using.h), and its variables as the wire has them (VARIABLE): "NAME=value"; of an array "NAME(a",
 * of a map "NAME(m", each followed by "[KEY" and "=value" in turn. They are secrets perhaps, also where this fails.
 * False: a name means nothing here, which is reported as a wrong parameter. */
bool pss_using_bind(struct pss_call *call, const char *text, char **ret_text, struct pss_texts *variables);
/* Whether each goes into one frame, as values do. False: one does not, which is reported as a wrong parameter. `what`
 * is such a value, in words. */
bool pss_values_fit(struct pss_call *call, const struct pss_texts *values, const char *what);
void pss_using_wipe(struct pss_texts *variables);
