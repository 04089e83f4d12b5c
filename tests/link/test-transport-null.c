/* SPDX-License-Identifier: MIT */
/* The null transport keeps every promise of link/transport/transport.h that sessions rely on. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "link-harness.h"
#include "link/local.h"

typedef struct {
	LinkRecord link;
	ChannelRecord a, b;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
	link_record_init(&f->link);
	channel_record_init(&f->a);
	channel_record_init(&f->b);
	f->link.transport = pss_transport_null_new(link_target("nowhere"), &link_events, &f->link);
	pss_transport_connect(f->link.transport);
	g_assert_false(f->link.ready);
	wait_for(f->link.ready, 5);
}

static void no_child_is_left(void)
{
	wait_for(waitpid(-1, NULL, WNOHANG) < 0, 5);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	link_record_finish(&f->link);
	channel_record_finish(&f->a);
	channel_record_finish(&f->b);
	no_child_is_left();
}

static void names(Fixture *f, gconstpointer unused)
{
	g_autofree char *key = g_strdup_printf("%s@nowhere:22", g_get_user_name());

	g_assert_cmpstr(f->link.remote_user, ==, g_get_user_name());
	g_assert_cmpstr(f->link.history_key, ==, key);
}

static void streams_and_status(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo out; echo err >&2; exit 7", FALSE);
	wait_for(f->a.n_closed, 5);
	g_assert_cmpstr(f->a.out->str, ==, "out\n");
	g_assert_cmpstr(f->a.err->str, ==, "err\n");
	g_assert_cmpint(f->a.exit_status, ==, 7);
	g_assert_no_error(f->a.error);
}

static void signal_status(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "kill -9 $$", FALSE);
	wait_for(f->a.n_closed, 5);
	g_assert_cmpint(f->a.exit_status, ==, 128 + 9);
}

static void big_both_ways(Fixture *f, gconstpointer unused)
{
	gsize n = 10 * 1024 * 1024;
	g_autofree char *data = g_malloc(n);

	for (gsize i = 0; i < n; i++)
		data[i] = (char)(i * 31 + (i >> 8));
	channel_open(&f->a, &f->link, "cat", FALSE);
	pss_channel_write(f->a.channel, data, n);
	g_assert_cmpuint(pss_channel_pending(f->a.channel), >, 0);
	pss_channel_eof(f->a.channel);
	wait_for(f->a.n_closed, 30);
	g_assert_cmpmem(f->a.out->str, f->a.out->len, data, n);
	g_assert_cmpuint(f->a.n_drained, >=, 1);
	g_assert_cmpint(f->a.exit_status, ==, 0);
}

static void terminal(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "stty size; echo $TERM; tty; read x; stty size; exit 3", TRUE);
	wait_for(strstr(f->a.out->str, "/dev/pts/"), 5);
	g_assert_true(g_str_has_prefix(f->a.out->str, "41 93\r\nxterm-256color\r\n"));
	pss_channel_resize(f->a.channel, 120, 50);
	pss_channel_write(f->a.channel, "\n", 1);
	wait_for(f->a.n_closed, 5);
	g_assert_nonnull(strstr(f->a.out->str, "50 120\r\n"));
	g_assert_cmpint(f->a.exit_status, ==, 3);
}

static void background_job_does_not_hold_the_terminal(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "trap '' HUP; sleep 1000 & echo $!", TRUE);
	wait_for(f->a.n_closed, 5);
	int job = atoi(f->a.out->str);
	g_assert_cmpint(job, >, 1);
	kill(job, SIGKILL);
}

static void close_hangs_up(Fixture *f, gconstpointer unused)
{
	g_autofree char *mark = g_build_filename(g_get_tmp_dir(), "pss-null-hup", NULL);
	g_autofree char *command = g_strdup_printf("trap 'echo bye > %s; exit' HUP; echo go; "
						   "while :; do read x || :; done",
						   mark);

	remove(mark);
	channel_open(&f->a, &f->link, command, TRUE);
	wait_for(strstr(f->a.out->str, "go"), 5);
	pss_channel_close(f->a.channel);
	no_child_is_left();
	g_assert_cmpint(remove(mark), ==, 0);
	g_assert_cmpuint(f->a.n_closed, ==, 0);
}

static void pause_stops_data(Fixture *f, gconstpointer unused)
{
	f->a.discard = TRUE;
	channel_open(&f->a, &f->link, "head -c 4000000 /dev/zero", FALSE);
	wait_for(f->a.n_out > 0, 5);
	pss_channel_pause(f->a.channel, TRUE);
	gsize n = f->a.n_out;
	channel_open(&f->b, &f->link, "echo other", FALSE);
	wait_for(f->b.n_closed, 5);
	g_assert_cmpuint(f->a.n_out, ==, n);
	pss_channel_pause(f->a.channel, FALSE);
	wait_for(f->a.n_closed, 5);
	g_assert_cmpuint(f->a.n_out, ==, 4000000);
}

static void break_is_heard_once(Fixture *f, gconstpointer unused)
{
	g_autoptr(GError) cause = g_error_new(PSS_ERROR, PSS_LINK_LOST, "the cable was pulled");

	channel_open(&f->a, &f->link, "cat", FALSE);
	pss_transport_null_break(f->link.transport, cause);
	pss_transport_null_break(f->link.transport, cause);
	wait_for(f->link.n_lost, 5);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_LINK_LOST);
	pss_channel_write(f->a.channel, "x", 1);
	channel_open(&f->b, &f->link, "echo never", FALSE);
	no_child_is_left();
	g_assert_cmpuint(f->a.n_closed + f->b.n_closed, ==, 0);
}

static void first_bytes_and_exec_failure(Fixture *f, gconstpointer unused)
{
	PssChannelRequest request = { .command = "read a; echo \"<$a>\"", .first_bytes = "hi\n", .n_first_bytes = 3 };

	f->a.channel = pss_channel_open(f->link.transport, &request, &channel_events, &f->a);
	wait_for(f->a.n_closed, 5);
	g_assert_cmpstr(f->a.out->str, ==, "<hi>\n");
}

static void missing_shell_is_refused(Fixture *f, gconstpointer unused)
{
	PssTarget *target = link_target("nowhere");

	pss_transport_free(f->link.transport);
	link_target_setenv(target, "SHELL", "/nonexistent/shell");
	f->link.transport = pss_transport_null_new(target, &link_events, &f->link);
	channel_open(&f->a, &f->link, NULL, TRUE);
	wait_for(f->a.n_closed, 5);
	g_assert_error(f->a.error, PSS_ERROR, PSS_FAILED);
	g_assert_cmpint(f->a.exit_status, ==, -1);
}

typedef struct {
	PssTransport base;
	const char *banner;
} Named;

static const char *named_banner(PssTransport *base)
{
	return ((Named *)base)->banner;
}

static void deaf_servers(Fixture *f, gconstpointer unused)
{
	static const struct {
		const char *banner, *user;
		gboolean deaf;
	} servers[] = {
		{ "SSH-2.0-OpenSSH_9.2p1 Debian-2", "root", TRUE },
		{ "SSH-2.0-OpenSSH_9.2p1 Debian-2", "me", FALSE },
		{ "SSH-2.0-OpenSSH_10.0p2", "me", FALSE },
		{ "SSH-2.0-OpenSSH_7.9", "me", FALSE },
		{ "SSH-2.0-OpenSSH_7.8p1", "me", TRUE },
		{ "SSH-2.0-OpenSSH_6.6.1", NULL, TRUE },
		{ "SSH-2.0-OpenSSH_10.0p2", NULL, FALSE },
		{ "SSH-2.0-OpenSSH_for_Windows_9.5", "me", FALSE },
		{ "SSH-2.0-tinyssh_noversion", "me", TRUE },
		{ "SSH-2.0-dropbear_2022.83", "root", FALSE },
		{ "SSH-2.0-libssh_0.10.6", "root", FALSE },
		{ NULL, "root", FALSE },
	};
	static const PssTransportOps ops = { .banner = named_banner };

	for (gsize i = 0; i < G_N_ELEMENTS(servers); i++) {
		Named named = { { &ops }, servers[i].banner };
		g_test_message("%s, %s", servers[i].banner, servers[i].user);
		g_assert_cmpint(pss_transport_drops_signals(&named.base, servers[i].user), ==, servers[i].deaf);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/transport-null/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("says who and where it is", names);
	ADD("keeps stdout, stderr and the status apart", streams_and_status);
	ADD("gives 128 plus the signal", signal_status);
	ADD("carries 10 MB of any bytes both ways", big_both_ways);
	ADD("gives a terminal with size and TERM, and resizes it", terminal);
	ADD("closes when the terminal's child ends, whatever runs on", background_job_does_not_hold_the_terminal);
	ADD("hangs up on close and says nothing more", close_hangs_up);
	ADD("delivers nothing while paused", pause_stops_data);
	ADD("is lost once, with the cause", break_is_heard_once);
	ADD("passes the first bytes", first_bytes_and_exec_failure);
	ADD("refuses with an error what cannot be executed", missing_shell_is_refused);
	ADD("knows the servers that pass no signal on", deaf_servers);
	return g_test_run();
}
