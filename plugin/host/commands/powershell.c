/* SPDX-License-Identifier: MIT */
/* PowerShell's client asks for the subsystem alone, which an administrator has to set up. Any server whose login shell
 * finds pwsh can do without: `pwsh -sshs` is what the subsystem runs too (man pssession-powershell). */
#include "host/commands/powershell.h"

#include <string.h>

#include "base/error.h"

#define SUBSYSTEM "powershell"
#define SERVER "pwsh -sshs -NoLogo"

/* PowerShell.7, PowerShell.7.4.1: the names under which WinRM has it. */
static gboolean is_version_of_it(const char *configuration)
{
	const char *version = configuration + strlen("PowerShell.");

	return g_ascii_strncasecmp(configuration, "PowerShell.", strlen("PowerShell.")) == 0 &&
	       g_ascii_isdigit(*version) && !version[strspn(version, "0123456789.")];
}

gboolean pss_is_powershell(const char *configuration)
{
	return configuration &&
	       (g_ascii_strcasecmp(configuration, PSS_POWERSHELL_NAME) == 0 ||
		g_ascii_strcasecmp(configuration, "PowerShell") == 0 || is_version_of_it(configuration));
}

gboolean pss_speaks_powershell(PssTransport *transport, const char *configuration)
{
	return configuration ? pss_is_powershell(configuration) : pss_transport_is_windows(transport);
}

gboolean pss_check_configuration(PssTransport *transport, const char *configuration, GError **error)
{
	if (!configuration || pss_is_powershell(configuration) || !pss_transport_is_windows(transport))
		return TRUE;
	g_set_error(
		error, PSS_ERROR, PSS_UNSUPPORTED,
		"-ConfigurationName %s is for computers with a POSIX shell, and this is a Windows computer: leave it "
		"out, or name " PSS_POWERSHELL_NAME,
		configuration);
	return FALSE;
}

PssChannel *pss_powershell_open(PssTransport *transport, const char *subsystem, const PssChannelEvents *events,
				gpointer user)
{
	const PssChannelRequest request = {
		.subsystem = subsystem ? subsystem : SUBSYSTEM,
		.command = subsystem ? NULL : SERVER, /* never another one than was named */
		.with_environment = TRUE,
	};
	return pss_channel_open(transport, &request, events, user);
}

char *pss_powershell_failure(const char *subsystem, const char *cause)
{
	if (subsystem)
		return g_strdup_printf("PowerShell remoting does not work there (-Subsystem %s): %s; see "
				       "pssession-powershell(7)",
				       subsystem, cause);
	return g_strdup_printf("PowerShell remoting does not work there (subsystem " SUBSYSTEM ", or " SERVER
			       "): %s; see pssession-powershell(7)",
			       cause);
}
