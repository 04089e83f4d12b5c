/* SPDX-License-Identifier: MIT */
/* Where PowerShell remoting is spoken, and how a channel to it is opened: for commands and for sessions. */
#pragma once

#include "link/transport/transport.h"

#define PSS_POWERSHELL_NAME "Microsoft.PowerShell" /* as ConfigurationName */

/* Does -ConfigurationName (or NULL) name PowerShell remoting? "pwsh" does not: that is a shell in a terminal. */
gboolean pss_is_powershell(const char *configuration);

/* Is it to be spoken over this link, which is ready? Where no configuration is named it is if the server is Windows'
 * OpenSSH, whose login shell is none of POSIX; with -Transport ssh and an ssh before 8.5 that
 * is not known. */
gboolean pss_speaks_powershell(PssTransport *transport, const char *configuration);

/* FALSE: the configuration wants a POSIX shell, and the link leads to Windows, whose cmd.exe would take sh's text apart
 * and run parts of it. */
gboolean pss_check_configuration(PssTransport *transport, const char *configuration,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Opens the channel: of this subsystem (-Subsystem); NULL: of "powershell" or, where the server has none of that name,
 * of `pwsh -sshs`. As pss_channel_open(), refusal included. */
PssChannel *pss_powershell_open(PssTransport *transport, const char *subsystem, const PssChannelEvents *events,
				gpointer user);

/* Why PowerShell has not come to speak: the sentence for the user. `cause` is what pss_psrp's on_ended has, or the
 * message of the channel's refusal. Heap. */
char *pss_powershell_failure(const char *subsystem, const char *cause);
