/* SPDX-License-Identifier: MIT */
/* `$using:NAME` with the values: those of the calling shell, beside the text that refers to them. */
#pragma once

#include "client/command/call.h"

/* The text rewritten (using.h), and its variables as the wire has them (VARIABLE): "NAME=value"; of an array "NAME(a",
 * of a map "NAME(m", each followed by "[KEY" and "=value" in turn. They are secrets perhaps, also where this fails.
 * False: a name means nothing here, which is reported as a wrong parameter. */
bool pss_using_bind(struct pss_call *call, const char *text, char **ret_text, struct pss_texts *variables);
/* Besides, for PowerShell, whose quotes and comments are others than those of a shell: every `$using:NAME` of the text,
 * in whatever case the word stands, that is a variable here and none of `variables` yet. The text stays as it is.
 * False: memory is short, which is reported, or a value cannot be sent, which is reported as a wrong parameter. */
bool pss_using_bind_for_powershell(struct pss_call *call, const char *text, struct pss_texts *variables);
/* Whether each goes into one frame, as values do. False: one does not, which is reported as a wrong parameter. `what`
 * is such a value, in words. */
bool pss_values_fit(struct pss_call *call, const struct pss_texts *values, const char *what);
void pss_using_wipe(struct pss_texts *variables);
