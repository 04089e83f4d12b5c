/* SPDX-License-Identifier: MIT */
/* Logging in by keys that are many, signed by an authority, or remembered; and who is asked for their secrets. The
 * other ways to log in are in test-login.c. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "link-fixture.h"

/* -- the agent */

static void agent_key(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	g_free(sshd_make_key(f->sshd, "decoy", "ed25519", ""));
	link_set_key(f, NULL);
	g_remove(f->sshd->client_key);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_clear_options(f);
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "the agent's key 'client'"));
}

static void agent_key_not_named(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	link_set_key(f, NULL);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_target_option(f->target, "IdentityFile=none");
	link_expect_failure(f, PSS_AUTH, "all login methods were refused");
	g_assert_false(link_was_noted(f, "the agent's key"));
}

static void stopped_agent(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);

	kill(f->agent, SIGSTOP);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "does not list its keys"));
	kill(f->agent, SIGCONT);
}

/* -- many keys */

/* A socket whose queue is full: connecting would have to wait. */
static int fill_queue(const char *path, int ret_waiting[2])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(fd, 0), ==, 0);
	for (int i = 0; i < 2; i++) {
		ret_waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		int failed = connect(ret_waiting[i], (struct sockaddr *)&address, sizeof address);
		g_assert_cmpint(failed, ==, i == 0 ? 0 : -1);
	}
	return fd;
}

static void agent_with_full_queue(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "agent", NULL);
	int waiting[2], fd = fill_queue(path, waiting);

	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "no agent answers at"));
	close(waiting[0]);
	close(waiting[1]);
	close(fd);
}

/* An agent with `n` keys that nobody wants, and the right one behind them. */
static void use_agent_with(LinkFixture *f, guint n)
{
	g_autofree char *first = sshd_make_key(f->sshd, "decoy0", "ed25519", "");
	g_autofree char *path = link_start_agent(f, first);

	for (guint i = 1; i < n; i++) {
		g_autofree char *name = g_strdup_printf("decoy%u", i);
		g_autofree char *decoy = sshd_make_key(f->sshd, name, "ed25519", "");
		link_add_to_agent(path, decoy);
	}
	link_add_to_agent(path, f->sshd->client_key);
	link_set_key(f, NULL);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_clear_options(f);
}

static guint n_tried(const LinkFixture *f)
{
	g_auto(GStrv) parts = g_strsplit(f->link.notes->str, "trying ", -1);

	return g_strv_length(parts) - 1;
}

static PssTarget *copy_target(const PssTarget *target)
{
	PssTarget *copy = link_target(target->host);

	copy->port = target->port;
	copy->config_file = g_strdup(target->config_file);
	g_strfreev(copy->options);
	copy->options = g_strdupv(target->options);
	g_strfreev(copy->environment);
	copy->environment = g_strdupv(target->environment);
	return copy;
}

static void many_keys_then_remembered(LinkFixture *f, gconstpointer unused)
{
	use_agent_with(f, 8);
	link_target_option(f->target, "IdentityFile=none");
	PssTarget *again = copy_target(f->target);
	link_expect_login(f);
	g_assert_cmpuint(n_tried(f), ==, 9);
	link_record_finish(&f->link);
	channel_record_finish(&f->channel);
	link_record_init(&f->link);
	channel_record_init(&f->channel);
	f->target = again;
	link_expect_login(f);
	g_assert_cmpuint(n_tried(f), ==, 1);
	g_assert_true(link_was_noted(f, "trying the agent's key 'client'"));
}

static void on_ssh_end(GPid pid, gint status, gpointer ret_status)
{
	*(int *)ret_status = status;
}

/* What ssh itself says of this target. */
static gboolean ssh_gets_in(const LinkFixture *f)
{
	g_autofree char *port = g_strdup_printf("%u", f->target->port);
	const char *const first[] = { "ssh", "-n", "-F", "none", "-o", "BatchMode=yes", "-p", port };
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	int status = -1;
	GPid pid;

	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, (char *)first[i]);
	for (char **option = f->target->options; *option; option++) {
		g_ptr_array_add(argv, (char *)"-o");
		g_ptr_array_add(argv, *option);
	}
	g_ptr_array_add(argv, f->target->host);
	g_ptr_array_add(argv, (char *)"true");
	g_ptr_array_add(argv, NULL);
	g_assert_true(g_spawn_async(NULL, (char **)argv->pdata, f->target->environment,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &pid, NULL));
	g_child_watch_add(pid, on_ssh_end, &status);
	wait_for(status != -1, 60);
	return status == 0;
}

