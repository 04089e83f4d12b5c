/* SPDX-License-Identifier: MIT */
/* The pure parts of the remote engine: marks, replies, quoting, completeness, column, what holders say. */
#include <gio/gio.h>
#include <string.h>

#include "remote/holder/greeting.h"
#include "remote/holder/holder-listing.h"
#include "remote/protocol/completeness.h"
#include "remote/protocol/marks.h"
#include "remote/protocol/replies.h"
#include "remote/protocol/request.h"
#include "remote/protocol/script.h"
#include "terminal/column.h"
#include "terminal/paint.h"
#include "terminal/tokenizer.h"

#define NONCE "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"
#define MARK(n, tail) "\033]7337;" n ";" tail "\007"

/* ---- marks: plain bytes are logged as they are, marks as <slot kind argument> */

static void log_plain(gpointer user, const void *data, gsize n)
{
	g_string_append_len(user, data, (gssize)n);
}

static void log_mark(gpointer user, guint slot, char kind, const char *argument)
{
	g_string_append_printf(user, "<%u%c%s>", slot, kind, argument);
}

static const PssMarksEvents marks_events = { log_plain, log_mark };

static const struct {
	const char *input, *wanted;
} marks_cases[] = {
	{ "plain", "plain" },
	{ "a" MARK(NONCE, "q;5") "b", "a<1q5>b" },
	{ MARK(NONCE, "p"), "<1p>" },
	{ MARK(NONCE, "q;5") MARK(NONCE, "q;6"), "<1q5><1q6>" },
	{ MARK(OTHER, "w"), "<0w>" },
	{ MARK("ffffffffffffffffffffffffffffffff", "q;5") "x", MARK("ffffffffffffffffffffffffffffffff", "q;5") "x" },
	{ "\033" MARK(NONCE, "q;5"), "\033<1q5>" },
	{ "\033]7337;" MARK(NONCE, "q;5"), "\033]7337;<1q5>" },
	{ "\033]7337;" NONCE ";\007", "\033]7337;" NONCE ";\007" },
	{ "\033]7337;" NONCE ";q;5x\007", "\033]7337;" NONCE ";q;5x\007" },
	{ "\033]7337;" NONCE ";q;123456789\007", "\033]7337;" NONCE ";q;123456789\007" },
	{ "\033]0;title\007\033[1mbold\033[0m\033\033", "\033]0;title\007\033[1mbold\033[0m\033\033" },
	{ "\033]7337;" NONCE ";q;5\033\\", "\033]7337;" NONCE ";q;5\033\\" },
};

static void feed_marks(const char *input, gsize first, gsize step, GString *log)
{
	PssMarks marks;
	gsize n = strlen(input);
	pss_marks_init(&marks);
	pss_marks_expect(&marks, 0, OTHER);
	pss_marks_expect(&marks, 1, NONCE);
	for (gsize at = 0; at < n;) {
		gsize length = MIN(at == 0 && first ? first : step, n - at);
		pss_marks_feed(&marks, input + at, length, &marks_events, log);
		at += length;
	}
	pss_marks_flush(&marks, &marks_events, log);
}

static void test_marks(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(marks_cases); i++) {
		gsize n = strlen(marks_cases[i].input);
		for (gsize cut = 1; cut <= n; cut++) {
			g_autoptr(GString) split = g_string_new(NULL);
			g_autoptr(GString) steps = g_string_new(NULL);
			feed_marks(marks_cases[i].input, cut, n, split);
			feed_marks(marks_cases[i].input, 0, cut, steps);
			g_assert_cmpstr(split->str, ==, marks_cases[i].wanted);
			g_assert_cmpstr(steps->str, ==, marks_cases[i].wanted);
		}
	}
}

static void test_marks_expire(void)
{
	g_autoptr(GString) log = g_string_new(NULL);
	PssMarks marks;
	pss_marks_init(&marks);
	pss_marks_expect(&marks, 1, NONCE);
	pss_marks_feed(&marks, "a\033]73", 5, &marks_events, log);
	g_assert_cmpstr(log->str, ==, "a"); /* may become one */
	pss_marks_expect(&marks, 1, NULL);
	pss_marks_feed(&marks, "37;" NONCE ";q;5\007", 3 + 32 + 5, &marks_events, log);
	g_assert_cmpstr(log->str, ==, "a" MARK(NONCE, "q;5"));
}

