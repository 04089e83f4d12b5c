/* SPDX-License-Identifier: MIT */
/* A command in PowerShell, by PowerShell remoting on a channel of its own (psrp/PROTOCOL.md). */
#pragma once

#include "host/commands/command-channel.h"

/* As pss_run_channel_new(). Objects come as PowerShell formats them, `columns` wide; errors, warnings and what is
 * written to the host are standard error. */
PssRun *pss_run_psrp_new(PssTransport *transport, const PssRunChannelOptions *options, const PssRunEvents *events,
			 gpointer user);
