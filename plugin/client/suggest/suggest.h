/* SPDX-License-Identifier: MIT */
/* What Tab offers for our own commands, made from the rows that the parser reads, so that it cannot go stale. The
 * shells' completion functions ask the command itself, and do nothing but show the answer:
 *
 *   VERB --complete ARRAY WORD…
 *
 * The words are the line's, unquoted, without the command; the last one is the word under the cursor, up to it. ARRAY
 * becomes: what to offer ("words", or "files" or "variables", which the shell knows better); the part of the word that
 * stays in front of each ("-Format:", "web1,"); then the words, each with a tab and what it means. Nothing is printed
 * and no host process started. */
#pragma once

#include "client/command/call.h"

#define PSS_SUGGEST "--complete"

struct pss_suggestions {
	const char *kind;
	char *kept;         /* what stays of the word, or NULL */
	const char *wanted; /* the rest of it: what the words begin with, in any case; borrowed */
	struct pss_texts words;
};

/* Answers the query. The arguments are those behind PSS_SUGGEST. The exit status. */
int pss_suggest(struct pss_call *call, const char *const *arguments);

/* Adds a word if it is wanted. `help` may be NULL. */
void pss_suggestions_add(struct pss_suggestions *suggestions, const char *word, const char *help);

/* Moves n bytes from the wanted part to the kept one. */
void pss_suggestions_keep(struct pss_suggestions *suggestions, size_t n);

/* The values of a row (suggest-values.c). Asks a running host process for sessions, a fifth of a second at most. False:
 * this row's values are not known. */
bool pss_suggest_values(struct pss_call *call, const struct pss_parameter *row, struct pss_suggestions *suggestions);

/* The names of computers in ssh_config (`config_file` instead, "none", or NULL for the usual ones) and in the
 * known_hosts files, sorted. Patterns, hashed names and what -ComputerName would refuse are left out. `home` may be
 * NULL. */
void pss_suggest_hosts(const char *home, const char *config_file, struct pss_texts *ret_hosts);
