/* SPDX-License-Identifier: MIT */
/* How many round trips a fresh connection takes, from connect() to the first byte of the terminal, and of the
 * control channel, or of a subsystem; and how many one more session on a shared connection. A relay has no segments and
 * no window: what TCP adds, and what it takes up to the prompt, tests/shell/long-line.bats counts. The same login is
 * made through a relay that delays every byte and through one that does not; the difference is the network's part,
 * whatever the work of both ends takes. Prints the numbers. */
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link-harness.h"
#include "link-sshd.h"
#include "link/libssh/link/transport-libssh.h"
#include "link/shared.h"

#define DELAY_MS 100  /* one way */
#define TRIES 5       /* the best of them: other work on the machine only ever adds */
#define MOST_TRIES 20 /* of those with a delay, until one is good enough */
#define MOST_MORE 3   /* connections, of TRIES sessions each */
/* To the first byte of the terminal. */
#define MAX_ROUND_TRIPS 7
/* That many more has the control channel, whose bytes wait for the window that comes when its command has been started:
 * where a server takes longer to start it than they are on their way, the second is not seen. */
#define CONTROL_MORE 2
#ifdef __SANITIZE_ADDRESS__
#define SLACK 1.5 /* its allocator takes a tenth of a second; the ordinary build counts */
#else
#define SLACK 0.5
#endif

typedef struct {
	int fds[2];
	guint sources[2];
	guint delay_ms;
	guint n_parcels; /* on their way */
	gint64 last;     /* when one came */
} Relay;

typedef struct {
	Relay *relay;
	int to;
	GBytes *bytes; /* NULL: the end */
} Parcel;

static gboolean deliver(gpointer data)
{
	Parcel *parcel = data;
	gsize n;

	if (parcel->bytes) {
		gconstpointer bytes = g_bytes_get_data(parcel->bytes, &n);
		if (send(parcel->to, bytes, n, MSG_NOSIGNAL) < 0)
			g_test_message("relay: %s", g_strerror(errno));
	} else {
		shutdown(parcel->to, SHUT_WR);
	}
	return G_SOURCE_REMOVE;
}

static void parcel_free(gpointer data)
{
	Parcel *parcel = data;

	parcel->relay->n_parcels--;
	if (parcel->bytes)
		g_bytes_unref(parcel->bytes);
	g_free(parcel);
}

static gboolean on_bytes(gint fd, GIOCondition condition, gpointer user)
{
	Relay *relay = user;
	int side = fd == relay->fds[0] ? 0 : 1;
	char chunk[65536];
	ssize_t n = recv(fd, chunk, sizeof chunk, 0);
	Parcel *parcel = g_new0(Parcel, 1);

	relay->last = g_get_monotonic_time();
	relay->n_parcels++;
	parcel->relay = relay;
	parcel->to = relay->fds[!side];
	if (n > 0)
		parcel->bytes = g_bytes_new(chunk, (gsize)n);
	g_timeout_add_full(G_PRIORITY_HIGH, relay->delay_ms, deliver, parcel, parcel_free);
	if (n > 0)
		return G_SOURCE_CONTINUE;
	relay->sources[side] = 0;
	return G_SOURCE_REMOVE;
}

typedef struct {
	int listener;
	guint source, port, to_port;
	Relay relay;
} Proxy;

static gboolean on_client(gint fd, GIOCondition condition, gpointer user)
{
	Proxy *proxy = user;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons((guint16)proxy->to_port) };
	int on = 1;

	proxy->relay.fds[0] = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	proxy->relay.fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(connect(proxy->relay.fds[1], (struct sockaddr *)&address, sizeof address), ==, 0);
	for (int i = 0; i < 2; i++) {
		setsockopt(proxy->relay.fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		proxy->relay.sources[i] = g_unix_fd_add(proxy->relay.fds[i], G_IO_IN, on_bytes, &proxy->relay);
	}
	return G_SOURCE_CONTINUE;
}

