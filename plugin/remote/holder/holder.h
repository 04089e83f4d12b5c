/* SPDX-License-Identifier: MIT */
/* Command and script of a holder, or of a further link to one (PROTOCOL.md, "Holders"). */
#pragma once

#include <glib.h>

/* A link: what its channel executes, and the first bytes of its standard input. Lines may follow at once. */
typedef struct {
	char *command;
	GString *script;
} PssHolderLink;

/* What a holder tells those who list what is there. */
typedef struct {
	const char *instance; /* a UUID */
	const char *name;     /* or NULL */
	const char *shell;    /* -ConfigurationName, or NULL */
	const char *origin;   /* pss_holder_origin() */
	guint idle_s;         /* seconds without a word from the client after which it ends, or 0 */
} PssHolderAbout;

/* `name`: 32 hexadecimal digits. */
void pss_holder_link_init(PssHolderLink *link, const char *name, const PssHolderAbout *about);
void pss_holder_link_init_resume(PssHolderLink *link, const char *name);
void pss_holder_link_finish(PssHolderLink *link);

/* Appends bytes to a line as one word of it, each as so many at most. */
#define PSS_HOLDER_ESCAPED 4
void pss_holder_escape(GString *line, const void *data, gsize n);

/* And back; what is no escape stays as it is. Newly allocated. */
char *pss_holder_unescape(const char *word);

/* Who this client is, for people: "user@computer", escaped. Newly allocated. */
char *pss_holder_origin(void);

/* A script for a channel of its own: its command and the first bytes of its input. */
void pss_holder_load(PssHolderLink *link);

/* The start of a greeting: RS NAME, a blank. Newly allocated. */
char *pss_holder_greeting_start(const char *name);
