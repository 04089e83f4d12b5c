/* SPDX-License-Identifier: MIT */
/* Which sessions holders keep on a computer (PROTOCOL.md, "Finding"). */
#pragma once

#include <glib.h>

#include "remote/holder/holder.h"

typedef struct {
	char *holder; /* its name: 32 hexadecimal digits */
	char *instance;
	char *name;
	char *shell;
	char *origin;  /* who has it connected or, where nobody has, who opened it: "user@computer" */
	gint64 opened; /* seconds since 1970 by that computer's clock */
	guint idle_s;
	gboolean is_linked; /* a client is connected to it */
} PssFound;

void pss_found_free(PssFound *found);

/* A channel that lists them: its command and its input. `key`, 32 hexadecimal digits, tells its output from the noise
 * of start-up files. */
void pss_find_link_init(PssHolderLink *link, const char *key);

/* More than people open, and less than fills a client's memory. */
#define PSS_FOUND_MAX 1000

/* All that the channel has printed. NULL: it is no whole listing. Of PssFound, which the array owns; what cannot be
 * understood is left out, and so is what comes behind PSS_FOUND_MAX of them. */
GPtrArray *pss_find_read(const char *key, const char *text, gsize n);
