/* SPDX-License-Identifier: MIT */
/* A resilient transport whose holder is the test: the link below it is a transport of the test's own, so that each byte
 * is ours. One at a time. */
#pragma once

#include "link-harness.h"
#include "link/resilient/private.h"

#define MIB (1024u * 1024u)

typedef struct {
	LinkRecord link;
	ChannelRecord channel;
	PssResilient *resilient;
} HeldFixture;

extern GString *holder_heard; /* what the session's side has written; the test may empty it */
extern gsize n_brought_back;  /* bytes of unseen output that a restored session was given */

/* Connects, and waits for the holder's greeting; … and has had it, with one channel open; … takes over what another
 * client has left, a memo and child 3 (`greeting` without its key). */
void held_begin(HeldFixture *f);
void held_begin_up(HeldFixture *f);
void held_begin_restored(HeldFixture *f, const char *greeting);
void held_end(HeldFixture *f);

/* On the link as it stands, if any. holder_greets() puts the key that is asked for in front of the line. */
void holder_greets(const HeldFixture *f, const char *line);
void holder_says(const void *data, gsize n);
void holder_hangs_up(void);

/* The session ends as lost, and its message has these words. */
void held_expect_lost(HeldFixture *f, const char *words);
