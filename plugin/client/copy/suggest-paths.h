/* SPDX-License-Identifier: MIT */
/* What Tab offers where a path can stand: files here, which the shell knows; names of places with their colon; and
 * behind a colon what is in a directory there. */
#pragma once

#include "client/suggest/suggest.h"

/* `session`: the last value of -ToSession or -FromSession where that says where the path is; or NULL. Asks a running
 * host process, for as long as SPEC §3 lets Tab take; starts none, asks nobody anything. */
void pss_copy_suggest(struct pss_call *call, const char *session, struct pss_suggestions *suggestions);
