/* SPDX-License-Identifier: MIT */
/* The members of PssRecord, for unseen-output.c, which fills it, unseen-receive.c, which hands it out to
 * receive-pssession, and unseen-show.c, which shows it on a terminal. */
#pragma once

#include "host/unseen/output-buffer.h"
#include "host/unseen/unseen-output.h"
#include "terminal/replay-filter.h"

typedef struct {
	PssRun base;
	PssRecord *record; /* NULL: over */
	PssReceiveOptions options;
	gboolean paused;
	guint idle;
	PssRing copy; /* with options.keep */
	struct pss_replay replays[2];
} PssReceiver;

struct PssRecord {
	const PssRecordOwner *owner;
	gpointer user; /* the owner's */
	PssRing ring;
	enum pss_buffering buffering;
	GPtrArray *jobs; /* of Job */
	PssReceiver *receiver;
	int status; /* of what ended last */
	GError *error;
	gboolean stopped;         /* what writes into the ring */
	gboolean watcher_stopped; /* the terminal that is shown a job's output takes no more */
};

/* ---- unseen-output.c */
PssRecordSession pss_unseen_session(const PssRecord *record); /* as it is now */
PssRing *pss_unseen_source(PssRecord *record);                /* what a receiver reads: the ring, or its own copy */
void pss_unseen_balance(PssRecord *record);                   /* stops what writes into a full ring, or lets it go on */
void pss_unseen_apply(PssRecord *record);                     /* the same, though nothing has changed */
/* What was handed out or shown just now is not to be shown again, whatever comes. */
void pss_unseen_tell_seen(const PssRecord *record);

/* ---- unseen-receive.c */
void pss_unseen_let_receiver_go(PssRecord *record); /* if there is one that can do without its client */

/* ---- unseen-show.c */
void pss_unseen_show(PssRecord *record);
void pss_unseen_show_raw(PssRecord *record, const guint8 *data, gsize n);
/* Appends what of the bytes may be shown later than they were printed. */
void pss_unseen_append_safe(struct pss_replay *replay, const guint8 *data, gsize n, GByteArray *out);
