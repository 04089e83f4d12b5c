/* SPDX-License-Identifier: MIT */
/* A file that is read. It is opened without waiting (a fifo), and only where it is a regular file. */
#pragma once

#include "copy/local/folder.h"

/* "a fifo", "a directory". */
const char *pss_kind_name(mode_t mode);

typedef struct PssOldFile PssOldFile;

/* `follows`: the name is the user's, a link is followed. NULL and error: it is no regular file, or cannot be read. */
PssOldFile *pss_old_file_open(PssFolder *folder, const char *name, gboolean follows, GError **error);
void pss_old_file_free(PssOldFile *file); /* accepts NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssOldFile, pss_old_file_free)

int pss_old_file_fd(const PssOldFile *file);

/* As it was when it was opened. */
const struct stat *pss_old_file_stat(const PssOldFile *file);

/* Reads at most n bytes at *offset, which is moved forward over a hole first. Bytes; 0: *offset is the end of what the
 * file was when it was opened; -1 and error. It may have changed: pss_old_file_is_same(). */
gssize pss_old_file_read(PssOldFile *file, guint64 *offset, void *buffer, gsize n, GError **error);

/* Is it what it was when it was opened, but for what was appended (*ret_has_grown)? */
gboolean pss_old_file_is_same(const PssOldFile *file, gboolean *ret_has_grown);
