/* SPDX-License-Identifier: MIT */
/* What one session printed while nobody watched, and the jobs that run in it on nobody's terminal: their output waits
 * in a bounded ring until a client receives it. It knows its session by PssRecordOwner alone. */
#pragma once

#include "host/commands/command.h"
#include "host/unseen/output-buffer.h"
#include "link/transport/transport.h"
#include "wire/message.h"

typedef struct PssRecord PssRecord;

/* The session as it is now. */
typedef struct {
	const char *name; /* for messages; never NULL */
	guint id;
	gboolean is_resilient;
	PssTransport *holder; /* of a resilient one: what keeps its output beyond this process; NULL: not there */
	gboolean was_opened;  /* else what it prints is of its start-up files */
	gboolean is_entered;  /* a terminal has entered it, … */
	gboolean edits;       /* … which edits a line */
	gboolean is_busy;     /* its shell runs something that no terminal watches */
	gboolean has_orphan;  /* a command of the process before this one still runs */
	gboolean awaits_link; /* what its holder has kept is on its way, or will be */
} PssRecordSession;

/* What the record needs of its session; `user` is the session's. on_busy, on_output and on_note go to the terminal that
 * has entered it, and come only while there is one. */
typedef struct {
	void (*look)(gpointer user, PssRecordSession *ret_session); /* what it points to is borrowed, for the moment */

	/* As pss_session_run(), without input. */
	PssRun *(*run)(gpointer user, const PssCommand *command, gboolean wait, const PssRunEvents *events,
		       gpointer run_user, GError **error);
	void (*on_job)(gpointer user); /* one runs or waits from now on */
	/* Of each command that runs or waits beside the terminal, as pss_invoker_each(). */
	void (*each_run)(gpointer user, void (*func)(PssRun *run, gpointer data), gpointer data);
	/* Stops what writes here and is no job, or lets it go on: an orphan, and a terminal that nobody has entered. */
	void (*stop)(gpointer user, gboolean orphan, gboolean terminal);

	void (*on_busy)(gpointer user);
	void (*on_output)(gpointer user, const void *data, gsize n);
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
} PssRecordOwner;

/* What a receiver hears besides PssRunEvents. */
typedef void (*PssRecordNoteFunc)(gpointer user, enum pss_note_kind kind, const char *text);

typedef struct {
	gboolean keep;  /* what is received stays */
	gboolean wait;  /* goes on until nothing runs any more */
	guint terminal; /* a terminal shows it: enum pss_safe */
	PssRecordNoteFunc on_note;
} PssReceiveOptions;

/* Both are borrowed. */
PssRecord *pss_record_new(const PssRecordOwner *owner, gpointer user);
void pss_record_free(PssRecord *record); /* accepts NULL */

/* `limit` in bytes, 0: as it was. */
void pss_record_set_buffering(PssRecord *record, enum pss_buffering buffering, gsize limit);
enum pss_buffering pss_record_buffering(const PssRecord *record);
gsize pss_record_limit(const PssRecord *record);

/* Runs the command in the session's shell; its output is kept here. With `wait` it may be later. */
gboolean pss_record_run(PssRecord *record, const PssCommand *command, gboolean wait,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint pss_record_jobs(const PssRecord *record);                          /* that run or wait */
gboolean pss_record_has_job(const PssRecord *record, const PssRun *run); /* is it one of them? */

/* So much was dropped before it came here. */
void pss_record_note_dropped(PssRecord *record, guint64 n);

/* The session is disconnected: its receiver is notified and gets no more; the client of its running command is
 * notified, and the command is a job from then on. */
void pss_record_let_go(PssRecord *record);

/* Hands out what has been kept. Only one at a time: PSS_BUSY. The run is the caller's; it ends with the status of what
 * ran last, and to interrupt it ends the receiving alone. */
PssRun *pss_record_receive(PssRecord *record, const PssReceiveOptions *options, const PssRunEvents *events,
			   gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Output of a command that another process had run. */
void pss_record_orphan(PssRecord *record, gboolean is_stderr, const void *data, gsize n);

/* A holder was taken over that has kept this; then all of it has come. */
void pss_record_restore(PssRecord *record, guint stream, const void *data, gsize n);
void pss_record_caught_up(PssRecord *record);

/* ---- for the session's terminal */

/* It printed this unwatched. */
void pss_record_terminal(PssRecord *record, const void *data, gsize n);

/* A line of the terminal has ended unwatched, with this status. */
void pss_record_prompt(PssRecord *record, int status);

/* A terminal has entered: shows it what the last one missed, and what jobs print that run. */
void pss_record_show(PssRecord *record);

/* It takes no more for now, or does again, or has gone. */
void pss_record_stop_watcher(PssRecord *record, gboolean stopped);

/* Something has ended, or is watched again: a receiver may be done. */
void pss_record_settle(PssRecord *record);
