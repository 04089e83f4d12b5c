/* SPDX-License-Identifier: MIT */
/* The SSH transport's channels and link, against a private sshd. */
#include <dlfcn.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "link-fixture.h"

typedef struct {
	Sshd *sshd;
	LinkRecord link;
	ChannelRecord a, b;
} Fixture;

static void connect_with(Fixture *f, PssTarget *target)
{
	link_connect(&f->link, target);
}

static void set_up(Fixture *f, gconstpointer extra)
{
	link_record_init(&f->link);
	channel_record_init(&f->a);
	channel_record_init(&f->b);
	f->sshd = sshd_start(extra);
}

/* Most of what is tested on a terminal channel holds for one without a terminal too. */
static gboolean terminal_if_possible(void)
{
	return sshd_why_no_terminal() == NULL;
}

static gboolean skip_without_terminal(void)
{
	const char *why = sshd_why_no_terminal();

	if (why)
		g_test_skip(why);
	return why != NULL;
}

static void wait_closed(Fixture *f, ChannelRecord *record)
{
	wait_for(record->n_closed || f->link.n_lost, 60);
	g_assert_no_error(f->link.lost);
}

static void log_in(Fixture *f)
{
	connect_with(f, sshd_target(f->sshd));
	wait_for(f->link.ready || f->link.n_lost, 20);
	g_assert_no_error(f->link.lost);
}

