/* SPDX-License-Identifier: MIT */
/* What ssh_config asks for, seen from the other end of a connection. The tables of keywords have test-ssh-config.c. */
#include <string.h>

#include "link-fixture.h"

/* -- ssh_config */

static void unknown_option(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "NoSuchThing=1");
	link_expect_failure(f, PSS_USAGE, "nosuchthing");
	g_assert_cmpuint(f->sshd->n_accepted, ==, 0);
}

static void dangerous_option(LinkFixture *f, gconstpointer option)
{
	g_auto(GStrv) words = g_strsplit(option, "=", 2);

	link_target_option(f->target, option);
	link_expect_failure(f, PSS_UNSUPPORTED, words[0]);
	g_assert_cmpuint(f->sshd->n_accepted, ==, 0);
}

static void only_gcm(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "Ciphers=aes128-gcm@openssh.com");
	link_expect_failure(f, PSS_UNSUPPORTED, "Ciphers");
}

static void config_file(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "ssh_config", NULL);
	g_autofree char *text = g_strdup_printf(
		"Host web_1\n HostName 127.0.0.1\n Port %u\n IdentityFile %s\n UserKnownHostsFile /nonexistent %s\n"
		" HostKeyAlias the-web\n Ciphers aes256-ctr\n VisualHostKey yes\n",
		f->sshd->port, f->sshd->client_key, f->sshd->known_hosts);
	g_autofree char *key = sshd_public_key(f->sshd->host_key);
	g_autofree char *line = g_strdup_printf("the-web %s\n", key);

	sshd_write_known_hosts(f->sshd, line);
	g_file_set_contents(path, text, -1, NULL);
	pss_target_free(f->target);
	f->target = link_target("web_1");
	f->target->config_file = g_strdup(path);
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "cipher aes256-ctr out"));
	g_assert_true(link_was_noted(f, "VisualHostKey 'yes' is not honoured"));
	g_autofree char *history = g_strdup_printf("%s@127.0.0.1:%u", g_get_user_name(), f->sshd->port);
	g_assert_cmpstr(f->link.history_key, ==, history);
}

static gboolean listen_again(gpointer sshd)
{
	sshd_listen(sshd);
	return G_SOURCE_REMOVE;
}

static void connection_attempts(LinkFixture *f, gconstpointer unused)
{
	sshd_refuse(f->sshd);
	link_target_option(f->target, "ConnectionAttempts=9");
	g_timeout_add(1500, listen_again, f->sshd);
	link_expect_login(f);
	g_assert_nonnull(strstr(f->link.notes->str, "Connection refused); trying again"));
}

static void bind_interface(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "BindInterface=lo");
	link_expect_login(f);
}

static void bind_interface_that_is_none(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "BindInterface=nosuch0");
	link_expect_failure(f, PSS_UNREACHABLE, "Cannot assign requested address");
}

/* New keys every 100 kB, in the middle of the stream. */
static void rekey_limit(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "RekeyLimit=100K");
	link_target_option(f->target, "IPQoS=cs3 cs1");
	link_log_in(f);
	link_run(f, "head -c 3000000 /dev/zero", FALSE);
	g_assert_no_error(f->link.lost);
	g_assert_cmpuint(f->channel.out->len, ==, 3000000);
}

static void proxy_command(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *option =
		g_strdup_printf("ProxyCommand=%s -i -e -f %s # %%h %%p", "/usr/sbin/sshd", f->sshd->config);

	link_target_option(f->target, option);
	link_expect_login(f);
	g_assert_cmpuint(f->sshd->n_accepted, ==, 0);
}

/* Its complaints are kept in memory: no more than has room there. */
static void proxy_that_talks(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "ProxyCommand=yes 'on and on' >&2");
	link_expect_failure(f, PSS_UNREACHABLE, "the proxy said 'on");
}

