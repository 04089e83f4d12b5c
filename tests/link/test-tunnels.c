/* SPDX-License-Identifier: MIT */
/* LocalForward, DynamicForward, RemoteForward and ForwardAgent over a real server: bytes both ways, ends, refusals, and
 * what is left off. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "link-fixture.h"

#define A_LOT (3 * 1024 * 1024)

/* ---- sockets of this machine */

static struct sockaddr_in loopback(guint port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((guint16)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listen_at(guint *port)
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

static guint free_port(void)
{
	guint port;
	int fd = listen_at(&port);

	close(fd);
	return port;
}

static int connect_to(guint port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static gint n_shouted; /* atomic: servers that have ended */

/* Sends everything back, in upper case, until it ends; then ends itself. */
static gpointer shouting_thread(gpointer listener)
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

/* The link carries the end to it meanwhile. */
static void join_shouting(GThread *server)
{
	wait_for(g_atomic_int_compare_and_exchange(&n_shouted, 1, 0), 20);
	g_thread_join(server);
}

typedef struct {
	int fd;
	gsize n_sent, n_received, n_wrong;
	gint ended; /* atomic */
} Talk;

/* Sends A_LOT while it reads, ends its half, and reads to the end. */
static gpointer talking_thread(gpointer user)
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

/* ---- LocalForward */

static void forward(LinkFixture *f, guint from, guint to)
{
	g_autofree char *option = g_strdup_printf("LocalForward=127.0.0.1:%u 127.0.0.1:%u", from, to);

	link_target_option(f->target, option);
}

static void bytes_both_ways(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));
	Talk talk = { 0 };

	forward(f, from, to);
	link_log_in(f);
	talk.fd = connect_to(from);
	g_assert_cmpint(talk.fd, >=, 0);
	GThread *client = g_thread_new("talking", talking_thread, &talk);
	/* A command beside it is not held up. */
	g_assert_cmpstr(link_run(f, "echo beside", FALSE), ==, "beside\n");
	wait_for(g_atomic_int_get(&talk.ended), 30);
	g_thread_join(client);
	join_shouting(server);
	g_assert_cmpuint(talk.n_received, ==, A_LOT);
	g_assert_cmpuint(talk.n_wrong, ==, 0);
	close(talk.fd);
	close(listener);
}

static gboolean has_ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EINTR);
}

static void nobody_at_the_other_end(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port();

	forward(f, from, free_port());
	link_log_in(f);
	int fd = connect_to(from);
	wait_for(has_ended(fd), 10);
	close(fd);
	wait_for(strstr(f->link.notes->str, "the server does not connect"), 10);
	/* The session lives. */
	g_assert_cmpstr(link_run(f, "echo alive", FALSE), ==, "alive\n");
}

static void ends_with_the_session(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);

	forward(f, from, to);
	link_log_in(f);
	int fd = connect_to(from);
	struct pollfd polled = { listener, POLLIN, 0 };
	wait_for(poll(&polled, 1, 0) == 1, 10);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	g_assert_true(has_ended(fd));
	g_assert_cmpint(connect_to(from), ==, -1);
	close(fd);
	close(listener);
}

static void taken_port(LinkFixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	forward(f, from, 1);
	link_log_in(f);
	g_assert_true(link_was_noted(f, "failed: Address already in use"));
	close(taken);
}

static void taken_port_ends_it(LinkFixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	forward(f, from, 1);
	link_target_option(f->target, "ExitOnForwardFailure=yes");
	link_finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_SSH_ENDS);
	g_assert_nonnull(strstr(f->link.lost->message, "Address already in use"));
	close(taken);
}

static void unix_sockets(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "LocalForward=/tmp/a /tmp/b");
	link_log_in(f);
	g_assert_true(link_was_noted(f, "only ports are forwarded here"));
}

/* ---- DynamicForward and RemoteForward */

static void option(LinkFixture *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void option(LinkFixture *f, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	link_target_option(f->target, text);
}

/* What a thread of the test says, and the answers that it must get. */
typedef struct {
	const char *say;
	gsize n_say;
	const char *hear;
	gsize n_hear;
} Exchange;

typedef struct {
	guint port; /* in SOCKS requests, in the place of two bytes PP */
	int fd;
	const Exchange *exchanges;
	gint done; /* atomic: 1 all was heard, -1 not */
} Client;

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

#define SAY(text) (text), sizeof(text) - 1

static void converse(Client *client, const Exchange *exchanges, gint expected)
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

static const Exchange by_name[] = { { SAY("\5\2\0\1"), SAY("\5\0") },
				    { SAY("\5\1\0\3\11localhostPPhello"), SAY("\5\0\0\1\0\0\0\0\0\0HELLO") },
				    { SAY("again"), SAY("AGAIN") },
				    { NULL } };
static const Exchange by_v4[] = { { SAY("\4\1PP\177\0\0\1me\0"), SAY("\0Z\0\0\0\0\0\0") },
				  { SAY("hello"), SAY("HELLO") },
				  { NULL } };
static const Exchange to_nobody[] = { { SAY("\5\1\0"), SAY("\5\0") },
				      { SAY("\5\1\0\1\177\0\0\1PP"), SAY("\5\5\0\1\0\0\0\0\0\0") },
				      { NULL } };
static const Exchange no_socks[] = { { SAY("GET / HTTP/1.0\r\n\r\n"), SAY("x") }, { NULL } };

/* One conversation through `from`, with a server that shouts. */
static void converse_through(guint from, const Exchange *exchanges, gint expected)
{
	guint to;
	int listener = listen_at(&to);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));
	Client client = { to, connect_to(from) };

	converse(&client, exchanges, expected);
	join_shouting(server);
	close(listener);
}