static void set_up_logged_in(Fixture *f, gconstpointer extra)
{
	set_up(f, extra);
	log_in(f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	if (g_test_verbose())
		g_test_message("%s", f->link.notes->str);
	link_record_finish(&f->link);
	channel_record_finish(&f->a);
	channel_record_finish(&f->b);
	sshd_stop(f->sshd);
}

static void names(Fixture *f, gconstpointer unused)
{
	g_autofree char *key = g_strdup_printf("%s@127.0.0.1:%u", g_get_user_name(), f->sshd->port);

	g_assert_cmpstr(f->link.remote_user, ==, g_get_user_name());
	g_assert_cmpstr(f->link.history_key, ==, key);
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void streams_and_status(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo out; echo err >&2; exit 7", FALSE);
	wait_closed(f, &f->a);
	g_assert_cmpstr(f->a.out->str, ==, "out\n");
	g_assert_cmpstr(f->a.err->str, ==, "err\n");
	g_assert_cmpint(f->a.exit_status, ==, 7);
	g_assert_no_error(f->a.error);
	pss_channel_write(f->a.channel, "late", 4);
	pss_channel_close(f->a.channel);
}

static void signal_status(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "kill -9 $$", FALSE);
	wait_closed(f, &f->a);
	g_assert_cmpint(f->a.exit_status, ==, 128 + 9);
}

static void many_at_once(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo a; exit 1", FALSE);
	channel_open(&f->b, &f->link, "echo b; exit 2", terminal_if_possible());
	wait_closed(f, &f->a);
	wait_closed(f, &f->b);
	g_assert_cmpstr(f->a.out->str, ==, "a\n");
	g_assert_true(g_str_has_prefix(f->b.out->str, "b"));
	g_assert_cmpint(f->a.exit_status, ==, 1);
	g_assert_cmpint(f->b.exit_status, ==, 2);
}

static char *pattern(gsize n)
{
	char *data = g_malloc(n);

	for (gsize i = 0; i < n; i++)
		data[i] = (char)(i * 31 + (i >> 8) + (i >> 17));
	return data;
}

static void big_both_ways(Fixture *f, gconstpointer unused)
{
	gsize n = 10 * 1024 * 1024;
	g_autofree char *data = pattern(n);

	channel_open(&f->a, &f->link, "cat", FALSE);
	pss_channel_write(f->a.channel, data, n);
	g_assert_cmpuint(pss_channel_pending(f->a.channel), >, 0);
	pss_channel_eof(f->a.channel);
	wait_closed(f, &f->a);
	g_assert_cmpmem(f->a.out->str, f->a.out->len, data, n);
	g_assert_cmpuint(f->a.n_drained, >=, 1);
	g_assert_cmpint(f->a.exit_status, ==, 0);
}

static void pause_stops_the_sender(Fixture *f, gconstpointer unused)
{
	gsize n = 20 * 1000 * 1000;

	f->a.discard = TRUE;
	channel_open(&f->a, &f->link, "head -c 20000000 /dev/zero", FALSE);
	wait_for(f->a.n_out > 0, 10);
	pss_channel_pause(f->a.channel, TRUE);
	gsize before = f->a.n_out;
	channel_open(&f->b, &f->link, "echo other", FALSE);
	wait_closed(f, &f->b);
	g_assert_cmpuint(f->a.n_out, ==, before);
	g_assert_cmpuint(f->a.n_closed, ==, 0);
	pss_channel_pause(f->a.channel, FALSE);
	wait_closed(f, &f->a);
	g_assert_cmpuint(f->a.n_out, ==, n);
}

static void pause_keeps_order_and_end(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo one; read x; seq 1 20000; echo end", FALSE);
	wait_for(f->a.out->len > 0, 10);
	pss_channel_pause(f->a.channel, TRUE);
	pss_channel_write(f->a.channel, "\n", 1);
	/* A second channel's whole life shows that the first one's bytes have had time to arrive. */
	channel_open(&f->b, &f->link, "seq 1 1000", FALSE);
	wait_closed(f, &f->b);
	g_assert_cmpstr(f->a.out->str, ==, "one\n");
	pss_channel_pause(f->a.channel, FALSE);
	wait_closed(f, &f->a);
	g_assert_true(g_str_has_prefix(f->a.out->str, "one\n1\n2\n3\n"));
	g_assert_true(g_str_has_suffix(f->a.out->str, "\n20000\nend\n"));
	g_assert_cmpint(f->a.exit_status, ==, 0);
}

/* A file: when libssh is next asked for stderr, it is made, and what that sets off arrives first. */
static const char *set_off_by_poll;

int ssh_channel_poll(ssh_channel channel, int is_stderr)
{
	static int (*real_poll)(ssh_channel, int);

	if (!real_poll)
		*(void **)&real_poll = dlsym(RTLD_NEXT, "ssh_channel_poll");
	if (is_stderr && set_off_by_poll) {
		struct pollfd link = { .fd = ssh_get_fd(ssh_channel_get_session(channel)), .events = POLLIN };
		g_assert_true(g_file_set_contents(g_steal_pointer(&set_off_by_poll), "", 0, NULL));
		g_assert_cmpint(poll(&link, 1, 10000), ==, 1);
	}
	return real_poll(channel, is_stderr);
}

static void output_between_the_streams(Fixture *f, gconstpointer unused)
{
	g_autofree char *go = g_build_filename(f->sshd->directory, "go", NULL);
	g_autofree char *command =
		g_strdup_printf("echo one; read x; echo two; until [ -e %s ]; do :; done; echo three", go);

	channel_open(&f->a, &f->link, command, FALSE);
	wait_for(f->a.out->len > 0, 10);
	pss_channel_pause(f->a.channel, TRUE);
	pss_channel_write(f->a.channel, "\n", 1);
	channel_open(&f->b, &f->link, "seq 1 1000", FALSE);
	wait_closed(f, &f->b);
	set_off_by_poll = go;
	pss_channel_pause(f->a.channel, FALSE);
	wait_closed(f, &f->a);
	g_assert_null(set_off_by_poll);
	g_assert_cmpstr(f->a.out->str, ==, "one\ntwo\nthree\n");
}

static void terminal(Fixture *f, gconstpointer unused)
{
	if (skip_without_terminal())
		return;
	channel_open(&f->a, &f->link, "stty size; echo $TERM; tty; read x; stty size; exit 3", terminal_if_possible());
	wait_for(strstr(f->a.out->str, "/dev/pts/"), 10);
	g_assert_true(g_str_has_prefix(f->a.out->str, "41 93\r\nxterm-256color\r\n"));
	pss_channel_resize(f->a.channel, 120, 50);
	pss_channel_write(f->a.channel, "\n", 1);
	wait_closed(f, &f->a);
	g_assert_nonnull(strstr(f->a.out->str, "50 120\r\n"));
	g_assert_cmpint(f->a.exit_status, ==, 3);
}

static void login_shell(Fixture *f, gconstpointer unused)
{
	static const char line[] = "echo sh''ell-is-here; exit 5\n";

	if (skip_without_terminal())
		return;
	channel_open(&f->a, &f->link, NULL, TRUE);
	pss_channel_write(f->a.channel, line, strlen(line));
	wait_closed(f, &f->a);
	g_assert_nonnull(strstr(f->a.out->str, "shell-is-here"));
	g_assert_cmpint(f->a.exit_status, ==, 5);
}

static void first_bytes(Fixture *f, gconstpointer unused)
{
	PssChannelRequest request = { .command = "read a; echo \"<$a>\"", .first_bytes = "hi\n", .n_first_bytes = 3 };

	f->a.channel = pss_channel_open(f->link.transport, &request, &channel_events, &f->a);
	wait_closed(f, &f->a);
	g_assert_cmpstr(f->a.out->str, ==, "<hi>\n");
}

static void close_in_every_state(Fixture *f, gconstpointer unused)
{
	for (int turns = 0; turns < 12; turns++) {
		ChannelRecord record;
		channel_record_init(&record);
		channel_open(&record, &f->link, "echo x; cat", turns % 2 && terminal_if_possible());
		for (int i = 0; i < turns; i++)
			g_main_context_iteration(NULL, FALSE);
		pss_channel_close(record.channel);
		run_pending();
		g_assert_cmpuint(record.n_closed, ==, 0);
		channel_record_finish(&record);
	}
	channel_open(&f->a, &f->link, "echo alive", FALSE);
	wait_closed(f, &f->a);
	g_assert_cmpstr(f->a.out->str, ==, "alive\n");
}

static void too_many_sessions(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "cat", terminal_if_possible());
	channel_open(&f->b, &f->link, "echo never", FALSE);
	wait_closed(f, &f->b);
	g_assert_error(f->b.error, PSS_ERROR, PSS_FAILED);
	g_test_message("%s", f->b.error->message);
	g_assert_cmpuint(f->a.n_closed, ==, 0);
	g_assert_cmpuint(f->link.n_lost, ==, 0);
}

