/* SPDX-License-Identifier: MIT */
/* The members of PssSession, and what its files share. Private to session*.c. */
#pragma once

#include "host/driver/driver.h"
#include "host/queue/command-queue.h"
#include "host/state/session-state.h"
#include "host/unseen/orphan.h"
#include "host/state/running.h"
#include "host/session/session.h"
#include "host/unseen/unseen-output.h"
#include "link/resilient/transport-resilient.h"

extern const PssSessionOwner *pss_session_owner; /* session.c */

/* Until on_opened or on_failed. */
typedef struct {
	const PssOpenerEvents *events; /* NULL: nobody waits for it any more */
	gpointer user;
	gboolean attach_too;
	guint patience_source; /* start-up files take long */
	guint plain_source;    /* there is no PowerShell, and a plain terminal in its place: */
	char *plain_reason;    /* … for this reason */
} PssSessionOpening;

/* The terminal that has entered it. */
typedef struct {
	const PssWatcherEvents *events; /* NULL: there is none */
	gpointer user;
	gboolean at_prompt;   /* it edits a line */
	gboolean awaits_link; /* it is shown the prompt when the link is there again */
} PssSessionAttached;

/* What only a resilient session has. */
typedef struct {
	guint idle_s;             /* the holder ends after so long without a link */
	GKeyFile *saved;          /* what the session's file says, or NULL */
	gboolean is_left;         /* this process ends, the session goes on */
	char *memo;               /* the last one that the holder was given */
	PssOrphan *orphan;        /* what the process before this one ran, or NULL */
	guint orphan_child;       /* its relay, from before there is an orphan; 0: none */
	GPtrArray *waiters;       /* of pss_session_connect(), for the link */
	GPtrArray *begun_waiters; /* of pss_session_await_begun() */
	guint settle_source;      /* a shell that was taken over is given time to say that it is at its prompt */
} PssSessionHolder;

/* session-farewell.c */
typedef struct {
	guint source;          /* the call that frees the transport, its channels and the engine */
	gboolean shell_asked;  /* the shell, which is at rest, has been asked to end */
	gboolean is_under_way; /* the session is over, and its shell may have to end still */
} PssSessionFarewell;

struct PssSession {
	guint refs;
	guint id;            /* 0 for a temporary session */
	gboolean registered; /* in the list, where it is a kept one */
	char *name;
	char *instance;
	char *computer;
	char *prompt_name;
	char *remote_user;
	char *history_key;
	char *forwards;    /* or NULL */
	char *boot;        /* its computer's boot id, or NULL */
	GKeyFile *place;   /* where it leads to, as it was asked for (session-file.h) */
	PssTarget *target; /* without an environment */
	PssSession *again; /* what it takes the place of at its login, or NULL */
	gboolean by_program;
	char *asked_shell;  /* -ConfigurationName, or NULL */
	char *wanted_shell; /* that, or what the shell is once it has ended */
	char *term;
	char *cause;
	gint64 opened_at;       /* seconds since 1970 */
	gint64 disconnected_at; /* the same, of the last time; 0: not by this process */
	guint columns, rows;
	gboolean kept;
	gboolean resilient;      /* a holder keeps the remote shell: a lost link is no end */
	gboolean was_opened;     /* it has been usable once */
	gboolean is_shell_noted; /* what its shell is, for the next session there */
	gboolean left_to_itself; /* its opener has detached: the list tells what becomes of it */
	PssSessionState state;   /* changed by pss_session_step() alone */

	PssTransport *transport;
	PssDriver *driver;   /* of its shell; ended without a link */
	PssInvoker *invoker; /* commands beside the terminal; NULL without a link */
	PssRecord *record;   /* what nobody has seen yet */
	GPtrArray *channels; /* of PssChannelSocket; or NULL */

	PssSessionOpening opening;
	PssSessionAttached attached;
	PssSessionHolder holder;
	PssRunning running;
	PssSessionFarewell farewell;
};

/* ---- session.c */

/* The one way to change its state. FALSE: the event is refused (session-state.h). */
gboolean pss_session_step(PssSession *session, PssSessionEvent event);

/* The one way out of Opening and Opened. */
void pss_session_end(PssSession *session, PssSessionEvent how, const char *cause, enum pss_left_reason reason,
		     int status);
