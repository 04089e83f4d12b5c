/* SPDX-License-Identifier: MIT */
/* Host keys: what each known_hosts says about a server, side by side with ssh. Ours may refuse what ssh
 * accepts where a row says so; never the other way round. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "link-fixture.h"
#include "link/libssh/hostkey/known-hosts.h"

/* In the text: {H} the server's name, {K} its key, {O} another of its type, {E} one of another type. */
typedef struct {
	const char *name;
	const char *text;     /* NULL: there is no such file */
	enum pss_status ours; /* PSS_OK: logged in */
	const char *words;    /* in our message */
	gboolean hashed;
	gboolean stricter; /* than ssh, on purpose */
} Row;

static const Row rows[] = {
	{ "match", "{H} {K}\n", PSS_OK },
	{ "match, hashed", "{H} {K}\n", PSS_OK, NULL, TRUE },
	{ "match without a final newline", "{H} {K}", PSS_OK },
	{ "match behind comments and blanks", "# x\n\n  \t{H}   {K} comment words\n", PSS_OK },
	{ "match in a list", "other,{H},third {K}\n", PSS_OK },
	{ "match by pattern", "[127.0.0.?]:* {K}\n", PSS_OK },
	{ "match under the plain name", "127.0.0.1 {K}\n", PSS_OK },
	{ "match after another key of the type", "{H} {O}\n{H} {K}\n", PSS_OK },
	{ "match before another key of the type", "{H} {K}\n{H} {O}\n", PSS_OK },
	{ "match and one of another type", "{H} {E}\n{H} {K}\n", PSS_OK },
	{ "match behind an unknown marker", "@strange {H} {O}\n{H} {K}\n", PSS_OK },
	{ "match with an authority beside", "@cert-authority * {O}\n{H} {K}\n", PSS_OK },
	{ "match, another key revoked", "@revoked {H} {O}\n{H} {K}\n", PSS_OK },
	{ "negated", "!{H},[127.*]:* {K}\n", PSS_HOST_KEY, "not known" },
	{ "no file", NULL, PSS_HOST_KEY, "not known" },
	{ "empty", "", PSS_HOST_KEY, "not known" },
	{ "another host", "elsewhere {K}\n", PSS_HOST_KEY, "not known" },
	{ "another port", "[127.0.0.1]:1 {K}\n", PSS_HOST_KEY, "not known" },
	{ "an authority alone", "@cert-authority {H} {K}\n", PSS_HOST_KEY, "not known" },
	{ "changed", "{H} {O}\n", PSS_HOST_KEY, "has CHANGED" },
	{ "changed, hashed", "{H} {O}\n", PSS_HOST_KEY, "has CHANGED", TRUE },
	{ "changed, known under the plain name", "{H} {O}\n127.0.0.1 {K}\n", PSS_HOST_KEY, "has CHANGED" },
	{ "changed under the plain name", "127.0.0.1 {O}\n", PSS_HOST_KEY, "not known" },
	{ "one of another type alone", "{H} {E}\n", PSS_HOST_KEY, "has CHANGED" },
	{ "revoked", "@revoked {H} {K}\n", PSS_HOST_KEY, "revoked" },
	{ "revoked, hashed", "@revoked {H} {K}\n", PSS_HOST_KEY, "revoked", TRUE },
	{ "revoked for all", "@revoked * {K}\n{H} {K}\n", PSS_HOST_KEY, "revoked" },
	{ "revoked after the match", "{H} {K}\n@revoked {H} {K}\n", PSS_HOST_KEY, "revoked" },
	{ "revoked under the plain name alone", "@revoked 127.0.0.1 {K}\n", PSS_HOST_KEY, "revoked" },
	{ "cut off under the plain name", "127.0.0.1 ssh-ed25519 AAAA\n", PSS_HOST_KEY, "not trusted", FALSE, TRUE },
	{ "cut off after the name", "{H}\n", PSS_HOST_KEY, "not trusted" },
	{ "cut off within the key", "{H} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AA\n", PSS_HOST_KEY, "not trusted" },
	{ "garbage for a key beside the match", "{H} ssh-ed25519 !!!!\n{H} {K}\n", PSS_HOST_KEY, "not trusted", FALSE,
	  TRUE },
	{ "a revocation that cannot be read", "@revoked {H} ssh-ed25519 AAAA\n{H} {K}\n", PSS_HOST_KEY, "not trusted",
	  FALSE, TRUE },
	{ "a hash that is none", "|1|abc|def {K}\n", PSS_HOST_KEY, "not known" },
};

