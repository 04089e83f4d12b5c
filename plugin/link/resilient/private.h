/* SPDX-License-Identifier: MIT */
/* What a held transport consists of. For transport-resilient.c, which serves its users, link.c, which talks to the
 * holder, and retry.c, which keeps it connected. */
#pragma once

#include "link/resilient/resend-log.h"
#include "link/resilient/transport-resilient.h"

typedef enum {
	PSS_HELD_NEW,
	PSS_HELD_OPENING, /* the first link */
	PSS_HELD_UP,
	PSS_HELD_TRYING,  /* a further link is being made */
	PSS_HELD_WAITING, /* until it is time for the next try */
	PSS_HELD_STUCK,   /* until somebody hurries it */
	PSS_HELD_PARKED,  /* the same, as it was told to */
	PSS_HELD_PLAIN,   /* no holder: the first link is all there is */
	PSS_HELD_LOST,    /* for good */
} PssHeldState;

/* What unseen.c knows. */
typedef struct {
	GArray *claims;               /* of Claim: in the down stream, not said yet */
	GPtrArray *literals;          /* of GString: lines that hold what is not in it */
	guint64 seen[PSS_HELD_KINDS]; /* bytes, not said yet */
	PssHeldPlace place;           /* of what is handed out; n 0: nothing is */
} PssHeldUnseen;

typedef struct PssHeld PssHeld;

/* A link, as its events know it: one that has been dropped lives on until they are over. */
typedef struct {
	PssHeld *held; /* NULL: dropped; nothing that it says counts any more */
	PssTransport *transport;
} PssHeldLink;

struct PssHeld {
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
	PssHeldState state;
	GPtrArray *channels; /* of PssHeldChannel, a reference each */
	guint last_child;
	PssNumbered numbered;

	PssHeldLink *link;   /* or NULL */
	PssChannel *carrier; /* its one channel, or NULL */
	gboolean greeted;
	GByteArray *early;    /* what came before the greeting was whole */
	GPtrArray *old_links; /* dropped ones, to be freed outside of their callbacks */
	guint free_source;
	guint timer; /* of the next try, or for the greeting */
	guint confirm_timer, alive_timer, probe_timer, distrust_source;
	const char *distrust; /* what the holder did wrong, until that source has run */
	gboolean minds_network;
	guint64 confirmed;     /* of numbered.boundary */
	guint64 caught_up;     /* numbered.count where all has come that was there when the link was made */
	gboolean catching_up;  /* until then */
	gboolean sorting;      /* until then too: what another client left is made sense of when all is there */
	gboolean taking;       /* from another client, or this one in another life */
	gboolean if_free;      /* with taking: from nobody who is connected */
	gboolean beside;       /* with taking: over the connection that found it */
	gboolean takes_raw;    /* the holder is one of version 2 */
	gboolean takes_unseen; /* one of version 3 */
	PssHeldUnseen unseen;
	gsize n_brought_back; /* bytes that the client before had, and nobody has seen */
	gboolean leaving;
	PssHeldEndFunc on_end; /* NULL: nobody waits for its end, or has heard of it */
	gpointer end_user;
	guint farewell_timer;
	gboolean parking; /* as soon as all lines have been obeyed */
	guint n_failures; /* tries that led to nothing */
	guint n_refusals; /* the last of them, where the login failed */
	gint64 tried_at;
};

typedef struct {
	PssChannel base;
	guint number;
	const PssChannelEvents *events; /* NULL: closed, or over */
	gpointer user;
	guint64 n_sent, n_taken;
	gboolean drain_wanted, eof;
	gboolean paused; /* by the user */
	gboolean delivering;
	gboolean passes_on; /* during a pause too: pss_channel_held_set_passing() */
	int stopped;        /* in the holder; -1: not known */
	int drop;           /* there; -1: not known */
	GQueue kept;        /* of PssHeldPart, that came during a pause */
	gsize n_kept;       /* what they cost; with passes_on: what has come all the same */
	guint64 end[2];     /* count of the last byte that has come of standard output and standard error */
	gboolean ended;
	int exit_status;
	/* what a plain channel is made of, until the holder is known to be there */
	char *command, *term;
	gboolean pty;
	guint columns, rows;
	GByteArray *input;
	PssChannel *plain;
} PssHeldChannel;

/* Bytes that have come and have not been handed out. */
typedef struct {
	PssHeldPlace place;
	guint64 boundary; /* their frame begins there */
	guint8 bytes[];
} PssHeldPart;

/* ---- unseen.c */
void pss_held_unseen_init(PssHeld *held);
void pss_held_unseen_finish(PssHeld *held);
/* What has been claimed up to that count; before and behind the confirmation of it. */
void pss_held_unseen_say_claims(PssHeld *held, guint64 count);
void pss_held_unseen_say_seen(PssHeld *held);

/* ---- link.c */
void pss_held_start(PssHeld *held);
void pss_held_make_link(PssHeld *held, PssTarget *target); /* takes the target over, and connects */
void pss_held_free_link(PssHeldLink *link);
void pss_held_say(PssHeld *held, const char *head, const void *data, gsize n); /* the next line */
void pss_held_say_raw(PssHeld *held, const char *head, const void *data, gsize n);
/* The same, without confirming what has come. While there is a link. */
void pss_held_say_unconfirmed(PssHeld *held, const char *head);
/* Something of the kind is to be said soon. */
void pss_held_confirm_soon(PssHeld *held);
/* No line: the holder says at once what it has obeyed. While there is a link. */
void pss_held_say_alive(const PssHeld *held);
/* The holder has not kept to PROTOCOL.md ("it …"). Soon, as a caller of ours may be on the stack. */
void pss_held_distrust_soon(PssHeld *held, const char *reason);

/* ---- retry.c */
void pss_held_try_now(PssHeld *held);
void pss_held_lose(PssHeld *held, const GError *error); /* the link is lost, or did not come to be */
void pss_held_lose_for_good(PssHeld *held, const GError *error);
void pss_held_drop_link_soon(PssHeld *held);
void pss_held_park_if_settled(PssHeld *held);
void pss_held_tell(PssHeld *held, PssLinkNews news, const char *text);
void pss_held_mind_network(PssHeld *held); /* from now on */

/* ---- farewell.c */
void pss_held_end(PssHeld *held); /* frees it, after the holder has been ended */
/* Whoever waits for that: NULL, there is none any more; else why that is not known. */
void pss_held_tell_end(PssHeld *held, const GError *error);

/* ---- plain.c */
void pss_held_open_plain(PssHeld *held, PssHeldChannel *channel);
void pss_held_become_plain(PssHeld *held); /* opens all of them */
void pss_held_lose_plain(PssHeld *held);   /* the link that they are of goes */
void pss_held_forget_plain(PssHeld *held); /* there is a holder: what a plain channel would need is dropped */

/* ---- transport-resilient.c */
extern const PssNumberedEvents pss_held_channel_events;
void pss_held_forget_channels(PssHeld *held);
void pss_held_settle_stops(PssHeld *held);     /* of channels that were adopted, when all has come that was there */
guint64 pss_held_waiting(const PssHeld *held); /* bytes for children that these have not taken */
