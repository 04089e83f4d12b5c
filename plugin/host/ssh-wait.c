/* SPDX-License-Identifier: MIT */
/* Called by whatever drives a libssh session that does not block. */
#include "host/ssh-wait.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "host/ssh-error.h"

void pss_ssh_quick_ack(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

gboolean pss_ssh_wait_session(PssPerson *person, ssh_session session, const char *what, GError **error)
{
	short events = POLLIN;
	int fd = ssh_get_fd(session);

	if (fd < 0) {
		pss_ssh_set_error(error, session, PSS_UNREACHABLE, "%s: the server ended the connection", what);
		return FALSE;
	}
	if (ssh_get_poll_flags(session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	if (!pss_person_wait(person, fd, events, 0, what, error))
		return FALSE;
	pss_ssh_quick_ack(fd);
	return TRUE;
}
