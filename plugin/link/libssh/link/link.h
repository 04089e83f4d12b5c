/* SPDX-License-Identifier: MIT */
/* An authenticated libssh session on the main loop. It is the lowest file of this folder: what shares the link,
 * channels and tunnels, registers itself as a rider and is called in the link's turns.
 *
 * libssh reads the socket, and calls back, inside almost every call. So all calls into it are made in the turns of the
 * link's own source: what the users of a channel ask for is written down and done there. */
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "link/libssh/connect/login.h"
#include "link/transport/transport.h"

/* What shares the turns of a link. */
typedef struct {
	/* Does all that can be done now, as long as the link is not lost. May emit events. */
	void (*turn)(gpointer user);
	/* The same before the link is stopped: what was asked for leaves, and no event follows. NULL: there is nothing.
	 */
	void (*last_turn)(gpointer user);
	/* The session, and with it every channel of libssh's, is about to be freed. */
	void (*end)(gpointer user);
} PssSshRider;

#define PSS_SSH_RIDERS_MAX 2

/* What the socket has carried, and what was in it. */
typedef struct {
	struct ssh_counter_struct socket, packets;
	guint64 n_checked; /* packets.in_bytes when the host key was looked at last */
	gint64 n_flushed;  /* packets' bytes above the socket's when nothing waited last */
} PssSshTraffic;

typedef struct {
	guint64 n_heard; /* bytes, when the last one was due */
	guint n_missed;
	gint64 next; /* us of g_get_monotonic_time() */
} PssSshKeepalive;

typedef struct {
	PssTransport base;
	const PssTransportEvents *events;
	gpointer user;
	PssLoginContext *person;
	PssSshLogin *login;  /* NULL: not logged in yet, or ended */
	ssh_session session; /* login's */
	ssh_event event;
	GSource *source;
	GPollFD socket;
	struct {
		const PssSshRider *rider;
		gpointer user;
	} riders[PSS_SSH_RIDERS_MAX];
	guint n_riders;
	gsize n_carried;    /* bytes of the riders', both ways, in this turn */
	guint n_turns_idle; /* in a row, with next to nothing */
	guint patience;     /* source: till it has a turn in any case; 0: none */
	gboolean kicked;    /* something was asked for since the last turn */
	gboolean lost;
	GError *cause; /* why, until it has been reported */
	PssSshTraffic traffic;
	PssSshKeepalive keepalive;
	guint first_turns_left;
	GHashTable *refused; /* the names of subsystems, a set; NULL: none yet */
} PssSshLink;

/* Adds one whose turns come behind those of the riders before it, for as long as the link lives. */
void pss_ssh_link_add_rider(PssSshLink *link, const PssSshRider *rider, gpointer user);

/* Has no other link had a turn for a while? Then nobody waits for the end of a long one. */
gboolean pss_ssh_link_is_alone(const PssSshLink *link);

/* Asks for a turn of the link's source. */
void pss_ssh_link_kick(PssSshLink *link);

/* Takes over a login. The first turn, and events, follow from the main loop. */
void pss_ssh_link_start(PssSshLink *link, PssSshLogin *login);

/* Sends what can go without waiting, then ends it. No event follows. */
void pss_ssh_link_stop(PssSshLink *link);

gboolean pss_ssh_link_is_alive(PssSshLink *link);

/* Loses the link if libssh finds it dead. FALSE: it is lost. */
gboolean pss_ssh_link_check(PssSshLink *link);

/* The server has refused the subsystem: it is not to be asked for again where there is something else to run. */
void pss_ssh_link_note_refusal(PssSshLink *link, const char *subsystem);
gboolean pss_ssh_link_has_refused(const PssSshLink *link, const char *subsystem);

/* To be asked before anything that came over the link is handed on. FALSE: it is lost, or now is, as the server has
 * shown another host key. */
gboolean pss_ssh_link_is_trusted(PssSshLink *link);
