/* SPDX-License-Identifier: MIT */
/* A pair of sockets: one end is the session's link's (tunnels), the other the login's (link/libssh/connect/via.c).
 * Called by the handlers of requests that name a session on the way. */
#include "link/transport/via.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"

struct PssVia {
	gint refs;
	gint fd; /* -1: used */
	char *computer;
};

PssVia *pss_via_ref(PssVia *via)
{
	if (via)
		g_atomic_int_inc(&via->refs);
	return via;
}

void pss_via_unref(PssVia *via)
{
	if (!via || !g_atomic_int_dec_and_test(&via->refs))
		return;
	if (via->fd >= 0)
		close(via->fd);
	g_free(via->computer);
	g_free(via);
}

PssVia *pss_via_new(PssTransport *transport, const char *computer, GError **error)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		pss_set_errno(error, errno, "cannot connect through %s", computer);
		return NULL;
	}
	if (!pss_transport_lead(transport, pair[1])) {
		close(pair[0]);
		close(pair[1]);
		g_set_error(
			error, PSS_ERROR, PSS_UNSUPPORTED,
			"the connection to %s leads to no other computer: it is made by the ssh program, or is lost; "
			"use -Options 'ProxyJump=%s' from here",
			computer, computer);
		return NULL;
	}
	PssVia *via = g_new0(PssVia, 1);
	*via = (PssVia){ .refs = 1, .fd = pair[0], .computer = g_strdup(computer) };
	return via;
}

const char *pss_via_computer(const PssVia *via)
{
	return via->computer;
}

int pss_via_take(PssVia *via)
{
	int fd = g_atomic_int_get(&via->fd);

	return fd >= 0 && g_atomic_int_compare_and_exchange(&via->fd, fd, -1) ? fd : -1;
}