void pss_session_become_opened(PssSession *session);
/* Opened too, at once or when the terminal has proved to stay. */
void pss_session_become_plain(PssSession *session);
void pss_session_look_at_start(PssSession *session); /* it has printed something: who asks is not waited for */
/* Tells the opener, if there still is one. */
void pss_session_finish_opening(PssSession *session, const GError *error);
void pss_session_note(gpointer session, enum pss_note_kind kind, const char *text);

/* Ends the entering of the terminal that has it, if any. */
void pss_session_tell_left(PssSession *session, enum pss_left_reason reason, int status, const char *message);
/* Notifies the terminal that has entered the session, which stays in it. */
void pss_session_tell_link(PssSession *session, PssLinkNews news);

/* From its user and computer. */
void pss_session_name_prompt(PssSession *session);

/* A session without a link, with this holder. Takes the target over. */
PssSession *pss_session_new_restored(PssTransportNewFunc new_transport, PssTarget *target, const PssHolderThere *there);
void pss_session_enter_registry(PssSession *session);

/* ---- session-farewell.c */
void pss_session_free_link(PssSession *session); /* at once; not from inside a callback of it */
/* Says good-bye to the remote side and frees it all once the callback that brought us here is over. */
void pss_session_free_link_soon(PssSession *session);
/* Of one whose farewell is under way: its terminal, or the whole link, has ended. */
void pss_session_has_gone(PssSession *session);

/* ---- session-again.c */
PssTarget *pss_session_copy_target(const PssTarget *target); /* without its environment */
/* It is logged in: what it takes the place of goes. From now on it is listed, whatever becomes of it. */
void pss_session_take_place(PssSession *session);

/* ---- session-channel.c */
void pss_session_end_channels(PssSession *session, const char *cause); /* of a link that has ended */

/* ---- session-hop.c: all sessions there are */
void pss_session_enlist(PssSession *session);
void pss_session_delist(PssSession *session);

/* ---- session-driver.c */
extern const PssDriverEvents pss_session_driver_events; /* `user` is the session */
/* With its queue. Of the options those count that are of its shell. */
void pss_session_make_driver(PssSession *session, gboolean is_runspace, const PssSessionOptions *options);
/* Logged in: is it the one for this computer? FALSE: the session has ended, as its shell cannot be there. */
gboolean pss_session_choose_driver(PssSession *session);
/* Tells it what the shell of that computer was the last time. */
void pss_session_expect_shell(PssSession *session);
void pss_session_on_typed(gpointer user, const void *data, gsize n);

/* ---- session-queue.c */
extern const PssInvokerOwner pss_session_invoker_owner; /* `user` is the session */

/* ---- session-unseen.c */
extern const PssRecordOwner pss_session_record_owner; /* `user` is the session */

/* ---- session-describe.c */
const char *pss_session_configuration_name(PssSession *session); /* as the list shows it */

/* ---- session-restore.c */
void pss_session_tell_holder(PssSession *session);
void pss_session_tell_holder_soon(PssSession *session); /* that a command is over */
void pss_session_save(PssSession *session);
void pss_session_unsave(PssSession *session);
void pss_session_on_taken_over(gpointer user, const char *memo, guint last_child);

/* ---- session-link.c */

/* Of what nobody watches the record keeps all, and the holder may forget it while there is no link, unless it is to
 * block. */
void pss_session_choose_dropped(PssSession *session);

/* A command that waited has been begun. */
void pss_session_park_if_settled(PssSession *session);

/* The link is back: answers those who wait for it as soon as it is known whether the shell is at its prompt. */
void pss_session_await_prompt(PssSession *session);
void pss_session_at_prompt(PssSession *session);
/* It goes on, and the list says what is not as it should be. */
void pss_session_note_cause(PssSession *session, const char *cause);
void pss_session_show_awaited(PssSession *session); /* the link is there again */

/* The link is back, or cannot be made: tells those who wait for it. */
void pss_session_tell_waiters(PssSession *session, const GError *error);
void pss_session_tell_begun(PssSession *session); /* whatever was to be run may have been taken */

/* ---- session-attached.c */
/* Detaches the terminal that has entered a kept session, if any, with the reason and its status. */
void pss_session_send_away(PssSession *session, enum pss_left_reason reason, int status, const char *message);