static void socks(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port();

	option(f, "DynamicForward=127.0.0.1:%u", from);
	link_log_in(f);
	converse_through(from, by_name, 1);
	converse_through(from, by_v4, 1);
	Client client = { free_port(), connect_to(from) };
	converse(&client, to_nobody, 1);
	client = (Client){ 0, connect_to(from) };
	converse(&client, no_socks, -1);
	g_autofree char *shown = g_strdup_printf("D [127.0.0.1]:%u", from);
	g_assert_cmpstr(f->link.forwards, ==, shown);
}

static void remote_bytes_both_ways(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));
	Talk talk = { 0 };

	option(f, "RemoteForward=127.0.0.1:%u localhost:%u", from, to);
	link_log_in(f);
	talk.fd = connect_to(from);
	g_assert_cmpint(talk.fd, >=, 0);
	GThread *client = g_thread_new("talking", talking_thread, &talk);
	wait_for(g_atomic_int_get(&talk.ended), 30);
	g_thread_join(client);
	join_shouting(server);
	g_assert_cmpuint(talk.n_received, ==, A_LOT);
	g_assert_cmpuint(talk.n_wrong, ==, 0);
	close(talk.fd);
	close(listener);
	g_autofree char *shown = g_strdup_printf("R 127.0.0.1:%u -> [localhost]:%u", from, to);
	g_assert_cmpstr(f->link.forwards, ==, shown);
}

static void remote_to_nobody(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port();

	option(f, "RemoteForward=127.0.0.1:%u 127.0.0.1:%u", from, free_port());
	link_log_in(f);
	int fd = connect_to(from);
	wait_for(has_ended(fd), 10);
	close(fd);
	wait_for(strstr(f->link.notes->str, "this computer does not connect to 127.0.0.1"), 10);
}

static void remote_port_of_the_servers_choice(LinkFixture *f, gconstpointer unused)
{
	guint to;
	int listener = listen_at(&to);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));

	option(f, "RemoteForward=127.0.0.1:0 127.0.0.1:%u", to);
	link_log_in(f);
	/* The server's first channel number is not ours then. */
	g_assert_cmpstr(link_run(f, "echo beside", FALSE), ==, "beside\n");
	const char *said = strstr(f->link.notes->str, "the server listens on port ");
	g_assert_nonnull(said);
	Client client = { 0, connect_to((guint)atoi(strrchr(said, ' '))) };
	static const Exchange plain[] = { { SAY("hello"), SAY("HELLO") }, { NULL } };
	converse(&client, plain, 1);
	join_shouting(server);
	close(listener);
}

static void remote_socks(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port();

	option(f, "RemoteForward=127.0.0.1:%u", from);
	link_log_in(f);
	converse_through(from, by_name, 1);
	converse_through(from, by_v4, 1);
	Client client = { 0, connect_to(from) };
	converse(&client, no_socks, -1);
}

static void remote_socks_where_permitted(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);

	option(f, "RemoteForward=127.0.0.1:%u", from);
	option(f, "PermitRemoteOpen=127.0.0.1:%u *:1", to);
	link_log_in(f);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));
	Client client = { to, connect_to(from) };
	converse(&client, by_v4, 1);
	join_shouting(server);
	/* The same place under a name that is not on the list, and a port that is not. */
	static const Exchange refused[] = { { SAY("\4\1PP\0\0\0\1me\0localhost\0"), SAY("\0[\0\0\0\0\0\0") },
					    { NULL } };
	client = (Client){ to, connect_to(from) };
	converse(&client, refused, 1);
	client = (Client){ to ^ 1, connect_to(from) };
	converse(&client, to_nobody, 1);
	struct pollfd polled = { listener, POLLIN, 0 };
	g_assert_cmpint(poll(&polled, 1, 0), ==, 0);
	close(listener);
}

static void remote_socks_nowhere(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);

	option(f, "RemoteForward=127.0.0.1:%u", from);
	option(f, "PermitRemoteOpen=none");
	link_log_in(f);
	Client client = { to, connect_to(from) };
	converse(&client, to_nobody, 1);
	close(listener);
}