/* ---- replies: <type field|field|> */

static void log_reply(gpointer user, const PssReply *reply)
{
	g_string_append_printf(user, "<%c ", reply->type);
	for (guint i = 0; i < reply->n_fields; i++)
		g_string_append_printf(user, "%s|", reply->field[i]);
	g_string_append_c(user, '>');
}

#define START "\036" NONCE
#define BYTES(s) s, sizeof s - 1

static const struct {
	const char *input;
	gsize n;
	const char *wanted;
} replies_cases[] = {
	{ BYTES(START "x\0/dir\0"), "<x /dir|>" },
	{ BYTES("noise \036 of .bashrc\n" START "b\0n\0more" START "E\0n\0"
		"0\0/\0$ \0him\0"),
	  "<b n|><E n|0|/|$ |him|>" },
	{ BYTES("\036" OTHER "x\0x\0" START "x\0y\0"), "<x y|>" },
	{ BYTES(START "E\0n\0"
		      "0\0/cut" START "b\0n\0"),
	  "<b n|>" },
	{ BYTES(START "?\0n\0" START "b\0n\0"), "<b n|>" },
	{ BYTES(START START "b\0n\0"), "<b n|>" },
	{ BYTES(START "bx\0n\0" START "b\0n\0"), "<b n|>" },
	{ BYTES(START "v\0n\0\0"), "<v n||>" },
	{ BYTES(START "d\0/dir\0dash\0"), "<d /dir|dash|>" },
	{ BYTES("\036012" START "k\0n\0 61 62\n\0"), "<k n| 61 62\n|>" },
};

static void test_replies(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(replies_cases); i++) {
		gsize n = replies_cases[i].n;
		for (gsize step = 1; step <= n; step++) {
			g_autoptr(GString) log = g_string_new(NULL);
			PssReplies replies;
			pss_replies_init(&replies, NONCE);
			for (gsize at = 0; at < n; at += step)
				pss_replies_feed(&replies, replies_cases[i].input + at, MIN(step, n - at), log_reply,
						 log);
			pss_replies_finish(&replies);
			g_assert_cmpstr(log->str, ==, replies_cases[i].wanted);
		}
	}
}

static void test_replies_are_bounded(void)
{
	g_autoptr(GString) log = g_string_new(NULL);
	g_autofree char *flood = g_strnfill(64 * 1024, 'x');
	PssReplies replies;
	pss_replies_init(&replies, NONCE);
	pss_replies_feed(&replies, BYTES(START "x\0"), log_reply, log);
	for (int i = 0; i < 64; i++) {
		pss_replies_feed(&replies, flood, 64 * 1024, log_reply, log);
		g_assert_cmpuint(replies.bytes->len, <, 2 * PSS_REPLY_MAX);
	}
	pss_replies_feed(&replies, BYTES(START "x\0y\0"), log_reply, log);
	g_assert_cmpstr(log->str, ==, "<x y|>");
	pss_replies_finish(&replies);
}

/* ---- quoting, by the shells themselves */

static void expect_quoted(const char *shell, PssFamily family)
{
	g_autofree char *program = g_find_program_in_path(shell);
	g_autoptr(GString) script = g_string_new("printf %s ");
	g_autofree char *output = NULL;
	char bytes[255];
	if (!program)
		return;
	for (int i = 0; i < 255; i++)
		bytes[i] = (char)(i + 1);
	pss_family_quote(script, family, bytes, sizeof bytes);
	g_string_append(script, " | od -An -v -tx1 | tr -d ' \\n'");
	const char *const argv[] = { program, "-c", script->str, NULL };
	const char *const busybox[] = { program, "sh", "-c", script->str, NULL };
	g_assert_true(g_spawn_sync(NULL, (char **)(strcmp(shell, "busybox") == 0 ? busybox : argv), NULL,
				   G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, NULL, NULL));
	g_autoptr(GString) wanted = g_string_new(NULL);
	for (int i = 1; i < 256; i++)
		g_string_append_printf(wanted, "%02x", i);
	g_assert_cmpstr(output, ==, wanted->str);
}

static void test_quoting(void)
{
	expect_quoted("bash", PSS_FAMILY_BASH);
	expect_quoted("zsh", PSS_FAMILY_ZSH);
	expect_quoted("dash", PSS_FAMILY_POSIX);
	expect_quoted("busybox", PSS_FAMILY_POSIX);
	expect_quoted("mksh", PSS_FAMILY_POSIX);
	expect_quoted("ksh93", PSS_FAMILY_POSIX);
	expect_quoted("fish", PSS_FAMILY_FISH);
}

