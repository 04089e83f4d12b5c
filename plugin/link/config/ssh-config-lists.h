/* SPDX-License-Identifier: MIT */
/* Lists of files in ssh_config, whose quotes `ssh -G` drops when it prints them in one line. */
#pragma once

#include "link/config/ssh-config.h"

/* Makes `config->lists`, which begins with what ssh has where nothing is said. */
void pss_config_lists_init(PssSshConfig *config);

/* Whether the keyword (in lower case) takes such a list. */
gboolean pss_config_is_list(const char *keyword);

/* The words of a value as ssh takes them apart: quotes of both kinds, backslashes, a comment. NULL: a quote has no end.
 */
char **pss_config_split_words(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* Keeps what stands behind a keyword in a file or an option. */
void pss_config_lists_add(PssSshConfig *config, const char *text);

/* The line that `ssh -G` would print of it; NULL: a quote has no end, or a token is not known. */
char *pss_config_lists_print(const PssSshConfig *config, const char *text);

/* The words that `ssh -G` has printed as this line; NULL: ambiguous. Blocks on the file system
 * where nothing that was kept looks so. */
char **pss_config_lists_split(const PssSshConfig *config, const char *printed) G_GNUC_WARN_UNUSED_RESULT;
