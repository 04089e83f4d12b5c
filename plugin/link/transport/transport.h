/* SPDX-License-Identifier: MIT */
/* The seam between sessions and the link: an authenticated connection to one computer that carries
 * channels. transport-libssh.c is the usual one, local.c serves the tests. Everything here
 * is called, and calls back, in the default main context; nothing blocks. */
#pragma once

#include <glib.h>

#include "link/transport/question.h"
#include "link/transport/target.h"

typedef struct PssTransport PssTransport;
typedef struct PssChannel PssChannel;

/* What becomes of the link of a transport that can do without one (transport-resilient.h). */
typedef enum {
	PSS_LINK_HELD,   /* the first one is up, and a holder keeps what the channels lead to */
	PSS_LINK_DOWN,   /* lost, for the time being; text: why */
	PSS_LINK_STUCK,  /* the same, but it does not try by itself: somebody has to be there. text: why */
	PSS_LINK_PARKED, /* given up, as pss_transport_held_park() wants it */
	PSS_LINK_UP,     /* there is one again, and all that was kept has come */
} PssLinkNews;

/* What the caller of connect hears. */
typedef struct {
	/* Logged in: channels may be opened. `user` and `history_key` ("user@host:port", resolved by
	 * ssh_config), and `forwards` (for people; NULL: none) are borrowed for the call. Opening channels from inside
	 * this call lets the transport put their requests into one flight. */
	void (*on_ready)(gpointer user, const char *remote_user, const char *history_key, const char *forwards);
	/* A person is asked; the callee keeps a reference for as long as it needs one. */
	void (*on_question)(gpointer user, PssQuestion *question);
	/* PSS_NOTE_BANNER, PSS_NOTE_WARNING, PSS_NOTE_VERBOSE, PSS_NOTE_DEBUG. Never a secret, never payload. */
	void (*on_note)(gpointer user, enum pss_note_kind kind, const char *text);
	/* Connecting failed, or the link has died: once, the last event. All channels are dead; none of
	 * them calls back any more. */
	void (*on_lost)(gpointer user, const GError *error);
	/* What pss_transport_reserve() wanted is there, or the server refuses more: it lets us have `n` channels. NULL:
	 * nobody wants to know. */
	void (*on_reserved)(gpointer user, guint n);
	/* Only from a held transport. */
	void (*on_link)(gpointer user, PssLinkNews news, const char *text);
	/* It was restored, and the holder has been taken over: the memo that it was left with. Adopt channels in here.
	 */
	void (*on_taken_over)(gpointer user, const char *memo, guint last_child);
	/* So many bytes of output were forgotten while there was no link: see pss_channel_held_set_drop(). */
	void (*on_dropped)(gpointer user, guint64 n);
	/* It was restored: these bytes the client before had kept (pss_transport_held_keep()), and nobody has seen.
	 * They come in front of all others, and are kept already. */
	void (*on_unseen)(gpointer user, guint kind, const void *data, gsize n);
} PssTransportEvents;

typedef struct {
	const char *command; /* what to execute; NULL: the login shell */
	/* The subsystem to start (RFC 4254, 6.5); NULL: none. Where the server refuses it, `command` is executed in its
	 * place, with all input from its beginning; without a command the refusal is an error. A resilient transport
	 * whose computer has a holder refuses all. Never with pty. */
	const char *subsystem;
	gboolean pty;
	/* For what is copied: more of it may be on its way than of others. Of a transport that can do without a link it
	 * is of the present one nevertheless, and ends with it. */
	gboolean beside;
	/* In the environment that ssh_config says (SendEnv, SetEnv), and with a forwarded agent. For what a person's
	 * commands run in: it may take round trips. */
	gboolean with_environment;
	const char *term;    /* with pty; never NULL then */
	guint columns, rows; /* with pty */
	/* Bytes for its standard input that go in the same flight where that can be; copied. */
	const void *first_bytes;
	gsize n_first_bytes;
} PssChannelRequest;

typedef struct {
	/* Bytes that arrived. Back-pressure: pss_channel_pause() stops these calls and, in the end, the sender. */
	void (*on_data)(gpointer user, const void *data, gsize n, gboolean is_stderr);
	/* All that was written has left; comes only after pss_channel_pending() had been above 0. */
	void (*on_drained)(gpointer user);
	/* The channel is finished, all data before it has been delivered: once, the last event. exit_status
	 * is 0-255, 128+n for signal n, or -1 when the server said nothing. `error` is set when the server
	 * refused the channel or the request: PSS_UNSUPPORTED if that was the subsystem, else PSS_FAILED. */
	void (*on_closed)(gpointer user, int exit_status, const GError *error);
} PssChannelEvents;