static void proxy_start(Proxy *proxy, guint to_port, guint delay_ms)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;

	*proxy = (Proxy){ .to_port = to_port, .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	g_assert_cmpint(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(proxy->listener, 4), ==, 0);
	g_assert_cmpint(getsockname(proxy->listener, (struct sockaddr *)&address, &n), ==, 0);
	proxy->port = ntohs(address.sin_port);
	proxy->relay.delay_ms = delay_ms;
	proxy->source = g_unix_fd_add(proxy->listener, G_IO_IN, on_client, proxy);
}

static void proxy_stop(Proxy *proxy)
{
	g_source_remove(proxy->source);
	close(proxy->listener);
	for (int i = 0; i < 2; i++)
		if (proxy->relay.sources[i])
			g_source_remove(proxy->relay.sources[i]);
	/* Or they would come to whoever gets these descriptors next. */
	wait_for(proxy->relay.n_parcels == 0, 30);
	for (int i = 0; i < 2; i++)
		close(proxy->relay.fds[i]);
}

typedef struct {
	LinkRecord link;
	ChannelRecord control, terminal;
} Records;

static void open_both(gpointer user)
{
	Records *records = user;
	PssChannelRequest request = { .command = "cat", .first_bytes = "hello", .n_first_bytes = 5 };

	/* In this order, as sessions do. */
	channel_open(&records->terminal, &records->link, "echo hello", TRUE);
	records->control.channel =
		pss_channel_open(records->link.transport, &request, &channel_events, &records->control);
}

/* As PowerShell remoting does: where the server has no such subsystem, the command runs. */
static void open_subsystem(gpointer user)
{
	Records *records = user;
	PssChannelRequest request = {
		.subsystem = "echo",
		.command = "cat",
		.with_environment = TRUE,
		.first_bytes = "hello",
		.n_first_bytes = 5,
	};

	records->control.channel =
		pss_channel_open(records->link.transport, &request, &channel_events, &records->control);
}

typedef struct {
	double ready, terminal, control; /* ms since connect() */
} Times;

