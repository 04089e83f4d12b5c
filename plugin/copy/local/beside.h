/* SPDX-License-Identifier: MIT */
/* The names of files that are not whole yet, beside the names that they will have; the same on either side. */
#pragma once

#include <glib.h>

#include "copy/local/folder.h"

/* ".NAME.pss-XXXXXXXX" that nobody can guess; NAME is cut where the whole would be too long for a name. Free with
 * g_free(). */
char *pss_beside_name(const char *name);

/* The same with X that a later copy knows too (pss_claims_take()). */
char *pss_beside_name_of(const char *name, guint32 claim);

/* Sets what is to be kept on an open file or directory: owner first, as it takes bits of the mode away. */
gboolean pss_kept_apply(int fd, const PssKept *kept, GError **error);

/* The system's reason alone: "No space left on device". */
void pss_set_errno_bare(GError **error, int failed);
