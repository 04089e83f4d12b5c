/* SPDX-License-Identifier: MIT */
/* How the values of ssh_config are read, and when an answer of `ssh -G` may be kept. */
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config-fixture.h"
#include "link/config/ssh-config-cache.h"
#include "link/config/ssh-config-lists.h"
#include "link/config/ssh-config-table.h"

/* -- values */

static void paths(Fixture *f, gconstpointer unused)
{
	const struct passwd *me = getpwuid(getuid());
	const struct {
		const char *text;
		char *path; /* NULL: refused */
	} rows[] = {
		{ "/a/b", g_strdup("/a/b") },
		{ "k", g_strdup("/the/callers/k") },
		{ "../k k", g_strdup("/the/callers/../k k") },
		{ "/dev/fd/63", NULL },
		{ "/proc/self/fd/0", NULL },
		{ "~/k", g_strdup_printf("%s/k", me->pw_dir) },
		{ "~root/k", g_strdup("/root/k") },
		{ "%d/%h-%n-%p-%r", g_strdup_printf("%s/box-box-22-%s", me->pw_dir, me->pw_name) },
		{ "${WHERE}/k", g_strdup("/some%h where/k") },
		{ "/100%%", g_strdup("/100%") },
		{ "${UNSET}/k", NULL },
		{ "${WHERE/k", NULL },
		{ "/%z", NULL },
		{ "/%", NULL },
		{ "~no-such-user/k", NULL },
	};

	link_target_setenv(f->target, "WHERE", "/some%h where");
	f->target->cwd = g_strdup("/the/callers");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		fresh_config(f);
		gboolean good = pss_ssh_config_apply(f->config, f->person, "certificatefile", rows[i].text, &error);
		g_assert_cmpint(good, ==, rows[i].path != NULL);
		if (good)
			g_assert_cmpstr(f->config->certificate_files->pdata[0], ==, rows[i].path);
		else
			g_assert_error(error, PSS_ERROR, PSS_SSH_ENDS);
		g_free(rows[i].path);
	}
}

/* What ssh prints of a list, and what there is of it in the configuration: {} is what is meant, | between its files. */
static void several_paths(Fixture *f, gconstpointer unused)
{
	static const struct {
		const char *written[3], *printed;
		const char *files; /* NULL: refused */
	} rows[] = {
		{ { NULL }, "/one /two", "/one|/two" },
		{ { NULL }, "/one", "/one" },
		{ { NULL }, "/one%h", "/one%h" },
		{ { NULL }, "none", "" },
		{ { NULL }, "one two", NULL },
		{ { NULL }, "/one two", NULL },
		{ { NULL }, "{}/.ssh/known_hosts {}/.ssh/known_hosts2", "{}/.ssh/known_hosts|{}/.ssh/known_hosts2" },
		{ { "one two" }, "one two", "/the/callers/one|/the/callers/two" },
		{ { "\"one two\"" }, "one two", "/the/callers/one two" },
		{ { "'one two' # why" }, "one two", "/the/callers/one two" },
		{ { "one\\ two three" }, "one two three", "/the/callers/one two|/the/callers/three" },
		{ { "\"/one /two\"" }, "/one /two", "/one /two" },
		{ { "/one  \t/two \r" }, "/one /two", "/one|/two" },
		{ { "/one /two", "\"/one /two\"" }, "/one /two", NULL },
		{ { "/one /two", "/one   /two" }, "/one /two", "/one|/two" },
		{ { "/%h%%h \"/a %r\"" }, "/box%h /a me", "/box%h|/a me" },
		{ { "~/x '~/y z'" }, "{}/x {}/y z", "{}/x|{}/y z" },
		{ { "~/x '~/y z'" }, "~/x ~/y z", "{}/x|{}/y z" },
		{ { "\"no end" }, "/one /two", "/one|/two" },
	};

	f->target->cwd = g_strdup("/the/callers");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) printed = g_string_new(rows[i].printed), files = g_string_new(rows[i].files);
		g_autoptr(GError) error = NULL;
		g_string_replace(printed, "{}", getpwuid(getuid())->pw_dir, 0);
		g_string_replace(files, "{}", getpwuid(getuid())->pw_dir, 0);
		fresh_config(f);
		g_assert_true(pss_ssh_config_apply(f->config, f->person, "user", "me", NULL));
		for (const char *const *text = rows[i].written; *text; text++)
			pss_config_lists_add(f->config, *text);
		if (pss_ssh_config_apply(f->config, f->person, "userknownhostsfile", printed->str, &error)) {
			g_autofree char *joined = g_strjoinv("|", f->config->user_known_hosts);
			g_assert_nonnull(rows[i].files);
			g_assert_cmpstr(joined, ==, files->str);
		} else {
			g_assert_null(rows[i].files);
			g_assert_error(error, PSS_ERROR, PSS_SSH_ENDS);
		}
	}
}

/* -- what ssh -G said is kept */

static const char kept[] = "what ssh -G said still holds";

/* In the text {} stands for the value. */
static void write_file(Fixture *f, const char *name, const char *text, const char *value)
{
	g_autofree char *path = g_build_filename(f->directory, name, NULL);
	g_auto(GStrv) parts = g_strsplit(text, "{}", -1);
	g_autofree char *whole = g_strjoinv(value, parts);

	g_assert_true(g_file_set_contents(path, whole, -1, NULL));
}

