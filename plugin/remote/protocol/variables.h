/* SPDX-License-Identifier: MIT */
/* `$using:` values as variables of a remote shell: scalars, arrays, maps. Pure: text in, text out.
 *
 * A list of them is texts: "NAME=value"; of an array "NAME(a", of a map "NAME(m", and behind either "[KEY" and "=value"
 * in turn. An array's KEY is an index that counts from 0. NULL is a list without variables. */
#pragma once

#include "remote/protocol/family.h"

/* What stands in a command's text for the local variable NAME: "${__pss_using_NAME}". */
#define PSS_USING "__pss_using_"

/* One of a list. All is borrowed. */
typedef struct {
	const char *name; /* not NUL-terminated */
	gsize n_name;
	char kind; /* '=', 'a', 'm' */
	const char *value;
	const char *const *items; /* "[KEY", "=value", … */
	gsize n_items;            /* pairs */
} PssVariable;

/* The next one; *list is behind it then. FALSE: there is none. The list is a good one. */
gboolean pss_variables_next(const char *const **list, PssVariable *ret_variable);

/* Is it such a list? What comes from a client is checked by this before all else. */
gboolean pss_variables_are_good(const char *const *variables);

/* Appends what sets them. */
void pss_variables_append(GString *out, PssFamily family, const char *const *variables);

/* Why a shell of that family, by the name of `program` (NULL: not known), cannot hold them: a sentence that names the
 * variable and the way out. NULL: it can. */
char *pss_variables_refuse(PssFamily family, const char *program, const char *const *variables);

/* Appends their names there, each behind a blank. */
void pss_variables_names(GString *out, const char *const *variables);

/* References in `text` as a family has them that has no ${NAME} (fish), or no [@] and [*] (fish, pwsh). */
void pss_variables_adapt(GString *text, PssFamily family, const char *const *variables);

/* So many bytes are enough for what pss_variables_append() writes. */
gsize pss_variables_room(const char *const *variables);
