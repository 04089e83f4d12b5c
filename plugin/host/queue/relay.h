/* SPDX-License-Identifier: MIT */
/* A channel that carries the streams of one command after another, between the fifos of a remote shell and us
 * (remote/PROTOCOL.md, "Invocations"). Private to command-relays.c. */
#pragma once

#include "link/transport/transport.h"
#include "remote/engine/engine.h"

typedef struct PssRelay PssRelay;

/* The relay may be freed from inside any of these. */
typedef struct {
	void (*on_ready)(gpointer user, PssRelay *relay);
	void (*on_taken)(gpointer user, PssRelay *relay, gsize n); /* so many bytes have left */
	/* The last event; its channel is closed. */
	void (*on_closed)(gpointer user, PssRelay *relay, const GError *error);
} PssRelayEvents;

/* Opens relay `number`, which hands what it carries to `remote`. NULL: there can be none. All is borrowed. */
PssRelay *pss_relay_open(PssTransport *transport, PssRemote *remote, guint number, const PssRelayEvents *events,
			 gpointer user);
void pss_relay_free(PssRelay *relay); /* accepts NULL */

/* Ends it on both sides, where the shell is at its prompt, and frees it. */
void pss_relay_end(PssRelay *relay);

gboolean pss_relay_is_ready(const PssRelay *relay);

/* It cannot serve another command: bytes or the end of input were sent to it, it has ended, or no input is left. */
gboolean pss_relay_is_spent(const PssRelay *relay);

/* Its last input is the one of the command that runs. */
gboolean pss_relay_is_last(const PssRelay *relay);

guint pss_relay_number(const PssRelay *relay);
PssChannel *pss_relay_channel(const PssRelay *relay); /* NULL: it has ended */

/* What a command's input would be, and one that has begun with it (0: without any). */
guint pss_relay_next_input(const PssRelay *relay);
void pss_relay_begin(PssRelay *relay, guint input);

/* One that has begun before the relay was ready: the shell has taken it. */
void pss_relay_confirm(PssRelay *relay);
/* Or it has not: its input so far comes back, and the relay is as it was. Has that input ended? */
gboolean pss_relay_take_back(PssRelay *relay, GByteArray *ret_input);

/* Bytes for the command that runs; none: their end. They go out once nothing else there can read them. */
void pss_relay_write(PssRelay *relay, const void *data, gsize n);
void pss_relay_pause(PssRelay *relay, gboolean paused);
