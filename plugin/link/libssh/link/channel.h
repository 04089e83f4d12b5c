/* SPDX-License-Identifier: MIT */
/* One channel of an SSH link. Private to this folder: channel-start.c brings it to where its command runs,
 * channel-bytes.c carries what goes over it, channel.c has its life and what its user calls. */
#pragma once

#include "link/libssh/link/link.h"
#include "wire/buffer.h"

typedef enum {
	PSS_CHANNEL_NEW,
	PSS_CHANNEL_OPENING,
	PSS_CHANNEL_PTY,
	PSS_CHANNEL_ENVIRONMENT,
	PSS_CHANNEL_EXEC, /* as far as a spare one goes */
	PSS_CHANNEL_RUNNING,
	PSS_CHANNEL_FINISHED,
} PssSshChannelState;

/* A spare channel belongs to no user yet; the server may refuse to open it. */
typedef struct {
	void (*on_refused)(gpointer user); /* NULL: the channel is not spare */
	gpointer user;
} PssSshSpare;

/* What is still to be asked for on the way to RUNNING. */
typedef struct {
	char *command;        /* NULL: the login shell */
	char *subsystem;      /* instead of it; NULL: none, or refused */
	char **environment;   /* "NAME=value" of the login, borrowed, or NULL */
	gboolean agent;       /* forwarded */
	GPtrArray *stand_ins; /* see channel-start.c, the flight; or NULL */
} PssSshChannelStart;

typedef enum { PSS_SSH_EOF_NONE, PSS_SSH_EOF_WANTED, PSS_SSH_EOF_SENT } PssSshEof;

/* To the server. */
typedef struct {
	struct pss_buffer queue;
	gsize n_first; /* so many of it are the first bytes */
	gsize n_ahead; /* bytes that libssh got while the socket was full, since it was not */
	gboolean drain_wanted;
	PssSshEof eof;
	const char *signal; /* or NULL */
	gboolean resized;
} PssSshChannelOut;

typedef enum {
	PSS_SSH_DELIVER, /* what comes is handed on at once */
	PSS_SSH_KEEP,    /* held bytes are being fetched: nothing is taken beside them */
	PSS_SSH_WIDEN,   /* the window is being widened, see there */
} PssSshReading;

/* From the server. */
typedef struct {
	PssSshReading reading;
	gboolean paused;
	gboolean holding;          /* libssh or `held` has bytes that were not delivered */
	struct pss_buffer held[2]; /* output and errors that came in a pause */
	gsize n_since_widening;
	gboolean is_bulk; /* its window becomes wider than others' when much has come */
	guint64 n_delivered;
} PssSshChannelIn;

typedef struct {
	PssChannel base;
	PssSshLink *link;
	GPtrArray *siblings;            /* the list that holds a reference to it; borrowed */
	const PssChannelEvents *events; /* NULL: no user, or none any more */
	gpointer user;
	PssSshChannelState state;
	ssh_channel channel; /* NULL: not yet, or not any more */
	struct ssh_channel_callbacks_struct callbacks;
	gboolean pty, with_environment; /* as it was opened */
	char *term;
	guint columns, rows;
	PssSshSpare spare;
	PssSshChannelStart start;
	PssSshChannelOut out;
	PssSshChannelIn in;
	int exit_status;
	gboolean close_wanted, remote_closed;
} PssSshChannel;

static inline gboolean pss_ssh_channel_is_spare(const PssSshChannel *channel)
{
	return channel->spare.on_refused != NULL;
}

/* The request for the subsystem has no answer yet. */
static inline gboolean pss_ssh_channel_asks_for_subsystem(const PssSshChannel *channel)
{
	return channel->start.subsystem && channel->state == PSS_CHANNEL_EXEC;
}

/* ---- channel-bytes.c */

/* A callback of libssh's, and what else hands bytes to the user. */
int pss_ssh_channel_on_data(ssh_session session, ssh_channel ssh, void *data, uint32_t n, int is_stderr, void *user);
/* What came in during a pause. */
void pss_ssh_channel_deliver_held(PssSshChannel *channel);
void pss_ssh_channel_widen_window(PssSshChannel *channel);
void pss_ssh_channel_send_size(PssSshChannel *channel);
/* What the socket takes now. */
void pss_ssh_channel_send_all(PssSshChannel *channel);

/* ---- channel-start.c */

/* TRUE: what is opened with `with_environment` differs from what is opened without. */
gboolean pss_ssh_link_has_environment(const PssSshLink *link);
void pss_ssh_channel_give_environment(PssSshChannel *channel);

/* Goes on towards RUNNING as far as answers are here. NULL, or what the server refuses. */
const char *pss_ssh_channel_start(PssSshChannel *channel);

/* FALSE: what it asks for is more than a packet, for which the server would end the connection that others use too. */
gboolean pss_ssh_channel_fits(const PssSshChannel *channel, GError **error);

/* Starts a channel without waiting for answers; see there. Only as the first channel of a link. */
gboolean pss_ssh_channel_can_fly(const PssSshChannel *channel);
void pss_ssh_channel_fly(PssSshChannel *channel);

void pss_ssh_channel_free_stand_ins(PssSshChannel *channel);
/* The session that they belong to is about to be freed. */
void pss_ssh_channel_forget_stand_ins(PssSshChannel *channel);

/* ---- channel.c */

/* Both are added to `siblings`, which holds the only reference (pss_ssh_channel_unref()). */
PssSshChannel *pss_ssh_channel_new(PssSshLink *link, GPtrArray *siblings, const PssChannelRequest *request,
				   const PssChannelEvents *events, gpointer user);
/* A channel that is opened, and made a terminal, but runs nothing yet; `term` NULL: no terminal. */
PssSshChannel *pss_ssh_channel_new_spare(PssSshLink *link, GPtrArray *siblings, const char *term,
					 const PssSshSpare *spare);
void pss_ssh_channel_unref(gpointer channel);

/* Gives a spare one to a user, and what is requested of it. */
void pss_ssh_channel_use(PssSshChannel *channel, const PssChannelRequest *request, const PssChannelEvents *events,
			 gpointer user);

/* One turn of a channel: all that can be done now. Emits events. */
void pss_ssh_channel_turn(PssSshChannel *channel);
/* The session is about to be freed. */
void pss_ssh_channel_end(PssSshChannel *channel);

/* Operations of PssTransportOps. */
void pss_ssh_channel_write(PssChannel *channel, const void *data, gsize n);
gsize pss_ssh_channel_pending(PssChannel *channel);
void pss_ssh_channel_pause(PssChannel *channel, gboolean paused);
void pss_ssh_channel_resize(PssChannel *channel, guint columns, guint rows);
void pss_ssh_channel_signal(PssChannel *channel, const char *name);
void pss_ssh_channel_eof(PssChannel *channel);
void pss_ssh_channel_close(PssChannel *channel);
