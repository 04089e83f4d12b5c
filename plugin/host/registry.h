/* SPDX-License-Identifier: MIT */
/* The kept sessions of this host process, by Id; an Id counts from 1 and is never reused. */
#pragma once

#include <glib.h>

typedef struct PssSession PssSession;

/* Gives out the next Id: when a session is asked for, so that Ids follow the order of the requests and not that of the
 * logins. */
guint pss_registry_reserve(void);
/* The login failed, and nobody has seen the Id. It is given out again where no later one has been. */
void pss_registry_give_back(guint id);

/* Takes a reference to a session that has its Id. */
void pss_registry_add(PssSession *session);

/* Told by a session that has ended: one that never became usable, as its opener knows, is not listed (SPEC §4). */
void pss_registry_note_end(PssSession *session);

PssSession *pss_registry_find(const char *instance); /* borrowed, or NULL */
void pss_registry_remove(PssSession *session);       /* drops the reference */
GPtrArray *pss_registry_sessions(void);              /* borrowed; by Id */

/* Called whenever the registry may have become empty. NULL: nobody. */
void pss_registry_on_change(void (*on_change)(void));
