/* SPDX-License-Identifier: MIT */
/* A command in PowerShell, by PowerShell remoting on a channel (psrp/PROTOCOL.md). */
#pragma once

#include "host/commands/command-channel.h"
#include "psrp/client/client.h"

/* As pss_run_channel_new(). Objects come as PowerShell formats them, `columns` wide; errors, warnings and what is
 * written to the host are standard error. */
PssRun *pss_run_psrp_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			 gpointer user);

/* In the PowerShell of a client that is IDLE, and stays its owner's. Pausing and unpausing are the owner's too. The run
 * is freed when it is done, or when the client has ended. NULL: it cannot be run. */
PssRun *pss_run_psrp_new_guest(PssPsrp *client, const PssRunChannelOptions *options, const PssRunEvents *events,
			       gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
