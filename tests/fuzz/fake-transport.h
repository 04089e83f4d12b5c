/* SPDX-License-Identifier: MIT */
/* A transport that leads nowhere: a fuzzer says what comes from the other side, and when the link comes and goes. Every
 * one that was made and not freed can be reached by a number, and so can its channels. */
#pragma once

#include "link/transport/transport.h"
#include "wire/status.h"

PssTransport *fake_transport_new(PssTarget *target, const PssTransportEvents *events, gpointer user);

guint fake_n_transports(void);
guint fake_n_opened(void);       /* channels, since fake_forget() */
gboolean fake_is_up(guint link); /* there is one, and it has not been lost */

/* What happens to the link number `link` (modulo how many there are). Nothing where there is none, or not any more. */
void fake_ready(guint link); /* once */
void fake_ask(guint link, enum pss_ask_kind kind, const char *text);
void fake_note(guint link, const char *text);
void fake_lose(guint link, enum pss_status status, const char *text);

/* And to channel number `channel` of it. */
void fake_data(guint link, guint channel, gboolean is_stderr, const void *data, gsize n);
void fake_drain(guint link, guint channel);
void fake_close(guint link, guint channel, int exit_status);

/* The secrets that an honest remote would answer with: all that was written to any channel is searched for them.
 * Never NULL. */
const char *fake_key(void);       /* of the replies */
const char *fake_name(void);      /* of the private directory */
const char *fake_nonce(void);     /* the one that was named last */
const char *fake_boot_mark(void); /* in front of a boot id */
void fake_forget(void);           /* before another input */