/* Resolves the target: that is its HostName, and ssh was asked or not. */
static void expect_resolved(Fixture *f, const char *hostname, gboolean asked)
{
	g_autoptr(GError) error = NULL;

	run_pending();
	g_string_truncate(f->link.notes, 0);
	g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(f->person, f->target, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config->hostname, ==, hostname);
	run_pending();
	g_assert_cmpint(strstr(f->link.notes->str, kept) == NULL, ==, asked);
}

static void use_config(Fixture *f, const char *text, const char *value)
{
	write_file(f, "config", text, value);
	f->target->config_file = g_build_filename(f->directory, "config", NULL);
}

static void kept_while_unchanged(Fixture *f, gconstpointer unused)
{
	use_config(f, "Host box\n HostName {}\n", "one.example");
	expect_resolved(f, "one.example", TRUE);
	expect_resolved(f, "one.example", FALSE);
	/* Of the same size, within the same tick of the file system's clock. */
	write_file(f, "config", "Host box\n HostName {}\n", "two.example");
	expect_resolved(f, "two.example", TRUE);
	expect_resolved(f, "two.example", FALSE);
	link_target_option(f->target, "HostName=three.example");
	expect_resolved(f, "three.example", TRUE);
	f->target->port = 7;
	expect_resolved(f, "three.example", TRUE);
	expect_resolved(f, "three.example", FALSE);
}

static void kept_with_includes(Fixture *f, gconstpointer unused)
{
	use_config(f, "Include {}/*.conf\n", f->directory);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", FALSE);
	write_file(f, "b.conf", "Include = \"{}/inner\"\n", f->directory);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", FALSE);
	write_file(f, "inner", "HostName {}\n", "inner.example");
	expect_resolved(f, "inner.example", TRUE);
	expect_resolved(f, "inner.example", FALSE);
	write_file(f, "a.conf", "HostName {}\n", "first.example");
	expect_resolved(f, "first.example", TRUE);
	g_autofree char *path = g_build_filename(f->directory, "a.conf", NULL);
	g_unlink(path);
	expect_resolved(f, "inner.example", TRUE);
}

static void never_kept(Fixture *f, gconstpointer text)
{
	link_target_setenv(f->target, "WHERE", "/somewhere");
	use_config(f, "{}\n", text);
	expect_resolved(f, "box", TRUE);
	expect_resolved(f, "box", TRUE);
}

static void exec_decides_each_time(Fixture *f, gconstpointer unused)
{
	g_autofree char *flag = g_build_filename(f->directory, "flag", NULL);

	use_config(f, "Match exec \"test -e {}\"\n HostName there.example\n", flag);
	expect_resolved(f, "box", TRUE);
	write_file(f, "flag", "{}", "");
	expect_resolved(f, "there.example", TRUE);
	g_unlink(flag);
	expect_resolved(f, "box", TRUE);
}

static gboolean is_kept(guint n)
{
	g_autofree char *question = g_strdup_printf("question %u", n);
	g_autofree char *answer = pss_config_cache_look(question, "digest");
	gboolean is_there = g_strcmp0(answer, question) == 0;

	g_assert_true(is_there || !answer);
	return is_there;
}

static void many_are_kept(Fixture *f, gconstpointer unused)
{
	for (guint n = 0; n < 10001; n++) {
		g_autofree char *question = g_strdup_printf("question %u", n);
		pss_config_cache_keep(question, "digest", question);
		if (n == 5000)
			pss_config_cache_keep("question 1", "digest", "question 1");
	}
	/* Of the ten thousand the oldest has gone; one that was kept anew is not old. */
	g_assert_false(is_kept(0));
	g_assert_true(is_kept(1));
	g_assert_true(is_kept(2));
	g_assert_true(is_kept(10000));
}

/* Each is a program named ssh in front of the real one. */
static void endless_answers(Fixture *f, gconstpointer unused)
{
	static const struct {
		const char *script, *words;
	} rows[] = {
		{ "#!/bin/sh\nexec yes 'identityfile /dev/null'\n", "prints more than 4194304 bytes" },
		{ "#!/bin/sh\nhead -c 4194305 /dev/zero | tr '\\0' x\n", "prints more than 4194304 bytes" },
		{ "#!/bin/sh\nhead -c 3000 /dev/zero | tr '\\0' x >&2; exit 1\n", "ssh refuses its configuration: x" },
	};
	g_autofree char *path = g_strdup_printf("%s:%s", f->directory, g_getenv("PATH"));
	g_autofree char *program = g_build_filename(f->directory, "ssh", NULL);

	link_target_setenv(f->target, "PATH", path);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_file_set_contents_full(program, rows[i].script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL);
		g_autoptr(PssSshConfig) config = pss_ssh_config_resolve(f->person, f->target, &error);
		g_assert_null(config);
		if (!strstr(error->message, rows[i].words))
			g_error("'%s' is not in '%s'", rows[i].words, error->message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("names of files: home, tokens, variables", paths);
	ADD("names of several files", several_paths);
	ADD("what ssh -G said is kept while the files are the same", kept_while_unchanged);
	ADD("included files count", kept_with_includes);
	ADD("many answers are kept, and the oldest dropped", many_are_kept);
	ADD("Match exec decides each time", exec_decides_each_time);
	ADD("an answer without an end", endless_answers);
#define ADD_NEVER(name, text) g_test_add("/ssh_config/never kept: " name, Fixture, text, set_up, never_kept, tear_down)
	ADD_NEVER("a quoted Match exec", "\"Match\" host box !exec \"false\"\nMatch all");
	ADD_NEVER("an environment variable", "IdentityFile ${WHERE}/key");
	ADD_NEVER("canonical names", "CanonicalizeHostname yes");
	ADD_NEVER("a token in Include", "Include %d/none");
	return g_test_run();
}
