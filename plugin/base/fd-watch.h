/* SPDX-License-Identifier: MIT */
/* A descriptor in the default main context, whose wanted events can change without a new GSource. */
#pragma once

#include <glib.h>

typedef struct PssWatch PssWatch;

/* `events` are what happened, of those wanted plus G_IO_ERR, G_IO_HUP. May free the watch. */
typedef void (*PssWatchFunc)(GIOCondition events, gpointer user);

/* Does not own the descriptor: free the watch before closing it. */
PssWatch *pss_watch_new(int fd, GIOCondition wanted, PssWatchFunc on_event, gpointer user);
void pss_watch_want(PssWatch *watch, GIOCondition wanted);
void pss_watch_free(PssWatch *watch); /* accepts NULL */
