/* SPDX-License-Identifier: MIT */
/* A command on a channel of its own: of a connection that is there, or of one that is made for it. */
#pragma once

#include "host/commands/command.h"
#include "link/transport/transport.h"

typedef struct {
	const PssCommand *command;
	const char *shell;     /* -ConfigurationName, or NULL: the login shell */
	const char *subsystem; /* of PowerShell remoting, or NULL: the usual one */
	gboolean is_script;
	gboolean input;
	gboolean tty;
	gboolean with_environment; /* see transport.h */
	const char *term;          /* with tty */
	guint columns, rows;
	const char *user;    /* there, if that is known: see pss_transport_drops_signals() */
	GPtrArray *siblings; /* where it enters itself while it runs, for pss_run_channels_end(); or NULL */
} PssRunChannelOptions;

/* The transport outlives it. */
PssRun *pss_run_channel_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			    gpointer user);
void pss_run_channel_resize(PssRun *run, guint columns, guint rows);

/* The link is dead: each is done, with this error. */
void pss_run_channels_end(GPtrArray *runs, const GError *error);
