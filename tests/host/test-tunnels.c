/* SPDX-License-Identifier: MIT */
/* LocalForward and ForwardAgent over a real server: bytes both ways, ends, refusals, and what is left off. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/error.h"
#include "link-harness.h"
#include "link-sshd.h"

#define A_LOT (3 * 1024 * 1024)

typedef struct {
	Sshd *sshd;
	PssTarget *target;
	LinkRecord link;
	ChannelRecord channel;
	pid_t agent;
} Fixture;

static void set_up(Fixture *f, gconstpointer extra)
{
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->sshd = sshd_start(extra);
	f->target = sshd_target(f->sshd);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	pss_target_free(f->target);
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	if (f->agent > 0)
		kill(f->agent, SIGTERM);
	sshd_stop(f->sshd);
}

static void finish(Fixture *f)
{
	f->link.transport = pss_transport_ssh_new(g_steal_pointer(&f->target), &link_events, &f->link);
	pss_transport_connect(f->link.transport);
	wait_for(f->link.ready || f->link.n_lost, 20);
}

static void log_in(Fixture *f)
{
	finish(f);
	g_assert_no_error(f->link.lost);
}

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
	return NULL;
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

static void forward(Fixture *f, guint from, guint to)
{
	g_autofree char *option = g_strdup_printf("LocalForward=127.0.0.1:%u 127.0.0.1:%u", from, to);

	link_target_option(f->target, option);
}

static void bytes_both_ways(Fixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);
	GThread *server = g_thread_new("shouting", shouting_thread, GINT_TO_POINTER(listener));
	Talk talk = { 0 };

	forward(f, from, to);
	log_in(f);
	talk.fd = connect_to(from);
	g_assert_cmpint(talk.fd, >=, 0);
	GThread *client = g_thread_new("talking", talking_thread, &talk);
	/* A command beside it is not held up. */
	channel_open(&f->channel, &f->link, "echo beside", FALSE);
	wait_for(f->channel.n_closed, 10);
	g_assert_cmpstr(f->channel.out->str, ==, "beside\n");
	wait_for(g_atomic_int_get(&talk.ended), 30);
	g_thread_join(client);
	g_thread_join(server);
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

static void nobody_at_the_other_end(Fixture *f, gconstpointer unused)
{
	guint from = free_port();

	forward(f, from, free_port());
	log_in(f);
	int fd = connect_to(from);
	wait_for(has_ended(fd), 10);
	close(fd);
	wait_for(strstr(f->link.notes->str, "the server does not connect"), 10);
	/* The session lives. */
	channel_open(&f->channel, &f->link, "echo alive", FALSE);
	wait_for(f->channel.n_closed, 10);
	g_assert_cmpstr(f->channel.out->str, ==, "alive\n");
}

static void ends_with_the_session(Fixture *f, gconstpointer unused)
{
	guint from = free_port(), to;
	int listener = listen_at(&to);

	forward(f, from, to);
	log_in(f);
	int fd = connect_to(from);
	struct pollfd polled = { listener, POLLIN, 0 };
	wait_for(poll(&polled, 1, 0) == 1, 10);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	g_assert_true(has_ended(fd));
	g_assert_cmpint(connect_to(from), ==, -1);
	close(fd);
	close(listener);
}

static void taken_port(Fixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	forward(f, from, 1);
	log_in(f);
	g_assert_nonnull(strstr(f->link.notes->str, "cannot be had: Address already in use"));
	close(taken);
}

static void taken_port_ends_it(Fixture *f, gconstpointer unused)
{
	guint from;
	int taken = listen_at(&from);

	forward(f, from, 1);
	link_target_option(f->target, "ExitOnForwardFailure=yes");
	finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_FAILED);
	g_assert_nonnull(strstr(f->link.lost->message, "Address already in use"));
	close(taken);
}

static void unix_sockets(Fixture *f, gconstpointer unused)
{
	link_target_option(f->target, "LocalForward=/tmp/a /tmp/b");
	log_in(f);
	g_assert_nonnull(strstr(f->link.notes->str, "only ports are forwarded here"));
}

/* ---- ForwardAgent */

static char *start_agent(Fixture *f)
{
	char *path = g_build_filename(f->sshd->directory, "agent", NULL);
	g_autofree char *socket = g_strdup_printf("SSH_AUTH_SOCK=%s", path);
	const char *const argv[] = { "ssh-agent", "-D", "-a", path, NULL };
	const char *const add[] = { "env", socket, "ssh-add", "-q", f->sshd->client_key, NULL };

	g_assert_true(g_spawn_async(NULL, (char **)argv, NULL,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &f->agent, NULL));
	wait_for(g_file_test(path, G_FILE_TEST_EXISTS), 10);
	run_program(add);
	return path;
}

/* What the server's side sees of an agent: "client" is the comment of the key in it. */
static void expect_agent(Fixture *f, gboolean pty, gboolean there)
{
	log_in(f);
	channel_open(&f->channel, &f->link, "ssh-add -l; ssh-add -l >/dev/null; echo", pty);
	wait_for(f->channel.n_closed, 20);
	g_assert_no_error(f->channel.error);
	g_assert_cmpint(strstr(f->channel.out->str, " client ") != NULL, ==, there);
}

static void agent(Fixture *f, gconstpointer unused)
{
	g_autofree char *path = start_agent(f);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, TRUE);
}

static void agent_with_terminal(Fixture *f, gconstpointer unused)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	g_autofree char *path = start_agent(f);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, TRUE, TRUE);
}

static void agent_of_its_own(Fixture *f, gconstpointer unused)
{
	g_autofree char *path = start_agent(f);
	g_autofree char *option = g_strdup_printf("ForwardAgent=%s", path);

	link_target_option(f->target, option);
	expect_agent(f, FALSE, TRUE);
}

static void no_agent(Fixture *f, gconstpointer unused)
{
	g_autofree char *path = start_agent(f);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	expect_agent(f, FALSE, FALSE);
}

static void agent_that_is_gone(Fixture *f, gconstpointer unused)
{
	link_target_setenv(f->target, "SSH_AUTH_SOCK", "/nonexistent/agent");
	link_target_option(f->target, "ForwardAgent=yes");
	expect_agent(f, FALSE, FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/tunnels/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("a forwarded port carries bytes both ways, and ends", bytes_both_ways);
	ADD("a forwarded port that leads nowhere", nobody_at_the_other_end);
	ADD("a forwarded port ends with its session", ends_with_the_session);
	ADD("a port that is taken is a warning", taken_port);
	ADD("a port that is taken, with ExitOnForwardFailure", taken_port_ends_it);
	ADD("Unix sockets are not forwarded, and that is said", unix_sockets);
	ADD("a forwarded agent", agent);
	ADD("a forwarded agent, with a terminal", agent_with_terminal);
	ADD("a forwarded agent that has a name", agent_of_its_own);
	ADD("no agent is forwarded without being asked for", no_agent);
	ADD("a forwarded agent that is gone", agent_that_is_gone);
	return g_test_run();
}
