/* SPDX-License-Identifier: MIT */
/* The line with which a holder begins a link (PROTOCOL.md, "Down"). */
#pragma once

#include <glib.h>

typedef enum {
	PSS_GREETING_NONE, /* the line is no greeting */
	PSS_GREETING_HELD,
	PSS_GREETING_NO_KEEPER,
	PSS_GREETING_GONE,
	PSS_GREETING_TAKEN, /* another client has gone on with the session */
	PSS_GREETING_BUSY,  /* another client is connected to it */
} PssGreetingKind;

typedef struct {
	PssGreetingKind kind;
	guint64 have, start, end; /* of HELD; 0 where an older holder says nothing */
	gboolean takes_raw;       /* it is one of version 2 or later */
	gboolean takes_unseen;    /* one of version 3 or later */
	guint last_child;
	char *text; /* plain, never NULL: the memo of HELD, a reason, or who is connected */
} PssGreeting;

/* `line` is what stands behind the greeting's start, without its LF; it may be anything. */
void pss_greeting_read(const char *line, PssGreeting *ret_greeting);
void pss_greeting_clear(PssGreeting *greeting);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PssGreeting, pss_greeting_clear)
