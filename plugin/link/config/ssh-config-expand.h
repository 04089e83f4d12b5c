/* SPDX-License-Identifier: MIT */
/* Values of ssh_config, expanded. Every result is the caller's. */
#pragma once

#include "link/config/ssh-config.h"

/* `text` with a leading ~ and the tokens of ssh_config(5) replaced; NULL: a token that is not known. */
char *pss_ssh_config_expand(const PssSshConfig *config, const char *text);

/* The same for the name of a file, with ~user and ${NAME}; NULL also for a variable that is not set. */
char *pss_ssh_config_expand_path(const PssSshConfig *config, const char *text);

/* `path` with a leading ~ or ~user replaced; NULL: there is no such user. */
char *pss_ssh_config_expand_home(const char *path);

/* The absolute path; a relative one starts from the caller's directory. NULL: `ret_wrong` is what is wrong with it. */
char *pss_ssh_config_locate(const PssSshConfig *config, const char *path, const char **ret_wrong);