static double ms_since(gint64 start)
{
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static PssTarget *target_behind(const Sshd *sshd, const Proxy *proxy)
{
	PssTarget *target = sshd_target(sshd);

	target->port = proxy->port;
	link_target_option(target, "HostKeyAlias=the-server");
	/* What it takes and what it refuses, both without a round trip of their own. */
	link_target_option(target, "SetEnv=PSS_ONE=1 REFUSED=2");
	/* As Debian's ssh_config has it for everybody, who may have no ticket. */
	link_target_option(target, "GSSAPIAuthentication=yes");
	link_target_setenv(target, "KRB5CCNAME", "FILE:/nonexistent");
	return target;
}

static void records_init(Records *records, void (*open)(gpointer user))
{
	link_record_init(&records->link);
	channel_record_init(&records->control);
	channel_record_init(&records->terminal);
	records->link.on_ready = open;
	records->link.user = records;
}

static void records_finish(Records *records)
{
	link_record_finish(&records->link);
	channel_record_finish(&records->control);
	channel_record_finish(&records->terminal);
}

static Times open_it(Records *records)
{
	gint64 start = g_get_monotonic_time();
	Times times;

	pss_transport_connect(records->link.transport);
	/* Not wait_for(): its clock would round. */
	while (!records->link.ready && !records->link.n_lost)
		g_main_context_iteration(NULL, TRUE);
	g_assert_no_error(records->link.lost);
	times.ready = ms_since(start);
	while (records->terminal.channel && records->terminal.out->len == 0 && !records->link.n_lost)
		g_main_context_iteration(NULL, TRUE);
	times.terminal = ms_since(start);
	wait_for(records->control.out->len > 0, 30);
	times.control = ms_since(start);
	return times;
}

static Times log_in_once(const Sshd *sshd, guint delay_ms, void (*open)(gpointer user))
{
	Records records = { 0 };
	Proxy proxy;

	proxy_start(&proxy, sshd->port, delay_ms);
	records_init(&records, open);
	records.link.transport = pss_transport_ssh_new(target_behind(sshd, &proxy), &link_events, &records.link);
	Times times = open_it(&records);
	records_finish(&records);
	proxy_stop(&proxy);
	return times;
}

static const Times never = { G_MAXDOUBLE, G_MAXDOUBLE, G_MAXDOUBLE };

static Times better_of(Times one, Times other)
{
	return (Times){ MIN(one.ready, other.ready), MIN(one.terminal, other.terminal),
			MIN(one.control, other.control) };
}

static Times best_without_delay(const Sshd *sshd, void (*open)(gpointer user))
{
	Times best = never;

	for (int i = 0; i < TRIES; i++)
		best = better_of(best, log_in_once(sshd, 0, open));
	return best;
}

/* The relay accepts at once and is connected to the server already: of TCP's handshake one trip and a half
 * pass before the server would speak. */
static double round_trips(double with, double without)
{
	return 1.5 + (with - without) / (2.0 * DELAY_MS);
}

static gboolean is_good_enough(Times with, Times without, int control_more)
{
	return round_trips(with.terminal, without.terminal) <= MAX_ROUND_TRIPS &&
	       round_trips(with.control, without.control) <= MAX_ROUND_TRIPS + control_more;
}

/* Trips are told by their time, and what else this machine does can make each of some tries late: then there is nothing
 * to say. */
static void expect_at_most(const char *what, double trips, double most)
{
	double load = 0;

	if (trips < most)
		return;
	if (getloadavg(&load, 1) == 1 && load > g_get_num_processors()) {
		g_autofree char *why =
			g_strdup_printf("%s took %.1f round trips, on a busy machine (load %.1f)", what, trips, load);
		g_test_skip(why);
		return;
	}
	g_test_message("%s", what);
	g_assert_cmpfloat(trips, <, most);
}

static void fresh_connection(void)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	Sshd *sshd = sshd_start("AcceptEnv PSS_*");
	g_autofree char *key = sshd_public_key(sshd->host_key);
	g_autofree char *line = g_strdup_printf("the-server %s\n", key);

	sshd_write_known_hosts(sshd, line);
	Times without = best_without_delay(sshd, open_both), with = log_in_once(sshd, DELAY_MS, open_both);
	/* A busy machine adds to some tries; it cannot make any of them faster. */
	for (int i = 1; i < MOST_TRIES && !is_good_enough(with, without, CONTROL_MORE); i++)
		with = better_of(with, log_in_once(sshd, DELAY_MS, open_both));
	double terminal = round_trips(with.terminal, without.terminal);
	double control = round_trips(with.control, without.control);
	g_print("# round trips of a fresh connection, TCP's included: logged in %.1f, first byte of the terminal %.1f, "
		"first answer of the control channel %.1f\n",
		round_trips(with.ready, without.ready), terminal, control);
	expect_at_most("the terminal", terminal, MAX_ROUND_TRIPS + SLACK);
	expect_at_most("the control channel", control, MAX_ROUND_TRIPS + CONTROL_MORE + SLACK);
	sshd_stop(sshd);
}

/* It takes one more than a terminal, whose first bytes come without any of ours: a server that has not started anything
 * takes none. */
static void subsystem(gconstpointer configuration)
{
	Sshd *sshd = sshd_start(configuration);
	g_autofree char *key = sshd_public_key(sshd->host_key);
	g_autofree char *line = g_strdup_printf("the-server %s\n", key);

	sshd_write_known_hosts(sshd, line);
	Times without = best_without_delay(sshd, open_subsystem), with = log_in_once(sshd, DELAY_MS, open_subsystem);
	for (int i = 1; i < MOST_TRIES && !is_good_enough(with, without, 1); i++)
		with = better_of(with, log_in_once(sshd, DELAY_MS, open_subsystem));
	double answer = round_trips(with.control, without.control);
	g_print("# round trips of a fresh connection to the first answer of a subsystem: %.1f\n", answer);
	expect_at_most("the subsystem", answer, MAX_ROUND_TRIPS + 1 + SLACK);
	sshd_stop(sshd);
}

