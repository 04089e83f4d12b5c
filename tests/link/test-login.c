/* SPDX-License-Identifier: MIT */
/* Every way a login can go: keys, agents, passwords, what is configured, and all that can stop it. */
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "link-harness.h"
#include "link-sshd.h"
#include "link/libssh/link/transport-libssh.h"

typedef struct {
	Sshd *sshd;
	PssTarget *target;
	LinkRecord link;
	ChannelRecord channel;
} Fixture;

static void set_up(Fixture *f, gconstpointer extra)
{
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->sshd = sshd_start(extra);
	f->target = sshd_target(f->sshd);
}

/* The argument is the test's own. */
static void set_up_plain(Fixture *f, gconstpointer unused)
{
	set_up(f, NULL);
}

static void set_up_server(Fixture *f, gconstpointer arguments)
{
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->sshd = sshd_start_login_server(arguments);
	f->target = sshd_target(f->sshd);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
	if (g_test_verbose())
		g_test_message("%s", f->link.notes->str);
	pss_target_free(f->target);
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	sshd_stop(f->sshd);
}

static void start(Fixture *f)
{
	f->link.transport = pss_transport_ssh_new(g_steal_pointer(&f->target), &link_events, &f->link);
	pss_transport_connect(f->link.transport);
}

static void finish(Fixture *f)
{
	start(f);
	wait_for(f->link.ready || f->link.n_lost, 20);
}

static void expect_login(Fixture *f)
{
	finish(f);
	g_assert_no_error(f->link.lost);
	channel_open(&f->channel, &f->link, "echo in", FALSE);
	wait_for(f->channel.n_closed, 10);
	g_assert_cmpuint(f->channel.out->len, >, 0);
}

static void expect_failure(Fixture *f, enum pss_status code, const char *words)
{
	finish(f);
	g_assert_false(f->link.ready);
	g_assert_error(f->link.lost, PSS_ERROR, (int)code);
	if (!strstr(f->link.lost->message, words))
		g_error("'%s' is not in '%s'", words, f->link.lost->message);
	g_test_message("%s", f->link.lost->message);
}

static void set_key(Fixture *f, char *path)
{
	g_free(f->target->key_file);
	f->target->key_file = path;
}

static void answer(Fixture *f, const char *const *answers)
{
	f->target->can_ask = TRUE;
	f->link.answers = answers;
}

/* -- keys */

static void wrong_key(Fixture *f, gconstpointer unused)
{
	set_key(f, sshd_make_key(f->sshd, "other", "ed25519", ""));
	expect_failure(f, PSS_AUTH, "all login methods were refused (tried publickey; the server accepts publickey)");
}

static void no_key(Fixture *f, gconstpointer unused)
{
	set_key(f, NULL);
	link_target_option(f->target, "IdentityFile=none");
	expect_failure(f, PSS_AUTH, "no key was found, -KeyFilePath names one");
}

static void open_key_file(Fixture *f, gconstpointer unused)
{
	g_chmod(f->target->key_file, 0644);
	expect_failure(f, PSS_AUTH, "all login methods were refused");
	g_assert_nonnull(strstr(f->link.notes->str, "is ignored: others may read it"));
}

static void key_of_ssh_config(Fixture *f, gconstpointer unused)
{
	g_autofree char *option = g_strdup_printf("IdentityFile=%s", f->sshd->client_key);

	set_key(f, NULL);
	link_target_option(f->target, option);
	expect_login(f);
}

/* The public half is at hand in FILE.pub, in FILE itself, or (old PEM form) nowhere. */
static void passphrase(Fixture *f, gconstpointer how)
{
	static const char *const answers[] = { "wrong", "open sesame", NULL };
	g_autofree char *pub = g_strconcat(f->sshd->client_key, ".pub", NULL);
	g_autofree char *kept = g_strconcat(pub, ".kept", NULL);
	const char *const argv[] = { "ssh-keygen",        "-p", "-q", "-P", "", "-N", "open sesame", "-f",
				     f->sshd->client_key, NULL };
	g_autofree char *question = g_strdup_printf("Enter passphrase for key '%s': ", f->sshd->client_key);

	run_program(argv);
	if (g_str_equal(how, "no .pub")) {
		g_autofree char *line = g_strdup_printf("AuthorizedKeysFile %s\n", kept);
		g_autofree char *old = NULL;
		g_assert_cmpint(g_rename(pub, kept), ==, 0);
		g_file_get_contents(f->sshd->config, &old, NULL, NULL);
		g_autofree char *text = g_strconcat(line, old, NULL);
		g_file_set_contents(f->sshd->config, text, -1, NULL);
	}
	answer(f, answers);
	expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_cmpstr(f->link.questions->pdata[0], ==, question);
}

