/* SPDX-License-Identifier: MIT */
/* The content of one file, from place to place: PssCopyOps. */
#pragma once

#include "copy/items/items.h"

void pss_file_up(PssItem *item);
void pss_file_down(PssItem *item);
void pss_file_across(PssItem *item);