static void no_terminal(Fixture *f, gconstpointer unused)
{
	if (skip_without_terminal())
		return;
	channel_open(&f->a, &f->link, "echo x; cat", terminal_if_possible());
	wait_closed(f, &f->a);
	g_assert_error(f->a.error, PSS_ERROR, PSS_FAILED);
	g_assert_cmpuint(f->link.n_lost, ==, 0);
}

static void killed_server(Fixture *f, gconstpointer unused)
{
	channel_open(&f->a, &f->link, "echo x; cat", terminal_if_possible());
	wait_for(f->a.out->len > 0, 10);
	kill(-f->sshd->last, SIGKILL);
	wait_for(f->link.n_lost, 5);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_LINK_LOST);
	/* The kernel sends a reset instead of an end when the dead server had left bytes unread. */
	g_assert_true(g_str_equal(f->link.lost->message, "the server ended the connection") ||
		      g_str_has_prefix(f->link.lost->message, "the connection broke: "));
	g_assert_cmpuint(f->a.n_closed, ==, 0);
	pss_channel_write(f->a.channel, "x", 1);
	pss_channel_close(f->a.channel);
}

static void stopped_server(Fixture *f, gconstpointer unused)
{
	PssTarget *target = sshd_target(f->sshd);

	link_target_option(target, "ServerAliveInterval=1");
	link_target_option(target, "ServerAliveCountMax=2");
	connect_with(f, target);
	wait_for(f->link.ready, 20);
	channel_open(&f->a, &f->link, "echo x; cat", terminal_if_possible());
	wait_for(f->a.out->len > 0, 10);
	kill(-f->sshd->last, SIGSTOP);
	gint64 start = g_get_monotonic_time();
	wait_for(f->link.n_lost, 10);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_LINK_LOST);
	g_assert_cmpstr(f->link.lost->message, ==, "no answer for 2 s");
}

static gboolean count_down(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_REMOVE;
}

static void idle_link_lives(Fixture *f, gconstpointer unused)
{
	PssTarget *target = sshd_target(f->sshd);
	gboolean over = FALSE;

	link_target_option(target, "ServerAliveInterval=1");
	link_target_option(target, "ServerAliveCountMax=2");
	connect_with(f, target);
	wait_for(f->link.ready, 20);
	channel_open(&f->a, &f->link, "cat", terminal_if_possible());
	g_timeout_add(5500, count_down, &over);
	wait_for(over, 10);
	g_assert_no_error(f->link.lost);
	pss_channel_write(f->a.channel, "still\n", 6);
	wait_for(strstr(f->a.out->str, "still"), 5);
}

