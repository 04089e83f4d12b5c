/* SPDX-License-Identifier: MIT */
/* The texts that the two channels start with, composed of the shell sources in remote/scripts. */
#pragma once

#include "remote/protocol/family.h"

/* Invocations with input that one relay serves, if none of them is given any. */
#define PSS_RELAY_INPUTS 8

/* Start-up files of the login shell that read lines from their standard input get these. */
#define PSS_SCRIPT_EMPTY_LINES "\n\n\n\n\n\n\n\n"

typedef struct {
	const char *name;  /* public, in argv: 32 hexadecimal digits */
	const char *key;   /* secret: begins every reply; of pss_script_control() alone */
	const char *first; /* public as well: the nonce of request 0, the start-up itself */
	const char *shell; /* -ConfigurationName, or NULL */
	gboolean kept;
	gboolean resilient; /* the directory must outlast the login */
} PssScriptValues;

/* For a login shell that may refuse `exec`. Newly allocated. */
char *pss_script_terminal_command(const PssScriptValues *values);

/* For one of that family. Where both commands are made `in_halves`, each brings a half of a long start-up file. */
char *pss_script_terminal_command_for(const PssScriptValues *values, PssFamily family, gboolean in_halves);

/* The control channel's script, for `sh` to read: for every family, and with empty lines in front. It holds the key. */
GString *pss_script_control(const PssScriptValues *values);

/* The control channel's command with its script packed in it, for a shell of that family; it draws the key itself.
 * NULL: these values cannot stand there. Newly allocated. */
char *pss_script_control_command(const PssScriptValues *values, PssFamily family, gboolean in_halves);

/* What follows such a command on its standard input: `family` is what it has found, `packed` what it was made for. */
GString *pss_script_late(const PssScriptValues *values, PssFamily family, PssFamily packed);

/* By gzip, in base64; newly allocated. */
char *pss_script_pack(const GString *text);

/* Replaces each mark by a text; by a source, without its last newline. */
void pss_script_replace(GString *text, const char *from, const char *to);
void pss_script_include(GString *text, const char *mark, const char *source);

/* A number: not G_STRINGIFY(), which makes a word of a name that is not defined. */
void pss_script_number(GString *text, const char *from, guint number);

/* Takes the places that end with the user's last login (logind removes them) out of rendezvous.sh's list. */
void pss_script_stay(GString *text);

/* `exec sh -c 'TEXT'` for any login shell; newly allocated. Changes the text. */
char *pss_script_word(GString *text);

/* TEXT in quotes for any login shell; newly allocated. Changes the text. */
char *pss_script_quote(GString *text);
