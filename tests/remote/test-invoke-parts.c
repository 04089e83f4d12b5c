/* SPDX-License-Identifier: MIT */
/* The pure parts of invocations: streams cut at their marks, and commands put together and quoted. */
#include <glib.h>
#include <string.h>

#include "remote/protocol/stream.h"
#include "remote/protocol/words.h"

#define MARK                               \
	"\036"                             \
	"0123456789abcdef0123456789abcdef" \
	">"

/* ---- streams */

static void append(gpointer user, const void *data, gsize n)
{
	g_byte_array_append(user, data, (guint)n);
}

/* Bytes that like to look like the mark. */
static void append_random(GByteArray *bytes, guint n)
{
	while (n > 0) {
		guint part = MIN(n, (guint)strlen(MARK) - 1);
		if (g_test_rand_bit())
			part = (guint)g_test_rand_int_range(1, (gint)part + 1);
		g_byte_array_append(bytes, (const guint8 *)MARK, part);
		n -= part;
	}
}

static void test_stream(void)
{
	for (int round = 0; round < 3000; round++) {
		g_autoptr(GByteArray) bytes = g_byte_array_new();
		g_autoptr(GByteArray) plain = g_byte_array_new();
		PssStream stream;
		gboolean found = FALSE;

		append_random(bytes, (guint)g_test_rand_int_range(0, 200));
		/* A whole mark may have come about: then it ends there. */
		guint8 *whole = bytes->len ? memmem(bytes->data, bytes->len, MARK, strlen(MARK)) : NULL;
		guint n_plain = whole ? (guint)(whole - bytes->data) : bytes->len;
		if (!whole)
			g_byte_array_append(bytes, (const guint8 *)MARK, strlen(MARK));
		g_byte_array_append(bytes, (const guint8 *)"behind", 6);
		pss_stream_expect(&stream, MARK);
		gsize at = 0;
		while (at < bytes->len && !found) {
			gsize n = (gsize)g_test_rand_int_range(1, 60), left;
			n = MIN(n, bytes->len - at);
			left = n;
			const char *data = (const char *)bytes->data + at;
			found = pss_stream_feed(&stream, &data, &left, append, plain);
			at += n - left;
		}
		g_assert_true(found);
		g_assert_cmpint(at, ==, n_plain + strlen(MARK));
		g_assert_cmpmem(plain->data, plain->len, bytes->data, n_plain);
	}
}

/* ---- words */

static const char *const awkward[] = {
	"plain", "",      "a b",  "it's",  "\"",  "\\",       "\\\\",         "\\'",   "'\\''", "!",
	"!!",    "$HOME", "`id`", "$(id)", "*",   "~",        "a\tb",         "{a,b}", "#",     "-n",
	"=x",    "%1",    "^a^b", "a;b",   "a&b", "\303\251", "\377\001\177", "a\\",   "'",     NULL,
};

/* What a shell makes of the text on standard output. */
static char *evaluate(const char *shell, const char *text, gsize *ret_n)
{
	const char *const argv[] = { shell, "-c", text, NULL };
	char *output = NULL;
	gint status;
	g_autoptr(GError) error = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
			  &output, NULL, &status, &error))
		g_error("%s", error->message);
	*ret_n = strlen(output);
	return output;
}

static void test_quote(void)
{
	static const char *const shells[] = { "bash", "zsh", "dash", "mksh", "ksh93", "fish", "tcsh" };
	g_autoptr(GString) expected = g_string_new(NULL);

	for (gsize i = 0; awkward[i]; i++)
		g_string_append_printf(expected, "<%s>", awkward[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		g_autofree char *path = g_find_program_in_path(shells[i]);
		g_autoptr(GString) text = g_string_new("/usr/bin/printf '<%s>'");
		gsize n;
		if (!path) {
			g_test_message("%s is missing", shells[i]);
			continue;
		}
		for (gsize j = 0; awkward[j]; j++) {
			g_string_append_c(text, ' ');
			pss_words_quote(text, awkward[j]);
		}
		g_autofree char *output = evaluate(path, text->str, &n);
		g_assert_cmpstr(output, ==, expected->str);
	}
}

static void test_command(void)
{
	static const char *const arguments[] = { "one", "it's", NULL };
	static const char *const variables[] = { "a=x y", "b=", NULL };
	const PssCommand command = { .text = "echo", .n_text = 4, .arguments = arguments, .variables = variables };
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) undo = g_string_new(NULL);

	pss_words_command(text, PSS_FAMILY_POSIX, &command);
	g_assert_cmpstr(text->str, ==, "__pss_using_a='x y'; __pss_using_b=''; set -- 'one' 'it'\\''s'; echo");
	pss_words_undo(undo, PSS_FAMILY_POSIX, &command);
	g_assert_cmpstr(undo->str, ==, "\nset --\n\n{ unset -v __pss_using_a __pss_using_b; } >/dev/null 2>&1\n");
}

