/* SPDX-License-Identifier: MIT */
/* Torture rows: what a line may be made of. Each begins with a fresh shell at its first prompt. */
#include "torture.h"

#include <string.h>

static void send_100_kb(Drive *drive)
{
	g_autoptr(GString) line = g_string_new("printf %s '");
	for (int i = 0; i < 100 * 1024; i++)
		g_string_append_c(line, (char)('a' + i % 26));
	g_string_append(line, "' | wc -c");
	drive_line(drive, line->str, line->len);
}

/* Every byte but NUL, in single quotes. */
static void send_all_bytes(Drive *drive)
{
	g_autoptr(GString) line = g_string_new("printf %s '");
	for (int c = 1; c < 256; c++) {
		if (c == '\'')
			g_string_append(line, "'\\''");
		else
			g_string_append_c(line, (char)c);
	}
	g_string_append(line, "' | od -An -v -tx1 | tr -d ' \\n'");
	drive_line(drive, line->str, line->len);
}

static void expect_all_bytes(Drive *drive)
{
	g_autoptr(GString) wanted = g_string_new(NULL);
	for (int c = 1; c < 256; c++)
		g_string_append_printf(wanted, "%02x", c);
	gsize n;
	const char *output = drive_output(drive, &n);
	if (n != wanted->len || memcmp(output, wanted->str, n) != 0)
		drive_fail(drive, "not all bytes arrived");
}

static const Row rows[] = {
	{ "a command and its status",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo hi"), PROMPT(0), OUTPUT("hi\n"), FRESH(1), LINE("false"), PROMPT(1), LINE("echo $?"), PROMPT(0),
	    OUTPUT("1\n"), LINE(""), PROMPT(0), LINE("(exit 9)"), PROMPT(9), LINE(""), PROMPT(9), LINE("  "), PROMPT(9),
	    DONE } },
	{ "a for over several lines",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("for i in 1 2"), SECOND, LINE("do echo $i"), SECOND, LINE("done"), PROMPT(0), OUTPUT("1\n2\n"),
	    DONE } },
	{ "a for pasted whole",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("for i in 1 2\ndo\n echo $i\ndone\necho end"), PROMPT(0), OUTPUT("1\n2\nend\n"), DONE } },
	{ "a here-document",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("cat <<X"), SECOND, LINE("a  'b"), SECOND, LINE("X"), PROMPT(0), OUTPUT("a  'b\n"), DONE } },
	{ "quotes with newlines",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo 'a"), SECOND, LINE("b'"), PROMPT(0), OUTPUT("a\nb\n"), LINE("echo \"a"), SECOND, LINE("b\""),
	    PROMPT(0), OUTPUT("a\nb\n"), DONE } },
	{ "unfinished in many ways",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("if true; then"),
	    SECOND,
	    LINE("echo a; fi"),
	    PROMPT(0),
	    OUTPUT("a\n"),
	    LINE("echo b |"),
	    SECOND,
	    LINE("cat"),
	    PROMPT(0),
	    OUTPUT("b\n"),
	    LINE("true &&"),
	    SECOND,
	    LINE("echo c"),
	    PROMPT(0),
	    OUTPUT("c\n"),
	    LINE("{ echo d"),
	    SECOND,
	    LINE("}"),
	    PROMPT(0),
	    OUTPUT("d\n"),
	    DONE } },
	{ "unfinished in more ways",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("(echo d"),
	    SECOND,
	    LINE(")"),
	    PROMPT(0),
	    OUTPUT("d\n"),
	    LINE("echo $(echo e"),
	    SECOND,
	    LINE(")"),
	    PROMPT(0),
	    OUTPUT("e\n"),
	    LINE("case x in"),
	    SECOND,
	    LINE("x) echo f;; esac"),
	    PROMPT(0),
	    OUTPUT("f\n"),
	    LINE("echo g\\"),
	    SECOND,
	    LINE("h"),
	    PROMPT(0),
	    OUTPUT("gh\n"),
	    LINE("while false"),
	    SECOND,
	    LINE("do :; done"),
	    PROMPT(0),
	    DONE } },
	{ "unfinished lines can be forgotten",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo 'a"), SECOND, DISCARD, LINE("echo b"), PROMPT(0), OUTPUT("b\n"), DONE } },
	{ "a line of 100 KB", ALL, NULL, NULL, FALSE, { CALL(send_100_kb), PROMPT(0), HAS("102400\n"), DONE } },
	{ "every byte but NUL",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { CALL(send_all_bytes), PROMPT(0), CALL(expect_all_bytes), DONE } },
	{ "unicode",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo 'ä 漢字 🙂'"), PROMPT(0), OUTPUT("ä 漢字 🙂\n"), DONE } },
	{ "exclamation marks",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("echo !! \"a!b\" '!c'"), PROMPT(0), OUTPUT("!! a!b !c\n"), DONE } },
	{ "syntax errors", ALL, NULL, NULL, FALSE, { LINE("fi"),        PROMPT(ANY),
						     LACKS("__pss"),    LINE("echo ok"),
						     PROMPT(0),         OUTPUT("ok\n"),
						     LINE("echo a )"),  PROMPT(ANY),
						     LINE("echo a; }"), PROMPT(ANY),
						     LINE("echo ok"),   PROMPT(0),
						     OUTPUT("ok\n"),    LINE("echo 1\nfi\necho 2"),
						     PROMPT(ANY),       LACKS("2\n"),
						     LINE("echo ok"),   PROMPT(0),
						     OUTPUT("ok\n"),    DONE } },
	{ "aliases and functions",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("alias zz='echo aliased'"), PROMPT(0), LINE("zz"), PROMPT(0), OUTPUT("aliased\n"), LINE("f() {"),
	    SECOND, LINE("echo f$1"), SECOND, LINE("}"), PROMPT(0), LINE("f 1"), PROMPT(0), OUTPUT("f1\n"), DONE } },
	{ "comments",
	  ALL,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("# it's"), PROMPT(0), OUTPUT(""), LINE("echo a # it's \\"), PROMPT(0), OUTPUT("a\n"), DONE } },
	{ "a line editor's mode in the text",
	  BASH | ZSH | DASH | KSH | MKSH,
	  "ash has no emacs mode",
	  NULL,
	  FALSE,
	  { LINE("set -o vi; echo a"), PROMPT(0), OUTPUT("a\n"), LINE("set -o emacs"), PROMPT(0), LINE("echo b"),
	    PROMPT(0), OUTPUT("b\n"), DONE } },
};

const Rows torture_text = { rows, G_N_ELEMENTS(rows) };
