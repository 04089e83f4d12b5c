/* SPDX-License-Identifier: MIT */
/* Logging in with a Kerberos ticket: a KDC, its tickets and an sshd that takes them, all on loopback and thrown away.
 * And all that shall cost nothing or go on with the next way: no ticket, an old one, a KDC that is silent. */
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "link-fixture.h"

#define KDC_TRIES 5

static struct {
	char *directory;
	guint port;
	GPid pid;
} kdc;

static const char takes_tickets[] = "GSSAPIAuthentication yes\nGSSAPIStrictAcceptorCheck no\n";
static const char takes_both[] = "GSSAPIAuthentication yes\nGSSAPIStrictAcceptorCheck no\n"
				 "AuthenticationMethods gssapi-with-mic,publickey\n";

/* -- the KDC */

static guint free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, n), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &n), ==, 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void create_realm(void)
{
	g_autofree char *port = g_strdup_printf("%u", kdc.port);
	g_autofree char *script = g_build_filename(g_getenv("PSS_SOURCE"), "tests/harness/kdc.bash", NULL);
	const char *const argv[] = {
		"bash",  "-c", ". \"$0\" && kdc_create \"$@\"", script, kdc.directory, port, g_get_user_name(),
		"other", NULL
	};

	run_program(argv);
}

static void set_environment(const char *name, const char *file, const char *prefix)
{
	g_autofree char *path = g_strconcat(prefix, kdc.directory, "/", file, NULL);

	g_setenv(name, path, TRUE);
}

/* FALSE: the port has become somebody's. */
static gboolean serve_realm(void)
{
	const char *const argv[] = { "setpriv", "--pdeathsig", "KILL", "krb5kdc", "-n", NULL };
	g_autofree char *log = g_build_filename(kdc.directory, "kdc.log", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &kdc.pid,
		      &error);
	g_assert_no_error(error);
	wait_for((g_free(text), text = NULL, g_file_get_contents(log, &text, NULL, NULL), text) &&
			 (strstr(text, "commencing operation") || waitpid(kdc.pid, NULL, WNOHANG) == kdc.pid),
		 20);
	return strstr(text, "commencing operation") != NULL;
}

static void kdc_start(void)
{
	g_autofree char *path = g_strconcat(g_getenv("PATH"), ":/usr/sbin:/sbin", NULL);

	g_setenv("PATH", path, TRUE);
	g_unsetenv("KRB5CCNAME");
	for (guint i = 0; i < KDC_TRIES; i++) {
		kdc.directory = g_dir_make_tmp("pss-kdc-XXXXXX", NULL);
		kdc.port = free_port();
		create_realm();
		set_environment("KRB5_CONFIG", "krb5.conf", "");
		set_environment("KRB5_KDC_PROFILE", "krb5.conf", "");
		set_environment("KRB5_KTNAME", "keytab", "FILE:");
		if (serve_realm())
			return;
		sshd_remove_all(kdc.directory);
		g_free(kdc.directory);
	}
	g_error("no KDC could be started");
}

static void kdc_stop(void)
{
	kill(kdc.pid, SIGKILL);
	waitpid(kdc.pid, NULL, 0);
	sshd_remove_all(kdc.directory);
	g_free(kdc.directory);
}

/* A cache with a ticket of the principal's; to be freed. `more` is one more option of kinit's, or NULL. */
static char *ticket(const char *type, const char *name, const char *principal, const char *more)
{
	char *cache = g_strdup_printf("%s:%s/%s", type, kdc.directory, name);
	const char *const argv[] = { "sh", "-c", "echo secret | KRB5CCNAME=$0 kinit \"$@\"", cache, principal,
				     more, NULL };

	run_program(argv);
	return cache;
}

/* -- the fixture */

static void set_up(LinkFixture *f, gconstpointer sshd_lines)
{
	link_set_up(f, sshd_lines);
	f->target->verbose = 1;
	link_target_option(f->target, "GSSAPIAuthentication=yes");
	link_target_option(f->target, "GSSAPIServerIdentity=box");
}