/* A second login, with the records of the first one gone. */
static void finish_again(LinkFixture *f)
{
	link_record_finish(&f->link);
	link_record_init(&f->link);
	f->target = sshd_target(f->sshd);
}

typedef struct {
	gboolean ended;
	int status;
} Ended;

static void on_ssh_end(GPid pid, gint status, gpointer user)
{
	*(Ended *)user = (Ended){ TRUE, status };
}

/* `option`: one more, or NULL. */
static gboolean ssh_logs_in_with(LinkFixture *f, const char *strict, const char *option)
{
	g_autofree char *known = g_strdup_printf("UserKnownHostsFile=%s", f->sshd->known_hosts);
	g_autofree char *port = g_strdup_printf("%u", f->sshd->port);
	g_autofree char *checking = g_strdup_printf("StrictHostKeyChecking=%s", strict);
	const char *const argv[] = { "ssh",
				     "-F",
				     "none",
				     "-o",
				     known,
				     "-o",
				     "GlobalKnownHostsFile=none",
				     "-o",
				     "BatchMode=yes",
				     "-o",
				     "IdentityAgent=none",
				     "-o",
				     checking,
				     "-o",
				     "UpdateHostKeys=no",
				     "-o",
				     option ? option : "UpdateHostKeys=no",
				     "-p",
				     port,
				     "-i",
				     f->sshd->client_key,
				     "127.0.0.1",
				     "true",
				     NULL };
	Ended ended = { 0 };
	GPid pid;

	g_assert_true(g_spawn_async(NULL, (char **)argv, NULL,
				    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				    NULL, &pid, NULL));
	g_child_watch_add(pid, on_ssh_end, &ended);
	wait_for(ended.ended, 20);
	return ended.status == 0;
}

static gboolean ssh_logs_in(LinkFixture *f, const char *strict)
{
	return ssh_logs_in_with(f, strict, NULL);
}

static char *fill_in(const LinkFixture *f, const char *text)
{
	g_autofree char *other_path = sshd_make_key(f->sshd, "other", "ed25519", "");
	g_autofree char *ecdsa_path = sshd_make_key(f->sshd, "ecdsa", "ecdsa", "");
	g_autofree char *name = sshd_host_name(f->sshd);
	g_autofree char *right = sshd_public_key(f->sshd->host_key);
	g_autofree char *other = sshd_public_key(other_path);
	g_autofree char *ecdsa = sshd_public_key(ecdsa_path);
	GString *out = g_string_new(text);

	g_string_replace(out, "{H}", name, 0);
	g_string_replace(out, "{K}", right, 0);
	g_string_replace(out, "{O}", other, 0);
	g_string_replace(out, "{E}", ecdsa, 0);
	return g_string_free(out, FALSE);
}

static void row(LinkFixture *f, gconstpointer data)
{
	const Row *r = data;
	g_autofree char *text = r->text ? fill_in(f, r->text) : NULL;

	if (text)
		sshd_write_known_hosts(f->sshd, text);
	else
		g_remove(f->sshd->known_hosts);
	if (r->hashed) {
		const char *const argv[] = { "ssh-keygen", "-q", "-H", "-f", f->sshd->known_hosts, NULL };
		run_program(argv);
	}
	gboolean ssh = ssh_logs_in(f, "ask");
	link_finish(f);
	if (r->ours == PSS_OK)
		g_assert_no_error(f->link.lost);
	else
		g_assert_error(f->link.lost, PSS_ERROR, (int)r->ours);
	if (r->words && !strstr(f->link.lost->message, r->words))
		g_error("'%s' is not in '%s'", r->words, f->link.lost->message);
	g_assert_true(ssh == f->link.ready || (ssh && r->stricter));
}

