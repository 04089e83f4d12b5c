/* SPDX-License-Identifier: MIT */
/* The members of a resilient transport and of its channels. Private to this folder: transport-resilient.c serves the
 * users, link.c talks to the holder, retry.c keeps it connected. */
#pragma once

#include "link/resilient/resend-log.h"
#include "link/resilient/state.h"
#include "link/resilient/transport-resilient.h"
#include "wire/status.h"

/* What unseen.c knows. */
typedef struct {
	GArray *claims;                    /* of Claim: in the down stream, not said yet */
	GPtrArray *literals;               /* of GString: lines that hold what is not in it */
	guint64 seen[PSS_RESILIENT_KINDS]; /* bytes, not said yet */
	PssResilientPlace place;           /* of what is handed out; n 0: nothing is */
} PssResilientUnseen;

typedef struct PssResilient PssResilient;

/* A link, as its events know it: one that has been dropped lives on until they are over. */
typedef struct {
	PssResilient *resilient; /* NULL: dropped; nothing that it says counts any more */
	PssTransport *transport;
} PssResilientLink;

/* The present link; all zero while there is none. */
typedef struct {
	PssResilientLink *link;
	PssChannel *carrier; /* its one channel, or NULL */
	GByteArray *early;   /* what came before the greeting was whole; NULL behind it */
	guint greeting_timer, confirm_timer, alive_timer, probe_timer;
	guint64 caught_up; /* numbered.count where all has come that was there when the link was made */
} PssResilientConnection;

/* The next link. */
typedef struct {
	guint timer;
	guint n_failures; /* attempts that led to nothing */
	guint n_refusals; /* the last of them, where the login failed */
	gint64 tried_at;
	gboolean minds_network;
} PssResilientRetry;

/* A holder of another client's, or of this one's in another life. */
typedef struct {
	enum {
		PSS_RESILIENT_OURS,    /* there is nothing to take over, or that is done */
		PSS_RESILIENT_TAKING,  /* the next greeting is to hand it over */
		PSS_RESILIENT_SORTING, /* what the other client left is made sense of when all is there */
	} stage;
	gboolean if_free;     /* from nobody who is connected */
	gboolean beside;      /* over the connection that found it */
	gsize n_brought_back; /* bytes that the client before had, and nobody has seen */
} PssResilientTakeover;

/* Word for the next client that has not been left yet. */
typedef struct {
	char *text; /* NULL: there is none */
	guint timer;
} PssResilientMemo;

/* Who waits for the end of the holder. */
typedef struct {
	PssResilientEndFunc func; /* NULL: nobody, or it has been called */
	gpointer user;
	guint timer;
} PssResilientFarewell;

struct PssResilient {
	PssTransport base;
	const PssTransportEvents *events; /* NULL: the user has gone, the holder is to end */
	gpointer user;
	PssTransportNewFunc new_link;
	PssTarget *target;
	char name[33];
	char owner[33]; /* tells this client from another one */
	char *greeting_start;
	char *origin;                    /* the same, for people */
	char *instance, *called, *shell; /* of its session; see PssHolderAbout */
	guint idle_s;
	gboolean takes_raw;    /* the holder is one of version 2 */
	gboolean takes_unseen; /* one of version 3 */

	PssResilientState state; /* changed by pss_resilient_enter() alone */
	gboolean parking;        /* on request: the link is closed as soon as all lines have been obeyed */
	gboolean leaving;        /* the holder is to go on without this process */
	GPtrArray *channels;     /* of PssResilientChannel, a reference each */
	guint last_child;
	PssNumbered numbered;
	guint64 confirmed; /* of numbered.boundary */
	PssResilientUnseen unseen;

	PssResilientMemo memo;
	PssResilientConnection connection;
	PssResilientRetry retry;
	PssResilientTakeover takeover;
	PssResilientFarewell farewell;
	GPtrArray *old_links; /* dropped ones, to be freed outside of their callbacks */
	guint free_source;
	guint distrust_source;
	const char *distrust; /* what the holder did wrong, until that source has run */
};

/* What opens the channel once more, as one of the link's own, where there turns out to be no holder. */
typedef struct {
	char *command, *subsystem, *term; /* or NULL */
	GByteArray *input;
} PssResilientPlainRequest;

typedef struct {
	PssChannel base;
	guint number;
	const PssChannelEvents *events; /* NULL: closed, or over */
	gpointer user;
	gboolean pty;
	guint columns, rows;
	guint64 n_sent, n_taken;
	gboolean drain_wanted, eof;
	gboolean paused; /* by the user */
	gboolean delivering;
	gboolean passes_on; /* during a pause too: pss_channel_held_set_passing() */
	int stopped;        /* in the holder; -1: not known */
	int drop;           /* there; -1: not known */
	GQueue kept;        /* of PssResilientPart, that came during a pause */
	gsize n_kept;       /* what they cost; with passes_on: what has come all the same */
	guint64 end[2];     /* count of the last byte that has come of standard output and standard error */
	gboolean ended;
	int exit_status;
	PssResilientPlainRequest *plain_request; /* NULL: it is known which of both it is */
	PssChannel *plain;                       /* the link's own; NULL: the holder has it */
	gboolean ends_with_link;                 /* it has never anything to do with the holder */
	guint refusing;                          /* source; 0: none */
	GError *refusal;                         /* of that */
} PssResilientChannel;