static void remote_port_taken(LinkFixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	option(f, "RemoteForward=127.0.0.1:%u localhost:1", from);
	link_log_in(f);
	g_assert_true(link_was_noted(f, "failed: the server does not listen there"));
	close(taken);
}

static void remote_port_taken_ends_it(LinkFixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	option(f, "RemoteForward=127.0.0.1:%u localhost:1", from);
	option(f, "ExitOnForwardFailure=yes");
	link_finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_SSH_ENDS);
	g_assert_nonnull(strstr(f->link.lost->message, "RemoteForward"));
	close(taken);
}

static void remote_ends_with_the_session(LinkFixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);

	option(f, "RemoteForward=127.0.0.1:%u 127.0.0.1:%u", from, to);
	link_log_in(f);
	int fd = connect_to(from);
	struct pollfd polled = { listener, POLLIN, 0 };
	wait_for(poll(&polled, 1, 0) == 1, 10);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	wait_for(has_ended(fd), 10);
	close(fd);
	close(listener);
}

/* ---- ForwardAgent */

/* What the server's side sees of an agent: "client" is the comment of the key in it. */
static void expect_agent(LinkFixture *f, gboolean pty, gboolean there)
{
	link_log_in(f);
	link_run(f, "ssh-add -l; ssh-add -l >/dev/null; echo", pty);
	g_assert_no_error(f->channel.error);
	g_assert_cmpint(strstr(f->channel.out->str, " client ") != NULL, ==, there);
}

static void agent(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, TRUE);
}

static void agent_with_terminal(LinkFixture *f, gconstpointer unused)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, TRUE, TRUE);
}

static void agent_of_its_own(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	g_autofree char *option = g_strdup_printf("ForwardAgent=%s", path);

	link_target_option(f->target, option);
	expect_agent(f, FALSE, TRUE);
}

/* A server that wants the agent three hundred times at once, and then once more. */
static void agent_too_often(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	static const char greedy[] = "exec python3 -c '\n"
				     "import os, socket\n"
				     "def ask():\n"
				     "    s = socket.socket(socket.AF_UNIX)\n"
				     "    s.connect(os.environ[\"SSH_AUTH_SOCK\"])\n"
				     "    try: s.send(bytes([0, 0, 0, 1, 11]))\n"
				     "    except OSError: pass # it has been refused by then\n"
				     "    return s\n"
				     "def answers(s):\n"
				     "    try: return len(s.recv(4)) == 4\n"
				     "    except OSError: return False\n"
				     "held = [ask() for n in range(300)]\n"
				     "print(sum(map(answers, held)), end=\" \")\n"
				     "for s in held: s.close()\n"
				     "while not answers(ask()): pass\n"
				     "print(\"again\")'";

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	link_log_in(f);
	g_assert_cmpstr(link_run(f, greedy, FALSE), ==, "100 again\n");
}

static void no_agent(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	expect_agent(f, FALSE, FALSE);
}

static void agent_that_is_gone(LinkFixture *f, gconstpointer unused)
{
	link_target_setenv(f->target, "SSH_AUTH_SOCK", "/nonexistent/agent");
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/tunnels/" name, LinkFixture, NULL, link_set_up, function, link_tear_down)
	ADD("a forwarded port carries bytes both ways, and ends", bytes_both_ways);
	ADD("a forwarded port that leads nowhere", nobody_at_the_other_end);
	ADD("a forwarded port ends with its session", ends_with_the_session);
	ADD("a port that is taken is a warning", taken_port);
	ADD("a port that is taken, with ExitOnForwardFailure", taken_port_ends_it);
	ADD("Unix sockets are not forwarded, and that is said", unix_sockets);
	ADD("SOCKS 4 and 5: where who connects wants to go", socks);
	ADD("a port of the server carries bytes both ways, and ends", remote_bytes_both_ways);
	ADD("a port of the server that leads nowhere", remote_to_nobody);
	ADD("a port of the server's own choice is told", remote_port_of_the_servers_choice);
	ADD("SOCKS from the server's side", remote_socks);
	ADD("SOCKS from the server's side goes where PermitRemoteOpen says", remote_socks_where_permitted);
	ADD("SOCKS from the server's side goes nowhere with PermitRemoteOpen none", remote_socks_nowhere);
	ADD("a port of the server that is taken is a warning", remote_port_taken);
	ADD("a port of the server that is taken, with ExitOnForwardFailure", remote_port_taken_ends_it);
	ADD("a port of the server ends with its session", remote_ends_with_the_session);
	ADD("a forwarded agent", agent);
	ADD("a forwarded agent, with a terminal", agent_with_terminal);
	ADD("a forwarded agent that has a name", agent_of_its_own);
	ADD("a forwarded agent that is wanted too often", agent_too_often);
	ADD("no agent is forwarded without being asked for", no_agent);
	ADD("a forwarded agent that is gone", agent_that_is_gone);
	return g_test_run();
}
