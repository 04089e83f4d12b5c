/* SPDX-License-Identifier: MIT */
/* The texts that the two channels start with, put together from the shell sources of this folder. */
#pragma once

#include <glib.h>

typedef struct {
	const char *name;  /* public, in argv: 32 hexadecimal digits */
	const char *key;   /* secret: begins every reply */
	const char *first; /* secret: the nonce of request 0, the start-up itself */
	const char *shell; /* -ConfigurationName, or NULL */
	gboolean kept;
} PssScriptValues;

/* Both newly allocated. */
char *pss_script_terminal_command(const PssScriptValues *values);
char *pss_script_control(const PssScriptValues *values, gsize *ret_n);
