/* SPDX-License-Identifier: MIT */
/* Servers that misbehave, one way after the other (bad-server.c): each is an error that says what it was, within the
 * deadline, and no descriptor is left. */
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "link-fixture.h"

/* A key exchange of the sanitizer build takes its time. */
#ifdef __SANITIZE_ADDRESS__
#define CONNECT_TIMEOUT "ConnectTimeout=6"
#else
#define CONNECT_TIMEOUT "ConnectTimeout=2"
#endif

typedef enum {
	NO_LINK, /* the link does not come to be */
	NO_END,  /* the channel ends with an error, or the link does */
	ENDS,    /* the channel ends, with this status */
} Outcome;

/* libssh sees the end of the stream before the message in front of it, or not. */
#define AUTH_OR_LOST (-1)

static const struct row {
	const char *how;
	Outcome outcome;
	int code;          /* enum pss_status, or the status */
	const char *words; /* in the message */
	gboolean pty;
} rows[] = {
	{ "accept", NO_LINK, PSS_THROTTLED, "has hung up on each connection", FALSE },
	{ "silence", NO_LINK, PSS_UNREACHABLE, "longer than", FALSE },
	{ "garbage", NO_LINK, PSS_UNREACHABLE, "SSH handshake with", FALSE },
	{ "endless-lines", NO_LINK, PSS_UNREACHABLE, "longer than", FALSE },
	{ "long-line", NO_LINK, PSS_UNREACHABLE, "SSH handshake with", FALSE },
	{ "http", NO_LINK, PSS_UNREACHABLE, "SSH handshake with", FALSE },
	{ "version", NO_LINK, PSS_UNREACHABLE, "SSH handshake with", FALSE },
	{ "version-silence", NO_LINK, PSS_UNREACHABLE, "longer than", FALSE },
	{ "version-garbage", NO_LINK, PSS_UNREACHABLE, "SSH handshake with", FALSE },
	{ "service-close", NO_LINK, PSS_LINK_LOST, "logging in failed", FALSE },
	{ "service-silence", NO_LINK, PSS_UNREACHABLE, "longer than", FALSE },
	{ "service-disconnect", NO_LINK, AUTH_OR_LOST, "logging in failed", FALSE },
	{ "auth-close", NO_LINK, PSS_LINK_LOST, "logging in failed", FALSE },
	{ "auth-silence", NO_LINK, PSS_UNREACHABLE, "longer than", FALSE },
	{ "auth-refuse", NO_LINK, PSS_AUTH, "all login methods were refused", FALSE },
	{ "key-close", NO_LINK, PSS_LINK_LOST, "logging in failed", FALSE },
	{ "key-refuse", NO_LINK, PSS_AUTH, "all login methods were refused", FALSE },
	{ "key-disconnect", NO_LINK, AUTH_OR_LOST, "logging in failed", FALSE },
	{ "open-close", NO_END, PSS_LINK_LOST, "", FALSE },
	{ "open-disconnect", NO_END, PSS_LINK_LOST, "SSH_MSG_DISCONNECT", FALSE },
	{ "open-refuse", NO_END, PSS_FAILED, "refuses another channel", FALSE },
	{ "pty-close", NO_END, PSS_LINK_LOST, "", TRUE },
	{ "pty-refuse", NO_END, PSS_FAILED, "refuses a terminal", TRUE },
	{ "exec-close", NO_END, PSS_LINK_LOST, "", FALSE },
	{ "exec-refuse", NO_END, PSS_FAILED, "refuses to run", FALSE },
	{ "output-close", NO_END, PSS_LINK_LOST, "", FALSE },
	{ "env-refuse", ENDS, 3, NULL, FALSE },
	{ "no-status", ENDS, -1, NULL, FALSE },
	{ "exit-signal", ENDS, 143, NULL, FALSE },
	{ "status-behind-eof", ENDS, 3, NULL, FALSE },
	{ "all-at-once", ENDS, 3, NULL, TRUE },
	{ "big-banner", ENDS, 3, NULL, FALSE },
	{ "wild-banner", ENDS, 3, NULL, FALSE },
	{ "unasked-forward", ENDS, 3, NULL, FALSE },
};

typedef struct {
	Sshd *sshd;
	LinkRecord link;
	ChannelRecord channel;
	guint n_descriptors;
} Fixture;

static guint count_descriptors(void)
{
	g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
	guint n = 0;

	while (g_dir_read_name(directory))
		n++;
	return n;
}

static void start_server(Fixture *f, const char *program, const char *how)
{
	const char *const arguments[] = { how, NULL };

	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->n_descriptors = count_descriptors();
	f->sshd = sshd_start_server(program, arguments);
	PssTarget *target = sshd_target(f->sshd);
	link_target_option(target, CONNECT_TIMEOUT);
	link_target_option(target, "SendEnv=LANG");
	link_target_option(target, "ServerAliveInterval=600"); /* silence is another end than those here */
	link_connect(&f->link, target);
	wait_for(f->link.ready || f->link.n_lost, 20);
}

static void start(Fixture *f, const char *how)
{
	start_server(f, "bad-server", how);
}

static void finish(Fixture *f)
{
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	sshd_stop(f->sshd);
	/* The thread of a login closes what it has a moment later. */
	wait_for(count_descriptors() <= f->n_descriptors, 10);
}

