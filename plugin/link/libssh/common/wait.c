/* SPDX-License-Identifier: MIT */
/* poll() on a libssh session that does not block. Called by the steps of a login. */
#include "link/libssh/common/wait.h"

#include <poll.h>

#include "base/system.h"
#include "link/libssh/common/error.h"

gboolean pss_ssh_wait_session(PssLoginContext *person, ssh_session session, const char *what, GError **error)
{
	short events = POLLIN;
	int fd = ssh_get_fd(session);

	if (fd < 0) {
		pss_ssh_set_error(error, session, PSS_UNREACHABLE, "%s: the server ended the connection", what);
		return FALSE;
	}
	if (ssh_get_poll_flags(session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	if (!pss_login_wait(person, fd, events, 0, what, error))
		return FALSE;
	pss_system_acknowledge_quickly(fd);
	return TRUE;
}