static void without_keys(LinkFixture *f)
{
	g_clear_pointer(&f->target->key_file, g_free);
	link_target_option(f->target, "IdentityFile=none");
}

static void with_ticket(LinkFixture *f, char *cache)
{
	link_target_setenv(f->target, "KRB5CCNAME", cache);
	g_free(cache);
}

static gboolean sshd_said(LinkFixture *f, const char *words)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "log", NULL);
	g_autofree char *log = NULL;

	g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
	return strstr(log, words) != NULL;
}

/* -- tickets that are taken */

static void a_ticket(LinkFixture *f, gconstpointer unused)
{
	without_keys(f);
	with_ticket(f, ticket("FILE", "plain", g_get_user_name(), NULL));
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted gssapi-with-mic"));
}

static void preferred(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "preferred", g_get_user_name(), NULL));
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted gssapi-with-mic"));
	g_assert_false(link_was_noted(f, "trying"));
}

static void less_preferred(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "less", g_get_user_name(), NULL));
	link_target_option(f->target, "PreferredAuthentications=publickey,gssapi-with-mic");
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey"));
}

static void then_a_key(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "both", g_get_user_name(), NULL));
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey")); /* … which alone is not enough for it */
}

static void delegated(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "delegated", g_get_user_name(), "-f"));
	link_target_option(f->target, "GSSAPIDelegateCredentials=yes");
	link_expect_login(f);
	g_assert_nonnull(strstr(link_run(f, "klist", FALSE), g_get_user_name()));
}

/* The caller has no KRB5CCNAME; the default cache is a collection. */
static void of_several(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *identity = g_strdup_printf("GSSAPIClientIdentity=%s@PSS.TEST", g_get_user_name());

	without_keys(f);
	g_free(ticket("DIR", "caches", g_get_user_name(), NULL));
	g_free(ticket("DIR", "caches", "other", NULL)); /* the primary one from now on */
	link_target_option(f->target, identity);
	link_expect_login(f);
}

/* -- what goes on with the next way */

static void no_ticket(LinkFixture *f, gconstpointer unused)
{
	link_target_setenv(f->target, "KRB5CCNAME", "FILE:/nonexistent");
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_false(sshd_said(f, "gssapi"));
	g_assert_true(link_was_noted(f, "no GSSAPI: No credentials cache found"));
}

static void nothing_else(LinkFixture *f, gconstpointer unused)
{
	without_keys(f);
	link_target_setenv(f->target, "KRB5CCNAME", "FILE:/nonexistent");
	link_expect_failure(f, PSS_AUTH,
			    "the server accepts gssapi-with-mic, publickey; no GSSAPI: No credentials cache found");
}

static void switched_off(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "off", g_get_user_name(), NULL));
	link_clear_options(f);
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_false(link_was_noted(f, "GSSAPI"));
}

static void expired(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *cache = ticket("FILE", "expired", g_get_user_name(), "-l1s");
	const char *const argv[] = { "klist", "-s", "-c", cache, NULL };
	int status = 0;

	wait_for(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL) &&
			 status != 0,
		 20);
	link_target_setenv(f->target, "KRB5CCNAME", cache);
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_true(link_was_noted(f, "no GSSAPI: the ticket has expired"));
	g_assert_false(sshd_said(f, "gssapi"));
}

static void unknown_server(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "unknown", g_get_user_name(), NULL));
	/* The first one counts, as in a file. */
	g_free(f->target->options[g_strv_length(f->target->options) - 1]);
	f->target->options[g_strv_length(f->target->options) - 1] = g_strdup("GSSAPIServerIdentity=elsewhere");
	link_expect_login(f);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_true(link_was_noted(f, "no GSSAPI: Server host/elsewhere@PSS.TEST not found in Kerberos database"));
}

static void not_this_user(LinkFixture *f, gconstpointer unused)
{
	without_keys(f);
	with_ticket(f, ticket("FILE", "other", "other", NULL));
	link_expect_failure(f, PSS_AUTH, "(tried gssapi-with-mic; the server accepts gssapi-with-mic, publickey");
}

