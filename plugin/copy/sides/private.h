/* SPDX-License-Identifier: MIT */
/* What another computer as an end of a transfer and the listings there have of each other. */
#pragma once

#include "copy/sides/sides.h"

/* ---- side-remote.c */

void pss_remote_list(PssItem *directory);
/* The server lists something in it that is no name: made safe to show. */
void pss_remote_report_bad_name(PssItem *directory, const char *shown);

/* ---- listing.c */

/* FALSE: it is to be listed. Else as its PssSide's `list`; pss_remote_list() may follow. */
gboolean pss_copy_listing_take(PssItem *directory);