/* The operations of one kind of transport. */
typedef struct {
	void (*connect)(PssTransport *transport);
	PssChannel *(*open)(PssTransport *transport, const PssChannelRequest *request, const PssChannelEvents *events,
			    gpointer user);
	void (*write)(PssChannel *channel, const void *data, gsize n);
	gsize (*pending)(PssChannel *channel);
	void (*pause)(PssChannel *channel, gboolean paused);
	void (*resize)(PssChannel *channel, guint columns, guint rows);
	void (*signal)(PssChannel *channel, const char *name);
	void (*eof)(PssChannel *channel);
	void (*close)(PssChannel *channel);
	gboolean (*reserve)(PssTransport *transport, guint n_channels, guint n_terminals); /* NULL: it cannot */
	gboolean (*lead)(PssTransport *transport, int fd);                                 /* NULL: it cannot */
	const char *(*banner)(PssTransport *transport);                                    /* NULL: it does not know */
	void (*free)(PssTransport *transport);
} PssTransportOps;

/* Each kind embeds these as its first member. */
struct PssTransport {
	const PssTransportOps *ops;
};
struct PssChannel {
	PssTransport *transport;
};

/* Starts connecting; every outcome is an event, never before this returns. */
void pss_transport_connect(PssTransport *transport);

/* What the server calls itself ("SSH-2.0-OpenSSH_9.2p1", RFC 4253, 4.2), once the link is ready: as the server sent it,
 * borrowed until the link is lost. NULL: it is not known. */
const char *pss_transport_banner(PssTransport *transport);

/* Is it OpenSSH on Windows, where there is no POSIX shell and none of its programs? FALSE also where that is not known.
 */
gboolean pss_transport_is_windows(PssTransport *transport);

/* Does what the server calls itself tell that pss_channel_signal() reaches nobody there, as `user`: OpenSSH before 7.9,
 * for root (session.c, session_signal_req), and tinysshd? FALSE also where that is not known: a forced command hears
 * none. */
gboolean pss_transport_drops_signals(PssTransport *transport, const char *user);

/* Frees it at any time but from inside one of its callbacks, ends the connection, says nothing more.
 * Accepts NULL. All its channels are gone with it. */
void pss_transport_free(PssTransport *transport);

/* Opens a channel and starts what it asks for. Never NULL: refusal is an on_closed with an error. */
PssChannel *pss_channel_open(PssTransport *transport, const PssChannelRequest *request, const PssChannelEvents *events,
			     gpointer user);

/* Wants that many channels at the server, those in use included, and opens the rest of them ahead: so many of them
 * terminals, of the kind that was opened last. What is opened later starts on one of these, with a round trip less for
 * each thing that has been asked for already. on_reserved follows each call, later. Replaces what was wanted before; to
 * be called again when channels have been opened or closed. FALSE: this kind of transport cannot. */
gboolean pss_transport_reserve(PssTransport *transport, guint n_channels, guint n_terminals);

/* Has the server connect to where who writes to the socket asks it to, by SOCKS, and carries what follows: as a
 * DynamicForward does. Takes the descriptor over. FALSE: this transport cannot, or not now, and the descriptor stays.
 */
gboolean pss_transport_lead(PssTransport *transport, int fd);

/* After on_closed or on_lost a channel's pointer stays good for calls that do nothing, until
 * pss_channel_close() or pss_transport_free(). */

/* Takes a copy of all of it; what the link cannot take yet is queued. The caller bounds the queue by
 * watching pss_channel_pending() and waiting for on_drained. */
void pss_channel_write(PssChannel *channel, const void *data, gsize n);
gsize pss_channel_pending(PssChannel *channel);

void pss_channel_pause(PssChannel *channel, gboolean paused);
void pss_channel_resize(PssChannel *channel, guint columns, guint rows);
/* Sends the signal ("INT", without SIG; a static string) to what runs, where the server can do that. */
void pss_channel_signal(PssChannel *channel, const char *name);
void pss_channel_eof(PssChannel *channel);   /* after what is queued */
void pss_channel_close(PssChannel *channel); /* at once; no event follows; the pointer is dead */

/* What makes a transport of some kind. Takes the target over. `events` must outlive it. Never NULL. */
typedef PssTransport *(*PssTransportNewFunc)(PssTarget *target, const PssTransportEvents *events, gpointer user);
