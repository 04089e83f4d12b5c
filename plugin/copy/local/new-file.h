/* SPDX-License-Identifier: MIT */
/* A file that is written beside its name, and gets that name when it is whole. */
#pragma once

#include "copy/local/folder.h"

typedef struct PssNewFile PssNewFile;

/* `key`: the name that a later copy finds it by (pss_beside_name_of()): what an earlier one has left under it is gone
 * on with; or NULL. NULL and error. */
PssNewFile *pss_new_file_open(PssFolder *folder, const char *name, const char *key, GError **error);

/* Bytes that an earlier copy has left; what they are is for the caller to check. */
guint64 pss_new_file_part(const PssNewFile *file);
int pss_new_file_fd(const PssNewFile *file);

/* Blocks of zeros become holes. Offsets rise. FALSE and error. */
gboolean pss_new_file_write(PssNewFile *file, guint64 offset, const void *data, gsize n, GError **error);

/* It is `size` long and gets its name, in the place of what is there (a directory excepted). Frees the file in every
 * case; FALSE and error: nothing of it is left. */
gboolean pss_new_file_finish(PssNewFile *file, guint64 size, const PssKept *kept, GError **error);

/* Nothing of it is left, but where it has a key and `keeps`. Accepts NULL. */
void pss_new_file_drop(PssNewFile *file, gboolean keeps);
