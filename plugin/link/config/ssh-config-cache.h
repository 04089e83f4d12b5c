/* SPDX-License-Identifier: MIT */
/* What `ssh -G` said, kept for as long as everything that it rests on is the same. Safe from any thread. */
#pragma once

#include "link/config/ssh-config.h"

/* Reads the configuration files with what they include, for `config->lists`. Returns a digest of all that decides ssh's
 * answer: the program and those files, missing ones too. NULL where something else decides (a program of Match exec,
 * the environment, the network): then the answer must not be kept. Blocks on the file system. */
char *pss_config_read_sources(PssSshConfig *config, const PssTarget *target, const char *ssh);

/* The answer that was kept for this question (argv, joined) and this digest, or NULL. */
char *pss_config_cache_look(const char *question, const char *digest);
void pss_config_cache_keep(const char *question, const char *digest, const char *answer);
