/* SPDX-License-Identifier: MIT */
/* Whether a text is certainly a complete command in every supported shell. */
#pragma once

#include <glib.h>

/* TRUE: run it. FALSE: the remote shell is asked by the request that runs it; no round trip more. */
gboolean pss_text_is_surely_complete(const char *text, gsize n);
