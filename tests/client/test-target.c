/* SPDX-License-Identifier: MIT */
/* Names of computers: their forms, what is refused in them, and what ranges and files of names expand to. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "client/command/computer.h"

struct sample {
	const char *text;
	const char *result; /* "user|host|port", or a part of the error with a '!' in front */
};

static const struct sample samples[] = {
	{ "web1", "-|web1|0" },
	{ "Server01", "-|Server01|0" },
	{ "me@web1", "me|web1|0" },
	{ "web1:2222", "-|web1|2222" },
	{ "me@web1:2222", "me|web1|2222" },
	{ "me@corp@web1", "me@corp|web1|0" },
	{ "ssh://web1", "-|web1|0" },
	{ "SSH://me@web1:22/", "me|web1|22" },
	{ "[::1]:2222", "-|::1|2222" },
	{ "[fe80::1%eth0]", "-|fe80::1%eth0|0" },
	{ "me@[::1]:1", "me|::1|1" },
	{ "ssh://me@[2001:db8::1]:443", "me|2001:db8::1|443" },
	{ "fe80::1", "-|fe80::1|0" },
	{ "xn--bcher-kva.example", "-|xn--bcher-kva.example|0" },
	{ "b\303\274cher", "-|b\303\274cher|0" },
	{ "10.0.0.1", "-|10.0.0.1|0" },
	{ "DOM\\bob@web1", "DOM\\bob|web1|0" },
	{ "a\\b\\c@corp@web1:22", "a\\b\\c@corp|web1|22" },
	{ "ssh://DOM%5Cbob@web1:22", "DOM\\bob|web1|22" },
	{ "ssh://a%40b@web1", "a@b|web1|0" },
	{ "a%5Cb@web1", "a%5Cb|web1|0" },

	{ "", "!is empty" },
	{ "me@", "!is empty" },
	{ "@web1", "!the user name is empty" },
	{ "-oProxyCommand=x", "!begins with a dash" },
	{ "me@-web1", "!begins with a dash" },
	{ "-me@web1", "!begins with a dash" },
	{ "ssh://-oProxyCommand=x", "!begins with a dash" },
	{ "[-x]:22", "!begins with a dash" },
	{ "web1 -oProxyCommand=x", "!holds a blank" },
	{ "web1\t", "!holds a blank" },
	{ "web1\n", "!holds a blank" },
	{ "web\0331", "!holds a blank or a control" },
	{ "web1\177", "!holds a blank or a control" },
	{ "web1;id", "!means something to shells" },
	{ "web1|id", "!means something to shells" },
	{ "$(id)", "!means something to shells" },
	{ "`id`", "!means something to shells" },
	{ "a'b", "!means something to shells" },
	{ "a\"b", "!means something to shells" },
	{ "a\\b", "!means something to shells" },
	{ "a&b", "!means something to shells" },
	{ "a>b", "!means something to shells" },
	{ "a*", "!means something to shells" },
	{ "a?", "!means something to shells" },
	{ "a{b,c}", "!means something to shells" },
	{ "~a", "!means something to shells" },
	{ "a/b", "!holds a slash" },
	{ "u;id@web1", "!means something to shells" },
	{ "DOM\\@web1", "!ends in a backslash" },
	{ "DOM\\$x@web1", "!means something to shells" },
	{ "DOM\\ x@web1", "!holds a blank" },
	{ "bob@DOM\\web1", "!means something to shells" },
	{ "ssh://a%3Bid@web1", "!means something to shells" },
	{ "ssh://a%0Aid@web1", "!holds a blank or a control" },
	{ "ssh://a%5C@web1", "!ends in a backslash" },
	{ "ssh://%2Da@web1", "!begins with a dash" },
	{ "ssh://a%00b@web1", "!percent sign" },
	{ "ssh://a%5@web1", "!percent sign" },
	{ "web1:0", "!its port" },
	{ "web1:65536", "!its port" },
	{ "web1:", "!its port" },
	{ "web1:ssh", "!its port" },
	{ "web1:+22", "!its port" },
	{ "[::1", "!wants the form" },
	{ "[::1]22", "!wants the form" },
	{ "[::1]:", "!its port" },
};

static void parse_sample(gconstpointer data)
{
	const struct sample *sample = data;
	struct pss_target target = { 0 };
	char *error = NULL;

	int rc = pss_target_parse(sample->text, &target, &error);
	if (sample->result[0] == '!') {
		g_assert_cmpint(rc, <, 0);
		g_assert_null(target.host);
		if (!strstr(error, sample->result + 1))
			g_error("'%s' does not say '%s'", error, sample->result + 1);
		g_assert_null(strpbrk(error, "\033\n\t"));
	} else {
		g_assert_cmpint(rc, ==, 0);
		g_autofree char *said =
			g_strdup_printf("%s|%s|%u", target.user ? target.user : "-", target.host, target.port);
		g_assert_cmpstr(said, ==, sample->result);
	}
	pss_target_finish(&target);
	free(error);
}

static char *expand(const char *name)
{
	struct pss_texts names = { 0 }, expanded = { 0 };
	char *error = NULL;

	pss_texts_add(&names, strdup(name));
	GString *text = g_string_new(NULL);
	if (pss_targets_expand(&names, NULL, &expanded, &error) < 0)
		g_string_printf(text, "!%s", error);
	for (size_t i = 0; i < expanded.n_items; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "", expanded.items[i]);
	pss_texts_finish(&names);
	pss_texts_finish(&expanded);
	free(error);
	return g_string_free(text, FALSE);
}

static void ranges_expand(void)
{
	static const char *const wanted[][2] = {
		{ "web1", "web1" },
		{ "web[1-3]", "web1 web2 web3" },
		{ "web[1-2,7]", "web1 web2 web7" },
		{ "web[08-11]", "web08 web09 web10 web11" },
		{ "r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2" },
		{ "me@web[1-2]:22", "me@web1:22 me@web2:22" },
		{ "[::1]:22", "[::1]:22" },
		{ "[1-2].example", "1.example 2.example" },
		{ "web[3-1]", "!-ComputerName wants a range like [1-3,7], not 'web[3-1]'" },
		{ "web[1-]", "!-ComputerName wants a range like [1-3,7], not 'web[1-]'" },
		{ "web[1-9999999]", "!-ComputerName wants a range like [1-3,7], not 'web[1-9999999]'" },
		{ "a[1-999]b[1-999]", "!-ComputerName stands for more than 65536 names" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_autofree char *said = expand(wanted[i][0]);
		g_assert_cmpstr(said, ==, wanted[i][1]);
	}
}

static void files_of_names_expand(void)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("pss-names-XXXXXX", &path, NULL);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_assert_true(
		g_file_set_contents(path, "# web\n web1 \n\nweb[2-3]\t# two\r\nlast # of all # of them", -1, NULL));
	g_autofree char *name = g_strconcat("@", path, NULL);
	g_autofree char *said = expand(name);
	g_assert_cmpstr(said, ==, "web1 web2 web3 last");
	g_unlink(path);
	g_autofree char *gone = expand(name);
	g_assert_nonnull(strstr(gone, "cannot be read: No such file or directory"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autofree char *escaped = g_strescape(samples[i].text, NULL);
		g_strdelimit(escaped, "/", '_');
		g_autofree char *name = g_strdup_printf("/target/%02zu: %s", i, escaped);
		g_test_add_data_func(name, &samples[i], parse_sample);
	}
	g_test_add_func("/target/ranges expand", ranges_expand);
	g_test_add_func("/target/files of names expand", files_of_names_expand);
	return g_test_run();
}
