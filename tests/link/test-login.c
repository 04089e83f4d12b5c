/* SPDX-License-Identifier: MIT */
/* Every way a login can go: keys, agents, passwords, what is configured, and all that can stop it. */
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "link-fixture.h"

/* -- keys */

static void wrong_key(LinkFixture *f, gconstpointer unused)
{
	link_set_key(f, sshd_make_key(f->sshd, "other", "ed25519", ""));
	link_expect_failure(f, PSS_AUTH,
			    "all login methods were refused (tried publickey; the server accepts publickey)");
}

static void no_key(LinkFixture *f, gconstpointer unused)
{
	link_set_key(f, NULL);
	link_target_option(f->target, "IdentityFile=none");
	link_expect_failure(f, PSS_AUTH, "no key was found, -KeyFilePath names one");
}

static void open_key_file(LinkFixture *f, gconstpointer unused)
{
	g_chmod(f->target->key_file, 0644);
	link_expect_failure(f, PSS_AUTH, "all login methods were refused");
	g_assert_true(link_was_noted(f, "is ignored: others may read it"));
}

static void key_of_ssh_config(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *option = g_strdup_printf("IdentityFile=%s", f->sshd->client_key);

	link_set_key(f, NULL);
	link_target_option(f->target, option);
	link_expect_login(f);
}

/* The public half is at hand in FILE.pub, in FILE itself, or (old PEM form) nowhere. */
static void passphrase(LinkFixture *f, gconstpointer how)
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
	link_answer(f, answers);
	link_expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_cmpstr(f->link.questions->pdata[0], ==, question);
}

static void unwanted_passphrase(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "never asked", NULL };

	link_set_key(f, sshd_make_key(f->sshd, "other", "ed25519", "secret"));
	link_answer(f, answers);
	link_expect_failure(f, PSS_AUTH, "all login methods were refused");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void declined_passphrase(LinkFixture *f, gconstpointer unused)
{
	const char *const argv[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};

	run_program(argv);
	link_expect_failure(f, PSS_AUTH, "all login methods were refused");
}

static void askpass(LinkFixture *f, gconstpointer unused)
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
	link_expect_login(f);
	g_assert_true(g_file_get_contents(asked, &question, NULL, NULL));
	g_assert_true(g_str_has_prefix(question, "Enter passphrase for key"));
}

/* -- passwords and the like */

static void password(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "wrong", "right", NULL };

	link_answer(f, answers);
	link_expect_login(f);
	g_autofree char *question = g_strdup_printf("%s@127.0.0.1's password: ", g_get_user_name());
	g_assert_cmpstr(f->link.questions->pdata[0], ==, question);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_false(link_was_noted(f, "right"));
	g_assert_true(link_was_noted(f, "1 Welcome, mortal\n"));
}

static void password_nobody_knows(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "a", "b", "c", "d", NULL };

	link_answer(f, answers);
	link_expect_failure(f, PSS_AUTH, "tried publickey, password; the server accepts password");
	g_assert_cmpuint(f->link.questions->len, ==, 3);
}

static void password_of_nobody(LinkFixture *f, gconstpointer unused)
{
	link_expect_failure(f, PSS_AUTH, "nobody can be asked for a password here");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void password_in_batch_mode(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "right", NULL };

	link_answer(f, answers);
	link_target_option(f->target, "BatchMode=yes");
	link_expect_failure(f, PSS_AUTH, "nobody can be asked");
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void two_prompts(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "123", "me", NULL };
	g_autofree char *first =
		g_strdup_printf("Two questions\nAnswer both.\n(%s@127.0.0.1) Token: ", g_get_user_name());

	link_answer(f, answers);
	link_expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 2);
	g_assert_cmpstr(f->link.questions->pdata[0], ==, first);
	g_assert_true(g_str_has_suffix(f->link.questions->pdata[1], "Name: "));
}

static void declined_prompts(LinkFixture *f, gconstpointer unused)
{
	f->target->can_ask = TRUE;
	link_expect_failure(f, PSS_AUTH, "tried publickey, keyboard-interactive");
	g_assert_cmpuint(f->link.questions->len, ==, 1);
}

static void key_and_password(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "right", NULL };

	link_answer(f, answers);
	link_expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 1);
}

/* -- not getting there */

