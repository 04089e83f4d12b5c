/* SPDX-License-Identifier: MIT */
/* A directory with all that is in it, as one stream of a remote tar: PssCopyOps. */
#pragma once

#include "copy/items/items.h"

extern const PssTreeOps pss_tree_ops;
