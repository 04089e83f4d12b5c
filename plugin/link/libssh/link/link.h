/* SPDX-License-Identifier: MIT */
/* An authenticated libssh session on the main loop, and its channels. Private to link.c, channel.c
 * and transport-libssh.c.
 *
 * libssh reads the socket, and calls back, inside almost every call. So all calls into it are made from
 * the link's own source: what the users of a channel ask for is written down and done there. */
#pragma once

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "link/libssh/connect/login.h"
#include "link/transport/transport.h"
#include "wire/buffer.h"

typedef struct PssTunnels PssTunnels;

typedef struct {
	PssTransport base;
	PssTarget *target; /* until the login has it */
	const PssTransportEvents *events;
	gpointer user;
	PssPerson *person;
	PssSshLogin *login;  /* NULL until logged in */
	ssh_session session; /* login's */
	ssh_event event;
	GSource *source;
	gpointer fd_tag;
	PssTunnels *tunnels; /* NULL without a session */
	GPtrArray *channels; /* of PssSshChannel; one reference each */
	guint n_reserved;    /* channels wanted in all, see spare-channels.c; 0: none but those that are used */
	guint n_spare_terminals;
	gboolean reserving; /* on_reserved is still to be said */
	gboolean refused;   /* since then */
	guint n_granted;    /* the most that were open at a time */
	guint room;         /* channels that the server allows, as far as that is known */
	char *term;         /* of the last terminal, or NULL */
	gsize n_delivered;  /* to the channels' users, in this turn */
	gboolean kicked;    /* something was asked for since the last turn */
	gboolean fresh;     /* no channel has been started yet */
	gboolean lost;
	GError *cause;                     /* why, until it has been told */
	struct ssh_counter_struct counter; /* of the socket */
	struct ssh_counter_struct packets; /* of what is in them */
	guint64 n_checked;                 /* packets.in_bytes when the host key was looked at last */
	gint64 n_flushed;                  /* packets' bytes above the socket's when nothing waited last */
	guint64 n_heard;                   /* bytes, when the last keepalive was due */
	guint n_missed;
	gint64 next_alive;
	guint quick_acks_left;
} PssSshLink;

typedef enum {
	PSS_CHANNEL_NEW,
	PSS_CHANNEL_OPENING,
	PSS_CHANNEL_PTY,
	PSS_CHANNEL_ENVIRONMENT,
	PSS_CHANNEL_EXEC, /* as far as a spare one goes */
	PSS_CHANNEL_RUNNING,
} PssSshChannelState;

typedef struct {
	PssChannel base;
	PssSshLink *link;
	const PssChannelEvents *events; /* NULL: nobody wants to hear */
	gpointer user;
	PssSshChannelState state;
	ssh_channel channel;  /* NULL: not yet, or not any more */
	GPtrArray *stand_ins; /* see channel.c, the flight; or NULL */
	struct ssh_channel_callbacks_struct callbacks;
	char *command, *term;
	char **environment; /* "NAME=value" of the login, borrowed, or NULL: what is still to be sent */
	gboolean with_environment;
	gboolean pty;
	guint columns, rows;
	struct pss_buffer queue; /* to be sent */
	gsize n_first;           /* so many of it are the first bytes */
	gsize n_since_widening;
	const char *signal; /* to be sent, or NULL */
	int exit_status;
	gboolean resized, eof_wanted, eof_sent, drain_wanted, close_wanted;
	gboolean agent_wanted;     /* forwarded; still to be asked for */
	gboolean is_spare;         /* nobody's yet */
	gboolean paused, holding;  /* holding: libssh or `held` has bytes that were not delivered */
	struct pss_buffer held[2]; /* output and errors that came in a pause */
	gboolean widening;         /* the same for a moment, see there */
	gboolean draining;         /* they are being fetched: callbacks only buffer */
	gboolean remote_closed, finished;
} PssSshChannel;

/* Asks for a turn of the link's source. */
void pss_ssh_link_kick(PssSshLink *link);

/* Takes over a login; events follow. */
void pss_ssh_link_start(PssSshLink *link, PssSshLogin *login);

/* Sends what can go without waiting, then ends it. No event follows. */
void pss_ssh_link_stop(PssSshLink *link);

gboolean pss_ssh_link_is_alive(PssSshLink *link);

/* To be asked before anything that came over the link is handed on. FALSE: it is lost, or now is, as the server has
 * shown another host key. */
gboolean pss_ssh_link_is_trusted(PssSshLink *link);

PssSshChannel *pss_ssh_channel_new(PssSshLink *link, const PssChannelRequest *request, const PssChannelEvents *events,
				   gpointer user);
void pss_ssh_channel_unref(gpointer channel);

/* A channel that is opened, and made a terminal, but runs nothing yet; `term` NULL: no terminal. */
PssSshChannel *pss_ssh_channel_new_spare(PssSshLink *link, const char *term);
/* Makes a spare one somebody's, and what is requested of it. */
void pss_ssh_channel_use(PssSshChannel *channel, const PssChannelRequest *request, const PssChannelEvents *events,
			 gpointer user);

/* TRUE: what is opened with `with_environment` differs from what is opened without. */
gboolean pss_ssh_link_has_environment(const PssSshLink *link);

/* Opens spare channels as far as they are wanted and allowed; says when they are there. */
void pss_ssh_spares_turn(PssSshLink *link);
void pss_ssh_spare_refused(PssSshLink *link);

/* Borrowed, to be used at once: one of the kind, or one that can be made of the kind. NULL: there is none. */
PssSshChannel *pss_ssh_spare_take(PssSshLink *link, const PssChannelRequest *request);

/* The session that they belong to is about to be freed. */
void pss_ssh_channel_forget_stand_ins(PssSshChannel *channel);

/* One turn of a channel: all that can be done now. Emits events. */
void pss_ssh_channel_turn(PssSshChannel *channel);

/* Starts a channel without waiting for answers; see there. Only as the first channel of a link. */
gboolean pss_ssh_channel_can_fly(const PssSshChannel *channel);
void pss_ssh_channel_fly(PssSshChannel *channel);

void pss_ssh_channel_write(PssChannel *channel, const void *data, gsize n);
gsize pss_ssh_channel_pending(PssChannel *channel);
void pss_ssh_channel_pause(PssChannel *channel, gboolean paused);
void pss_ssh_channel_resize(PssChannel *channel, guint columns, guint rows);
void pss_ssh_channel_signal(PssChannel *channel, const char *name);
void pss_ssh_channel_eof(PssChannel *channel);
void pss_ssh_channel_close(PssChannel *channel);
