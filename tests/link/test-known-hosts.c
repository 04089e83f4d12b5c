/* SPDX-License-Identifier: MIT */
/* The index of known_hosts: which lines it finds, beside `ssh-keygen -F` over the forms that a line's names have, and
 * over files of chance; whether it follows each way in which a file changes; and the hash of names beside GLib's. What
 * the lines then mean is test-host-key-matrix.c's and test-host-key-files.c's. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link-fixture.h"
#include "link/libssh/hostkey/known-hosts-file.h"
#include "link/libssh/hostkey/known-hosts.h"
#include "link/libssh/hostkey/name-hash.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"

static char *directory;

/* As ssh writes it down, by GLib. */
static char *hashed_name(const char *name)
{
	guchar salt[PSS_NAME_HASH_BYTES], digest[PSS_NAME_HASH_BYTES];
	gsize n = sizeof digest;

	for (guint i = 0; i < sizeof salt; i++)
		salt[i] = (guchar)g_test_rand_int_range(0, 256);
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, salt, sizeof salt);
	g_hmac_update(hmac, (const guchar *)name, (gssize)strlen(name));
	g_hmac_get_digest(hmac, digest, &n);
	g_hmac_unref(hmac);
	g_autofree char *salt_text = g_base64_encode(salt, sizeof salt);
	g_autofree char *digest_text = g_base64_encode(digest, n);
	return g_strdup_printf("|1|%s|%s", salt_text, digest_text);
}

/* ---- the hash of a name */

static gboolean is_hash_of(const char *text, const char *name)
{
	g_autoptr(PssHashedName) hashed = pss_hashed_name_new(name);
	PssNameHash hash;

	return pss_name_hash_parse(text, strlen(text), &hash) && pss_hashed_name_is(hashed, &hash);
}

static void hashes_are_glibs(void)
{
	for (guint n = 0; n < 200; n++) {
		g_autofree char *name = g_strnfill(n, (char)('a' + n % 26));
		g_autofree char *other = g_strconcat(name, "x", NULL);
		g_autofree char *text = hashed_name(name);
		g_assert_true(is_hash_of(text, name));
		g_assert_false(is_hash_of(text, other));
	}
}

static void hashes_that_are_none(void)
{
	g_autofree char *good = hashed_name("h");
	PssNameHash hash;

	for (gsize n = 0; n < strlen(good); n++)
		g_assert_false(pss_name_hash_parse(good, n, &hash));
	for (gsize at = 0; at < strlen(good); at++) {
		g_autofree char *bad = g_strdup(good);
		bad[at] = '*';
		g_assert_false(is_hash_of(bad, "h"));
	}
}

/* ---- which lines it finds, beside ssh-keygen */

static char *path_of_file(void)
{
	return g_build_filename(directory, "known", NULL);
}

/* "1 5 7 " */
static char *ssh_finds(const char *path, const char *name)
{
	const char *const argv[] = { "ssh-keygen", "-F", name, "-f", path, NULL };
	g_autofree char *output = NULL;
	GString *numbers = g_string_new(NULL);

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
				   NULL, &output, NULL, NULL, NULL));
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *found = g_str_has_prefix(*line, "# Host ") ? strstr(*line, " found: line ") : NULL;
		if (found)
			g_string_append_printf(numbers, "%d ", atoi(found + strlen(" found: line ")));
	}
	return g_string_free(numbers, FALSE);
}

/* Of what the index finds, the lines that match. */
static char *we_find(const char *path, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(PssKnownIndex) index = pss_known_file_open(path, &error);
	GString *numbers = g_string_new(NULL);

	g_assert_no_error(error);
	g_autoptr(GArray) lines = pss_known_index_look(index, name);
	for (guint i = 0; i < lines->len; i++) {
		const PssKnownLine *line = &g_array_index(lines, PssKnownLine, i);
		g_auto(GStrv) words = g_strsplit_set(line->text, " \t", -1);
		const char *hosts = *words[0] == '@' ? words[1] : words[0];
		if (*hosts == '|' || pss_known_hosts_match(name, hosts) == 1)
			g_string_append_printf(numbers, "%u ", line->number);
	}
	return g_string_free(numbers, FALSE);
}

static void compare(const char *path, const char *name)
{
	g_autofree char *theirs = ssh_finds(path, name), *ours = we_find(path, name), *again = we_find(path, name);

	if (!g_str_equal(ours, theirs) || !g_str_equal(again, theirs))
		g_error("%s: ssh-keygen finds lines %s, we %s and then %s", name, theirs, ours, again);
}

/* {…} is hashed. */
static const char *const forms[] = {
	"h",           "H",          "h,i",          "i,h",         "i,h,j",      "h,h",       "i",
	"hh",          "hi,h",       ",h",           "h,",          "*",          "?",         "??",
	"h*",          "*h",         "h?",           "i*,h",        "!h",         "!h,*",      "*,!h",
	"h,!i*",       "!i,h",       "!*",           "h,!h",        "[h]:22",     "[h]:2222",  "[h]:*",
	"[*]:2222",    "[H]:2222,h", "[h],[h]:2222", "![h]:2222,*", "127.0.0.1",  "127.0.0.*", "[127.0.0.1]:2222",
	"::1",         "[::1]:2222", "*:*",          "{h}",         "{[h]:2222}", "{i}",       "{h},h",
	"{127.0.0.1}", "{::1}",      "|1|h",         "|1||",        "|2|x|y",
};

static const char *const names[] = {
	"h", "i", "hh", "hi", "j", "[h]:2222", "[i]:2222", "127.0.0.1", "[127.0.0.1]:2222", "::1", "[::1]:2222", "none"
};

