/* SPDX-License-Identifier: MIT */
/* The quark of the host's error domain, and nothing else: everything that fails in the host process
 * reports through it, so that a GError's code can go into a RESULT unchanged. */
#include "host/error.h"

G_DEFINE_QUARK(pss_error, pss_error)
