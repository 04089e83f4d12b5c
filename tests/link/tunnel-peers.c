/* SPDX-License-Identifier: MIT */
/* Both ends of a tunnel, on loopback; see tunnel-peers.h. */
#include "tunnel-peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link-harness.h"

/* ---- sockets */

static struct sockaddr_in loopback(guint port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((guint16)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int listen_at(guint *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 8), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &n), ==, 0);
	*port = ntohs(address.sin_port);
	return fd;
}

guint free_port(void)
{
	guint port;
	int fd = listen_at(&port);

	close(fd);
	return port;
}

int connect_to(guint port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static gint n_shouted; /* atomic: servers that have ended */

gpointer shouting_thread(gpointer listener)
{
	int fd = accept(GPOINTER_TO_INT(listener), NULL, NULL);
	char block[8192];
	ssize_t n;

	while ((n = read(fd, block, sizeof block)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			block[i] = g_ascii_toupper(block[i]);
		for (ssize_t done = 0; done < n;) {
			ssize_t written = write(fd, block + done, (size_t)(n - done));
			g_assert_cmpint(written, >, 0);
			done += written;
		}
	}
	close(fd);
	g_atomic_int_inc(&n_shouted);
	return NULL;
}

void join_shouting(GThread *server)
{
	wait_for(g_atomic_int_compare_and_exchange(&n_shouted, 1, 0), 20);
	g_thread_join(server);
}

gpointer talking_thread(gpointer user)
{
	Talk *talk = user;
	char block[8192], answer[8192];

	memset(block, 'x', sizeof block);
	for (;;) {
		struct pollfd polled = { talk->fd, (short)(POLLIN | (talk->n_sent < A_LOT ? POLLOUT : 0)), 0 };
		poll(&polled, 1, -1);
		if (polled.revents & POLLOUT) {
			gsize n = MIN(sizeof block, A_LOT - talk->n_sent);
			ssize_t sent = send(talk->fd, block, n, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (sent > 0)
				talk->n_sent += (gsize)sent;
			if (talk->n_sent == A_LOT)
				shutdown(talk->fd, SHUT_WR);
		}
		ssize_t got = recv(talk->fd, answer, sizeof answer, MSG_DONTWAIT);
		for (ssize_t i = 0; i < got; i++)
			talk->n_wrong += answer[i] != 'X';
		if (got > 0)
			talk->n_received += (gsize)got;
		else if (got == 0 || errno != EAGAIN)
			break;
	}
	g_atomic_int_set(&talk->ended, 1);
	return NULL;
}

gboolean has_ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EINTR);
}

/* ---- one that says what it is told to */

static gpointer client_thread(gpointer user)
{
	Client *client = user;
	gint done = 1;

	for (const Exchange *at = client->exchanges; at->say && done > 0; at++) {
		g_autofree char *say = g_memdup2(at->say, at->n_say);
		char heard[64];
		gsize n = 0;
		char *port = client->port ? memmem(say, at->n_say, "PP", 2) : NULL;
		if (port) {
			port[0] = (char)(client->port >> 8);
			port[1] = (char)(client->port & 255);
		}
		g_assert_cmpint(write(client->fd, say, at->n_say), ==, (gssize)at->n_say);
		while (n < at->n_hear && done > 0) {
			ssize_t got = read(client->fd, heard + n, at->n_hear - n);
			n += got > 0 ? (gsize)got : 0;
			done = got > 0 ? 1 : -1;
		}
		if (done > 0 && memcmp(heard, at->hear, at->n_hear) != 0)
			done = -1;
	}
	g_atomic_int_set(&client->done, done);
	return NULL;
}

void converse(Client *client, const Exchange *exchanges, gint expected)
{
	client->exchanges = exchanges;
	client->done = 0;
	g_assert_cmpint(client->fd, >=, 0);
	GThread *thread = g_thread_new("client", client_thread, client);
	wait_for(g_atomic_int_get(&client->done), 20);
	g_thread_join(thread);
	close(client->fd);
	g_assert_cmpint(client->done, ==, expected);
}
