/* SPDX-License-Identifier: MIT */
/* The torture table for PowerShell, in its own words: the same cases as those of the other shells, and what PowerShell
 * has of its own. Its start takes a second or more, so a row holds many of them. A row that cannot work has no shell,
 * and says why. Here what a line may be made of; torture-pwsh-programs.c and -state.c have the rest. */
#include "torture.h"

#include <string.h>

static const TortureBytes bytes = { "[Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes('", "'))", "'", "'", FALSE };

static void send_all_bytes(Drive *drive)
{
	send_bytes(drive, &bytes);
}

static void expect_all_bytes(Drive *drive)
{
	expect_bytes(drive, &bytes);
}

/* Lines whose $? and $LASTEXITCODE are compared with those of PowerShell that reads the same ones from a pipe. */
static const char *const natively[] = {
	"'a'",
	"cat nowhere",
	"$y = 1",
	"sh -c 'exit 9'",
	"function g1 { }",
	"gci nowhere",
	"1/0",
	"throw 'x'",
	"nosuch",
	"}",
	"",
	"  ",
	"sh -c 'exit 4'; 'b'",
	"& { sh -c 'exit 3' }",
	"if (1) { sh -c 'exit 5' }",
	"return 3",
	"Write-Error x",
	"[int]'a'",
	"sh -c 'exit 0'",
	"try { 1/0 } catch { }",
	"sh -c 'kill -9 $$'",
	"# comment",
	"sh -c 'exit 6' | cat",
	"true && sh -c 'exit 2'",
	"$LASTEXITCODE = 70",
	"foreach ($i in 1) { break }",
};

#define PROBE "\"<$? $LASTEXITCODE>\""

/* "True 0" and its like, one for each line. */
static char **find_answers(const char *output)
{
	g_autoptr(GRegex) regex = g_regex_new("<((?:True|False) -?\\d*)>", 0, 0, NULL);
	g_autoptr(GStrvBuilder) answers = g_strv_builder_new();
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(regex, output, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *answer = g_match_info_fetch(match, 1);
		g_strv_builder_add(answers, answer);
	}
	return g_strv_builder_end(answers);
}

static char **ask_natively(Drive *drive)
{
	g_autoptr(GString) script = g_string_new(NULL);
	g_autofree char *path = g_build_filename(drive_home(drive), "lines", NULL), *output = NULL;
	const char *const argv[] = { "sh", "-c", "exec pwsh -NoLogo -NoProfile <\"$0\" 2>/dev/null", path, NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(natively); i++)
		g_string_append_printf(script, "%s\n" PROBE "\n", natively[i]);
	if (!g_file_set_contents(path, script->str, -1, NULL) ||
	    !g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, NULL, NULL))
		drive_fail(drive, "PowerShell does not start");
	return find_answers(output);
}

static void compare_with_native(Drive *drive)
{
	static const Step probe[] = { LINE(PROBE), PROMPT(0), DONE }, prompt[] = { PROMPT(ANY), DONE };
	g_auto(GStrv) wanted = ask_natively(drive);

	if (g_strv_length(wanted) != G_N_ELEMENTS(natively))
		drive_fail(drive, "PowerShell has not answered each line");
	for (gsize i = 0; i < G_N_ELEMENTS(natively); i++) {
		gsize n;
		drive_line(drive, natively[i], strlen(natively[i]));
		drive_steps(drive, natively[i], prompt);
		drive_steps(drive, natively[i], probe);
		g_auto(GStrv) answers = find_answers(drive_output(drive, &n));
		if (g_strcmp0(answers[0], wanted[i]) != 0) {
			g_autofree char *what =
				g_strdup_printf("\"%s\" leaves %s, natively %s", natively[i], answers[0], wanted[i]);
			drive_fail(drive, what);
		}
	}
}

