/* SPDX-License-Identifier: MIT */
/* The one place where libssh's error text is read. It is shown behind a message of the caller's, and never parsed but
 * for one word: which kind of failure it was follows from the step that failed. Texts of a server are data here. */
#include "link/libssh/common/error.h"

#include <string.h>

#include "base/said.h"

/* libssh 0.10 says so nowhere else: ssh_get_disconnect_message() knows nothing of a disconnect during a login. */
gboolean pss_ssh_server_hung_up(ssh_session session)
{
	return strstr(ssh_get_error(session), "SSH_MSG_DISCONNECT") != NULL;
}

void pss_ssh_set_error(GError **error, ssh_session session, enum pss_status code, const char *format, ...)
{
	const char *said = session ? ssh_get_error(session) : NULL;
	g_autofree char *reason = pss_said_line(said ? said : "");
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (*reason)
		g_set_error(error, PSS_ERROR, (int)code, "%s: %s", message, reason);
	else
		g_set_error_literal(error, PSS_ERROR, (int)code, message);
}
