/* SPDX-License-Identifier: MIT */
/* The line in a text that is evaluated: found where it would run, and nowhere else. */
#include <glib.h>

#include "client/prompt/fence.h"

static const struct {
	const char *text, *line;
	bool runs;
} rows[] = {
	{ "touch x", "touch x", true },
	{ "  touch x\n", " touch x ", true },
	{ "-- touch x", "touch x", true },
	{ "time touch x", "touch x", true },
	{ "command time touch x", "touch x", true },
	{ "{ touch x; }", "touch x", true },
	{ "{ touch x\n} >f", "touch x", true },
	{ "(touch x)", "touch x", true },
	{ "true && touch x", "touch x", true },
	{ "if true; then touch x; fi", "touch x", true },
	{ "set -x; touch x", "touch x", true },
	{ "touch x | less", "touch x", true },
	{ "a b; a", "a", true },
	{ "for i in 1\ndo echo\ndone", "for i in 1\ndo echo\ndone", true },
	{ "x=`touch x`", "touch x", true },
	{ "if touch x; then :; fi", "touch x", true },
	{ "noglob touch x", "touch x", true },
	{ "nohup touch x >/dev/null", "touch x", true },
	{ "touch x --more", "touch x", true },
	{ "find", "find", true },
	{ " find ", "find", true },
	{ "find;", "find", true },
	{ "find ;:", "find", true },
	{ "find\n-x", "find", true },
	{ "find >f", "find", true },
	{ "find 2>/dev/null", "find", true },
	{ "find | fzf", "find", true },
	{ "find # -x", "find", true },
	{ "{ find }", "find", true },
	{ "(find )", "find", true },
	{ "find -x && find", "find", true },
	{ "", "touch x", false },
	{ "touch x", "", false },
	{ "touch x", "  ", false },
	{ "touch xy", "touch x", false },
	{ "sometime touch x", "touch x", false },
	{ "fzf --query 'touch x'", "touch x", false },
	{ "fzf --query ls", "ls", false },
	{ "lsof", "ls", false },
	{ "tools", "ls", false },
	{ "find . -type f | fzf", "find", false },
	{ "command find -L . 2>/dev/null", "find", false },
	{ "ls\t-l", "ls", false },
	{ "git log 2 >f", "git", false },
	{ "git 2", "git", false },
	{ "git#x", "git", false },
	{ "touch x#y", "touch x", false },
	{ "dir=$(pwd)", "cd", false },
};

static void test_rows(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool runs = pss_text_runs_line(rows[i].text, rows[i].line);

		if (runs != rows[i].runs)
			g_error("row %zu: <%s> in <%s>: %d", i, rows[i].line, rows[i].text, runs);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fence/rows", test_rows);
	return g_test_run();
}
