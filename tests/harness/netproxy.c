/* SPDX-License-Identifier: MIT */
/* A TCP proxy that is slow, deaf or dead on command: the network of tests/shell and tests/bench.
 *
 *   netproxy PORT DELAY_MS [CONTROL_FIFO]
 *
 * Listens on a free port of 127.0.0.1, prints that port and a newline, and forwards every connection to
 * 127.0.0.1:PORT with DELAY_MS of one-way delay. Words read from the FIFO, a line each:
 *   cut     every connection ends with a RST, new ones are refused until `resume`
 *   close   every connection ends with a FIN
 *   silent  packets vanish (nothing is read or delivered) until `resume`
 *   move    packets of the connections that there are vanish for good, as those of an address that is another's now
 *   resume  the network is well again, but for them
 *   delay N one-way delay in ms for what is read from now on
 *   count   prints `count CONNECTIONS BYTES_UP BYTES_DOWN TURNS` and starts counting anew
 *   quit    ends the proxy
 * TURNS counts how often the direction of the data changed: two turns make a round trip. It must never
 * listen on anything but loopback. One thread, one poll(), libc only. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PAIRS 512
#define READ_SIZE 65536
#define QUEUE_LIMIT (8u << 20) /* bytes under way in one direction before the sender is held back */

enum { UP, DOWN, N_DIRECTIONS }; /* UP: from the client to the server */

struct chunk {
	struct chunk *next;
	int64_t due_us;
	size_t length, sent;
	bool end; /* the sender's FIN, which travels like data */
	unsigned char data[];
};

struct direction {
	int from, to;
	struct chunk *head, **tail;
	size_t queued;
	bool read_ended, write_ended;
};

struct pair {
	bool used;
	bool is_left; /* behind, by `move` */
	int fds[2];
	struct direction directions[N_DIRECTIONS];
};

static struct pair pairs[MAX_PAIRS];
static bool is_silent, is_cut, quitting;
static int64_t delay_us;
static uint64_t n_connections, n_bytes[N_DIRECTIONS], n_turns;
static int last_direction = -1;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void set_socket(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void set_linger_zero(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void free_chunks(struct direction *direction)
{
	while (direction->head) {
		struct chunk *next = direction->head->next;

		free(direction->head);
		direction->head = next;
	}
}

static void end_pair(struct pair *pair, bool reset)
{
	for (int i = 0; i < 2; i++) {
		if (reset)
			set_linger_zero(pair->fds[i]);
		close(pair->fds[i]);
		free_chunks(&pair->directions[i]);
	}
	pair->used = false;
}

static void end_all(bool reset)
{
	for (int i = 0; i < MAX_PAIRS; i++)
		if (pairs[i].used)
			end_pair(&pairs[i], reset);
}

static struct pair *free_pair(void)
{
	for (int i = 0; i < MAX_PAIRS; i++)
		if (!pairs[i].used)
			return &pairs[i];
	return NULL;
}

static void accept_one(int listener, uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	struct pair *pair = free_pair();
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int server;

	if (client < 0)
		return;
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (is_cut || !pair || server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) < 0) {
		set_linger_zero(client);
		close(client);
		if (server >= 0)
			close(server);
		return;
	}
	set_socket(client);
	set_socket(server);
	*pair = (struct pair){ .used = true,
			       .fds = { client, server },
			       .directions = { { .from = client, .to = server }, { .from = server, .to = client } } };
	for (int i = 0; i < N_DIRECTIONS; i++)
		pair->directions[i].tail = &pair->directions[i].head;
	n_connections++;
}

static void count_bytes(int index, size_t n)
{
	n_bytes[index] += n;
	if (index != last_direction)
		n_turns++;
	last_direction = index;
}

/* False when the connection is dead. */
static bool read_some(struct direction *direction, int index)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + READ_SIZE);
	ssize_t n = chunk ? read(direction->from, chunk->data, READ_SIZE) : -1;

	if (n < 0) {
		free(chunk);
		return errno == EAGAIN || errno == EINTR;
	}
	chunk->next = NULL;
	chunk->due_us = now_us() + delay_us;
	chunk->length = (size_t)n;
	chunk->sent = 0;
	chunk->end = n == 0;
	direction->read_ended = n == 0;
	direction->queued += (size_t)n;
	*direction->tail = chunk;
	direction->tail = &chunk->next;
	if (n > 0)
		count_bytes(index, (size_t)n);
	return true;
}

static void drop_head(struct direction *direction)
{
	struct chunk *chunk = direction->head;

	direction->head = chunk->next;
	if (!direction->head)
		direction->tail = &direction->head;
	direction->queued -= chunk->length;
	free(chunk);
}

