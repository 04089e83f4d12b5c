/* SPDX-License-Identifier: MIT */
/* A channel that is a child process of this machine, on three pipes or on a pty: for the transports that start programs
 * (local.c, transport-openssh.c). It behaves as sshd's channels do where that can be seen: data first, then one
 * on_closed with the status. Main context only; nothing here waits. */
#pragma once

#include "link/process/spawn.h"
#include "link/transport/transport.h"

typedef struct PssChildChannel PssChildChannel;

/* One reference, the caller's. Nothing runs yet. */
PssChildChannel *pss_child_channel_new(PssTransport *transport, const PssChannelEvents *events, gpointer user);
void pss_child_channel_unref(gpointer channel);
gpointer pss_child_channel_user(const PssChildChannel *channel);

/* Runs it as the request says: `spawn` is filled in but for its descriptors and terminal. Errors are reported by
 * on_closed, later. */
void pss_child_channel_start(PssChildChannel *channel, const PssChannelRequest *request, PssSpawn *spawn);

/* Runs nothing: on_closed follows, with an error. */
void pss_child_channel_refuse_subsystem(PssChildChannel *channel, const char *name);

/* After on_closed: runs this in place of what has ended, as if that had never been. From now on `events` are the
 * channel's; input that was ended stays so, behind the request's first bytes. */
void pss_child_channel_start_again(PssChildChannel *channel, const PssChannelEvents *events,
				   const PssChannelRequest *request, PssSpawn *spawn);

/* Takes everything back but the memory: the child gets SIGHUP, and nothing is heard of the channel afterwards. */
void pss_child_channel_shut(PssChildChannel *channel);

/* Operations of a transport (PssTransportOps). */
void pss_child_channel_write(PssChannel *channel, const void *data, gsize n);
gsize pss_child_channel_pending(PssChannel *channel);
void pss_child_channel_pause(PssChannel *channel, gboolean paused);
void pss_child_channel_resize(PssChannel *channel, guint columns, guint rows);
void pss_child_channel_signal(PssChannel *channel, const char *name);
void pss_child_channel_eof(PssChannel *channel);
