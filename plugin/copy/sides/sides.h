/* SPDX-License-Identifier: MIT */
/* The two ends of a transfer, and the listings of other computers: PssCopyOps. */
#pragma once

#include "copy/items/items.h"

extern const PssSide pss_side_local, pss_side_remote;
extern const PssListingOps pss_listing_ops;

/* For Tab: the names in a directory elsewhere; pss_copy_end() follows. */
void pss_listing_begin(PssCopy *copy, PssPlace *place, const char *path);

/* The file has been written elsewhere: what is left to be done for it, and its end. */
void pss_remote_written(PssItem *item);

PssSftpAttributes pss_local_attributes(const struct stat *st);
/* NULL and error. */
PssFolder *pss_local_open_source(PssItem *directory, GError **error);