/* Bytes that have come and have not been handed out. */
typedef struct {
	PssResilientPlace place;
	guint64 boundary; /* their frame begins there */
	guint8 bytes[];
} PssResilientPart;

/* ---- unseen.c */
void pss_resilient_unseen_init(PssResilient *resilient);
void pss_resilient_unseen_finish(PssResilient *resilient);
/* What has been claimed up to that count; before and behind the confirmation of it. */
void pss_resilient_unseen_say_claims(PssResilient *resilient, guint64 count);
void pss_resilient_unseen_say_seen(PssResilient *resilient);

/* ---- link.c */
void pss_resilient_start(PssResilient *resilient);
void pss_resilient_make_link(PssResilient *resilient, PssTarget *target); /* takes the target over, and connects */
void pss_resilient_free_link(PssResilientLink *link);
void pss_resilient_say(PssResilient *resilient, const char *head, const void *data, gsize n); /* the next line */
void pss_resilient_say_raw(PssResilient *resilient, const char *head, const void *data, gsize n);
/* The same, without confirming what has come. While there is a link. */
void pss_resilient_say_unconfirmed(PssResilient *resilient, const char *head, const void *data, gsize n);
/* Something of the kind is to be said soon. */
void pss_resilient_confirm_soon(PssResilient *resilient);
/* No line: the holder says at once what it has obeyed. While there is a link. */
void pss_resilient_say_alive(const PssResilient *resilient);
/* The holder has not kept to PROTOCOL.md ("it …"). Soon, as a caller in this room may be on the stack. */
void pss_resilient_distrust_soon(PssResilient *resilient, const char *reason);

/* ---- memo.c */
/* What waits is said, in front of a confirmation. */
void pss_resilient_say_memo(PssResilient *resilient);
void pss_resilient_forget_memo(PssResilient *resilient);

/* ---- retry.c */
gboolean pss_resilient_enter(PssResilient *resilient,
			     PssResilientEvent event);            /* FALSE: refused in the state that it is in */
gboolean pss_resilient_is_greeted(const PssResilient *resilient); /* the holder at the other end of the link has */
void pss_resilient_try_now(PssResilient *resilient);
void pss_resilient_lose(PssResilient *resilient, const GError *error); /* the link is lost, or did not come to be */
void pss_resilient_lose_for_good(PssResilient *resilient, const GError *error);
void pss_resilient_drop_link_soon(PssResilient *resilient);
void pss_resilient_park_if_settled(PssResilient *resilient);
void pss_resilient_tell(PssResilient *resilient, PssLinkNews news, const char *text);
void pss_resilient_mind_network(PssResilient *resilient); /* from now on */

/* ---- farewell.c */
void pss_resilient_end(PssResilient *resilient); /* frees it, after the holder has been ended */
/* Answers the caller that waits for the end. NULL: the holder has ended; else why that is not known. */
void pss_resilient_tell_end(PssResilient *resilient, const GError *error);

/* ---- plain.c */
void pss_resilient_open_plain(PssResilient *resilient, PssResilientChannel *channel);
void pss_resilient_become_plain(PssResilient *resilient); /* opens all of them */
void pss_resilient_lose_plain(PssResilient *resilient);   /* the link that they are of goes */
void pss_resilient_forget_plain(
	PssResilient *resilient); /* there is a holder: what a plain channel would need is dropped */
void pss_resilient_forget_plain_request(PssResilientChannel *channel);
/* It ends with this error, from the main loop. */
void pss_resilient_refuse_soon(PssResilientChannel *channel, enum pss_status code, const char *text);

/* ---- channels.c */
PssResilient *pss_resilient_of(const PssResilientChannel *channel);
void pss_resilient_channel_unref(gpointer channel);
void pss_resilient_channel_say(PssResilientChannel *channel, const char *head, const void *data,
			       gsize n); /* the next line */
void pss_resilient_channel_say_short(PssResilientChannel *channel, const char *word, const char *argument);
void pss_resilient_channel_mind_pause(
	PssResilientChannel *channel); /* it begins or ends, or what it means has changed */
extern const PssNumberedEvents pss_resilient_channel_events;
void pss_resilient_forget_channels(PssResilient *resilient);
void pss_resilient_settle_stops(
	PssResilient *resilient); /* of channels that were adopted, when all has come that was there */
guint64 pss_resilient_waiting(const PssResilient *resilient); /* bytes for children that these have not taken */