static void proxy_that_fails(LinkFixture *f, gconstpointer unused)
{
	link_target_option(f->target, "ProxyCommand=sh -c 'echo first >&2; echo no way there >&2; exit 3'");
	link_expect_failure(f, PSS_UNREACHABLE, "the proxy said 'first; no way there'; 127.0.0.1");
}

/* What it says all day long is taken until there is no more room, and never stops it. */
static void talkative_proxy(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *option = g_strdup_printf("ProxyCommand=yes | head -c 300000 >&2; exec %s -i -f %s # %%h %%p",
						  "/usr/sbin/sshd", f->sshd->config);

	link_target_option(f->target, option);
	link_expect_login(f);
}

/* box through third, through second, through first: each connection but the first runs inside the one before. */
static void several_jumps(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "ssh_config", NULL);
	g_autofree char *text = g_strdup_printf("Host first second third inner\n HostName 127.0.0.1\n"
						"Host inner\n ProxyJump first,second,third\n"
						"Host *\n Port %u\n IdentityFile %s\n UserKnownHostsFile %s\n",
						f->sshd->port, f->sshd->client_key, f->sshd->known_hosts);

	g_file_set_contents(path, text, -1, NULL);
	pss_target_free(f->target);
	f->target = link_target("inner");
	f->target->config_file = g_strdup(path);
	link_expect_login(f);
	g_assert_cmpuint(f->sshd->n_accepted, ==, 4);
}

/* A jump that does not trust its computer says so, and we say it on. */
static void jump_that_fails(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "ssh_config", NULL);
	g_autofree char *text = g_strdup_printf("Host jump\n HostName 127.0.0.1\n UserKnownHostsFile none\n"
						" StrictHostKeyChecking yes\n Port %u\nHost inner\n ProxyJump jump\n",
						f->sshd->port);

	g_file_set_contents(path, text, -1, NULL);
	pss_target_free(f->target);
	f->target = link_target("inner");
	f->target->config_file = g_strdup(path);
	link_expect_failure(f, PSS_UNREACHABLE, "the proxy said '");
}

static void proxy_jump(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "ssh_config", NULL);
	g_autofree char *text =
		g_strdup_printf("Host jump\n HostName 127.0.0.1\nHost inner\n HostName 127.0.0.1\n ProxyJump jump\n"
				"Host *\n Port %u\n IdentityFile %s\n UserKnownHostsFile %s\n",
				f->sshd->port, f->sshd->client_key, f->sshd->known_hosts);

	g_file_set_contents(path, text, -1, NULL);
	pss_target_free(f->target);
	f->target = link_target("inner");
	f->target->config_file = g_strdup(path);
	link_expect_login(f);
	g_assert_cmpuint(f->sshd->n_accepted, ==, 2);
}

static void without_ssh_program(LinkFixture *f, gconstpointer unused)
{
	link_target_setenv(f->target, "PATH", "/nonexistent");
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "there is no ssh program here"));
}

/* -- the environment */

/* What the server's shell has of NAMEs that begin with PSS_, sorted. */
static void expect_environment(LinkFixture *f, gboolean pty, const char *expected)
{
	link_log_in(f);
	link_run(f, "env | grep ^PSS_ | sort | tr -d '\\n'", pty);
	g_assert_no_error(f->channel.error);
	g_assert_cmpint(f->channel.exit_status, ==, 0);
	g_assert_cmpstr(f->channel.out->str, ==, expected);
}

static void want_environment(LinkFixture *f)
{
	link_target_setenv(f->target, "PSS_ONE", "of the caller");
	link_target_setenv(f->target, "PSS_TWO", "");
	link_target_setenv(f->target, "PSS_NOT_ASKED_FOR", "x");
	link_target_option(f->target, "SendEnv=PSS_O* PSS_T?O NO_SUCH");
	link_target_option(f->target, "SetEnv=\"PSS_SET=a=b c\" OTHER=refused");
}

