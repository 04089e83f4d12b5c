/* SPDX-License-Identifier: MIT */
/* Local variables that a command takes by `$using:NAME` (about_Scopes, "The Using scope modifier"): values by the text
 * of the expression, as one more argument of the command. */
#pragma once

#include "psrp/clixml/writer.h"

typedef enum { PSS_USING_TEXT, PSS_USING_LIST, PSS_USING_DICTIONARY } PssUsingKind;

/* All is borrowed. */
typedef struct {
	const char *name;
	PssUsingKind kind;
	const char *const *values; /* the text alone, or the items */
	const char *const *keys;   /* of a dictionary's items, else NULL */
	gsize n_values;
} PssUsing;

/* Appends the argument for a command of that text; nothing without values. Besides the variables it holds what the text
 * takes of them by one accessor ($using:a[0], $using:map.key, $using:text.Length), which is an expression of its own to
 * PowerShell. */
void pss_using_append(PssClixmlWriter *writer, const char *text, const PssUsing *values, gsize n_values);

/* So many bytes are enough for it: values may be secrets, and a buffer that moves leaves a copy of them behind. */
gsize pss_using_room(const char *text, const PssUsing *values, gsize n_values);