/* An idle link wakes the loop for keepalives alone. */
static void idle_link_sleeps(Fixture *f, gconstpointer unused)
{
	gboolean over = FALSE;
	guint wakes = 0;

	channel_open(&f->a, &f->link, "echo x; cat", terminal_if_possible());
	wait_for(f->a.out->len > 0, 10);
	run_pending();
	g_timeout_add(1500, count_down, &over);
	while (!over) {
		g_main_context_iteration(NULL, TRUE);
		wakes++;
	}
	g_assert_cmpuint(wakes, <=, 3);
}

static void free_with_queue(Fixture *f, gconstpointer unused)
{
	g_autofree char *mark = g_build_filename(f->sshd->directory, "bye", NULL);
	g_autofree char *command = g_strdup_printf("read x; echo \"$x\" > %s", mark);

	channel_open(&f->a, &f->link, command, FALSE);
	channel_open(&f->b, &f->link, "echo up", FALSE);
	wait_closed(f, &f->b);
	pss_channel_write(f->a.channel, "farewell\n", 9);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	wait_for(g_file_test(mark, G_FILE_TEST_EXISTS), 10);
}

static void open_inside_ready(gpointer user)
{
	Fixture *f = user;

	channel_open(&f->b, &f->link, "echo control", FALSE);
	channel_open(&f->a, &f->link, "echo terminal", terminal_if_possible());
}

static void channels_inside_ready(Fixture *f, gconstpointer unused)
{
	f->link.on_ready = open_inside_ready;
	f->link.user = f;
	log_in(f);
	wait_closed(f, &f->a);
	wait_closed(f, &f->b);
	g_assert_true(g_str_has_prefix(f->a.out->str, "terminal"));
	g_assert_cmpstr(f->b.out->str, ==, "control\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, extra, up, function) g_test_add("/transport-ssh/" name, Fixture, extra, up, function, tear_down)
	ADD("says who and where it is", NULL, set_up_logged_in, names);
	ADD("keeps stdout, stderr and the status apart", NULL, set_up_logged_in, streams_and_status);
	ADD("gives 128 plus the signal", NULL, set_up_logged_in, signal_status);
	ADD("runs channels side by side", NULL, set_up_logged_in, many_at_once);
	ADD("starts channels that are opened inside on_ready", NULL, set_up, channels_inside_ready);
	ADD("carries 10 MB of any bytes both ways", NULL, set_up_logged_in, big_both_ways);
	ADD("carries them while the server changes keys every megabyte", "RekeyLimit 1M", set_up_logged_in,
	    big_both_ways);
	ADD("stops the sender while paused", NULL, set_up_logged_in, pause_stops_the_sender);
	ADD("keeps order and end over a pause", NULL, set_up_logged_in, pause_keeps_order_and_end);
	ADD("loses nothing that arrives between one stream's turn and the other's", NULL, set_up_logged_in,
	    output_between_the_streams);
	ADD("gives a terminal with size and TERM, and resizes it", NULL, set_up_logged_in, terminal);
	ADD("runs the login shell", NULL, set_up_logged_in, login_shell);
	ADD("passes the first bytes", NULL, set_up_logged_in, first_bytes);
	ADD("closes a channel in every state", "MaxSessions 50", set_up_logged_in, close_in_every_state);
	ADD("says so when MaxSessions is reached", "MaxSessions 1", set_up_logged_in, too_many_sessions);
	ADD("says so when there is no terminal to be had", "PermitTTY no", set_up_logged_in, no_terminal);
	ADD("is lost when the server is killed", NULL, set_up_logged_in, killed_server);
	ADD("is lost when the server is stopped", NULL, set_up, stopped_server);
	ADD("lives while idle", NULL, set_up, idle_link_lives);
	ADD("sleeps while idle", NULL, set_up_logged_in, idle_link_sleeps);
	ADD("sends what is queued before it is freed", NULL, set_up_logged_in, free_with_queue);
	return g_test_run();
}
