/* SPDX-License-Identifier: MIT */
/* The text of a configuration file, read for the lines that ssh-config-cache.c has to obey. */
#pragma once

#include <glib.h>

typedef struct {
	gboolean is_include; /* else a list of files, see ssh-config-lists.h */
	char *value;         /* what stands behind the keyword */
} PssConfigLine;

/* Shared, never changed. */
typedef struct {
	char *bytes; /* as they are in the file */
	gsize n;
	char *digest;
	GArray *lines;         /* PssConfigLine */
	gboolean more_decides; /* than files: a program, the environment, the network; or nobody can tell */
} PssConfigText;

/* Both take the bytes over, which end with a NUL. The first remembers what it read, and reads a file of the same bytes
 * at this path no second time. Safe from any thread. */
PssConfigText *pss_config_text_of(const char *path, char *bytes, gsize n);
PssConfigText *pss_config_text_new(char *bytes, gsize n);
void pss_config_text_unref(PssConfigText *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssConfigText, pss_config_text_unref)
