/* SPDX-License-Identifier: MIT */
/* What stands before a key of a terminal when copies fill the same connection: bytes are counted, in our queue and in
 * the system's, on a line that takes nothing more. */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "link-fixture.h"

#define COPIES 5 /* as many as one client may have on a connection */
#define STILL 50 /* rounds in which nothing moves: the line is full */
#define MUCH (64 * 1024 * 1024)
#define BEFORE_A_KEY (384 * 1024)

/* Our end of the one connection to the server. */
static int connection_to(guint port)
{
	for (int fd = 3; fd < 1024; fd++) {
		struct sockaddr_in peer;
		socklen_t n = sizeof peer;
		if (getpeername(fd, (struct sockaddr *)&peer, &n) == 0 && peer.sin_family == AF_INET &&
		    ntohs(peer.sin_port) == port)
			return fd;
	}
	g_assert_not_reached();
}

static void signal_tree(pid_t pid, int signal)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", pid, pid);
	g_autofree char *children = NULL;

	kill(pid, signal);
	if (!g_file_get_contents(path, &children, NULL, NULL))
		return;
	g_auto(GStrv) pids = g_strsplit(g_strstrip(children), " ", -1);
	for (char **child = pids; *child && **child; child++)
		signal_tree(atoi(*child), signal);
}

static guint64 count_handed_over(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;
	int queued = 0;

	g_assert_cmpint(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n), ==, 0);
	g_assert_cmpint(ioctl(fd, SIOCOUTQ, &queued), ==, 0);
	return info.tcpi_bytes_acked + (guint64)queued;
}

typedef struct {
	gsize piece;     /* that a channel is given at a time */
	gboolean beside; /* as copies; else as the input of commands */
} Case;

typedef struct {
	ChannelRecord record;
	guint64 written;
} Copy;

static guint64 count_taken(Copy *copies)
{
	guint64 n = 0;

	for (guint i = 0; i < COPIES; i++)
		n += copies[i].written - pss_channel_pending(copies[i].record.channel);
	return n;
}

/* As a copy's socket does: some more when the last has gone. */
static void feed(Copy *copies, gsize piece)
{
	static const char bytes[64 * 1024];

	for (guint i = 0; i < COPIES; i++) {
		if (pss_channel_pending(copies[i].record.channel) > 0)
			continue;
		pss_channel_write(copies[i].record.channel, bytes, piece);
		copies[i].written += piece;
	}
}

static void open_copies(LinkFixture *f, Copy *copies, gboolean beside)
{
	const PssChannelRequest request = { .command = "cat >/dev/null", .beside = beside };

	for (guint i = 0; i < COPIES; i++) {
		channel_record_init(&copies[i].record);
		copies[i].record.channel =
			pss_channel_open(f->link.transport, &request, &channel_events, &copies[i].record);
		pss_channel_write(copies[i].record.channel, "", 1);
		copies[i].written = 1;
		wait_for(pss_channel_pending(copies[i].record.channel) == 0, 20);
	}
}

/* Until nothing more is taken; the bytes that were. */
static guint64 fill_line(Copy *copies, gsize piece)
{
	const guint64 before = count_taken(copies);
	guint64 taken = before;

	for (guint still = 0; still < STILL && taken < before + MUCH; still++) {
		feed(copies, piece);
		run_pending();
		g_usleep(200); /* the loopback delivers */
		if (count_taken(copies) != taken)
			still = 0;
		taken = count_taken(copies);
	}
	return taken - before;
}

static void test_key_stands_behind_little(LinkFixture *f, gconstpointer data)
{
	const Case *this_case = data;
	Copy copies[COPIES] = { 0 };
	int unsent = 0;

	link_log_in(f);
	int fd = connection_to(f->sshd->port);
	open_copies(f, copies, this_case->beside);
	run_pending();
	signal_tree(f->sshd->last, SIGSTOP);
	guint64 handed_over = count_handed_over(fd);
	guint64 taken = fill_line(copies, this_case->piece);
	handed_over = count_handed_over(fd) - handed_over;
	g_assert_cmpint(ioctl(fd, SIOCOUTQNSD, &unsent), ==, 0);
	guint64 ours = taken > handed_over ? taken - handed_over : 0;
	g_test_message("%" G_GUINT64_FORMAT " bytes in our queue, %d in the system's, of %" G_GUINT64_FORMAT, ours,
		       unsent, taken);
	g_assert_cmpuint(handed_over, >, 0);
	g_assert_cmpuint(ours + (guint64)unsent, <=, BEFORE_A_KEY);
	signal_tree(f->sshd->last, SIGCONT);
	for (guint i = 0; i < COPIES; i++) {
		pss_channel_close(copies[i].record.channel);
		channel_record_finish(&copies[i].record);
	}
}

int main(int argc, char **argv)
{
	static const Case cases[] = {
		{ 64 * 1024, TRUE }, { 20 * 1024, TRUE }, { 700, TRUE }, { 20 * 1024, FALSE }, { 700, FALSE },
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/link/keystroke/key-stands-behind-little/%s-%zu",
							cases[i].beside ? "copies" : "inputs", cases[i].piece);
		g_test_add(path, LinkFixture, &cases[i], link_set_up_plain, test_key_stands_behind_little,
			   link_tear_down);
	}
	return g_test_run();
}
