/* SPDX-License-Identifier: MIT */
/* `$using:NAME` in a command's text: the value of a local variable, byte for byte. */
#pragma once

#include <stdbool.h>

#include "client/base/strings.h"

/* Is this variable an array or a map? Called for every NAME, at least once. */
typedef bool (*pss_using_is_list)(const char *name, void *user);

/* Rewrites the text with `$using:NAME` (and `${using:NAME}`) as references to remote variables, quoted where they
 * do not stand in double quotes already; in single quotes and behind a backslash it stays as it is. Of a list all
 * values stand there: each a word, or in double quotes joined. `${using:NAME[KEY]}`, `${#using:NAME…}`,
 * `${!using:NAME…}` and zsh's `${(FLAGS)using:NAME…}` are what they are of any variable there. *ret_names gets each
 * NAME once. 0 or -ENOMEM. */
int pss_using_expand(const char *text, pss_using_is_list is_list, void *user, char **ret_text,
		     struct pss_texts *ret_names);