static void expect_error(const GError *error, const struct row *row)
{
	if (row->code != AUTH_OR_LOST)
		g_assert_error(error, PSS_ERROR, row->code);
	else
		g_assert_true(g_error_matches(error, PSS_ERROR, PSS_AUTH) ||
			      g_error_matches(error, PSS_ERROR, PSS_LINK_LOST));
	if (!strstr(error->message, row->words))
		g_error("'%s' is not in '%s'", row->words, error->message);
	g_test_message("%s", error->message);
}

static void run(gconstpointer data)
{
	const struct row *row = data;
	Fixture f = { 0 };

	start(&f, row->how);
	if (row->outcome == NO_LINK) {
		g_assert_false(f.link.ready);
		expect_error(f.link.lost, row);
	} else {
		g_assert_no_error(f.link.lost);
		channel_open(&f.channel, &f.link, "run", row->pty);
		wait_for(f.channel.n_closed || f.link.n_lost, 20);
		if (row->outcome == NO_END) {
			expect_error(f.link.n_lost ? f.link.lost : f.channel.error, row);
		} else {
			g_assert_no_error(f.channel.error);
			g_assert_cmpstr(f.channel.out->str, ==, "half");
			g_assert_cmpint(f.channel.exit_status, ==, row->code);
		}
	}
	g_assert_null(strchr(f.link.notes->str, '\033'));
	finish(&f);
}

/* What nobody takes stays at the server; it may go on as long as it likes. */
static void flood(void)
{
	Fixture f = { 0 };

	start(&f, "flood");
	f.channel.discard = TRUE;
	channel_open(&f.channel, &f.link, "run", FALSE);
	wait_for(f.channel.n_out > 20000000, 30);
	pss_channel_pause(f.channel.channel, TRUE);
	run_pending();
	gsize before = f.channel.n_out;
	guint turns = 0;
	for (; turns < 20; turns++)
		run_pending();
	g_assert_cmpuint(f.channel.n_out, ==, before);
	pss_channel_close(g_steal_pointer(&f.channel.channel));
	finish(&f);
}

/* It takes what its first window allows, and no more: the rest waits here, wakes nobody, and goes with the channel. */
static void no_window(void)
{
	g_autofree char *block = g_malloc0(8 * 1024 * 1024);
	Fixture f = { 0 };

	start(&f, "no-window");
	channel_open(&f.channel, &f.link, "run", FALSE);
	pss_channel_write(f.channel.channel, block, 8 * 1024 * 1024);
	wait_for(pss_channel_pending(f.channel.channel) < 8 * 1024 * 1024, 20);
	guint quiet = 0;
	for (gsize before = 0; quiet < 20; before = pss_channel_pending(f.channel.channel)) {
		gboolean woke = g_main_context_iteration(NULL, FALSE);
		quiet = woke || before != pss_channel_pending(f.channel.channel) ? 0 : quiet + 1;
	}
	g_assert_cmpuint(pss_channel_pending(f.channel.channel), >, 1024 * 1024);
	g_assert_cmpuint(f.link.n_lost, ==, 0);
	pss_channel_close(g_steal_pointer(&f.channel.channel));
	finish(&f);
}

/* Keys are renewed in the middle of a command. */
static void new_keys(gconstpointer how)
{
	g_autofree char *program = g_build_filename(g_getenv("PSS_SOURCE"), "tests/link/rekey-server.py", NULL);
	const char *const look[] = { "/usr/bin/python3", "-c", "import paramiko", NULL };
	Fixture f = { 0 };
	int status;

	if (!g_spawn_sync(NULL, (char **)look, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
			  NULL) ||
	    status != 0) {
		g_test_skip("paramiko is not installed");
		return;
	}
	start_server(&f, program, how);
	g_assert_no_error(f.link.lost);
	channel_open(&f.channel, &f.link, "run", FALSE);
	wait_for(f.channel.n_closed || f.link.n_lost, 20);
	if (g_str_equal(how, "same")) {
		g_assert_no_error(f.link.lost);
		g_assert_cmpint(f.channel.exit_status, ==, 3);
		g_assert_cmpstr(f.channel.out->str, ==, "half and half");
	} else {
		g_assert_error(f.link.lost, PSS_ERROR, PSS_HOST_KEY);
		g_assert_cmpstr(f.channel.out->str, ==, "half");
	}
	finish(&f);
}

/* The answers pile up in libssh, in memory of ours. */
static void asks_on(void)
{
	Fixture f = { 0 };

	start(&f, "asks-on");
	g_assert_no_error(f.link.lost);
	channel_open(&f.channel, &f.link, "run", FALSE);
	wait_for(f.link.n_lost, 60);
	g_assert_error(f.link.lost, PSS_ERROR, PSS_LINK_LOST);
	g_assert_nonnull(strstr(f.link.lost->message, "reads none of the answers"));
	finish(&f);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	/* What GLib and libssh open once for all. */
	Fixture first = { 0 };
	start(&first, "accept");
	first.n_descriptors = G_MAXUINT;
	finish(&first);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/misbehaving/", rows[i].how, NULL);
		g_test_add_data_func(path, &rows[i], run);
	}
	g_test_add_data_func("/misbehaving/new keys, the same host key", "same", new_keys);
	g_test_add_data_func("/misbehaving/new keys, another host key", "other", new_keys);
	g_test_add_func("/misbehaving/asks-on", asks_on);
	g_test_add_func("/misbehaving/flood", flood);
	g_test_add_func("/misbehaving/no-window", no_window);
	return g_test_run();
}