static void server_takes_none(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "none", g_get_user_name(), NULL));
	kill(kdc.pid, SIGSTOP); /* nobody asks it */
	link_expect_login(f);
	kill(kdc.pid, SIGCONT);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_false(link_was_noted(f, "no GSSAPI"));
	g_assert_false(link_was_noted(f, "asking the KDC"));
}

/* -- a KDC that is silent */

static void silent_kdc(LinkFixture *f, gconstpointer unused)
{
	gint64 started = g_get_monotonic_time();

	with_ticket(f, ticket("FILE", "silent", g_get_user_name(), NULL));
	f->target->connect_timeout_ms = 12000;
	kill(kdc.pid, SIGSTOP);
	link_expect_login(f);
	kill(kdc.pid, SIGCONT);
	g_assert_true(sshd_said(f, "Accepted publickey"));
	g_assert_true(link_was_noted(f, "no GSSAPI: the KDC does not answer"));
	g_assert_cmpint(g_get_monotonic_time() - started, <, 12 * G_USEC_PER_SEC);
}

static void leaves_a_silent_kdc(LinkFixture *f, gconstpointer unused)
{
	with_ticket(f, ticket("FILE", "left", g_get_user_name(), NULL));
	kill(kdc.pid, SIGSTOP);
	link_start(f);
	wait_for(link_was_noted(f, "asking the KDC for a ticket for host@box"), 20);
	gint64 left = g_get_monotonic_time();
	pss_transport_free(g_steal_pointer(&f->link.transport));
	wait_for(g_hash_table_size(f->sshd->running) == 0, 5);
	kill(kdc.pid, SIGCONT);
	g_assert_cmpint(g_get_monotonic_time() - left, <, 3 * G_USEC_PER_SEC);
}

/* One process, and each caller's own tickets. */
static void two_callers(LinkFixture *f, gconstpointer unused)
{
	LinkRecord other;
	PssTarget *target;

	without_keys(f);
	target = pss_target_copy(f->target);
	link_target_setenv(target, "KRB5CCNAME", "FILE:/nonexistent");
	with_ticket(f, ticket("FILE", "mine", g_get_user_name(), NULL));
	link_record_init(&other);
	link_connect(&other, target);
	link_expect_login(f);
	wait_for(other.ready || other.n_lost, 30);
	g_assert_error(other.lost, PSS_ERROR, (int)PSS_AUTH);
	link_record_finish(&other);
}

static void add(const char *path, const char *sshd_lines, void (*run)(LinkFixture *, gconstpointer))
{
	g_test_add(path, LinkFixture, sshd_lines, set_up, run, link_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *program = g_find_program_in_path("kinit");
	if (!program && !g_getenv("PSS_REQUIRE_ALL")) {
		g_test_skip("no Kerberos here");
		return g_test_run();
	}
	kdc_start();
	add("/gssapi/ticket/alone", takes_tickets, a_ticket);
	add("/gssapi/ticket/preferred", takes_tickets, preferred);
	add("/gssapi/ticket/less-preferred", takes_tickets, less_preferred);
	add("/gssapi/ticket/then-a-key", takes_both, then_a_key);
	add("/gssapi/ticket/delegated", takes_tickets, delegated);
	add("/gssapi/ticket/of-several", takes_tickets, of_several);
	add("/gssapi/ticket/two-callers", takes_tickets, two_callers);
	add("/gssapi/next/no-ticket", takes_tickets, no_ticket);
	add("/gssapi/next/nothing-else", takes_tickets, nothing_else);
	add("/gssapi/next/switched-off", takes_tickets, switched_off);
	add("/gssapi/next/expired", takes_tickets, expired);
	add("/gssapi/next/unknown-server", takes_tickets, unknown_server);
	add("/gssapi/next/not-this-user", takes_tickets, not_this_user);
	add("/gssapi/next/server-takes-none", NULL, server_takes_none);
	add("/gssapi/silent-kdc/goes-on", takes_tickets, silent_kdc);
	add("/gssapi/silent-kdc/left", takes_tickets, leaves_a_silent_kdc);
	int status = g_test_run();
	kdc_stop();
	return status;
}
