/* SPDX-License-Identifier: MIT */
/* The shell sources of this folder without comments and indentation, NUL-terminated; made by embed.sh. */
#pragma once

extern const char pss_source_control[];
extern const char pss_source_rendezvous[];
extern const char pss_source_terminal[];
extern const char pss_source_launch[];
extern const char pss_source_relay[];
extern const char pss_source_typed[];
extern const char pss_source_where[];
extern const char pss_source_exec[];
extern const char pss_source_escapes[];
extern const char pss_source_bash[];
extern const char pss_source_bash_traps[];
extern const char pss_source_bash_hooks[];
extern const char pss_source_zsh[];
extern const char pss_source_zsh_hooks[];
extern const char pss_source_zsh_editor[];
extern const char pss_source_fish[];
extern const char pss_source_pwsh[];
extern const char pss_source_posix[];
extern const char pss_source_bash_complete[];
extern const char pss_source_zsh_complete[];
extern const char pss_source_posix_complete[];
extern const char pss_source_loader[];
extern const char pss_source_hold[];
extern const char pss_source_resume[];
extern const char pss_source_find[];
extern const char pss_source_holder_perl[];
extern const char pss_source_holder_python[];