static void unwanted_passphrase(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "never asked", NULL };

	set_key(f, sshd_make_key(f->sshd, "other", "ed25519", "secret"));
	answer(f, answers);
	expect_failure(f, PSS_AUTH, "all login methods were refused");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void declined_passphrase(Fixture *f, gconstpointer unused)
{
	const char *const argv[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};

	run_program(argv);
	expect_failure(f, PSS_AUTH, "all login methods were refused");
}

static void askpass(Fixture *f, gconstpointer unused)
{
	g_autofree char *program = g_build_filename(f->sshd->directory, "ask pass", NULL);
	g_autofree char *asked = g_build_filename(f->sshd->directory, "asked", NULL);
	g_autofree char *script = g_strdup_printf("#!/bin/sh\nprintf '%%s' \"$1\" > '%s'\necho secret\n", asked);
	g_autofree char *question = NULL;
	const char *const argv[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};

	run_program(argv);
	g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
	link_target_setenv(f->target, "SSH_ASKPASS", program);
	expect_login(f);
	g_assert_true(g_file_get_contents(asked, &question, NULL, NULL));
	g_assert_true(g_str_has_prefix(question, "Enter passphrase for key"));
}

/* -- passwords and the like */

static void password(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "wrong", "right", NULL };

	answer(f, answers);
	expect_login(f);
	g_autofree char *question = g_strdup_printf("%s@127.0.0.1's password: ", g_get_user_name());
	g_assert_cmpstr(f->link.questions->pdata[0], ==, question);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_null(strstr(f->link.notes->str, "right"));
	g_assert_nonnull(strstr(f->link.notes->str, "1 Welcome, mortal\n"));
}

static void password_nobody_knows(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "a", "b", "c", "d", NULL };

	answer(f, answers);
	expect_failure(f, PSS_AUTH, "tried publickey, password; the server accepts password");
	g_assert_cmpuint(f->link.questions->len, ==, 3);
}

static void password_of_nobody(Fixture *f, gconstpointer unused)
{
	expect_failure(f, PSS_AUTH, "nobody can be asked for a password here");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void password_in_batch_mode(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "right", NULL };

	answer(f, answers);
	link_target_option(f->target, "BatchMode=yes");
	expect_failure(f, PSS_AUTH, "nobody can be asked");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void two_prompts(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "123", "me", NULL };
	g_autofree char *first =
		g_strdup_printf("Two questions\nAnswer both.\n(%s@127.0.0.1) Token: ", g_get_user_name());

	answer(f, answers);
	expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_cmpstr(f->link.questions->pdata[0], ==, first);
	g_assert_true(g_str_has_suffix(f->link.questions->pdata[1], "Name: "));
}

static void declined_prompts(Fixture *f, gconstpointer unused)
{
	f->target->can_ask = TRUE;
	expect_failure(f, PSS_AUTH, "tried publickey, keyboard-interactive");
	g_assert_cmpuint(f->link.questions->len, ==, 1);
}

static void key_and_password(Fixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "right", NULL };

	answer(f, answers);
	expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 1);
}

/* -- not getting there */

static void nobody_listens(Fixture *f, gconstpointer unused)
{
	g_source_remove(f->sshd->source);
	close(f->sshd->listener);
	expect_failure(f, PSS_UNREACHABLE, "Connection refused");
	f->sshd->listener = -1;
	f->sshd->source = g_timeout_add_seconds(1000, link_tick, NULL);
}

/* A listener that accepts nothing and whose queue is full: the kernel drops what more comes. */
static int fill_backlog(guint *ret_port, int fillers[4])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 0), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &n), ==, 0);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(fillers[i], (struct sockaddr *)&address, sizeof address);
	}
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void black_hole(Fixture *f, gconstpointer unused)
{
	int fillers[4], fd = fill_backlog(&f->target->port, fillers);
	gint64 begun = g_get_monotonic_time();

	link_target_option(f->target, "ConnectTimeout=1");
	expect_failure(f, PSS_UNREACHABLE, "connecting took longer than 1 s");
	g_assert_cmpint(g_get_monotonic_time() - begun, <, 3 * G_USEC_PER_SEC);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(fd);
}

static void silent_server(Fixture *f, gconstpointer unused)
{
	static const char *const silent[] = { "sleep", "1000", NULL };
	gint64 begun = g_get_monotonic_time();

	g_strfreev(f->sshd->server);
	f->sshd->server = g_strdupv((char **)silent);
	f->target->connect_timeout_ms = 700;
	expect_failure(f, PSS_UNREACHABLE, "took longer than 0.7 s");
	g_assert_cmpint(g_get_monotonic_time() - begun, <, 3 * G_USEC_PER_SEC);
}

