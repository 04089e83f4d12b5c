/* SPDX-License-Identifier: MIT */
/* What the places, transfers and items of a copy have of each other, and nobody else. */
#pragma once

#include "copy/items/items.h"

/* ---- place.c */

const char *pss_place_computer(const PssPlace *place);
gboolean pss_place_has_room(const PssPlace *place); /* NULL has */

/* ---- transfer.c */

void pss_transfer_begin(PssTransfer *transfer);
void pss_transfer_on_place(PssTransfer *transfer, const PssPlace *place); /* it is ready, or lost */
gboolean pss_transfer_is_ready(const PssTransfer *transfer);              /* its places are */

/* ---- item.c */

/* Done once more when the places are ready. */
typedef struct {
	void (*func)(PssItem *item);
	PssItem *item;
} PssAgain;

gboolean pss_item_is_directory(const PssItem *item);
void pss_item_walk(PssItem *directory); /* makes it, where that has not been done, and lists it */
PssItem *pss_item_new_root(PssTransfer *transfer, const char *path, PssFolder *folder, gboolean existed);
PssItem *pss_item_new(PssTransfer *transfer, PssItem *parent, const char *name, const PssSftpAttributes *attributes);
void pss_item_drop_part(PssItem *item);  /* it waits, after a cut, and will not be begun */
void pss_item_moved_back(PssItem *item); /* none of the bytes that were copied counts */

/* ---- half.c */

void pss_half_release(PssItem *item); /* the item is done: the name is free */
/* It cannot be removed, which is to be said. */
void pss_half_leave(const PssItem *item, const char *part);
void pss_half_forget_left(PssPlace *place); /* it is cleared after all */
/* "PATH … could not be removed …", or "". Free with g_free(). */
char *pss_half_tell_left(const PssPlace *place);

/* ---- report.c */

void pss_report_place(PssPlace *place); /* it is lost: once */
void pss_report_left(PssPlace *place);  /* the copy was stopped, and something half is there still */
typedef enum { PSS_OUTCOME_COPIED, PSS_OUTCOME_SKIPPED, PSS_OUTCOME_FAILED } PssOutcome;
void pss_report_item(const PssItem *item, PssOutcome outcome, const char *why);
