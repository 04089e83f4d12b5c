/* SPDX-License-Identifier: MIT */
/* The kinds of values that keywords of ssh_config take: each writes one member of a PssSshConfig. */
#pragma once

#include "link/config/ssh-config.h"

/* NULL when the member is set; else what is wrong with the value ("it names …"), and nothing has changed. */
typedef const char *(*PssConfigSetter)(PssSshConfig *config, void *member, const char *value);

const char *pss_config_set_text(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_free(PssSshConfig *config, void *member, const char *value); /* TRUE: "none" */
const char *pss_config_add_text(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_switch(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_number(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_milliseconds(PssSshConfig *config, void *member, const char *value); /* from seconds */
const char *pss_config_set_list(PssSshConfig *config, void *member, const char *value);         /* commas */
const char *pss_config_set_path(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_paths(PssSshConfig *config, void *member, const char *value); /* blanks */
const char *pss_config_set_literal_paths(PssSshConfig *config, void *member, const char *value);
const char *pss_config_add_path(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_family(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_strict(PssSshConfig *config, void *member, const char *value);
const char *pss_config_set_tos(PssSshConfig *config, void *member, const char *value);   /* the first of two */
const char *pss_config_set_rekey(PssSshConfig *config, void *member, const char *value); /* both members */
const char *pss_config_set_agent(PssSshConfig *config, void *member, const char *value);
