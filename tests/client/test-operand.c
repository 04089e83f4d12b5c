/* SPDX-License-Identifier: MIT */
/* scp's spelling of places and paths. */
#include <glib.h>

#include "client/copy/operand.h"

static const struct {
	const char *text, *place, *path;
} rows[] = {
	{ "file", NULL, "file" },
	{ "./a:b", NULL, "./a:b" },
	{ "/a:b", NULL, "/a:b" },
	{ "dir/a:b", NULL, "dir/a:b" },
	{ ":x", NULL, ":x" },
	{ "", NULL, "" },
	{ "web1:", "web1", "" },
	{ "web1:x", "web1", "x" },
	{ "web1:/a:b", "web1", "/a:b" },
	{ "web1:~/x", "web1", "~/x" },
	{ "bob@web1:x y", "bob@web1", "x y" },
	{ "bob@web1:2222:x", "bob@web1:2222", "x" },
	{ "bob@web1:2222", "bob@web1", "2222" },
	{ "web1:./2222:x", "web1", "./2222:x" },
	{ "[fe80::1]:x", "[fe80::1]", "x" },
	{ "bob@[fe80::1]:22:x", "bob@[fe80::1]:22", "x" },
	{ "[a]b:c", NULL, "[a]b:c" },
	{ "[z].gz", NULL, "[z].gz" },
	{ "scp://bob@web1:22/x/y", "bob@web1:22", "x/y" },
	{ "sftp://web1//etc/x", "web1", "/etc/x" },
	{ "ssh://web1", "web1", "" },
};

static void test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *place = NULL;
		const char *path;

		g_test_message("%s", rows[i].text);
		g_assert_true(pss_copy_split(rows[i].text, &place, &path));
		g_assert_cmpstr(place, ==, rows[i].place);
		g_assert_cmpstr(path, ==, rows[i].path);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/operand/rows", test_rows);
	return g_test_run();
}