static void no_ssh_server(Fixture *f, gconstpointer unused)
{
	/* It reads first: a server that leaves our greeting unread resets the connection, and its own may be lost. */
	static const char *const other[] = { "sh", "-c", "read -r _; echo 220 mail.example.org ESMTP", NULL };

	g_strfreev(f->sshd->server);
	f->sshd->server = g_strdupv((char **)other);
	expect_failure(f, PSS_UNREACHABLE, "SSH handshake with");
}

static void unknown_name(Fixture *f, gconstpointer unused)
{
	g_free(f->target->host);
	f->target->host = g_strdup("no-such-host.invalid");
	f->target->connect_timeout_ms = 8000;
	finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_UNREACHABLE);
	g_assert_nonnull(strstr(f->link.lost->message, "no-such-host.invalid"));
}

static void free_while_connecting(Fixture *f, gconstpointer unused)
{
	/* After so many turns of the loop; the login is somewhere else each time. */
	for (int turns = 0; turns < 20; turns++) {
		PssTarget *target = sshd_target(f->sshd);
		LinkRecord record;
		link_record_init(&record);
		record.transport = pss_transport_ssh_new(target, &link_events, &record);
		pss_transport_connect(record.transport);
		for (int i = 0; i < turns; i++) {
			g_usleep((gulong)(turns * 300));
			g_main_context_iteration(NULL, FALSE);
		}
		link_record_finish(&record);
	}
	expect_login(f);
}

static void dropped_question(Fixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	finish(f);
	g_assert_cmpuint(f->link.questions->len, ==, 1);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
}

static void free_while_asking(Fixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	f->link.keep_questions = TRUE;
	start(f);
	wait_for(f->link.kept, 20);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	/* The answer comes too late for everybody. */
	pss_question_answer(f->link.kept, "yes");
	wait_for(f->sshd->last == 0, 10);
	g_assert_cmpuint(f->link.n_lost, ==, 0);
}

/* The time that a person takes to answer is not the network's. */
static void slow_answer(Fixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	f->target->connect_timeout_ms = 2000;
	f->link.keep_questions = TRUE;
	start(f);
	wait_for(f->link.kept, 20);
	gint64 asked = g_get_monotonic_time();
	wait_for(g_get_monotonic_time() - asked > 2500 * 1000, 10);
	pss_question_answer(f->link.kept, "yes");
	wait_for(f->link.ready || f->link.n_lost, 20);
	g_assert_no_error(f->link.lost);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	static const char *const right[] = { "password=right", "banner=Welcome, \033[1mmortal", NULL };
	static const char *const questions[] = { "kbdint=123,me", NULL };
	static const char *const both[] = { "partial", "password=right", NULL };
#define ADD(name, extra, up, function) g_test_add("/login/" name, Fixture, extra, up, function, tear_down)
	ADD("a key that the server does not know", NULL, set_up, wrong_key);
	ADD("no key at all", NULL, set_up, no_key);
	ADD("a key file that others may read", NULL, set_up, open_key_file);
	ADD("a key that ssh_config names", NULL, set_up, key_of_ssh_config);
	ADD("a passphrase, asked again when wrong", "with .pub", set_up_plain, passphrase);
	ADD("a passphrase with no .pub beside", "no .pub", set_up_plain, passphrase);
	ADD("no passphrase is asked for a key that the server does not want", NULL, set_up, unwanted_passphrase);
	ADD("a passphrase that nobody can be asked for", NULL, set_up, declined_passphrase);
	ADD("SSH_ASKPASS where nobody can be asked", NULL, set_up, askpass);
	ADD("a password, asked again when wrong, and a banner", right, set_up_server, password);
	ADD("a wrong password is asked three times", right, set_up_server, password_nobody_knows);
	ADD("a password that nobody can be asked for", right, set_up_server, password_of_nobody);
	ADD("BatchMode asks nothing", right, set_up_server, password_in_batch_mode);
	ADD("two prompts of keyboard-interactive", questions, set_up_server, two_prompts);
	ADD("declined prompts", questions, set_up_server, declined_prompts);
	ADD("a key and then a password", both, set_up_server, key_and_password);
	ADD("nobody listens", NULL, set_up, nobody_listens);
	ADD("a black hole ends with ConnectTimeout", NULL, set_up, black_hole);
	ADD("a silent server ends with -ConnectingTimeout", NULL, set_up, silent_server);
	ADD("a server of another protocol", NULL, set_up, no_ssh_server);
	ADD("a name that does not exist", NULL, set_up, unknown_name);
	ADD("freeing it while it connects", NULL, set_up, free_while_connecting);
	ADD("a dropped question is declined", NULL, set_up, dropped_question);
	ADD("freeing it while it asks", NULL, set_up, free_while_asking);
	ADD("a slow answer does not count", NULL, set_up, slow_answer);
	return g_test_run();
}
