/* SPDX-License-Identifier: MIT */
/* What drives the shell of one session: remote/engine for a shell on a terminal, psrp/client for a PowerShell runspace,
 * each with the channels it takes on the session's connection. States, prompts and completions are those of
 * remote/engine/engine.h, and a call that is named as one there is that one.
 *
 * It knows the session by PssDriverEvents alone. Nothing here blocks, all of it is for one thread, and no event may
 * free the driver or end it. */
#pragma once

#include "host/queue/command-queue.h"
#include "link/transport/transport.h"
#include "remote/engine/engine.h"
#include "wire/message.h"

typedef struct PssDriver PssDriver;

/* How the shell has ended. Borrowed for the time of the call. */
typedef struct {
	gboolean is_broken; /* it was not ended by anybody: its runspace is lost */
	enum pss_left_reason reason;
	int status;          /* 0-255 */
	const GError *error; /* what those hear who wait for it; its message is the cause */
} PssDriverEnd;

/* Every member must be set. What is passed is borrowed for the time of the call. */
typedef struct {
	void (*on_output)(gpointer user, const void *data, gsize n);
	void (*on_prompt)(gpointer user, const PssRemotePrompt *prompt);
	void (*on_busy)(gpointer user);
	void (*on_typed)(gpointer user, const void *data, gsize n);
	void (*on_completion)(gpointer user, const PssRemoteCompletion *completion);
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
	void (*on_drained)(gpointer user); /* what was queued for a channel has left */
	void (*on_request)(gpointer user); /* a request has left: pss_driver_memo() has changed */
	/* `exit` was run in a session that is kept: its terminal leaves it. */
	void (*on_leave)(gpointer user, int status);
	/* There is no PowerShell there, for this reason; the last event. Another driver may take its place, later. */
	void (*on_unavailable)(gpointer user, const char *reason);
	void (*on_ended)(gpointer user, const PssDriverEnd *end); /* the last event but on_gone */
	void (*on_gone)(gpointer user);                           /* after pss_driver_end(): the terminal has ended */
} PssDriverEvents;

/* The strings are borrowed, and must outlive the driver; but for `shell`. */
typedef struct {
	const char *shell;     /* -ConfigurationName of a shell on a terminal, or NULL: the login shell */
	const char *computer;  /* for messages of a runspace */
	const char *subsystem; /* of a runspace, or NULL */
	const char *term;      /* the caller's TERM, or NULL */
	guint columns, rows;   /* 0: unknown */
	gboolean kept;         /* `exit` leaves it */
	gboolean resilient;    /* its channels outlive the link */
	gboolean tell_motd;    /* the message of the day is wanted as a note too */
	gboolean by_program;   /* the channels are those of the ssh program */
} PssDriverOptions;

/* `events` must outlive the driver. Never NULL. */
PssDriver *pss_driver_new_terminal(const PssDriverOptions *options, const PssDriverEvents *events, gpointer user);
PssDriver *pss_driver_new_runspace(const PssDriverOptions *options, const PssDriverEvents *events, gpointer user);

/* What carries commands beside its terminal. To be freed before the driver is ended. */
PssInvoker *pss_driver_new_queue(PssDriver *driver, const PssInvokerOwner *owner, gpointer user);

/* The transport is ready: opens the channels. It is borrowed until pss_driver_lost(). */
void pss_driver_begin(PssDriver *driver, PssTransport *transport);

/* Ends what drives the shell; the channels stay, and on_gone comes when the terminal has ended. Again is no error. */
void pss_driver_end(PssDriver *driver);
void pss_driver_lost(PssDriver *driver); /* its channels are no more: their link is, or will be, freed */
void pss_driver_free(PssDriver *driver); /* accepts NULL; emits nothing; closes channels that are still there */

gboolean pss_driver_is_runspace(const PssDriver *driver); /* FALSE too where it has ended */
PssRemoteState pss_driver_state(PssDriver *driver);
const char *pss_driver_name(PssDriver *driver); /* of the shell; NULL: not known, or it has ended */
gboolean pss_driver_may_be_late(PssDriver *driver);
gboolean pss_driver_last_prompt(PssDriver *driver, PssRemotePrompt *ret_prompt);

gboolean pss_driver_line(PssDriver *driver, const void *data, gsize n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void pss_driver_discard(PssDriver *driver);
gboolean pss_driver_complete(PssDriver *driver, const char *line, gsize n, gsize point) G_GNUC_WARN_UNUSED_RESULT;
void pss_driver_cancel_completion(PssDriver *driver);
void pss_driver_keys(PssDriver *driver, const void *data, gsize n);
void pss_driver_interrupt(PssDriver *driver);
gsize pss_driver_queued(PssDriver *driver); /* bytes that wait for the shell or for a channel */

/* Back-pressure: what it prints for a terminal, and what a command of its queue prints, where both have one channel. */
void pss_driver_pause(PssDriver *driver, gboolean paused);
void pss_driver_pause_command(PssDriver *driver, gboolean paused);

void pss_driver_resize(PssDriver *driver, guint columns, guint rows);
/* What runs redraws its screen, for a terminal that has come. */
void pss_driver_redraw(PssDriver *driver);

/* The session is a kept one from now on. */
void pss_driver_keep(PssDriver *driver);
gboolean pss_driver_hang_up(PssDriver *driver);

/* ---- of a shell on a terminal; of a runspace, and of one that has ended, FALSE, NULL or nothing */

/* The shell is expected to be of this family, as pss_driver_family() has said it of the one before; NULL: nobody knows.
 * Before pss_driver_begin(). */
void pss_driver_expect(PssDriver *driver, const char *family);
const char *pss_driver_family(PssDriver *driver); /* NULL: there was no prompt yet */

/* In the place of pss_driver_begin(): as pss_remote_begin_plain(). */
void pss_driver_begin_plain(PssDriver *driver, PssTransport *transport, const char *reason);
gboolean pss_driver_is_slow_to_start(PssDriver *driver, gboolean *ret_asks);
gboolean pss_driver_is_unproven(PssDriver *driver);
const char *pss_driver_boot_id(PssDriver *driver);
PssChannel *pss_driver_terminal(PssDriver *driver); /* what carries it; borrowed, NULL where there is none */

/* ---- the same, behind a holder (link/resilient) */

void pss_driver_set_link(PssDriver *driver, gboolean up);

/* What the next host process needs to go on with this shell; `job`: the number of the channel of the command that runs,
 * or 0. Newly allocated; NULL where that cannot be. */
char *pss_driver_memo(PssDriver *driver, guint job);

typedef struct {
	guint terminal, control, job; /* numbers of channels; 0: no job */
	const char *engine;           /* borrowed from the text */
} PssDriverMemo;
gboolean pss_driver_read_memo(const char *text, PssDriverMemo *ret_memo); /* FALSE: nobody can go on from it */

/* For a new driver: the shell is there behind a link that is not, and nothing is known of it. */
void pss_driver_await(PssDriver *driver);
/* The link is there: goes on with that shell, whatever it does just now. */
void pss_driver_resume(PssDriver *driver, PssTransport *transport, const PssDriverMemo *memo);

/* After that: marks in the streams of the command that may run. Newly allocated. */
char *pss_driver_old_mark(PssDriver *driver, char kind);
char *pss_driver_relay_mark(PssDriver *driver);
