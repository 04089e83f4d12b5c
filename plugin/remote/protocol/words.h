/* SPDX-License-Identifier: MIT */
/* Texts that a remote shell runs, made of a user's text, values and words. Pure: text in, text out. */
#pragma once

#include "remote/protocol/request.h"

typedef struct {
	const char *text; /* may be NULL where there are words */
	gsize n_text;
	const char *const *words;     /* the command word by word, or NULL; ends with NULL, as the next two */
	const char *const *arguments; /* positional parameters */
	const char *const *variables; /* for `__pss_using_NAME`: see variables.h */

	/* Of these PowerShell by remoting alone makes something (psrp/client/client.h). */
	const char *as_written;        /* the text with `$using:` in it; NULL: it is the text */
	const char *const *properties; /* of objects; NULL or empty: all */
	gboolean has_objects;          /* output as records with values, else it is formatted */
	gboolean has_records;          /* messages beside the output as records, else as standard error */
	guint columns;                 /* of what shows the output; 0: no terminal */
} PssCommand;

/* With texts of its own, which clear() gives back. */
void pss_command_copy(PssCommand *ret_copy, const PssCommand *command);
void pss_command_clear(PssCommand *command);

/* So many bytes are enough for what becomes of a command below: where its variables are secrets, a text that has to
 * grow would leave copies of them behind. */
gsize pss_words_room(const PssCommand *command);

/* Appends what a shell of that family runs: the variables, the parameters, then the text or the words. */
void pss_words_command(GString *out, PssFamily family, const PssCommand *command);

/* What it leaves behind, taken back: a line of its own, with its newline; nothing where there is nothing. */
void pss_words_undo(GString *out, PssFamily family, const PssCommand *command);

/* Appends `text` as one word that every login shell reads alike: sh, bash, zsh, fish, csh (which cannot have a newline
 * in a word). */
void pss_words_quote(GString *out, const char *text);

/* What a channel on a computer executes, and what is written to its standard input before all else (newly allocated,
 * *ret_n 0 for nothing): what is more than a text, or longer than a server takes. `shell` is -ConfigurationName, or
 * NULL for the login shell; with `is_script` the first line of the text may name its interpreter. *ret_first may hold
 * secrets. With `token` (letters, digits and dashes; NULL: none) the channel is a terminal, on which the token is
 * printed when *ret_first may be written. */
char *pss_words_exec(const PssCommand *command, const char *shell, gboolean is_script, const char *token,
		     char **ret_first, gsize *ret_n);
