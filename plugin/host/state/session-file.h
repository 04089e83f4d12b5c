/* SPDX-License-Identifier: MIT */
/* What is written down of a resilient session, so that the next host process finds it again: a small file each, 0600,
 * without secrets (those are with the holder). */
#pragma once

#include <glib.h>

#include "link/transport/target.h"

/* Where they are; before anything else here. NULL: nothing is written and nothing found. Copied. `environment` is what
 * their targets get: nobody is there to have one. Copied. */
void pss_saved_set_directory(const char *directory, char *const *environment);

/* The target's part of a file. */
GKeyFile *pss_saved_new(const PssTarget *target);

/* The file of the private key that it names, or NULL. */
char *pss_saved_key_file(GKeyFile *file);

/* A target as it was, but for its environment. */
PssTarget *pss_saved_target(GKeyFile *file);

/* Writes or removes the file of this instance. What cannot be written is not found again. */
gboolean pss_saved_write(GKeyFile *file, const char *instance, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_saved_remove(const char *instance);

/* All that are there. The file is the callee's. */
void pss_saved_load(void (*on_file)(GKeyFile *file, gpointer user), gpointer user);
