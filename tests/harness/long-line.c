/* SPDX-License-Identifier: MIT */
/* A long line between two computers that are this one: two network namespaces, a TUN device in each, and this program
 * between them, so that the kernel's own TCP runs over a way of any length. As root alone.
 *
 *   long-line LOG DELAY_MS [rate=KBIT_S] [queue=PACKETS] [loss=PERMILLE] [reorder=PERMILLE] [seed=NUMBER]
 *
 * Prints the two namespaces, the client's (10.77.0.1) and the server's (10.77.0.2), as files for nsenter(1), and a
 * newline. A packet is delivered DELAY_MS after its last bit has left at the line's rate, in the order of its
 * direction; `loss` and `reorder` are the share of those that vanish or overtake others by half of the delay. Who sends
 * faster than the rate finds a queue of so many packets, behind which they are dropped. Each packet becomes a line of
 * LOG when it is delivered:
 *
 *   SENT DELIVERED up|down PORT TRIP FLAGS SEQUENCE PAYLOAD      times in microseconds since 1970; DELIVERED of a lost
 * one is 0; PORT is the client's, which tells connections apart
 *
 * TRIP counts the trips that had to be made before it, one after another, with its own: one more than the most of those
 * packets of its connection that its sender had got when it was sent. So it does not depend on how fast anything is,
 * unless a sender takes longer than a trip. One thread, one poll(), libc only; ends with its parent. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MTU 1500
#define DEVICE "line"
#define TCP_SYN 0x02
#define TCP_ACK 0x10

enum { UP, DOWN, N_DIRECTIONS }; /* UP: from the client to the server */

static const char *const addresses[N_DIRECTIONS] = { "10.77.0.1", "10.77.0.2" };

static struct {
	int64_t delay_us;
	unsigned long rate, queue, loss, reorder, seed; /* kbit/s, packets, permille, permille; 0: none */
} line = { .queue = 1000, .seed = 1 };

struct packet {
	struct packet *next;
	int64_t sent_us, due_us;
	unsigned int port, trip;
	size_t length;
	unsigned char data[];
};

/* One direction; `from` is the device of the side that sends. */
struct direction {
	int from, to;
	struct packet *head; /* in the order of their deliveries */
	int64_t free_us;     /* when the last bit of the last one has left */
	/* The most of the packets that its sender has got, of each connection by the client's port. */
	unsigned int n_trips[UINT16_MAX + 1];
};

static struct direction directions[N_DIRECTIONS];
static FILE *packet_log;
static volatile sig_atomic_t quitting;

static void fail(const char *what)
{
	fprintf(stderr, "long-line: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the two sides */

static void write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail(path);
	close(fd);
}

static void configure(int control, unsigned long what, struct ifreq *request, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&request->ifr_addr;

	if (address) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET };
		inet_pton(AF_INET, address, &in->sin_addr);
	}
	if (ioctl(control, what, request) < 0)
		fail("the device cannot be set up");
}

static void raise_device(const char *name, const char *own, const char *other)
{
	struct ifreq request = { .ifr_flags = 0 };
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (own) {
		configure(control, SIOCSIFADDR, &request, own);
		configure(control, SIOCSIFDSTADDR, &request, other);
		request.ifr_mtu = MTU;
		configure(control, SIOCSIFMTU, &request, NULL);
	}
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	configure(control, SIOCSIFFLAGS, &request, NULL);
	close(control);
}

