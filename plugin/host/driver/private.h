/* SPDX-License-Identifier: MIT */
/* The members of PssDriver, and what the two kinds implement. Private to this folder. */
#pragma once

#include "host/driver/driver.h"

/* Each is the call of that name. */
typedef struct {
	PssInvoker *(*new_queue)(PssDriver *driver, const PssInvokerOwner *owner, gpointer user);
	void (*begin)(PssDriver *driver);
	void (*end)(PssDriver *driver);

	gboolean (*is_runspace)(const PssDriver *driver);
	PssRemoteState (*state)(PssDriver *driver);
	const char *(*name)(PssDriver *driver);
	gboolean (*may_be_late)(PssDriver *driver);
	gboolean (*last_prompt)(PssDriver *driver, PssRemotePrompt *ret_prompt);

	gboolean (*line)(PssDriver *driver, const void *data, gsize n, GError **error);
	void (*discard)(PssDriver *driver);
	gboolean (*complete)(PssDriver *driver, const char *line, gsize n, gsize point);
	void (*cancel_completion)(PssDriver *driver);
	void (*keys)(PssDriver *driver, const void *data, gsize n);
	void (*interrupt)(PssDriver *driver);
	gsize (*queued)(PssDriver *driver); /* but for what waits for a channel */

	void (*pause)(PssDriver *driver, gboolean paused);
	void (*pause_command)(PssDriver *driver, gboolean paused); /* or NULL: it has a channel of its own */
	void (*resize)(PssDriver *driver);                         /* to the columns and rows of the options */
	void (*redraw)(PssDriver *driver);                         /* or NULL */
	void (*keep)(PssDriver *driver);                           /* or NULL */
	gboolean (*hang_up)(PssDriver *driver);                    /* or NULL: the end of its channel ends it */
} PssDriverOps;

/* Each kind embeds this as its first member. */
struct PssDriver {
	const PssDriverOps *ops;
	const PssDriverEvents *events;
	gpointer user;
	PssDriverOptions options; /* `shell` is NULL; `kept` and the size are those of now */
	PssTransport *transport;  /* borrowed; NULL before it has begun */
	PssChannel *channel;      /* the terminal, or all of a runspace; NULL: there is none */
	PssChannel *control;      /* the second one of a shell on a terminal; NULL: there is none */
	gboolean is_ended;        /* by pss_driver_end() */
};

/* For the kinds: what all of them have, into a new one. */
void pss_driver_init(PssDriver *driver, const PssDriverOps *ops, const PssDriverOptions *options,
		     const PssDriverEvents *events, gpointer user);

/* `channel` has ended. TRUE: the driver has been ended before, and on_gone has come of it. */
gboolean pss_driver_on_channel_closed(PssDriver *driver);
