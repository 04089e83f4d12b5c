/* SPDX-License-Identifier: MIT */
/* `$using:` values as variables of each shell that is here: what the texts set is what was given, and who cannot hold
 * it says so. The shells themselves are asked. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "remote/protocol/variables.h"

/* With newlines, quotes, what shells expand, and bytes that are no UTF-8. */
static const char *const awkward[] = {
	"plain", "",     " ",  "a b",      "it's",         "\"", "\\",       "\\'", "!!",  "$HOME", "`id`", "$(id)",
	"*",     "@",    "]",  "a]b",      "a\nb",         "#",  "-n",       "=x",  "[0]", "(i)x",  "a\\]", "{a,b}",
	"\n",    "\t\r", "%1", "\303\251", "\377\001\177", "~",  "x[$(id)]", NULL,
};

static char *run(const char *shell, const char *text, int *ret_status)
{
	const char *const argv[] = { shell, "-c", text, NULL };
	char *output = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
			  &output, NULL, ret_status, &error))
		g_error("%s", error->message);
	return output;
}

static gboolean is_here(const char *shell)
{
	g_autofree char *path = g_find_program_in_path(shell);

	if (!path)
		g_test_message("%s is missing", shell);
	return path != NULL;
}

/* An array of the awkward ones at every third index, or a map from each to itself with a letter in front. */
static const char *const *make_list(gboolean is_map)
{
	GPtrArray *list = g_ptr_array_new();

	g_ptr_array_add(list, g_strdup(is_map ? "x(m" : "x(a"));
	for (gsize i = 0; awkward[i]; i++) {
		if (is_map && !*awkward[i])
			continue;
		g_ptr_array_add(list, is_map ? g_strconcat("[", awkward[i], NULL)
					     : g_strdup_printf("[%" G_GSIZE_FORMAT, 3 * i));
		g_ptr_array_add(list, g_strconcat(is_map ? "=v" : "=", awkward[i], NULL));
	}
	g_ptr_array_add(list, NULL);
	return (const char *const *)g_ptr_array_free(list, FALSE);
}

static const struct row {
	const char *shell;
	PssFamily family;
	const char *print, *keys, *print_map; /* the map: every key and its value; NULL: there are none */
} rows[] = {
#define SH_PRINT "printf '<%s>' \"${__pss_using_x[@]}\""
#define SH_KEYS "printf '%s,' \"${!__pss_using_x[@]}\""
#define SH_MAP "for k in \"${!__pss_using_x[@]}\"; do printf '<%s:%s>' \"$k\" \"${__pss_using_x[$k]}\"; done"
#define ZSH_MAP "for k v in \"${(@kv)__pss_using_x}\"; do printf '<%s:%s>' \"$k\" \"$v\"; done"
	{ "bash", PSS_FAMILY_BASH, SH_PRINT, SH_KEYS, SH_MAP },
	{ "bash", PSS_FAMILY_POSIX, SH_PRINT, SH_KEYS, SH_MAP },
	{ "zsh", PSS_FAMILY_ZSH, SH_PRINT, NULL, ZSH_MAP },
	{ "zsh", PSS_FAMILY_POSIX, SH_PRINT, NULL, ZSH_MAP },
	{ "ksh93", PSS_FAMILY_POSIX, SH_PRINT, SH_KEYS, SH_MAP },
	{ "mksh", PSS_FAMILY_POSIX, SH_PRINT, SH_KEYS, NULL },
	{ "fish", PSS_FAMILY_FISH, "printf '<%s>' $__pss_using_x", NULL, NULL },
};

static char *evaluate(const struct row *row, const char *const *list, const char *text)
{
	g_autoptr(GString) whole = g_string_new(NULL);
	int status;

	pss_variables_append(whole, row->family, list);
	g_assert_cmpuint(whole->len, <=, pss_variables_room(list));
	g_string_append(whole, text);
	char *output = run(row->shell, whole->str, &status);
	g_assert_cmpint(status, ==, 0);
	return output;
}

static void test_arrays(void)
{
	g_auto(GStrv) list = (char **)make_list(FALSE);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) keys = g_string_new(NULL);

	for (gsize i = 0; awkward[i]; i++) {
		g_string_append_printf(values, "<%s>", awkward[i]);
		g_string_append_printf(keys, "%" G_GSIZE_FORMAT ",", 3 * i);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!is_here(rows[i].shell))
			continue;
		g_autofree char *output = evaluate(&rows[i], (const char *const *)list, rows[i].print);
		g_assert_cmpstr(output, ==, values->str);
		g_autofree char *shown =
			rows[i].keys ? evaluate(&rows[i], (const char *const *)list, rows[i].keys) : NULL;
		if (shown)
			g_assert_cmpstr(shown, ==, keys->str);
	}
}

static void test_empty(void)
{
	static const char *const list[] = { "x(a", NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *count =
			g_strdup_printf("%s; echo end", rows[i].family == PSS_FAMILY_FISH
								? "for i in $__pss_using_x; echo no; end"
								: "for i in \"${__pss_using_x[@]}\"; do echo no; done");
		g_autofree char *output = is_here(rows[i].shell) ? evaluate(&rows[i], list, count) : NULL;
		if (output)
			g_assert_cmpstr(output, ==, "end\n");
	}
}

static int compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A map has no order. */
static char *sorted(const char *text)
{
	char **parts = g_strsplit(text, ">", -1);

	qsort(parts, g_strv_length(parts), sizeof *parts, compare);
	char *joined = g_strjoinv(">", parts);
	g_strfreev(parts);
	return joined;
}

