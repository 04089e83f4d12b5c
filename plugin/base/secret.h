/* SPDX-License-Identifier: MIT */
/* Text that may hold a `$using:` value, which may be a password: nothing of it stays in memory. */
#pragma once

#include <glib.h>

typedef GString PssSecret;

/* An empty one with room for `room` bytes. Beyond that it moves, and leaves a copy behind. */
PssSecret *pss_secret_new(gsize room);
void pss_secret_free(PssSecret *secret); /* accepts NULL */
void pss_secret_free_text(gpointer text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PssSecret, pss_secret_free)
