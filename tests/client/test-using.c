/* SPDX-License-Identifier: MIT */
/* $using: in a command's text: what it becomes in each kind of quotes, and what is left alone. */
#include <glib.h>

#include "client/using/using.h"

#define REF "${__pss_using_x}"

static const struct {
	const char *text, *result;
	const char *names; /* with blanks between */
} samples[] = {
	{ "echo $using:x", "echo \"" REF "\"", "x" },
	{ "echo ${using:x}", "echo \"" REF "\"", "x" },
	{ "$using:x", "\"" REF "\"", "x" },
	{ "a$using:x-b", "a\"" REF "\"-b", "x" },
	{ "echo \"a $using:x b\"", "echo \"a " REF " b\"", "x" },
	{ "echo \"$using:x\"$using:x", "echo \"" REF "\"\"" REF "\"", "x" },
	{ "echo '$using:x'", "echo '$using:x'", "" },
	{ "echo $'it\\'s $using:x' $using:x", "echo $'it\\'s $using:x' \"" REF "\"", "x" },
	{ "echo \\$using:x", "echo \\$using:x", "" },
	{ "echo \"\\$using:x\"", "echo \"\\$using:x\"", "" },
	{ "echo \"'$using:x'\"", "echo \"'" REF "'\"", "x" },
	{ "echo \"$(f $using:x)\" $using:x", "echo \"$(f \"" REF "\")\" \"" REF "\"", "x" },
	{ "echo $(f \"$using:x\")", "echo $(f \"" REF "\")", "x" },
	{ "echo $((1 + $using:x))", "echo $((1 + " REF "))", "x" },
	{ "((y = $using:x))\necho $using:x", "((y = " REF "))\necho \"" REF "\"", "x" },
	{ "echo \"${y:-$using:x}\"", "echo \"${y:-" REF "}\"", "x" },
	{ "# it's\necho $using:x", "# it's\necho \"" REF "\"", "x" },
	{ "echo a#'$using:x'", "echo a#'$using:x'", "" },
	{ "cat <<E\nit's $using:x\nE\necho $using:x", "cat <<E\nit's " REF "\nE\necho \"" REF "\"", "x" },
	{ "cat <<'E'\n$using:x\nE\necho $using:x", "cat <<'E'\n$using:x\nE\necho \"" REF "\"", "x" },
	{ "cat <<'E'\na\\\nE\necho $using:x", "cat <<'E'\na\\\nE\necho \"" REF "\"", "x" },
	{ "cat <<E\na\\\nE\n$using:x\nE", "cat <<E\na\\\nE\n" REF "\nE", "x" },
	{ "echo \"$(case a in a) echo $using:x;; (b) ;; esac) $using:x\"",
	  "echo \"$(case a in a) echo \"" REF "\";; (b) ;; esac) " REF "\"", "x" },
	{ "echo \"$(if true; then case $using:x in a|b) case c in c) : ;; esac;; esac; fi) $using:x\"",
	  "echo \"$(if true; then case \"" REF "\" in a|b) case c in c) : ;; esac;; esac; fi) " REF "\"", "x" },
	{ "echo \"$(echo case) $(echo in case a) $using:x\"", "echo \"$(echo case) $(echo in case a) " REF "\"", "x" },
	{ "echo \"$(casement) $(x=case; echo) $using:x\"", "echo \"$(casement) $(x=case; echo) " REF "\"", "x" },
	{ "cat <<-\"E F\"\n\t$using:x '\n\tE F\necho $using:x", "cat <<-\"E F\"\n\t$using:x '\n\tE F\necho \"" REF "\"",
	  "x" },
	{ "cat <<<$using:x", "cat <<<\"" REF "\"", "x" },
	{ "echo $using: $using $using:1 ${using:x:1}", "echo $using: $using $using:1 ${using:x:1}", "" },
	{ "echo $using:a_1 $using:b $using:a_1",
	  "echo \"${__pss_using_a_1}\" \"${__pss_using_b}\" \"${__pss_using_a_1}\"", "a_1 b" },
	{ "echo ${using:x[0]} \"${using:x[@]}\" ${#using:x[@]} ${!using:x[@]} ${(k)using:x} ${#using:x}",
	  "echo \"${__pss_using_x[0]}\" \"${__pss_using_x[@]}\" \"${#__pss_using_x[@]}\" \"${!__pss_using_x[@]}\" "
	  "${(k)__pss_using_x} \"${#__pss_using_x}\"",
	  "x" },
	{ "echo ${using:x[$using:y]}b ${using:x[a}",
	  "echo \"${__pss_using_x[${__pss_using_y}]}\"b \"${__pss_using_x[a}\"", "x y" },
	{ "cat <<E\n${using:x[1]} '\nE\necho $using:x", "cat <<E\n${__pss_using_x[1]} '\nE\necho \"" REF "\"", "x" },
	{ "for i in $using:l; do echo \"<$using:l>\" \"$using:x\"; done",
	  "for i in \"${__pss_using_l[@]}\"; do echo \"<${__pss_using_l[*]}>\" \"" REF "\"; done", "l x" },
	{ "cat <<E\n$using:l\nE", "cat <<E\n${__pss_using_l[*]}\nE", "l" },
	{ "echo ${#using} ${using:x[} $(( $using:l ))",
	  "echo ${#using} \"${__pss_using_x[}\" $(( ${__pss_using_l[*]} ))", "x l" },
	{ "unfinished '$using:x", "unfinished '$using:x", "" },
	{ "unfinished \"$using:x", "unfinished \"" REF, "x" },
	{ ") ) $using:x }", ") ) \"" REF "\" }", "x" },
	{ "", "", "" },
};

static bool is_list(const char *name, void *user)
{
	return *name == 'l';
}

static void test_samples(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
		struct pss_texts names = { 0 };
		char *result = NULL;
		g_autoptr(GString) joined = g_string_new(NULL);

		g_assert_cmpint(pss_using_expand(samples[i].text, is_list, NULL, &result, &names), ==, 0);
		g_assert_cmpstr(result, ==, samples[i].result);
		for (gsize j = 0; j < names.n_items; j++)
			g_string_append_printf(joined, "%s%s", j ? " " : "", names.items[j]);
		g_assert_cmpstr(joined->str, ==, samples[i].names);
		pss_texts_finish(&names);
		free(result);
	}
}

/* Whatever it is given, it ends, and without a name nothing changes. */
static void test_random(void)
{
	static const char alphabet[] = "$(){}'\"\\#<>-E\n \tax`|";

	for (int i = 0; i < 20000; i++) {
		char text[40];
		gsize n = (gsize)g_test_rand_int_range(0, 39);
		struct pss_texts names = { 0 };
		char *result = NULL;

		for (gsize j = 0; j < n; j++)
			text[j] = alphabet[g_test_rand_int_range(0, sizeof alphabet - 1)];
		text[n] = '\0';
		g_assert_cmpint(pss_using_expand(text, NULL, NULL, &result, &names), ==, 0);
		g_assert_cmpstr(result, ==, text);
		g_assert_cmpint(names.n_items, ==, 0);
		free(result);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/using/samples", test_samples);
	g_test_add_func("/using/random", test_random);
	return g_test_run();
}
