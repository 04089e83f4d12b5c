/* SPDX-License-Identifier: MIT */
/* A command in PowerShell, by PowerShell remoting on a channel (psrp/PROTOCOL.md). */
#pragma once

#include "host/commands/command-channel.h"
#include "psrp/client/client.h"

/* As pss_run_channel_new(). Objects come as PowerShell formats them, as wide as the command says; errors, warnings and
 * what is written to the host are standard error. With objects or records they are those (command.h). */
PssRun *pss_run_psrp_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			 gpointer user);

/* command-guest.c: in the PowerShell of a client that is IDLE, and stays its owner's. A pause goes both to the run
 * and to the channel, which the owner has. The run may be freed at any time, from the events of its own not before it
 * is done, and before the client is; then what runs is stopped, and the client's on_prompt follows. NULL: it cannot be
 * run. Of the options the command, input and tty count. */
PssRun *pss_run_psrp_new_guest(PssPsrp *client, const PssRunChannelOptions *options, const PssRunEvents *events,
			       gpointer user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
