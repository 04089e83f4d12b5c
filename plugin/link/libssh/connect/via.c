/* SPDX-License-Identifier: MIT */
/* A connection over a session's own, requested by SOCKS 4a, so that the login names the computer. A way that is used
 * up is an error, never a connection from here: the same name may be another computer there. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "link/libssh/connect/tcp-connect.h"
#include "link/login/login-context.h"
#include "link/transport/via.h"

#define SOCKS_GRANTED 90
#define SOCKS_ANSWER 8

/* The whole answer, or FALSE and an error. */
static gboolean ask(const PssVia *via, int fd, PssLoginContext *person, const char *host, guint port, guint8 *answer,
		    GError **error)
{
	const guint8 head[] = { 4, 1, (guint8)(port >> 8), (guint8)port, 0, 0, 0, 1, 0 };
	g_autoptr(GByteArray) request = g_byte_array_new();
	g_autofree char *what = g_strdup_printf("connecting to %s through %s", host, pss_via_computer(via));
	gsize n = 0;

	g_byte_array_append(request, head, sizeof head);
	g_byte_array_append(request, (const guint8 *)host, (guint)strlen(host) + 1);
	if (send(fd, request->data, request->len, MSG_NOSIGNAL) != (ssize_t)request->len) {
		g_set_error(error, PSS_ERROR, PSS_LINK_LOST, "the connection to %s is lost", pss_via_computer(via));
		return FALSE;
	}
	while (n < SOCKS_ANSWER) {
		if (!pss_login_wait(person, fd, POLLIN, 0, what, error))
			return FALSE;
		ssize_t got = recv(fd, answer + n, SOCKS_ANSWER - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			g_set_error(error, PSS_ERROR, PSS_LINK_LOST, "the connection to %s is lost",
				    pss_via_computer(via));
			return FALSE;
		}
		n += (gsize)got;
	}
	return TRUE;
}

gboolean pss_via_connect(PssVia *via, PssLoginContext *person, const char *host, guint port, PssSshStream *ret_stream,
			 GError **error)
{
	guint8 answer[SOCKS_ANSWER];
	int fd = pss_via_take(via);

	if (fd < 0) {
		g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "%s was reached through a session on %s, and that way is used up: enter %s and go on from "
			    "there",
			    host, pss_via_computer(via), pss_via_computer(via));
		return FALSE;
	}
	pss_login_note(person, PSS_NOTE_VERBOSE, "connecting to %s port %u through %s", host, port,
		       pss_via_computer(via));
	gboolean good = ask(via, fd, person, host, port, answer, error);
	if (good && answer[1] != SOCKS_GRANTED) {
		good = FALSE;
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE,
			    "%s does not connect to %s port %u: it cannot, or its sshd forwards nothing "
			    "(AllowTcpForwarding)",
			    pss_via_computer(via), host, port);
	}
	if (good)
		*ret_stream = (PssSshStream){ .fd = fd };
	else
		close(fd);
	return good;
}
