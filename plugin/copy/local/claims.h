/* SPDX-License-Identifier: MIT */
/* Who may use a name that a later copy finds again. A copy that was cut leaves a part beside its target; the next one
 * to the same place goes on with that or clears it, and no copy that still runs may share it. One file of the user's
 * has both: a secret, from which the names follow, so that no other user or computer comes to the same, and record
 * locks (fcntl(2)), which end with a process however it ends. */
#pragma once

#include <glib.h>

typedef struct PssClaims PssClaims;

/* The file is made where it is missing, with its directory. Never NULL; where the file cannot be used, or is another
 * user's, nothing can be claimed. Blocks where the file system does. */
PssClaims *pss_claims_new(const char *path);
void pss_claims_free(PssClaims *claims); /* accepts NULL; ends all claims */

/* A number that follows from `what`, which this process has until it ends. 0: another copy has it, or nothing can be
 * claimed. */
guint32 pss_claims_take(PssClaims *claims, const char *what);