/* Delivers what is due. False when the connection is dead. */
static bool write_due(struct direction *direction, int64_t now)
{
	while (direction->head && direction->head->due_us <= now) {
		struct chunk *chunk = direction->head;
		ssize_t n;

		if (chunk->end) {
			shutdown(direction->to, SHUT_WR);
			direction->write_ended = true;
			drop_head(direction);
			return true;
		}
		n = send(direction->to, chunk->data + chunk->sent, chunk->length - chunk->sent, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		chunk->sent += (size_t)n;
		if (chunk->sent == chunk->length)
			drop_head(direction);
	}
	return true;
}

static void serve_pair(struct pair *pair, const short *revents, int64_t now)
{
	for (int i = 0; i < N_DIRECTIONS; i++) {
		struct direction *direction = &pair->directions[i];
		bool readable = revents[i] & (POLLIN | POLLHUP | POLLERR);

		if ((readable && !direction->read_ended && direction->queued < QUEUE_LIMIT &&
		     !read_some(direction, i)) ||
		    !write_due(direction, now)) {
			end_pair(pair, true);
			return;
		}
	}
	if (pair->directions[UP].write_ended && pair->directions[DOWN].write_ended)
		end_pair(pair, false);
}

static void obey(const char *word)
{
	if (strcmp(word, "cut") == 0) {
		is_cut = true;
		end_all(true);
	} else if (strcmp(word, "close") == 0) {
		end_all(false);
	} else if (strcmp(word, "silent") == 0) {
		is_silent = true;
	} else if (strcmp(word, "move") == 0) {
		for (int i = 0; i < MAX_PAIRS; i++)
			pairs[i].is_left = pairs[i].used;
	} else if (strcmp(word, "resume") == 0) {
		is_silent = is_cut = false;
	} else if (strncmp(word, "delay ", 6) == 0) {
		delay_us = atoll(word + 6) * 1000;
	} else if (strcmp(word, "quit") == 0) {
		quitting = true;
	} else if (strcmp(word, "count") == 0) {
		printf("count %llu %llu %llu %llu\n", (unsigned long long)n_connections,
		       (unsigned long long)n_bytes[UP], (unsigned long long)n_bytes[DOWN], (unsigned long long)n_turns);
		fflush(stdout);
		n_connections = n_turns = n_bytes[UP] = n_bytes[DOWN] = 0;
		last_direction = -1;
	}
}

static void read_control(int fd)
{
	static char line[256];
	static size_t n_line;
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c == '\n') {
			line[n_line] = 0;
			n_line = 0;
			obey(line);
		} else if (n_line + 1 < sizeof(line)) {
			line[n_line++] = c;
		}
	}
}

/* The moment when the next chunk is due or can be written, as a poll() timeout. */
static int next_timeout(int64_t now)
{
	int64_t least = INT64_MAX;

	if (is_silent)
		return -1;
	for (int i = 0; i < MAX_PAIRS; i++) {
		for (int d = 0; pairs[i].used && !pairs[i].is_left && d < N_DIRECTIONS; d++) {
			const struct chunk *head = pairs[i].directions[d].head;

			if (head && head->due_us > now && head->due_us < least)
				least = head->due_us;
		}
	}
	return least == INT64_MAX ? -1 : (int)((least - now + 999) / 1000);
}

static short wanted(const struct pair *pair, int fd_index, int64_t now)
{
	const struct direction *in = &pair->directions[fd_index];
	const struct direction *out = &pair->directions[!fd_index];
	short events = 0;

	if (is_silent || pair->is_left)
		return 0;
	if (!in->read_ended && in->queued < QUEUE_LIMIT)
		events |= POLLIN;
	if (out->head && out->head->due_us <= now)
		events |= POLLOUT;
	return events;
}

static void serve(int listener, int control, uint16_t port)
{
	static struct pollfd polled[2 + 2 * MAX_PAIRS];
	struct pair *owners[MAX_PAIRS];

	while (!quitting) {
		int64_t now = now_us();
		nfds_t n = 2;
		int n_owners = 0;

		polled[0] = (struct pollfd){ .fd = listener, .events = is_silent ? 0 : POLLIN };
		polled[1] = (struct pollfd){ .fd = control, .events = POLLIN };
		for (int i = 0; i < MAX_PAIRS; i++) {
			if (!pairs[i].used)
				continue;
			owners[n_owners++] = &pairs[i];
			for (int f = 0; f < 2; f++) {
				short events = wanted(&pairs[i], f, now);

				polled[n++] = (struct pollfd){ .fd = events ? pairs[i].fds[f] : -1, .events = events };
			}
		}
		if (poll(polled, n, next_timeout(now)) < 0 && errno != EINTR)
			return;
		now = now_us();
		for (int i = 0; i < n_owners && !is_silent; i++) {
			short revents[2] = { polled[2 + 2 * i].revents, polled[3 + 2 * i].revents };

			if (!owners[i]->is_left)
				serve_pair(owners[i], revents, now);
		}
		if (polled[0].revents)
			accept_one(listener, port);
		if (polled[1].revents)
			read_control(control);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int listener, control = -1;

	if (argc < 3) {
		fprintf(stderr, "usage: netproxy PORT DELAY_MS [CONTROL_FIFO]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	delay_us = atoll(argv[2]) * 1000;
	if (argc > 3) {
		/* Read-write, so that a writer that goes is no end of file. */
		control = open(argv[3], O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (control < 0) {
			perror(argv[3]);
			return 1;
		}
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 64) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
		perror("netproxy");
		return 1;
	}
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	serve(listener, control, (uint16_t)atoi(argv[1]));
	end_all(true);
	return 0;
}
