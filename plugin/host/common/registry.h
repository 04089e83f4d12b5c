/* SPDX-License-Identifier: MIT */
/* The kept sessions of this host process, by Id; an Id counts from 1 and is never reused. */
#pragma once

#include <glib.h>

typedef struct PssSession PssSession;

/* From now on it lists the sessions that are made. */
void pss_registry_init(void);

/* The one session of the list that a user calls so: by its Id, its InstanceId or its Name, in any case of ASCII
 * letters. NULL: there is none, or more than one. Borrowed. */
PssSession *pss_registry_find_named(const char *name);

PssSession *pss_registry_find(const char *instance); /* borrowed, or NULL; accepts NULL */
void pss_registry_remove(PssSession *session);       /* drops the reference */
GPtrArray *pss_registry_sessions(void);              /* borrowed; by Id */

/* Called whenever the registry may have become empty. NULL: nobody. */
void pss_registry_on_change(void (*on_change)(gpointer user), gpointer user);