static void message_names_the_line(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *text = fill_in(f, "# one\n# two\n{H} {O}\n");

	sshd_write_known_hosts(f->sshd, text);
	link_finish(f);
	g_autofree char *where = g_strdup_printf("%s line 3", f->sshd->known_hosts);
	g_assert_nonnull(strstr(f->link.lost->message, where));
}

static void no_ordinary_file(LinkFixture *f, gconstpointer unused)
{
	g_remove(f->sshd->known_hosts);
	g_mkdir(f->sshd->known_hosts, 0700);
	link_finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
	g_assert_nonnull(strstr(f->link.lost->message, "cannot check"));
}

static void changed_is_refused_whatever_is_asked_for(LinkFixture *f, gconstpointer strict)
{
	g_autofree char *text = fill_in(f, "{H} {O}\n");
	static const char *const answers[] = { "yes", "yes", NULL };

	sshd_write_known_hosts(f->sshd, text);
	link_target_option(f->target, strict);
	f->target->can_ask = TRUE;
	f->link.answers = answers;
	link_finish(f);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

/* -- RevokedHostKeys */

static void use_revoked_list(LinkFixture *f, const char *path)
{
	g_autofree char *option = g_strdup_printf("RevokedHostKeys=%s", path);

	link_target_option(f->target, option);
}

static void revoked_list(LinkFixture *f, gconstpointer data)
{
	const Row *r = data;
	g_autofree char *text = r->text ? fill_in(f, r->text) : NULL;
	g_autofree char *path = g_build_filename(f->sshd->directory, "revoked", NULL);
	g_autofree char *option = g_strdup_printf("RevokedHostKeys=%s", path);

	if (text)
		g_file_set_contents(path, text, -1, NULL);
	use_revoked_list(f, path);
	gboolean ssh = ssh_logs_in_with(f, "ask", option);
	link_finish(f);
	g_assert_cmpint(ssh, ==, r->ours == PSS_OK);
	g_assert_cmpint(f->link.ready, ==, ssh);
	if (!ssh)
		g_assert_error(f->link.lost, PSS_ERROR, (int)r->ours);
	if (r->words && !strstr(f->link.lost->message, r->words))
		g_error("'%s' is not in '%s'", r->words, f->link.lost->message);
}

static const Row lists[] = {
	{ "no key at all", "", PSS_OK },
	{ "another key", "# x\n\n{O}\n{E} comment\n", PSS_OK },
	{ "the key", "{O}\n{K}\n", PSS_HOST_KEY, "line 2 revokes it" },
	{ "the key, indented and with a comment", "  \t{K} its comment\n", PSS_HOST_KEY, "line 1 revokes it" },
	{ "the key without a final newline", "{K}", PSS_HOST_KEY, "revokes it" },
	{ "garbage before", "garbage\n{O}\n", PSS_HOST_KEY, "line 1 holds something that is no key" },
	{ "a key cut short", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AA\n", PSS_HOST_KEY, "no key" },
	{ "no such file", NULL, PSS_HOST_KEY, "cannot be read" },
};

/* `which`: the key in the binary list, "whole" or "cut". */
static void revoked_krl(LinkFixture *f, gconstpointer which)
{
	g_autofree char *path = g_build_filename(f->sshd->directory, "krl", NULL);
	g_autofree char *other = sshd_make_key(f->sshd, "other", "ed25519", "");
	g_autofree char *option = g_strdup_printf("RevokedHostKeys=%s", path);
	gboolean is_in = !g_str_equal(which, "another key");
	g_autofree char *key = g_strconcat(is_in ? f->sshd->host_key : other, ".pub", NULL);
	const char *const argv[] = { "ssh-keygen", "-q", "-k", "-f", path, key, NULL };

	run_program(argv);
	if (g_str_equal(which, "cut off"))
		g_assert_cmpint(truncate(path, 50), ==, 0);
	use_revoked_list(f, path);
	gboolean ssh = ssh_logs_in_with(f, "no", option);
	link_finish(f);
	g_assert_cmpint(ssh, ==, !is_in);
	g_assert_cmpint(f->link.ready, ==, ssh);
	if (is_in)
		g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
}

/* -- unknown keys */

static void ask(LinkFixture *f, const char *const *answers)
{
	sshd_write_known_hosts(f->sshd, "# kept");
	f->target->can_ask = TRUE;
	f->link.answers = answers;
	link_finish(f);
}

static char *fingerprint(const LinkFixture *f)
{
	const char *const argv[] = { "ssh-keygen", "-l", "-f", f->sshd->host_key, NULL };
	g_autofree char *out = NULL;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, NULL));
	g_auto(GStrv) words = g_strsplit(out, " ", 3);
	return g_strdup(words[1]);
}