/* OpenSSH 10.6 does not count what is only offered against MaxAuthTries: then ssh gets in, and so do we. */
static void too_many_keys(LinkFixture *f, gconstpointer unused)
{
	use_agent_with(f, 5);
	link_target_option(f->target, "IdentityFile=none");
	if (ssh_gets_in(f)) {
		link_expect_login(f);
		return;
	}
	link_expect_failure(f, PSS_AUTH, "Too many authentication failures");
	g_assert_nonnull(strstr(f->link.lost->message, "-KeyFilePath"));
}

/* The key that is named goes before the others of the agent, so it is in time. */
static void named_key_among_many(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *option = g_strdup_printf("IdentityFile=%s", f->sshd->client_key);

	use_agent_with(f, 5);
	link_target_option(f->target, option);
	link_expect_login(f);
	g_assert_cmpuint(n_tried(f), ==, 1);
}

/* -- certificates */

/* The server takes certificates of its authority alone. */
static void trust_authority(LinkFixture *f, const char *principal)
{
	g_autofree char *authority = sshd_make_key(f->sshd, "authority", "ed25519", "");
	g_autofree char *pub = g_strconcat(f->sshd->client_key, ".pub", NULL);
	const char *const sign[] = { "ssh-keygen", "-q", "-s", authority, "-I", "test", "-n", principal, pub, NULL };
	g_autofree char *old = NULL;

	run_program(sign);
	g_assert_true(g_file_get_contents(f->sshd->config, &old, NULL, NULL));
	g_autofree char *text =
		g_strdup_printf("TrustedUserCAKeys %s.pub\nAuthorizedKeysFile none\n%s", authority, old);
	g_assert_true(g_file_set_contents(f->sshd->config, text, -1, NULL));
}

static void certificate_beside_the_key(LinkFixture *f, gconstpointer unused)
{
	trust_authority(f, g_get_user_name());
	link_expect_login(f);
	g_assert_true(link_was_noted(f, "the certificate of the key file"));
}

static void certificate_of_a_locked_key(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "secret", NULL };
	const char *const lock[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};

	trust_authority(f, g_get_user_name());
	run_program(lock);
	link_answer(f, answers);
	link_expect_login(f);
	g_assert_cmpuint(f->link.questions->len, ==, 1);
	g_assert_true(link_was_noted(f, "the certificate of the key file"));
}

static void certificate_of_another_key(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *beside = g_strconcat(f->sshd->client_key, "-cert.pub", NULL);
	g_autofree char *other = sshd_make_key(f->sshd, "other", "ed25519", "");
	g_autofree char *wrong = g_strconcat(other, "-cert.pub", NULL);

	trust_authority(f, g_get_user_name());
	g_assert_cmpint(g_rename(beside, wrong), ==, 0);
	link_set_key(f, g_steal_pointer(&other));
	/* As ssh does: it is offered, and cannot be used. */
	link_expect_failure(f, PSS_AUTH, "is wanted, but");
	g_assert_true(link_was_noted(f, "the certificate beside it is another key's"));
}

static void certificate_of_ssh_config(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *beside = g_strconcat(f->sshd->client_key, "-cert.pub", NULL);
	g_autofree char *elsewhere = g_build_filename(f->sshd->directory, "elsewhere.pub", NULL);
	g_autofree char *option = g_strdup_printf("CertificateFile=%s", elsewhere);

	trust_authority(f, g_get_user_name());
	g_assert_cmpint(g_rename(beside, elsewhere), ==, 0);
	link_target_option(f->target, option);
	link_expect_login(f);
}

static void certificate_in_the_agent(LinkFixture *f, gconstpointer unused)
{
	trust_authority(f, g_get_user_name());
	g_autofree char *path = link_start_agent(f, f->sshd->client_key);
	g_autofree char *beside = g_strconcat(f->sshd->client_key, "-cert.pub", NULL);

	g_unlink(beside);
	g_unlink(f->sshd->client_key);
	link_set_key(f, NULL);
	link_target_setenv(f->target, "SSH_AUTH_SOCK", path);
	link_clear_options(f);
	link_expect_login(f);
}

static void certificate_of_somebody_else(LinkFixture *f, gconstpointer unused)
{
	trust_authority(f, "somebody-else");
	link_expect_failure(f, PSS_AUTH, "all login methods were refused");
}

/* -- who is asked */

