/* SPDX-License-Identifier: MIT */
/* The resilient transport: its channels outlive the link, since a holder on the remote computer has their other ends
 * (remote/PROTOCOL.md, "Holders"). It replaces a lost link by a new transport of the underlying kind. */
#pragma once

#include "link/transport/transport.h"

/* As pss_transport_ssh_new(); on_link tells what becomes of the link. idle_s: see -IdleTimeoutSec. Where there can be
 * no holder, a note says why, and the transport is as plain as its first link. pss_transport_free() ends the holder, in
 * the background if need be. */
PssTransport *pss_transport_held_new(PssTarget *target, PssTransportNewFunc new_link, guint idle_s,
				     const PssTransportEvents *events, gpointer user);

/* What the holder tells those who list what is there; in on_ready at the latest. Copied; shell: NULL for the login
 * shell. */
void pss_transport_held_describe(PssTransport *transport, const char *instance, const char *name, const char *shell);

/* A holder that is there already. */
typedef struct {
	const char *name;
	guint idle_s;
	gboolean if_free; /* PSS_BUSY where another client is connected to it */
	gboolean beside;  /* the first link shares the connection that found it */
} PssHolderThere;

/* The transport to it: without a link until somebody hurries it, then it takes over. */
PssTransport *pss_transport_held_restore(PssTarget *target, PssTransportNewFunc new_link, const PssHolderThere *there,
					 const PssTransportEvents *events, gpointer user);
PssChannel *pss_transport_held_adopt(PssTransport *transport, guint number, gboolean pty,
				     const PssChannelEvents *events, gpointer user);
/* While there is no link, its output is forgotten from the oldest on when it is too much; else it waits. */
void pss_channel_held_set_drop(PssChannel *channel, gboolean drop);
/* The receiver of its output keeps all of it, and informs the holder (below): a pause holds up the sender alone, and
 * what is on its way comes all the same. Else that waits here, and what is too much to wait is lost with this process.
 */
void pss_channel_held_set_passing(PssChannel *channel, gboolean passes_on);
guint pss_channel_held_number(PssChannel *channel);
const char *pss_transport_held_name(PssTransport *transport);
/* What the holder hands to the client that takes over. */
void pss_transport_held_note(PssTransport *transport, const char *memo);
/* The same with what is said next, if that is soon: in front of what confirms that it has become true. */
void pss_transport_held_note_soon(PssTransport *transport, const char *memo);
/* Output that nobody has seen yet outlives this process: the holder keeps it for the client that takes over, in order
 * within each kind (below PSS_RESILIENT_KINDS), the newest 3 MiB. Where `data` lies in what on_data of a channel hands
 * out just now, the holder has it, and but a few bytes are said. */
#define PSS_RESILIENT_KINDS 4
void pss_transport_held_keep(PssTransport *transport, guint kind, const void *data, gsize n);
/* The oldest n bytes of that kind have been seen, or are not wanted any more. */
void pss_transport_held_forget(PssTransport *transport, guint kind, gsize n);
/* Says so at once. */
void pss_transport_held_confirm(PssTransport *transport);

/* Where bytes come from that are handed on later than by on_data. */
typedef struct {
	guint child;
	gboolean is_stderr;
	guint64 from;   /* count of the first one in the down stream */
	guint64 before; /* where its channel's bytes in front of it end */
	const void *data;
	gsize n;
} PssResilientPlace;
/* Of bytes of what on_data hands out just now; n 0: they are not of it. */
PssResilientPlace pss_transport_held_place_of(PssTransport *transport, const void *data, gsize n);
/* These bytes are handed on just now; NULL: no more. Returns what was before. */
PssResilientPlace pss_transport_held_set_place(PssTransport *transport, const PssResilientPlace *place);

/* `func` hears once, behind pss_transport_free(), that the holder has ended, or why that is not known, after some
 * seconds at the latest: then the attempts go on in the background. */
typedef void (*PssResilientEndFunc)(gpointer user, const GError *error);
void pss_transport_held_await_end(PssTransport *transport, PssResilientEndFunc func, gpointer user);

/* To be freed without ending the holder. */
void pss_transport_held_leave(PssTransport *transport);

/* Gives the link up as soon as all that was said has been obeyed, until somebody hurries it. The holder lives on. */
void pss_transport_held_park(PssTransport *transport);

/* As -IdleTimeoutSec from now on. */
void pss_transport_held_set_idle(PssTransport *transport, guint idle_s);

/* Somebody waits: tries to connect now. Nothing where the link is up. */
void pss_transport_held_hurry(PssTransport *transport);