static void add_form(GString *text, const char *mark, const char *form)
{
	const char *close = strchr(form, '}');

	if (*form != '{' || !close) {
		g_string_append_printf(text, "%s%s " KEY "\n", mark, form);
		return;
	}
	g_autofree char *name = g_strndup(form + 1, (gsize)(close - form - 1)), *hashed = hashed_name(name);
	g_string_append_printf(text, "%s%s%s " KEY "\n", mark, hashed, close + 1);
}

static void write_text(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void forms_like_ssh(void)
{
	static const char *const marks[] = { "", "@revoked ", "@cert-authority ", "\t ", "# " };
	g_autoptr(GString) text = g_string_new("# a comment\n\n \t\n");
	g_autofree char *path = path_of_file();

	for (guint mark = 0; mark < G_N_ELEMENTS(marks); mark++)
		for (guint i = 0; i < G_N_ELEMENTS(forms); i++)
			add_form(text, marks[mark], forms[i]);
	g_string_append(text, "h\t" KEY " a comment\nh " KEY); /* the last line is cut off */
	write_text(path, text->str);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		compare(path, names[i]);
}

static const char *any_form(void)
{
	return forms[g_test_rand_int_range(0, G_N_ELEMENTS(forms))];
}

static void files_of_chance_like_ssh(void)
{
	static const char *const marks[] = { "", "", "", "@revoked ", "@cert-authority " };
	g_autofree char *path = path_of_file();

	for (guint round = 0; round < 20; round++) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (gint i = g_test_rand_int_range(0, 60); i > 0; i--)
			add_form(text, marks[g_test_rand_int_range(0, G_N_ELEMENTS(marks))], any_form());
		write_text(path, text->str);
		compare(path, names[g_test_rand_int_range(0, G_N_ELEMENTS(names))]);
	}
}

/* ---- a file that changes */

static void write_in_place(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	g_assert_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void append(const char *path, const char *text)
{
	FILE *file = fopen(path, "ae");

	g_assert_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* As `cp -p` and `rsync -t` do. */
static void put_time_back(const char *path, const struct stat *before)
{
	const struct timespec times[] = { before->st_atim, before->st_mtim };

	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void expect(const char *path, const char *lines)
{
	g_autofree char *found = we_find(path, "h");

	g_assert_cmpstr(found, ==, lines);
}

static void settle(const char *path, gboolean settles)
{
	struct stat status;

	expect(path, "1 ");
	if (!settles)
		return;
	/* So old that times can be relied on. */
	g_assert_cmpint(stat(path, &status), ==, 0);
	wait_for(g_get_real_time() / G_USEC_PER_SEC > status.st_ctim.tv_sec + 3, 5);
	expect(path, "1 ");
	expect(path, "1 ");
}

static void every_change_is_seen(gconstpointer settles)
{
	g_autofree char *path = path_of_file(), *other = g_build_filename(directory, "other", NULL);
	struct stat before;

	write_text(path, "h " KEY "\n");
	settle(path, GPOINTER_TO_INT(settles));
	g_assert_cmpint(stat(path, &before), ==, 0);
	write_in_place(path, "i " KEY "\n"); /* of the same size */
	put_time_back(path, &before);
	expect(path, "");
	append(path, "h " KEY "\n");
	expect(path, "2 ");
	write_text(other, "# x\n\n\nh " KEY "\n");
	g_assert_cmpint(g_rename(other, path), ==, 0);
	expect(path, "4 ");
	write_in_place(path, "");
	expect(path, "");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_autoptr(GError) error = NULL;
	g_assert_null(pss_known_file_open(path, &error));
	g_assert_no_error(error);
	write_text(path, "\nh " KEY "\n");
	expect(path, "2 ");
}

static void many_quick_changes_are_seen(void)
{
	g_autofree char *path = path_of_file();

	for (guint i = 0; i < 500; i++) {
		write_in_place(path, i % 2 ? "h " KEY "\n" : "i " KEY "\n");
		expect(path, i % 2 ? "1 " : "");
	}
}

static gpointer look_again_and_again(gpointer path)
{
	for (guint i = 0; i < 300; i++) {
		g_autofree char *found = we_find(path, "h");
		/* The one file or the other, and nothing between. */
		g_assert_true(g_str_equal(found, "1 ") || g_str_equal(found, "2 3 "));
	}
	return NULL;
}

static void many_threads(void)
{
	g_autofree char *path = path_of_file(), *hashed = hashed_name("h");
	g_autofree char *one = g_strdup_printf("%s " KEY "\n", hashed);
	g_autofree char *other = g_strdup_printf("\n%s " KEY "\nh " KEY "\n", hashed);
	GThread *threads[4];

	write_text(path, one);
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("look", look_again_and_again, path);
	for (guint i = 0; i < 300; i++)
		write_text(path, i % 2 ? one : other); /* by renaming */
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	directory = g_dir_make_tmp("pss-known-XXXXXX", NULL);
	g_test_add_func("/known-hosts/hashes are GLib's", hashes_are_glibs);
	g_test_add_func("/known-hosts/hashes that are none", hashes_that_are_none);
	g_test_add_func("/known-hosts/forms, like ssh-keygen -F", forms_like_ssh);
	g_test_add_func("/known-hosts/files of chance, like ssh-keygen -F", files_of_chance_like_ssh);
	g_test_add_data_func("/known-hosts/every change is seen", NULL, every_change_is_seen);
	g_test_add_data_func("/known-hosts/every change is seen, in an old file", GINT_TO_POINTER(TRUE),
			     every_change_is_seen);
	g_test_add_func("/known-hosts/many quick changes are seen", many_quick_changes_are_seen);
	g_test_add_func("/known-hosts/many threads", many_threads);
	int failed = g_test_run();
	const char *const remove[] = { "rm", "-rf", directory, NULL };
	run_program(remove);
	g_free(directory);
	return failed;
}