static void test_maps(void)
{
	g_auto(GStrv) list = (char **)make_list(TRUE);
	g_autoptr(GString) pairs = g_string_new(NULL);

	for (gsize i = 0; awkward[i]; i++)
		if (*awkward[i])
			g_string_append_printf(pairs, "<%s:v%s>", awkward[i], awkward[i]);
	g_autofree char *expected = sorted(pairs->str);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!rows[i].print_map || !is_here(rows[i].shell))
			continue;
		g_autofree char *output = evaluate(&rows[i], (const char *const *)list, rows[i].print_map);
		g_autofree char *shown = sorted(output);
		g_assert_cmpstr(shown, ==, expected);
	}
}

/* An array where a map was before, as a session that was taken over may have left it, and the other way round. */
static void test_again(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		static const char *const map[] = { "x(m", "[k", "=old", NULL }, *const array[] = { "x(a", "[0", "=new",
												   NULL };
		int status;
		if (!rows[i].print_map || !is_here(rows[i].shell))
			continue;
		pss_variables_append(text, rows[i].family, map);
		pss_variables_append(text, rows[i].family, array);
		g_string_append(text, SH_PRINT);
		g_autofree char *output = run(rows[i].shell, text->str, &status);
		g_assert_cmpstr(output, ==, "<new>");
	}
}

/* What such a shell makes of the text that is for any: words on standard error, and status 2. */
static void test_others_say_so(void)
{
	static const char *const shells[] = { "dash", "mksh" };

	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		static const char *const map[] = { "x(m", "[k", "=v", NULL };
		g_autoptr(GString) text = g_string_new("exec 2>&1\n");
		int status;
		if (!is_here(shells[i]))
			continue;
		pss_variables_append(text, PSS_FAMILY_POSIX, map);
		g_string_append(text, "echo not reached");
		g_autofree char *output = run(shells[i], text->str, &status);
		g_assert_cmpint(status, ==, 2 << 8);
		g_assert_true(g_str_has_prefix(output, "$using:x is an associative array, and this shell has none:"));
		g_assert_null(strstr(output, "reached"));
	}
}

static const struct {
	PssFamily family;
	const char *program;
	gboolean array, map, empty_key;
} holders[] = {
	{ PSS_FAMILY_BASH, "bash", TRUE, TRUE, FALSE },       { PSS_FAMILY_ZSH, "zsh", TRUE, TRUE, TRUE },
	{ PSS_FAMILY_FISH, "fish", TRUE, FALSE, FALSE },      { PSS_FAMILY_POSIX, "dash", FALSE, FALSE, FALSE },
	{ PSS_FAMILY_POSIX, "sh", FALSE, FALSE, FALSE },      { PSS_FAMILY_POSIX, NULL, FALSE, FALSE, FALSE },
	{ PSS_FAMILY_POSIX, "ksh93", TRUE, TRUE, FALSE },     { PSS_FAMILY_POSIX, "mksh", TRUE, FALSE, FALSE },
	{ PSS_FAMILY_POSIX, "busybox", FALSE, FALSE, FALSE },
};

static gboolean is_held(gsize row, const char *const *list)
{
	g_autofree char *refusal = pss_variables_refuse(holders[row].family, holders[row].program, list);

	return refusal == NULL;
}

static void test_refusals(void)
{
	static const char *const scalar[] = { "x=", NULL }, *const array[] = { "y=", "x(a", NULL };
	static const char *const map[] = { "x(m", "[k", "=v", NULL }, *const empty[] = { "x(m", "[", "=v", NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(holders); i++) {
		g_assert_true(is_held(i, scalar));
		g_assert_cmpint(is_held(i, array), ==, holders[i].array);
		g_assert_cmpint(is_held(i, map), ==, holders[i].map);
		g_assert_cmpint(is_held(i, empty), ==, holders[i].empty_key);
	}
	g_autofree char *words = pss_variables_refuse(PSS_FAMILY_POSIX, "dash", array);
	g_assert_cmpstr(
		words, ==,
		"$using:x is an array, and dash has none: -ArgumentList makes texts $1, $2, …, and -ConfigurationName "
		"bash takes another shell");
}

/* From a client, separated by '|'. */
static const struct {
	const char *list;
	gboolean good;
} lists[] = {
	{ "", TRUE },
	{ "a=", TRUE },
	{ "a=x|b(a|[0|=x|c=", TRUE },
	{ "b(m|[|=", TRUE },
	{ "b(a|b(m", TRUE },
	{ "a", FALSE },
	{ "=x", FALSE },
	{ "[0|=x", FALSE },
	{ "b(a|[0", FALSE },
	{ "b(a|[0|[1", FALSE },
	{ "b(a|[x|=y", FALSE },
	{ "b(a|[-1|=y", FALSE },
	{ "b(a|[|=y", FALSE },
	{ "b(x", FALSE },
	{ "b(a=", FALSE },
	{ "1=x", FALSE },
	{ "a b=x", FALSE },
	{ "a;b=x", FALSE },
	{ "b(m|=x", FALSE },
	{ "b(a|[99999999999999999999|=y", FALSE },
	{ "b(a|[0|c=x", FALSE },
};

static void test_lists(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_auto(GStrv) entries = g_strsplit(lists[i].list, "|", -1);
		g_test_message("%s", lists[i].list);
		g_assert_cmpint(pss_variables_are_good((const char *const *)entries), ==, lists[i].good);
	}
	g_assert_true(pss_variables_are_good(NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/variables/arrays are what was given", test_arrays);
	g_test_add_func("/variables/an empty array is empty", test_empty);
	g_test_add_func("/variables/maps are what was given", test_maps);
	g_test_add_func("/variables/an array takes a map's place", test_again);
	g_test_add_func("/variables/a shell without maps says so", test_others_say_so);
	g_test_add_func("/variables/who cannot hold them is refused", test_refusals);
	g_test_add_func("/variables/lists that are none", test_lists);
	return g_test_run();
}