static int open_device(void)
{
	struct ifreq request = { .ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail("/dev/net/tun");
	return fd;
}

/* Its own talk would be among what is counted. */
static void leave_ipv6_out(void)
{
	static const char setting[] = "/proc/sys/net/ipv6/conf/all/disable_ipv6";

	if (access(setting, W_OK) == 0)
		write_setting(setting, "1");
}

/* This process is in a namespace of its own afterwards, which lives as long as `ret_space` is open. What the host's TCP
 * would bring along is set: the way that congestion is met, and what it remembers of other connections. */
static int open_side(int side, int *ret_space)
{
	if (unshare(CLONE_NEWNET) < 0)
		fail("no network namespace");
	*ret_space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	leave_ipv6_out();
	raise_device("lo", NULL, NULL);
	int device = open_device();
	raise_device(DEVICE, addresses[side], addresses[!side]);
	write_setting("/proc/sys/net/ipv4/tcp_congestion_control", "reno");
	write_setting("/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
	return device;
}

/* ---- packets */

static unsigned int read_16(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static const unsigned char *tcp_header(const unsigned char *data, size_t n)
{
	size_t n_ip = n >= 20 && data[0] >> 4 == 4 && data[9] == IPPROTO_TCP ? (data[0] & 15u) * 4u : 0;

	return n_ip && n >= n_ip + 20 ? data + n_ip : NULL;
}

static void log_packet(const struct packet *packet, int side, int64_t delivered_us)
{
	const unsigned char *tcp = tcp_header(packet->data, packet->length);
	char flags[] = "......";

	for (int i = 0; tcp && i < 6; i++)
		if (tcp[13] & (1 << i))
			flags[i] = "FSRPAU"[i];
	fprintf(packet_log, "%lld %lld %s %u %u %s %u %zu\n", (long long)packet->sent_us, (long long)delivered_us,
		side == UP ? "up" : "down", packet->port, packet->trip, flags,
		tcp ? read_16(tcp + 4) << 16 | read_16(tcp + 6) : 0,
		tcp ? packet->length - (size_t)(tcp - packet->data) - (tcp[12] >> 4) * 4u : packet->length);
}

/* One of so many thousand, by a generator of our own: the same seed gives the same line again. */
static bool happens(unsigned long permille)
{
	static uint64_t state;

	if (state == 0)
		state = line.seed * 2654435769u + 1;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % 1000 < permille;
}

static bool is_first(const struct packet *packet)
{
	const unsigned char *tcp = tcp_header(packet->data, packet->length);

	return tcp && (tcp[13] & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* 0 of what is not TCP. */
static unsigned int client_port(const struct packet *packet, int side)
{
	const unsigned char *tcp = tcp_header(packet->data, packet->length);

	return tcp ? read_16(side == UP ? tcp : tcp + 2) : 0;
}

/* When it arrives: behind what is in front of it at the line's rate. */
static int64_t due(struct direction *direction, const struct packet *packet)
{
	int64_t left = packet->sent_us > direction->free_us ? packet->sent_us : direction->free_us;

	if (line.rate)
		left += (int64_t)packet->length * 8 * 1000 / (int64_t)line.rate;
	direction->free_us = left;
	return left + line.delay_us - (happens(line.reorder) ? line.delay_us / 2 : 0);
}

static void enqueue(struct direction *direction, struct packet *packet)
{
	struct packet **at = &direction->head;

	while (*at && (*at)->due_us <= packet->due_us)
		at = &(*at)->next;
	packet->next = *at;
	*at = packet;
}

/* By the time that it takes to send them: those that have not left fill the queue, and without a rate none waits. */
static bool is_full(const struct direction *direction, int64_t now)
{
	int64_t behind_us = direction->free_us - now;

	return line.rate && behind_us > (int64_t)(line.queue * MTU * 8 * 1000 / line.rate);
}

static void take(int side)
{
	struct direction *direction = &directions[side];
	unsigned char data[MTU + 100];
	ssize_t n;

	while ((n = read(direction->from, data, sizeof(data))) > 0) {
		struct packet *packet = malloc(sizeof(*packet) + (size_t)n);
		if (!packet)
			fail("a packet");
		*packet = (struct packet){ .sent_us = now_us(), .length = (size_t)n };
		memcpy(packet->data, data, (size_t)n);
		packet->port = client_port(packet, side);
		if (is_first(packet))
			directions[UP].n_trips[packet->port] = directions[DOWN].n_trips[packet->port] = 0;
		packet->trip = direction->n_trips[packet->port] + 1;
		if (is_full(direction, packet->sent_us) || happens(line.loss)) {
			log_packet(packet, side, 0);
			free(packet);
			continue;
		}
		packet->due_us = due(direction, packet);
		enqueue(direction, packet);
	}
}

static void deliver_due(int side, int64_t now)
{
	struct direction *direction = &directions[side], *other = &directions[!side];

	while (direction->head && direction->head->due_us <= now) {
		struct packet *packet = direction->head;
		direction->head = packet->next;
		if (packet->trip > other->n_trips[packet->port])
			other->n_trips[packet->port] = packet->trip;
		log_packet(packet, side, now);
		if (write(direction->to, packet->data, packet->length) < 0 && errno != EAGAIN && errno != EIO)
			fail("a packet cannot be delivered");
		free(packet);
	}
}

static const struct timespec *time_to_next(int64_t now, struct timespec *room)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < N_DIRECTIONS; i++)
		if (directions[i].head && directions[i].head->due_us < next)
			next = directions[i].head->due_us;
	if (next == INT64_MAX)
		return NULL;
	int64_t left = next > now ? next - now : 0;
	*room = (struct timespec){ .tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000 };
	return room;
}

static void serve(void)
{
	while (!quitting) {
		struct pollfd polled[N_DIRECTIONS];
		struct timespec room;

		for (int i = 0; i < N_DIRECTIONS; i++)
			polled[i] = (struct pollfd){ .fd = directions[i].from, .events = POLLIN };
		if (ppoll(polled, N_DIRECTIONS, time_to_next(now_us(), &room), NULL) < 0 && errno != EINTR)
			fail("poll");
		/* What has arrived by now has done so before anything that is sent from here on. */
		for (int i = 0; i < N_DIRECTIONS; i++)
			take(i);
		for (int i = 0; i < N_DIRECTIONS; i++)
			deliver_due(i, now_us());
		fflush(packet_log);
	}
}

/* ---- arguments */

static bool set_number(const char *word)
{
	const struct {
		const char *name;
		unsigned long *value;
	} numbers[] = {
		{ "rate=", &line.rate }, { "queue=", &line.queue },     { "loss=", &line.loss },
		{ "seed=", &line.seed }, { "reorder=", &line.reorder },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strncmp(word, numbers[i].name, strlen(numbers[i].name)) == 0) {
			*numbers[i].value = strtoul(word + strlen(numbers[i].name), NULL, 10);
			return true;
		}
	return false;
}

static void quit(int signal_number)
{
	(void)signal_number;
	quitting = 1;
}

int main(int argc, char **argv)
{
	int spaces[N_DIRECTIONS];

	for (int i = 3; i < argc; i++)
		if (!set_number(argv[i]))
			argc = 0;
	if (argc < 3) {
		fprintf(stderr, "usage: long-line LOG DELAY_MS [rate=|queue=|loss=|reorder=|seed=NUMBER]…\n");
		return 2;
	}
	line.delay_us = atoll(argv[2]) * 1000;
	packet_log = fopen(argv[1], "we");
	if (!packet_log)
		fail(argv[1]);
	for (int i = 0; i < N_DIRECTIONS; i++) {
		directions[i].from = open_side(i, &spaces[i]);
		directions[!i].to = directions[i].from;
	}
	signal(SIGTERM, quit);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	printf("/proc/%d/fd/%d /proc/%d/fd/%d\n", (int)getpid(), spaces[UP], (int)getpid(), spaces[DOWN]);
	fflush(stdout);
	serve();
	return 0;
}