static void accepted(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "what?", "yes", NULL };
	g_autofree char *print = fingerprint(f);
	g_autofree char *text = NULL;

	ask(f, answers);
	g_assert_no_error(f->link.lost);
	g_assert_nonnull(strstr(f->link.questions->pdata[0], print));
	g_assert_nonnull(strstr(f->link.questions->pdata[0], "ED25519 key fingerprint is SHA256:"));
	g_assert_true(g_str_has_suffix(f->link.questions->pdata[0], "(yes/no/[fingerprint])? "));
	g_assert_cmpstr(f->link.questions->pdata[1], ==, "Please type 'yes', 'no' or the fingerprint: ");
	g_file_get_contents(f->sshd->known_hosts, &text, NULL, NULL);
	g_autofree char *expected = fill_in(f, "# kept\n{H} {K}\n");
	g_assert_cmpstr(text, ==, expected);
	g_assert_true(ssh_logs_in(f, "yes"));
	finish_again(f);
	link_log_in(f);
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void accepted_by_fingerprint(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *print = fingerprint(f);
	const char *const answers[] = { print, NULL };

	ask(f, answers);
	g_assert_no_error(f->link.lost);
}

static void not_accepted(LinkFixture *f, gconstpointer answers)
{
	g_autofree char *text = NULL;

	ask(f, answers);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
	g_assert_cmpuint(f->link.questions->len, <=, 3);
	g_file_get_contents(f->sshd->known_hosts, &text, NULL, NULL);
	g_assert_cmpstr(text, ==, "# kept");
}

static void accepted_unasked(LinkFixture *f, gconstpointer strict)
{
	g_remove(f->sshd->known_hosts);
	link_target_option(f->target, strict);
	link_target_option(f->target, "HashKnownHosts=yes");
	link_log_in(f);
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(f->sshd->known_hosts, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "|1|"));
	g_assert_true(ssh_logs_in(f, "yes"));
}

static void unknown_with_strict_checking(LinkFixture *f, gconstpointer unused)
{
	static const char *const answers[] = { "yes", NULL };

	link_target_option(f->target, "StrictHostKeyChecking=yes");
	ask(f, answers);
	g_assert_error(f->link.lost, PSS_ERROR, PSS_HOST_KEY);
	g_assert_cmpuint(f->link.questions->len, ==, 0);
}