typedef struct {
	const char *require; /* SSH_ASKPASS_REQUIRE, or NULL */
	gboolean can_ask;
	guint n_questions; /* at the terminal */
	gboolean logged_in;
	gboolean has_program;
} Asked;

static const Asked asked[] = {
	{ NULL, FALSE, 0, TRUE, TRUE },    { NULL, TRUE, 1, TRUE, TRUE },    { "force", TRUE, 0, TRUE, TRUE },
	{ "prefer", TRUE, 0, TRUE, TRUE }, { "never", TRUE, 1, TRUE, TRUE }, { "never", FALSE, 0, FALSE, TRUE },
	{ "force", TRUE, 1, TRUE, FALSE }, { NULL, FALSE, 0, FALSE, FALSE },
};

static void who_is_asked(LinkFixture *f, gconstpointer data)
{
	static const char *const answers[] = { "secret", NULL };
	const Asked *row = data;
	g_autofree char *program = g_build_filename(f->sshd->directory, "askpass", NULL);
	const char *const lock[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};

	run_program(lock);
	g_file_set_contents_full(program, "#!/bin/sh\necho secret\n", -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
	if (row->has_program)
		link_target_setenv(f->target, "SSH_ASKPASS", program);
	if (row->require)
		link_target_setenv(f->target, "SSH_ASKPASS_REQUIRE", row->require);
	f->target->can_ask = row->can_ask;
	f->link.answers = answers;
	link_finish(f);
	g_assert_cmpint(f->link.ready, ==, row->logged_in);
	g_assert_cmpuint(f->link.questions->len, ==, row->n_questions);
}

/* Two logins at once: the program that asks runs once at a time. */
static void one_askpass_at_a_time(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *program = g_build_filename(f->sshd->directory, "askpass", NULL);
	g_autofree char *script =
		g_strdup_printf("#!/bin/sh\ncd '%s' && mkdir asking || exit 1\nls >/dev/null; ls >/dev/null\n"
				"rmdir asking\necho secret\n",
				f->sshd->directory);
	const char *const lock[] = {
		"ssh-keygen", "-p", "-q", "-P", "", "-N", "secret", "-f", f->sshd->client_key, NULL
	};
	LinkRecord others[4];

	run_program(lock);
	g_file_set_contents_full(program, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
	link_target_setenv(f->target, "SSH_ASKPASS", program);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		PssTarget *target = copy_target(f->target);
		target->key_file = g_strdup(f->target->key_file);
		link_record_init(&others[i]);
		link_connect(&others[i], target);
	}
	link_log_in(f);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		wait_for(others[i].ready || others[i].n_lost, 20);
		g_assert_no_error(others[i].lost);
		link_record_finish(&others[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, extra, up, function) g_test_add("/login-keys/" name, LinkFixture, extra, up, function, link_tear_down)
	ADD("a key of the agent", NULL, link_set_up, agent_key);
	ADD("IdentitiesOnly leaves out the agent's other keys", NULL, link_set_up, agent_key_not_named);
	ADD("a stopped agent is left out", NULL, link_set_up, stopped_agent);
	ADD("an agent whose queue is full is left out", NULL, link_set_up, agent_with_full_queue);
	ADD("many keys of an agent; the one that worked is remembered", "MaxAuthTries 20", link_set_up,
	    many_keys_then_remembered);
	ADD("too many keys of an agent", "MaxAuthTries 3", link_set_up, too_many_keys);
	ADD("a key that is named goes before the agent's others", "MaxAuthTries 3", link_set_up, named_key_among_many);
	ADD("a certificate beside its key", NULL, link_set_up, certificate_beside_the_key);
	ADD("a certificate of a key with a passphrase", NULL, link_set_up, certificate_of_a_locked_key);
	ADD("a certificate that is another key's", NULL, link_set_up, certificate_of_another_key);
	ADD("CertificateFile", NULL, link_set_up, certificate_of_ssh_config);
	ADD("a certificate in the agent", NULL, link_set_up, certificate_in_the_agent);
	ADD("a certificate of somebody else", NULL, link_set_up, certificate_of_somebody_else);
	for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_autofree char *path = g_strdup_printf("/login-keys/who is asked: %u", i);
		g_test_add(path, LinkFixture, &asked[i], link_set_up_plain, who_is_asked, link_tear_down);
	}
	ADD("SSH_ASKPASS asks one question at a time", NULL, link_set_up, one_askpass_at_a_time);
	return g_test_run();
}