/* For that many sessions, and for the one that is yet to come. */
static gboolean has_channels_for(const Records *first, guint n)
{
	g_autofree char *note =
		g_strdup_printf("the shared connection has %u channels\n", (n + 1) * PSS_TARGET_SHARE_SESSION);

	return strstr(first->link.notes->str, note) != NULL;
}

/* Then what they are asked for ahead is under way, and comes within a round trip. */
static gboolean is_quiet(const Proxy *proxy)
{
	gint64 quiet_ms = (g_get_monotonic_time() - proxy->relay.last) / 1000;

	return quiet_ms > 3 * (gint64)proxy->relay.delay_ms + 50;
}

/* A login and the control channel within half a slack of none and of one. */
static gboolean more_is_good_enough(Times with, Times without)
{
	return with.terminal - without.terminal <= 2 * DELAY_MS * (1 + SLACK / 2) &&
	       with.control - without.control <= 2 * DELAY_MS * (2 + SLACK / 2) &&
	       with.ready - without.ready <= 2 * DELAY_MS * SLACK / 2;
}

/* The best of some, each one more on the same connection, when what is opened ahead for it is there; all of them where
 * there is nothing to compare them with. */
static Times best_of_more(const Sshd *sshd, guint delay_ms, const Times *without)
{
	Records all[1 + TRIES] = { 0 };
	Times best = never;
	Proxy proxy;
	guint n = 0;

	proxy_start(&proxy, sshd->port, delay_ms);
	while (n < G_N_ELEMENTS(all) && !(without && more_is_good_enough(best, *without))) {
		PssTarget *target = target_behind(sshd, &proxy);
		Records *records = &all[n++];
		target->share = PSS_TARGET_SHARE_SESSION;
		records_init(records, open_both);
		records->link.transport =
			pss_transport_shared_new(target, pss_transport_ssh_new, &link_events, &records->link);
		Times times = open_it(records);
		wait_for(has_channels_for(&all[0], n) && is_quiet(&proxy), 30);
		g_assert_null(strstr(records->link.notes->str, "no room"));
		if (n > 1)
			best = better_of(best, times);
	}
	for (guint i = 0; i < n; i++)
		records_finish(&all[i]);
	proxy_stop(&proxy);
	return best;
}

static void shared_connection(void)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	Sshd *sshd = sshd_start("AcceptEnv PSS_*\nMaxSessions 100");
	g_autofree char *key = sshd_public_key(sshd->host_key);
	g_autofree char *line = g_strdup_printf("the-server %s\n", key);

	sshd_write_known_hosts(sshd, line);
	Times without = best_of_more(sshd, 0, NULL), with = never;
	for (int i = 0; i <= MOST_MORE && !more_is_good_enough(with, without); i++)
		with = better_of(with, best_of_more(sshd, DELAY_MS, &without));
	double ready = (with.ready - without.ready) / (2.0 * DELAY_MS);
	double terminal = (with.terminal - without.terminal) / (2.0 * DELAY_MS);
	double control = (with.control - without.control) / (2.0 * DELAY_MS);
	g_print("# round trips of one more session on a shared connection: ready %.1f, first byte of the terminal "
		"%.1f, "
		"first answer of the control channel %.1f\n",
		ready, terminal, control);
	expect_at_most("a login", ready, SLACK);
	expect_at_most("the terminal", terminal, 1 + SLACK);
	expect_at_most("the control channel", control, 2 + SLACK);
	sshd_stop(sshd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay-trips/fresh connection, known key", fresh_connection);
	g_test_add_data_func("/relay-trips/a subsystem", "AcceptEnv PSS_*\nSubsystem echo cat", subsystem);
	g_test_add_data_func("/relay-trips/what runs where there is no subsystem", "AcceptEnv PSS_*", subsystem);
	g_test_add_func("/relay-trips/one more on a shared connection", shared_connection);
	return g_test_run();
}
