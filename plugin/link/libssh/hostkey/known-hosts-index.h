/* SPDX-License-Identifier: MIT */
/* Which lines of a known_hosts file may be about a host, found without a look at all of them. What a line says, and
 * whether it is about the host, is decided elsewhere (known-hosts.c). Safe from any thread. */
#pragma once

#include <glib.h>

typedef struct PssKnownIndex PssKnownIndex;

/* Of a file's text, `n` bytes without a NUL, which is taken over. */
PssKnownIndex *pss_known_index_new(char *text, gsize n);
PssKnownIndex *pss_known_index_ref(PssKnownIndex *index);
void pss_known_index_unref(PssKnownIndex *index); /* accepts NULL */

/* Is it the index of that very text? */
gboolean pss_known_index_is_of(const PssKnownIndex *index, const char *text, gsize n);

typedef struct {
	guint number; /* from 1 */
	char *text;   /* from its first word on, and up to a CR */
} PssKnownLine;

/* All lines that match the name by ssh's rules, and maybe more, in the file's order. Free with g_array_unref(). */
GArray *pss_known_index_look(PssKnownIndex *index, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssKnownIndex, pss_known_index_unref)