static void makes_the_directory(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *directory = g_build_filename(f->sshd->directory, "new", NULL);
	struct stat status;

	g_remove(f->sshd->known_hosts);
	g_free(f->sshd->known_hosts);
	f->sshd->known_hosts = g_build_filename(directory, "known_hosts", NULL);
	pss_target_free(f->target);
	f->target = sshd_target(f->sshd);
	link_target_option(f->target, "StrictHostKeyChecking=accept-new");
	link_log_in(f);
	g_assert_cmpint(stat(directory, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0700);
	g_assert_cmpint(stat(f->sshd->known_hosts, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

/* A server with several keys is asked for the one that is known. */
static void known_type_is_preferred(LinkFixture *f, gconstpointer unused)
{
	g_autofree char *ecdsa = sshd_make_key(f->sshd, "host2", "ecdsa", "");
	g_autofree char *key = sshd_public_key(ecdsa);
	g_autofree char *name = sshd_host_name(f->sshd);
	g_autofree char *text = NULL;

	g_file_get_contents(f->sshd->config, &text, NULL, NULL);
	g_autofree char *config = g_strdup_printf("%sHostKey %s\n", text, ecdsa);
	g_file_set_contents(f->sshd->config, config, -1, NULL);
	g_autofree char *line = g_strdup_printf("%s %s\n", name, key);
	sshd_write_known_hosts(f->sshd, line);
	link_log_in(f);
}

static void patterns(void)
{
	static const struct {
		const char *name, *patterns;
		int expected;
	} cases[] = {
		{ "a", "a", 1 },         { "a", "b,A", 1 },       { "a", "", 0 },         { "abc", "a*c", 1 },
		{ "abc", "a**", 1 },     { "abc", "a?c", 1 },     { "abc", "a?", 0 },     { "abc", "*d", 0 },
		{ "abc", "!abc,*", -1 }, { "abc", "*,!abc", -1 }, { "abc", "!b*,a*", 1 }, { "abc", "!b*", 0 },
		{ "[h]:2", "[h]:2", 1 }, { "h", "[h]:22", 0 },    { "", "*", 1 },         { "ab", "*a*b*", 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(pss_known_hosts_match(cases[i].name, cases[i].patterns), ==, cases[i].expected);
}

int main(int argc, char **argv)
{
	static const char *const no[] = { "no", NULL };
	static const char *const nonsense[] = { "y", "ok", "sure", "yes", NULL };

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host-key/patterns", patterns);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/host-key/like ssh: %s", rows[i].name);
		g_test_add(path, LinkFixture, &rows[i], link_set_up_plain, row, link_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *path = g_strdup_printf("/host-key/RevokedHostKeys: %s", lists[i].name);
		g_test_add(path, LinkFixture, &lists[i], link_set_up_plain, revoked_list, link_tear_down);
	}
#define ADD(name, data, function) \
	g_test_add("/host-key/" name, LinkFixture, data, link_set_up_plain, function, link_tear_down)
	ADD("a changed key's message names file and line", NULL, message_names_the_line);
	ADD("a known_hosts that is no file fails closed", NULL, no_ordinary_file);
	ADD("a binary list with the key", "the key", revoked_krl);
	ADD("a binary list with another key", "another key", revoked_krl);
	ADD("a binary list that is cut off", "cut off", revoked_krl);
	ADD("changed, ask", "StrictHostKeyChecking=ask", changed_is_refused_whatever_is_asked_for);
	ADD("changed, accept-new", "StrictHostKeyChecking=accept-new", changed_is_refused_whatever_is_asked_for);
	ADD("changed, off", "StrictHostKeyChecking=no", changed_is_refused_whatever_is_asked_for);
	ADD("accepted by a person", NULL, accepted);
	ADD("accepted by its fingerprint", NULL, accepted_by_fingerprint);
	ADD("not accepted", no, not_accepted);
	ADD("nonsense three times", nonsense, not_accepted);
	ADD("accept-new", "StrictHostKeyChecking=accept-new", accepted_unasked);
	ADD("off", "StrictHostKeyChecking=off", accepted_unasked);
	ADD("strict", NULL, unknown_with_strict_checking);
	ADD("the directory of known_hosts is made", NULL, makes_the_directory);
	ADD("the known type is preferred", NULL, known_type_is_preferred);
	return g_test_run();
}
