/* SPDX-License-Identifier: MIT */
/* One end of a pair of sockets is the session's link's (ssh-tunnel.c), the other the login's. A second use of it is an
 * error, never a connection from here: the same name may be another computer there. Called by peer.c and
 * ssh-connect.c. */
#include "host/via.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/shortage.h"
#include "host/ssh-person.h"

#define SOCKS_GRANTED 90
#define SOCKS_ANSWER 8

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

/* The whole answer, or FALSE and an error. */
static gboolean ask(const PssVia *via, int fd, PssPerson *person, const char *host, guint port, guint8 *answer,
		    GError **error)
{
	const guint8 head[] = { 4, 1, (guint8)(port >> 8), (guint8)port, 0, 0, 0, 1, 0 };
	g_autoptr(GByteArray) request = g_byte_array_new();
	g_autofree char *what = g_strdup_printf("connecting to %s through %s", host, via->computer);
	gsize n = 0;

	g_byte_array_append(request, head, sizeof head);
	g_byte_array_append(request, (const guint8 *)host, (guint)strlen(host) + 1);
	if (send(fd, request->data, request->len, MSG_NOSIGNAL) != (ssize_t)request->len) {
		g_set_error(error, PSS_ERROR, PSS_LINK_LOST, "the connection to %s is lost", via->computer);
		return FALSE;
	}
	while (n < SOCKS_ANSWER) {
		if (!pss_person_wait(person, fd, POLLIN, 0, what, error))
			return FALSE;
		ssize_t got = recv(fd, answer + n, SOCKS_ANSWER - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			g_set_error(error, PSS_ERROR, PSS_LINK_LOST, "the connection to %s is lost", via->computer);
			return FALSE;
		}
		n += (gsize)got;
	}
	return TRUE;
}

gboolean pss_via_connect(PssVia *via, PssPerson *person, const char *host, guint port, PssSshStream *ret_stream,
			 GError **error)
{
	guint8 answer[SOCKS_ANSWER];
	int fd = g_atomic_int_get(&via->fd);

	if (fd < 0 || !g_atomic_int_compare_and_exchange(&via->fd, fd, -1)) {
		g_set_error(error, PSS_ERROR, PSS_UNSUPPORTED,
			    "%s was reached through a session on %s, and that way is used up: enter %s and go on from "
			    "there",
			    host, via->computer, via->computer);
		return FALSE;
	}
	pss_person_note(person, PSS_NOTE_VERBOSE, "connecting to %s port %u through %s", host, port, via->computer);
	gboolean good = ask(via, fd, person, host, port, answer, error);
	if (good && answer[1] != SOCKS_GRANTED) {
		good = FALSE;
		g_set_error(error, PSS_ERROR, PSS_UNREACHABLE,
			    "%s does not connect to %s port %u: it cannot, or its sshd forwards nothing "
			    "(AllowTcpForwarding)",
			    via->computer, host, port);
	}
	if (good)
		*ret_stream = (PssSshStream){ .fd = fd };
	else
		close(fd);
	return good;
}