static const Row rows[] = {
	{ "lines and their status",
	  PWSH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo hi"),
	    PROMPT(0),
	    SHOWS("hi\n"),
	    FRESH(1),
	    LINE("cat nowhere"),
	    PROMPT(1),
	    LINE("echo \"$? $LASTEXITCODE\""),
	    PROMPT(0),
	    SHOWS("False 1\n"),
	    LINE(""),
	    PROMPT(0),
	    LINE("sh -c 'exit 9'"),
	    PROMPT(9),
	    LINE(""),
	    PROMPT(9),
	    LINE("  "),
	    PROMPT(9),
	    LINE("echo \"$? $LASTEXITCODE\""),
	    PROMPT(0),
	    SHOWS("False 9\n"),
	    LINE("gci nowhere"),
	    PROMPT(1),
	    HAS("Cannot find path"),
	    LACKS("__pss"),
	    LINE("sh -c 'exit 7'; echo over"),
	    PROMPT(0),
	    SHOWS("over\n"),
	    LINE("1/0; echo on"),
	    PROMPT(0),
	    HAS("divide"),
	    HAS("on\n"),
	    LINE("throw \"thrown\""),
	    PROMPT(1),
	    HAS("thrown"),
	    LINE("true && nosuch"),
	    PROMPT(1),
	    HAS("not recognized"),
	    LINE("printf abc"),
	    PROMPT(0),
	    SHOWS("abc"),
	    FRESH(0),
	    LINE("printf 'abc\\033[0m\\n\\033[0m'"),
	    PROMPT(0),
	    SHOWS("abc\n"),
	    FRESH(1),
	    LINE("pwd | % Path; $x = 5; cd /usr"),
	    PROMPT(0),
	    DIRECTORY("/usr"),
	    LINE("\"$x $pwd\""),
	    PROMPT(0),
	    SHOWS("5 /usr\n"),
	    LINE("cd Env:; 1"),
	    PROMPT(0),
	    SHOWS("1\n"),
	    DIRECTORY("Env:/"),
	    LINE("cd /"),
	    PROMPT(0),
	    DONE } },
	{ "statuses are those that PowerShell has by itself",
	  PWSH,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(compare_with_native), LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), DONE } },
	{ "texts of several lines",
	  PWSH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("foreach ($i in 1,2) {"),
	    SECOND,
	    PS(">> "),
	    LINE("  $i"),
	    SECOND,
	    LINE("}"),
	    PROMPT(0),
	    SHOWS("1\n2\n"),
	    LINE("foreach ($i in 1,2) {\n $i\n}\necho end"),
	    PROMPT(0),
	    SHOWS("1\n2\nend\n"),
	    LINE("echo @'"),
	    SECOND,
	    LINE("a  \"b"),
	    SECOND,
	    LINE("'@"),
	    PROMPT(0),
	    SHOWS("a  \"b\n"),
	    LINE("echo 'a"),
	    SECOND,
	    LINE("b'"),
	    PROMPT(0),
	    SHOWS("a\nb\n"),
	    LINE("echo \"a"),
	    SECOND,
	    LINE("b\""),
	    PROMPT(0),
	    SHOWS("a\nb\n"),
	    LINE("echo b |"),
	    SECOND,
	    LINE("cat"),
	    PROMPT(0),
	    SHOWS("b\n"),
	    LINE("true &&"),
	    SECOND,
	    LINE("echo c"),
	    PROMPT(0),
	    SHOWS("c\n"),
	    LINE("echo (echo e"),
	    SECOND,
	    LINE(")"),
	    PROMPT(0),
	    SHOWS("e\n"),
	    LINE("echo 'a"),
	    SECOND,
	    DISCARD,
	    LINE("echo b"),
	    PROMPT(0),
	    SHOWS("b\n"),
	    DONE } },
	{ "texts of all kinds",
	  PWSH,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(send_100_kb),
	    PROMPT(0),
	    HAS("102400\n"),
	    CALL(send_all_bytes),
	    PROMPT(0),
	    CALL(expect_all_bytes),
	    LINE("echo 'ä 漢字 🙂'"),
	    PROMPT(0),
	    SHOWS("ä 漢字 🙂\n"),
	    LINE("echo !! \"a!b\" '!c' “q” ‘r’"),
	    PROMPT(0),
	    SHOWS("!!\na!b\n!c\nq\nr\n"),
	    LINE("}"),
	    PROMPT(1),
	    HAS("Unexpected token"),
	    LACKS("__pss"),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    LINE("echo a )"),
	    PROMPT(1),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    LINE("echo 1\n}\necho 2"),
	    PROMPT(1),
	    LACKS("2\n"),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    LINE("Set-Alias zz echo; function f($a) { \"f$a\" }"),
	    PROMPT(0),
	    LINE("zz aliased; f 1"),
	    PROMPT(0),
	    SHOWS("aliased\nf1\n"),
	    LINE("# it's"),
	    PROMPT(0),
	    SHOWS(""),
	    LINE("echo a # it's"),
	    PROMPT(0),
	    SHOWS("a\n"),
	    LINE("break"),
	    PROMPT(ANY),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    LINE("continue"),
	    PROMPT(ANY),
	    LINE("return 4"),
	    PROMPT(0),
	    SHOWS("4\n"),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    DONE } },
	{ "invalid UTF-8", 0, "such bytes become U+FFFD", NULL, FALSE, { DONE } },
};

const Rows torture_pwsh = { rows, G_N_ELEMENTS(rows) };
