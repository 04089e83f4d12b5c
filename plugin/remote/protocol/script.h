/* SPDX-License-Identifier: MIT */
/* The texts that the two channels start with, composed of the shell sources in remote/scripts. */
#pragma once

#include <glib.h>

/* Invocations with input that one relay serves, if none of them is given any. */
#define PSS_RELAY_INPUTS 8

typedef struct {
	const char *name;  /* public, in argv: 32 hexadecimal digits */
	const char *key;   /* secret: begins every reply */
	const char *first; /* secret: the nonce of request 0, the start-up itself */
	const char *shell; /* -ConfigurationName, or NULL */
	gboolean kept;
	gboolean resilient; /* the directory must outlast the login */
} PssScriptValues;

/* Both newly allocated. */
char *pss_script_terminal_command(const PssScriptValues *values);
char *pss_script_control(const PssScriptValues *values, gsize *ret_n);

/* Replaces each mark by a text; by a source, without its last newline. */
void pss_script_replace(GString *text, const char *from, const char *to);
void pss_script_include(GString *text, const char *mark, const char *source);

/* A number: not G_STRINGIFY(), which makes a word of a name that is not defined. */
void pss_script_number(GString *text, const char *from, guint number);

/* Takes the places that end with the user's last login (logind removes them) out of rendezvous.sh's list. */
void pss_script_stay(GString *text);

/* `exec sh -c 'TEXT'` for any login shell; newly allocated. Changes the text. */
char *pss_script_word(GString *text);
