/* SPDX-License-Identifier: MIT */
/* What goes to a remote computer to make a holder, or a further link to one (PROTOCOL.md, "Holders"). */
#pragma once

#include <glib.h>

/* A link: what its channel executes, and the first bytes of its standard input. Lines may follow at once. */
typedef struct {
	char *command;
	GString *script;
} PssHolderLink;

/* `name`: 32 hexadecimal digits. idle_s: seconds without a word from the client after which it ends, or 0. */
void pss_holder_link_init(PssHolderLink *link, const char *name, guint idle_s);
void pss_holder_link_init_resume(PssHolderLink *link, const char *name);
void pss_holder_link_finish(PssHolderLink *link);

/* Appends bytes to a line as one word of it. */
void pss_holder_escape(GString *line, const void *data, gsize n);

/* The start of a greeting: RS NAME, a blank. Newly allocated. */
char *pss_holder_greeting_start(const char *name);