static const char wanted[] = "PSS_ONE=of the callerPSS_SET=a=b cPSS_TWO=";

static void environment(LinkFixture *f, gconstpointer unused)
{
	want_environment(f);
	expect_environment(f, FALSE, wanted);
}

static void environment_with_terminal(LinkFixture *f, gconstpointer unused)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	want_environment(f);
	expect_environment(f, TRUE, wanted);
}

/* A server that is not known to number its channels from 0 gets one request after the other. */
static void environment_of_other_server(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "right", NULL };

	want_environment(f);
	f->target->can_ask = TRUE;
	f->link.answers = answers;
	link_log_in(f);
	g_assert_cmpstr(link_run(f, "anything", FALSE), ==,
			"welcome\nPSS_ONE=of the caller\nPSS_TWO=\nPSS_SET=a=b c\n");
}

static void environment_refused(LinkFixture *f, gconstpointer unused)
{
	want_environment(f);
	link_log_in(f);
	g_assert_cmpstr(link_run(f, "env | grep -c ^PSS_; echo done", FALSE), ==, "0\ndone\n");
}

static void term_of_set_env(LinkFixture *f, gconstpointer unused)
{
	if (sshd_why_no_terminal()) {
		g_test_skip(sshd_why_no_terminal());
		return;
	}
	link_target_option(f->target, "SetEnv=TERM=vt52");
	link_log_in(f);
	g_assert_cmpstr(link_run(f, "printf %s \"$TERM\"", TRUE), ==, "vt52");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	static const char *const password[] = { "password=right", NULL };
	static const char accepting[] = "AcceptEnv PSS_*";
#define ADD(name, extra, up, function) g_test_add("/configured/" name, LinkFixture, extra, up, function, link_tear_down)
	ADD("an option that ssh does not know", NULL, link_set_up, unknown_option);
	ADD("ProxyUseFdpass is refused", "ProxyUseFdpass=yes", link_set_up_plain, dangerous_option);
	ADD("VerifyHostKeyDNS is refused", "VerifyHostKeyDNS=yes", link_set_up_plain, dangerous_option);
	ADD("KnownHostsCommand is refused", "KnownHostsCommand=/bin/true", link_set_up_plain, dangerous_option);
	ADD("ciphers that cannot be offered safely are refused", NULL, link_set_up, only_gcm);
	ADD("a whole ssh_config", NULL, link_set_up, config_file);
	ADD("ConnectionAttempts", NULL, link_set_up, connection_attempts);
	ADD("BindInterface", NULL, link_set_up, bind_interface);
	ADD("BindInterface that there is not", NULL, link_set_up, bind_interface_that_is_none);
	ADD("RekeyLimit", NULL, link_set_up, rekey_limit);
	ADD("ProxyCommand", NULL, link_set_up, proxy_command);
	ADD("a ProxyCommand that fails", NULL, link_set_up, proxy_that_fails);
	ADD("a ProxyCommand that talks a lot", NULL, link_set_up, talkative_proxy);
	ADD("ProxyJump over several computers", NULL, link_set_up, several_jumps);
	ADD("a ProxyCommand that talks on and on", NULL, link_set_up, proxy_that_talks);
	ADD("a ProxyJump that fails", NULL, link_set_up, jump_that_fails);
	ADD("ProxyJump", NULL, link_set_up, proxy_jump);
	ADD("no ssh program on this machine", NULL, link_set_up, without_ssh_program);
	ADD("SendEnv and SetEnv", accepting, link_set_up, environment);
	ADD("SendEnv and SetEnv with a terminal", accepting, link_set_up, environment_with_terminal);
	ADD("SendEnv and SetEnv of a server that takes none", NULL, link_set_up, environment_refused);
	ADD("SendEnv and SetEnv of a server of another kind", password, link_set_up_server,
	    environment_of_other_server);
	ADD("SetEnv TERM", NULL, link_set_up, term_of_set_env);
	return g_test_run();
}
