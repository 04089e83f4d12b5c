/* SPDX-License-Identifier: MIT */
/* Asks a computer which of its starts it lives in. */
#pragma once

#include "link/transport/transport.h"

typedef struct PssBootId PssBootId;

/* `id` is its text, without blanks, borrowed for the call; NULL: the computer does not tell, for the reason `why`.
 * Once, the last event; the callee may free the asking in it. */
typedef void (*PssBootIdFunc)(gpointer user, const char *id, const char *why);

/* Opens a channel for it. The transport outlives it. */
PssBootId *pss_boot_id_ask(PssTransport *transport, PssBootIdFunc func, gpointer user);

/* Nobody wants it any more. Accepts NULL. With the transport gone nothing else of it may be called. */
void pss_boot_id_free(PssBootId *asking);