static void nobody_listens(LinkFixture *f, gconstpointer unused)
{
	g_source_remove(f->sshd->source);
	close(f->sshd->listener);
	link_expect_failure(f, PSS_UNREACHABLE, "Connection refused");
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

static void black_hole(LinkFixture *f, gconstpointer unused)
{
	int fillers[4], fd = fill_backlog(&f->target->port, fillers);
	gint64 begun = g_get_monotonic_time();

	link_target_option(f->target, "ConnectTimeout=1");
	link_expect_failure(f, PSS_UNREACHABLE, "connecting took longer than 1 s");
	g_assert_cmpint(g_get_monotonic_time() - begun, <, 3 * G_USEC_PER_SEC);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(fd);
}

static void silent_server(LinkFixture *f, gconstpointer unused)
{
	static const char *const silent[] = { "sleep", "1000", NULL };
	gint64 begun = g_get_monotonic_time();

	g_strfreev(f->sshd->server);
	f->sshd->server = g_strdupv((char **)silent);
	f->target->connect_timeout_ms = 700;
	link_expect_failure(f, PSS_UNREACHABLE, "took longer than 0.7 s");
	g_assert_cmpint(g_get_monotonic_time() - begun, <, 3 * G_USEC_PER_SEC);
}

static void no_ssh_server(LinkFixture *f, gconstpointer unused)
{
	/* It reads first: a server that leaves our greeting unread resets the connection, and its own may be lost. */
	static const char *const other[] = { "sh", "-c", "read -r _; echo 220 mail.example.org ESMTP", NULL };

	g_strfreev(f->sshd->server);
	f->sshd->server = g_strdupv((char **)other);
	link_expect_failure(f, PSS_UNREACHABLE, "SSH handshake with");
}

static void unknown_name(LinkFixture *f, gconstpointer unused)
{
	g_free(f->target->host);
	f->target->host = g_strdup("no-such-host.invalid");
	f->target->connect_timeout_ms = 8000;
	link_finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_UNREACHABLE);
	g_assert_nonnull(strstr(f->link.lost->message, "no-such-host.invalid"));
}

static void free_while_connecting(LinkFixture *f, gconstpointer unused)
{
	/* After so many turns of the loop; the login is somewhere else each time. */
	for (int turns = 0; turns < 20; turns++) {
		PssTarget *target = sshd_target(f->sshd);
		LinkRecord record;
		link_record_init(&record);
		link_connect(&record, target);
		for (int i = 0; i < turns; i++) {
			g_usleep((gulong)(turns * 300));
			g_main_context_iteration(NULL, FALSE);
		}
		link_record_finish(&record);
	}
	link_expect_login(f);
}

static void dropped_question(LinkFixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	link_finish(f);
	g_assert_cmpuint(f->link.questions->len, ==, 1);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
}

static void free_while_asking(LinkFixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	f->link.keep_questions = TRUE;
	link_start(f);
	wait_for(f->link.kept, 20);
	pss_transport_free(g_steal_pointer(&f->link.transport));
	/* The answer comes too late for everybody. */
	pss_question_answer(f->link.kept, "yes");
	wait_for(f->sshd->last == 0, 10);
	g_assert_cmpuint(f->link.n_lost, ==, 0);
}

/* The time that a person takes to answer is not the network's. */
static void slow_answer(LinkFixture *f, gconstpointer unused)
{
	sshd_write_known_hosts(f->sshd, "");
	f->target->can_ask = TRUE;
	f->target->connect_timeout_ms = 2000;
	f->link.keep_questions = TRUE;
	link_start(f);
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
#define ADD(name, extra, up, function) g_test_add("/login/" name, LinkFixture, extra, up, function, link_tear_down)
	ADD("a key that the server does not know", NULL, link_set_up, wrong_key);
	ADD("no key at all", NULL, link_set_up, no_key);
	ADD("a key file that others may read", NULL, link_set_up, open_key_file);
	ADD("a key that ssh_config names", NULL, link_set_up, key_of_ssh_config);
	ADD("a passphrase, asked again when wrong", "with .pub", link_set_up_plain, passphrase);
	ADD("a passphrase with no .pub beside", "no .pub", link_set_up_plain, passphrase);
	ADD("no passphrase is asked for a key that the server does not want", NULL, link_set_up, unwanted_passphrase);
	ADD("a passphrase that nobody can be asked for", NULL, link_set_up, declined_passphrase);
	ADD("SSH_ASKPASS where nobody can be asked", NULL, link_set_up, askpass);
	ADD("a password, asked again when wrong, and a banner", right, link_set_up_server, password);
	ADD("a wrong password is asked three times", right, link_set_up_server, password_nobody_knows);
	ADD("a password that nobody can be asked for", right, link_set_up_server, password_of_nobody);
	ADD("BatchMode asks nothing", right, link_set_up_server, password_in_batch_mode);
	ADD("two prompts of keyboard-interactive", questions, link_set_up_server, two_prompts);
	ADD("declined prompts", questions, link_set_up_server, declined_prompts);
	ADD("a key and then a password", both, link_set_up_server, key_and_password);
	ADD("nobody listens", NULL, link_set_up, nobody_listens);
	ADD("a black hole ends with ConnectTimeout", NULL, link_set_up, black_hole);
	ADD("a silent server ends with -ConnectingTimeout", NULL, link_set_up, silent_server);
	ADD("a server of another protocol", NULL, link_set_up, no_ssh_server);
	ADD("a name that does not exist", NULL, link_set_up, unknown_name);
	ADD("freeing it while it connects", NULL, link_set_up, free_while_connecting);
	ADD("a dropped question is declined", NULL, link_set_up, dropped_question);
	ADD("freeing it while it asks", NULL, link_set_up, free_while_asking);
	ADD("a slow answer does not count", NULL, link_set_up, slow_answer);
	return g_test_run();
}