/* PowerShell takes typographic quotes for quotes. */
static void test_doubled_quotes(void)
{
	static const char text[] = "a'b‘c’d‚e‛f“$x`\n";
	g_autoptr(GString) quoted = g_string_new(NULL);
	pss_family_quote(quoted, PSS_FAMILY_PWSH, text, sizeof text - 1);
	g_assert_cmpstr(quoted->str, ==, "'a''b‘‘c’’d‚‚e‛‛f“$x`\n'");
}

/* A request is one line for the shell that reads it, whatever the text. */
static void test_requests(void)
{
	g_autoptr(GString) out = g_string_new(NULL);
	pss_request_line(out, PSS_FAMILY_BASH, NONCE, "a\nb'\\", 5, TRUE);
	g_assert_true(g_str_has_prefix(out->str, "\n{ __pss_v " NONCE " $'a\\nb\\047\\134'; }"));
	g_assert_true(strchr(out->str + 1, '\n') == out->str + out->len - 1);
	g_string_truncate(out, 0);
	pss_request_line(out, PSS_FAMILY_FISH, NONCE, "a\n \\x41'", 8, TRUE);
	static const char record[] = "\0v " NONCE " a\\x0a\\x20\\x5cx41'";
	g_assert_cmpmem(out->str, out->len, record, sizeof record);
	g_string_truncate(out, 0);
	pss_request_typed(out, PSS_FAMILY_PWSH, NONCE, "1f");
	static const char typed[] = "\0g " NONCE " 3166";
	g_assert_cmpmem(out->str, out->len, typed, sizeof typed);
	g_assert_cmpstr(pss_family_name(pss_family_from_name("fish")), ==, "fish");
	g_assert_cmpstr(pss_family_name(pss_family_from_name("pwsh")), ==, "pwsh");
	g_assert_cmpstr(pss_family_name(pss_family_from_name("posix")), ==, "sh");
	g_assert_null(pss_family_name(pss_family_from_name("tcsh")));
}

/* ---- completeness */

