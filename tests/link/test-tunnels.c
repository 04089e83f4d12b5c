/* SPDX-License-Identifier: MIT */
/* LocalForward, DynamicForward and RemoteForward over a real server: bytes both ways, ends, refusals, and what is left
 * off. ForwardAgent has test-forwarded-agent.c. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "link-fixture.h"
#include "tunnel-peers.h"

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
	return g_test_run();
}
