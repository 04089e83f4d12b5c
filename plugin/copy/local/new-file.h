/* SPDX-License-Identifier: MIT */
/* A file that is written beside its name, and gets that name when it is whole. */
#pragma once

#include "copy/local/folder.h"

typedef struct PssNewFile PssNewFile;

/* What is there under the name that is written to: of a name that is claimed it is what an earlier copy has left. */
typedef enum {
	PSS_PART_NONE,     /* nothing can be */
	PSS_PART_CLEAR,    /* it goes */
	PSS_PART_CONTINUE, /* it is gone on with, and stays where pss_new_file_drop() keeps it */
} PssPartUse;

/* `beside`: the name that it is written under (copy/local/beside.h). NULL and error. */
PssNewFile *pss_new_file_open(PssFolder *folder, const char *name, const char *beside, PssPartUse use, GError **error);

/* Bytes that an earlier copy has left; what they are is for the caller to check. */
guint64 pss_new_file_part(const PssNewFile *file);
int pss_new_file_fd(const PssNewFile *file);

/* Blocks of zeros become holes. Offsets rise. FALSE and error. */
gboolean pss_new_file_write(PssNewFile *file, guint64 offset, const void *data, gsize n, GError **error);

/* It is `size` long and gets its name, in the place of what is there (a directory excepted). Frees the file in every
 * case; FALSE and error: nothing of it is left. */
gboolean pss_new_file_finish(PssNewFile *file, guint64 size, const PssKept *kept, GError **error);

/* Nothing of it is left unless `keeps`. Accepts NULL. */
void pss_new_file_drop(PssNewFile *file, gboolean keeps);
