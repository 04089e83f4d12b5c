/* SPDX-License-Identifier: MIT */
/* One buffer each way, filled only while it is empty. Called by main.c. */
#include "rsh/relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (64u * 1024u)

enum { FROM_INPUT, WITH_CHANNEL, TO_OUTPUT };

void pss_rsh_relay_init(struct pss_rsh_relay *relay, bool no_input)
{
	*relay = (struct pss_rsh_relay){ .channel = -1, .input = no_input ? -1 : 0 };
	pss_buffer_init(&relay->up);
	pss_buffer_init(&relay->down);
	pss_writer_init(&relay->out, 1);
}

static void close_channel(struct pss_rsh_relay *relay)
{
	if (relay->channel >= 0)
		close(relay->channel);
	relay->channel = -1;
}

void pss_rsh_relay_finish(struct pss_rsh_relay *relay)
{
	close_channel(relay);
	pss_buffer_finish(&relay->up);
	pss_buffer_finish(&relay->down);
	pss_writer_finish(&relay->out);
}

void pss_rsh_relay_open(struct pss_rsh_relay *relay, int channel)
{
	relay->channel = channel;
	if (relay->input < 0)
		shutdown(channel, SHUT_WR);
}

void pss_rsh_relay_want(const struct pss_rsh_relay *relay, struct pollfd fds[PSS_RSH_RELAY_FDS])
{
	bool is_open = relay->channel >= 0;
	short both = (short)((relay->up.length > 0 ? POLLOUT : 0) | (relay->down.length == 0 ? POLLIN : 0));

	fds[FROM_INPUT] =
		(struct pollfd){ .fd = is_open && relay->up.length == 0 ? relay->input : -1, .events = POLLIN };
	fds[WITH_CHANNEL] = (struct pollfd){ .fd = is_open && both ? relay->channel : -1, .events = both };
	fds[TO_OUTPUT] = (struct pollfd){ .fd = relay->down.length > 0 ? pss_writer_descriptor(&relay->out) : -1,
					  .events = POLLOUT };
}

/* ---- up */

static void read_input(struct pss_rsh_relay *relay)
{
	unsigned char *room = pss_buffer_reserve(&relay->up, CHUNK);
	ssize_t n = room ? read(relay->input, room, CHUNK) : 0;

	if (n > 0)
		pss_buffer_commit(&relay->up, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	relay->input = -1;
	shutdown(relay->channel, SHUT_WR);
}

/* What it does not take any more it has ended without: its end says more. */
static void send_up(struct pss_rsh_relay *relay)
{
	ssize_t n = send(relay->channel, pss_buffer_bytes(&relay->up), relay->up.length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		pss_buffer_consume(&relay->up, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		pss_buffer_consume(&relay->up, relay->up.length);
}

/* ---- down */

static void receive(struct pss_rsh_relay *relay)
{
	unsigned char *room = pss_buffer_reserve(&relay->down, CHUNK);
	ssize_t n = room ? recv(relay->channel, room, CHUNK, MSG_DONTWAIT) : 0;

	if (n > 0)
		pss_buffer_commit(&relay->down, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_channel(relay);
}

static int write_down(struct pss_rsh_relay *relay)
{
	ssize_t n = pss_writer_write(&relay->out, pss_buffer_bytes(&relay->down), relay->down.length);

	if (n > 0)
		pss_buffer_consume(&relay->down, (size_t)n);
	return n >= 0 || n == -EAGAIN ? 0 : (int)n;
}

int pss_rsh_relay_move(struct pss_rsh_relay *relay, const struct pollfd fds[PSS_RSH_RELAY_FDS])
{
	if (fds[FROM_INPUT].fd >= 0 && fds[FROM_INPUT].revents)
		read_input(relay);
	if (relay->up.length > 0 && relay->channel >= 0)
		send_up(relay);
	if (relay->down.length == 0 && fds[WITH_CHANNEL].fd >= 0 && fds[WITH_CHANNEL].revents & ~POLLOUT)
		receive(relay);
	return relay->down.length > 0 ? write_down(relay) : 0;
}

bool pss_rsh_relay_is_over(const struct pss_rsh_relay *relay)
{
	return relay->channel < 0 && relay->down.length == 0;
}