/* fish has no ${NAME}, and no assignments. */
static void test_command_of_fish(void)
{
	static const char *const variables[] = { "a=x y", "b=", "l(a", "[0", "=1", NULL };
	const char *const uses =
		"echo \"${__pss_using_a}\" \"<${__pss_using_b}s>\" ${__pss_using_c} \"${__pss_using_l[@]}\" "
		"\"<${__pss_using_l[*]}s>\"";
	const PssCommand command = { .text = uses, .n_text = strlen(uses), .variables = variables };
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) undo = g_string_new(NULL);

	pss_words_command(text, PSS_FAMILY_FISH, &command);
	g_assert_cmpstr(text->str, ==,
			"set -g __pss_using_a x\\X20y; set -g __pss_using_b ''; set -g __pss_using_l 1; "
			"echo \"\"$__pss_using_a\"\" \"<\"$__pss_using_b\"s>\" ${__pss_using_c} $__pss_using_l "
			"\"<\"\"$__pss_using_l\"\"s>\"");
	pss_words_undo(undo, PSS_FAMILY_FISH, &command);
	g_assert_cmpmem(undo->str, undo->len, "\0u argv __pss_using_a __pss_using_b __pss_using_l\0\0w -\0", 55);
}

/* What sets variables and parameters is a text of its own, as PowerShell's may begin with `param`. */
static void test_command_of_pwsh(void)
{
	static const char *const variables[] = { "a=it's", "l(a", "[0", "=1", "[1", "=2", "m(m", "[K", "=v", NULL };
	static const char *const arguments[] = { "one", "t‘o", NULL }, *const words[] = { "ls", "a b", NULL };
	const char *const uses = "param($x) \"${__pss_using_a}\" \"${__pss_using_l[@]}\" \"<${__pss_using_l[*]}>\"";
	const PssCommand command = {
		.text = uses, .n_text = strlen(uses), .variables = variables, .arguments = arguments
	};
	const PssCommand argv = { .words = words };
	g_autoptr(GString) text = g_string_new(NULL);

	pss_words_command(text, PSS_FAMILY_PWSH, &command);
	g_assert_cmpstr(text->str, ==,
			"0000000214 $global:__pss_using_a = 'it''s'; $global:__pss_using_l = @('1', '2'); "
			"$global:__pss_using_m = [Collections.Specialized.OrderedDictionary]::new(); "
			"$__pss_using_m['K'] = 'v'; $global:__pss.args = @('one', 't‘‘o')"
			"param($x) \"${__pss_using_a}\" ${__pss_using_l} \"<${__pss_using_l}>\"");
	g_string_truncate(text, 0);
	pss_words_command(text, PSS_FAMILY_PWSH, &argv);
	g_assert_cmpstr(text->str, ==, "0000000000 & 'ls' 'a b'");
}

static void test_exec(void)
{
	static const char *const arguments[] = { "one", NULL };
	PssCommand command = { .text = "echo $1", .n_text = 7 };
	g_autofree char *first = NULL;
	gsize n;

	g_autofree char *plain = pss_words_exec(&command, NULL, FALSE, NULL, &first, &n);
	g_assert_cmpstr(plain, ==, "echo $1");
	g_assert_null(first);
	command.arguments = arguments;
	g_autofree char *more = pss_words_exec(&command, NULL, FALSE, NULL, &first, &n);
	g_assert_true(g_str_has_prefix(more, "exec /bin/sh -c '"));
	g_assert_null(strpbrk(more, "\\!\n"));
	g_assert_cmpmem(first + n - 7, 7, "echo $1", 7);
}

/* A server hands one argument to the login shell, which has a limit. */
static void test_exec_of_long(void)
{
	g_autofree char *text = g_strnfill(100 * 1024 + 1, 'x');
	const char *const words[] = { "printf", text, NULL };
	PssCommand command = { .text = text, .n_text = 100 * 1024 };
	g_autofree char *first = NULL;
	g_autofree char *of_words = NULL;
	gsize n;

	g_autofree char *at_limit = pss_words_exec(&command, NULL, FALSE, NULL, &first, &n);
	g_assert_cmpuint(strlen(at_limit), ==, 100 * 1024);
	g_assert_null(first);
	command.n_text++;
	g_autofree char *beyond = pss_words_exec(&command, NULL, FALSE, NULL, &first, &n);
	g_assert_cmpuint(strlen(beyond), <, 4096);
	g_assert_cmpmem(first + n - command.n_text, command.n_text, text, command.n_text);
	command = (PssCommand){ .words = words };
	g_autofree char *word = pss_words_exec(&command, NULL, FALSE, NULL, &of_words, &n);
	g_assert_cmpstr(word, !=, beyond);
	g_assert_cmpmem(of_words + n - command.n_text - strlen(text) - 7, 7, "printf ", 7);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/invoke/stream", test_stream);
	g_test_add_func("/invoke/quote", test_quote);
	g_test_add_func("/invoke/command", test_command);
	g_test_add_func("/command/of fish", test_command_of_fish);
	g_test_add_func("/command/of PowerShell", test_command_of_pwsh);
	g_test_add_func("/invoke/exec", test_exec);
	g_test_add_func("/invoke/exec of a long command", test_exec_of_long);
	return g_test_run();
}