static void test_doubt(void)
{
	static const char *const sure[] = {
		"",
		"ls",
		"ls -l | wc",
		"echo 'a b' \"c $x\"",
		"a && b || c; d &",
		"x=5",
		"cat <f >g 2>&1",
		"# if",
		"echo a # (",
		"git log --oneline",
		"echo $? $x",
		"cd /tmp;ls",
		"echo if then",
	};
	static const char *const doubtful[] = {
		"if true",    "for i in 1", "a |",          "a &&", "a ||",     "echo 'a",      "echo \"a",
		"echo \"$(a", "echo `a",    "echo a\\",     "(a",   "{ a",      "f() {",        "cat <<X",
		"a\nb",       "case x in",  "! ",           "! a",  "a; then",  "echo \"a\\\"", "echo ${x",
		"echo $((1",  "a | # b",    "while x",      "[[ a", "echo $'a", "a=(1",         "time",
		"echo \"${",  "a > ",       "alias x='if'",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(sure); i++) {
		if (!pss_text_is_surely_complete(sure[i], strlen(sure[i])))
			g_error("in doubt: %s", sure[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(doubtful); i++) {
		if (pss_text_is_surely_complete(doubtful[i], strlen(doubtful[i])))
			g_error("not in doubt: %s", doubtful[i]);
	}
}

/* ---- column */

static void test_column(void)
{
	static const struct {
		const char *text;
		gboolean first;
	} cases[] = {
		{ "", TRUE },
		{ "a", FALSE },
		{ "a\r\n", TRUE },
		{ "a\n", FALSE },
		{ "a\r\n\033[0m", TRUE },
		{ "\033]0;title\007", TRUE },
		{ "a\r\n\033[5C", FALSE },
		{ "a\r\n\033]0;x", FALSE },
		{ "\033]0;x\033\\", TRUE },
		{ "a\r\n\t", FALSE },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct pss_column column;
		pss_column_reset(&column);
		for (const char *at = cases[i].text; *at; at++)
			pss_column_feed(&column, at, 1);
		if (pss_column_is_first(&column) != cases[i].first)
			g_error("column: case %" G_GSIZE_FORMAT, i);
	}
}

/* ---- listings of holders */

#define UUID "b4e1c6a0-3d1f-4c55-9d5e-2f6f3f0a9b11"
#define ROW(words) "\036" NONCE " f " OTHER " " words "\n"
#define END "\036" NONCE " e\n"

static char *describe_found(const char *text)
{
	g_autoptr(GPtrArray) all = pss_find_read(NONCE, text, strlen(text));
	GString *line = g_string_new(all ? "" : "none");

	for (guint i = 0; all && i < all->len; i++) {
		const PssFound *found = all->pdata[i];
		g_assert_cmpstr(found->holder, ==, OTHER);
		g_assert_cmpstr(found->instance, ==, UUID);
		g_string_append_printf(line, "%s/%s/%s/%u/%" G_GINT64_FORMAT "/%d;", found->name, found->shell,
				       found->origin, found->idle_s, found->opened, found->is_linked);
	}
	return g_string_free(line, FALSE);
}

static void test_find(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "none" },
		{ ROW("1 " UUID " n 60 a@b - 7 bash -"), "none" },
		{ END, "" },
		{ ROW("1 " UUID " n 60 a@b - 7 bash -") END, "n/bash/a@b/60/7/0;" },
		{ "noise" ROW("1 " UUID " n 60 a@b zsh 7 bash c@d") "noise" END "more", "n/zsh/c@d/60/7/1;" },
		{ ROW("1 " UUID " a\\040\\047b\\134 0 a@b - 7 bash -") END, "a 'b\\/bash/a@b/0/7/0;" },
		{ ROW("2 " UUID " n 60 a@b - 7 bash -") END, "" },
		{ ROW("1 " UUID " n 60 a@b - 7 bash") END, "" },
		{ ROW("1 " UUID "  60 a@b - 7 bash -") END, "" },
		{ ROW("1 " UUID " n sixty a@b - 7 bash -") END, "" },
		{ ROW("1 not-a-uuid n 60 a@b - 7 bash -") END, "" },
		{ ROW("1 " UUID) ROW("1 " UUID " n 60 a@b - 7 bash -") END, "n/bash/a@b/60/7/0;" },
		{ "\036" OTHER " e\n", "none" },
		{ "\036" NONCE " \n" END, "" },
		{ "\036" NONCE "  \n" END, "" },
		{ "\036" NONCE " f\n\036" NONCE " f \n" END, "" },
		{ "\036" NONCE " \036" NONCE " \n" END, "" },
		{ "\036" NONCE " ", "none" },
		{ "\036" NONCE " e", "none" },
		{ ROW("1 " UUID " \\ 60 \\9 - 7 \\04 -") END, "\\/\\04/\\9/60/7/0;" },
		{ ROW("1 " UUID " n 60 a@b - 99999999999999999999 bash -") END, "" },
		{ ROW("1 " UUID " n -1 a@b - 7 bash -") END, "" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *found = describe_found(cases[i].text);
		g_assert_cmpstr(found, ==, cases[i].wanted);
	}
}

static void test_find_is_bounded(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *long_name = g_strnfill(8192, 'n');

	g_string_append_printf(text, ROW("1 " UUID " %s 60 a@b - 7 bash -"), long_name);
	for (guint i = 0; i < PSS_FOUND_MAX + 10; i++)
		g_string_append(text, ROW("1 " UUID " n 60 a@b - 7 bash -"));
	g_string_append(text, END);
	g_autoptr(GPtrArray) all = pss_find_read(NONCE, text->str, text->len);
	g_assert_cmpuint(all->len, ==, PSS_FOUND_MAX);
}

/* ---- greetings of holders */

static void test_greetings(void)
{
	static const struct {
		const char *line;
		PssGreetingKind kind;
		const char *wanted; /* have/start/end/takes raw/last child/text */
	} cases[] = {
		{ "h 3 40 perl-2 90", PSS_GREETING_HELD, "3/40/90/1/0/" },
		{ "h 3 40 perl 90", PSS_GREETING_HELD, "3/40/90/0/0/" },
		{ "h 3 40 python-2", PSS_GREETING_HELD, "3/40/0/1/0/" },
		{ "h 3 40 perl-3 90", PSS_GREETING_HELD, "3/40/90/1/0/" },
		{ "h 3 40 perl-10 90", PSS_GREETING_HELD, "3/40/90/1/0/" },
		{ "h 3 40 perl-2 90 7 a\\040b c", PSS_GREETING_HELD, "3/40/90/1/7/a b c" },
		{ "h 3 40 perl-2 90 7 ", PSS_GREETING_HELD, "3/40/90/1/7/" },
		{ "h 3 40 perl-2 90 7", PSS_GREETING_HELD, "3/40/90/1/7/" },
		{ "n no keeper here", PSS_GREETING_NO_KEEPER, "0/0/0/0/0/no keeper here" },
		{ "g", PSS_GREETING_GONE, "0/0/0/0/0/" },
		{ "g ", PSS_GREETING_GONE, "0/0/0/0/0/" },
		{ "n", PSS_GREETING_NO_KEEPER, "0/0/0/0/0/" },
		{ "o", PSS_GREETING_TAKEN, "0/0/0/0/0/" },
		{ "b", PSS_GREETING_BUSY, "0/0/0/0/0/" },
		{ "b me\\040too@there", PSS_GREETING_BUSY, "0/0/0/0/0/me too@there" },
		{ "", PSS_GREETING_NONE, "0/0/0/0/0/" },
		{ " ", PSS_GREETING_NONE },
		{ "x", PSS_GREETING_NONE },
		{ "x y", PSS_GREETING_NONE },
		{ "ho", PSS_GREETING_NONE },
		{ "h", PSS_GREETING_NONE },
		{ "h ", PSS_GREETING_NONE },
		{ "h 3", PSS_GREETING_NONE },
		{ "h 3 40", PSS_GREETING_NONE },
		{ "h 3 40 ", PSS_GREETING_HELD, "3/40/0/0/0/" },
		{ "h  3 40 perl-2", PSS_GREETING_NONE },
		{ "h -3 40 perl-2 90", PSS_GREETING_NONE },
		{ "h 3 40 perl-2 39", PSS_GREETING_NONE },
		{ "h 3 40 perl-2 99999999999", PSS_GREETING_NONE },
		{ "h 18446744073709551615 40 perl-2 90", PSS_GREETING_NONE },
		{ "h 3 40 perl-2 90 4294967296 x", PSS_GREETING_NONE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* A block of its own size, so that a reader that goes past it is seen. */
		g_autofree char *line = g_strdup(cases[i].line);
		g_auto(PssGreeting) greeting = { 0 };
		pss_greeting_read(line, &greeting);
		g_assert_cmpint(greeting.kind, ==, cases[i].kind);
		g_autofree char *said = g_strdup_printf(
			"%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "/%d/%u/%s", greeting.have,
			greeting.start, greeting.end, greeting.takes_raw, greeting.last_child, greeting.text);
		if (cases[i].wanted)
			g_assert_cmpstr(said, ==, cases[i].wanted);
	}
}

/* What pss_script_pack() has packed. */
static char *unpack(const char *packed)
{
	g_autoptr(GZlibDecompressor) gzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	static char text[256 * 1024];
	gsize n_packed, n_read, n;
	g_autofree guchar *bytes = g_base64_decode(packed, &n_packed);
	g_autoptr(GError) error = NULL;

	g_converter_convert(G_CONVERTER(gzip), bytes, n_packed, text, sizeof text, G_CONVERTER_INPUT_AT_END, &n_read,
			    &n, &error);
	g_assert_no_error(error);
	return g_strndup(text, n);
}

/* What a holder is told comes back from a listing, whatever the name: no quote or mark in it reaches the script. */
static void test_about(void)
{
	static const char *const names[] = { "plain", "it's", "a b\tc", "@END@", "@NAME@", "%s\\n", "\303\274" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const PssHolderAbout about = { .instance = UUID, .name = names[i], .origin = "a@b", .idle_s = 60 };
		PssHolderLink link;
		pss_holder_link_init(&link, OTHER, &about);
		g_autofree char *script = unpack(link.script->str);
		char *start = strstr(script, "'1 " UUID " ");
		g_assert_nonnull(start);
		g_autofree char *line = g_strndup(start + 1, strcspn(start + 1, "'"));
		g_autofree char *text = g_strdup_printf(ROW("%s 7 bash -") END, line);
		g_autofree char *wanted = g_strdup_printf("%s/bash/a@b/60/7/0;", names[i]);
		g_autofree char *found = describe_found(text);
		g_assert_cmpstr(found, ==, wanted);
		pss_holder_link_finish(&link);
	}
}

/* ---- who prints */

static void test_paint(void)
{
	static const struct {
		const char *text;
		gboolean takes_keyboard, is_line;
	} rows[] = {
		{ "user@host:~$ ", FALSE, TRUE },
		{ "\033[1m\033[7m%\033[27m\033[1m\033[0m    \r \r\033[0m\033[Jvm% \033[K\033[?2004h", TRUE, TRUE },
		{ "\033[?1h\033=", TRUE, FALSE },
		{ "\033[?25;2004h", TRUE, TRUE },
		{ "\033[?1049h\033[H\033[2J", TRUE, FALSE },
		{ "\033[?47h", TRUE, TRUE },
		{ "\033[?2004l\033[?1049l", FALSE, TRUE },
		{ "\033[?25h\033[?12h\033[?7h\033[?10h\033[?20041h", FALSE, TRUE },
		{ "\033]0;title\007\033[01;32mroot\033[00m# ", FALSE, TRUE },
		{ "\033[2004h\033?2004h[?2004h", FALSE, FALSE },
		{ "\033\033[?2004h", TRUE, TRUE },
		{ "\033[?1\033[?2004h", TRUE, TRUE },
		{ "ends\033", FALSE, FALSE },
		{ "ends\033[", FALSE, FALSE },
		{ "ends\033[12;", FALSE, FALSE },
		{ "", FALSE, TRUE },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize n = strlen(rows[i].text);
		for (gsize cut = 0; cut <= n; cut++) {
			struct pss_tokenizer paint = { 0 };
			gboolean first = pss_paint_takes_keyboard(&paint, rows[i].text, cut);
			gboolean second = pss_paint_takes_keyboard(&paint, rows[i].text + cut, n - cut);
			g_assert_cmpint(first || second, ==, rows[i].takes_keyboard);
		}
		g_assert_cmpint(pss_paint_is_line(rows[i].text), ==, rows[i].is_line);
	}
}

/* ---- the commands of the two channels */

/* With what stands around it in a packet. libssh keeps two buffers of the size of the longest request, a power of two.
 */
#define SHORTEST_BUFFERS (8192 - 82)

/* bash, which is the most frequent, in halves: each fits. The whole is what the first session with a computer sends. */
static void test_commands(void)
{
	const PssScriptValues values = {
		.name = "0123456789abcdef0123456789abcdef",
		.first = "0123456789abcdef0123456789abcdef",
		.kept = TRUE,
		.resilient = TRUE,
	};
	g_autofree char *control = pss_script_control_command(&values, PSS_FAMILY_BASH, TRUE);
	g_autofree char *terminal = pss_script_terminal_command_for(&values, PSS_FAMILY_BASH, TRUE);
	g_autofree char *whole = pss_script_control_command(&values, PSS_FAMILY_BASH, FALSE);

	g_test_message("control %zu, terminal %zu, without halves %zu", strlen(control), strlen(terminal),
		       strlen(whole));
	g_assert_cmpuint(strlen(control), <=, SHORTEST_BUFFERS);
	g_assert_cmpuint(strlen(terminal), <=, SHORTEST_BUFFERS);
	g_assert_cmpuint(strlen(control) + strlen(terminal), >, strlen(whole));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/marks/are found however the bytes are cut", test_marks);
	g_test_add_func("/marks/expire with their nonce", test_marks_expire);
	g_test_add_func("/replies/are found however the bytes are cut", test_replies);
	g_test_add_func("/replies/are bounded", test_replies_are_bounded);
	g_test_add_func("/requests/every byte survives quoting", test_quoting);
	g_test_add_func("/requests/every byte survives quoting of PowerShell", test_doubled_quotes);
	g_test_add_func("/requests/are one line", test_requests);
	g_test_add_func("/completeness/never sure of the unfinished", test_doubt);
	g_test_add_func("/column/is known after a carriage return", test_column);
	g_test_add_func("/find/rows and the end", test_find);
	g_test_add_func("/find/is bounded", test_find_is_bounded);
	g_test_add_func("/greeting/every kind, and what is none", test_greetings);
	g_test_add_func("/find/what a holder is told comes back", test_about);
	g_test_add_func("/paint/tells who prints", test_paint);
	g_test_add_func("/commands/of bash fit in small buffers", test_commands);
	return g_test_run();
}
