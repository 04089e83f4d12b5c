/* SPDX-License-Identifier: MIT */
/* The parts of the entered loop that need no terminal: prompts, history files, leaving lines, keys that
 * were pressed ahead, and what the remote's output has switched on. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/entered/entered-line.h"
#include "client/entered/history.h"
#include "client/entered/prompt.h"
#include "client/entered/typed.h"
#include "terminal/clean-text.h"
#include "terminal/modes.h"

static int n_tests, n_failed;

static void check(bool good, const char *name)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++n_tests, name);
	n_failed += !good;
}

static void check_text(char *got, const char *wanted, const char *name)
{
	bool good = got && strcmp(got, wanted) == 0;

	check(good, name);
	if (!good)
		printf("# got    \"%s\"\n# wanted \"%s\"\n", got ? got : "(null)", wanted);
	free(got);
}

static char *clean(const char *text, enum pss_clean flags)
{
	return pss_clean_text(text, strlen(text), flags);
}

static void test_clean(void)
{
	static const struct {
		const char *name, *text, *wanted;
	} canaries[] = {
		{ "plain text stays", "~/src (main) $ ", "~/src (main) $ " },
		{ "UTF-8 stays", "\xc3\xa4\xe2\x9d\xaf \xf0\x9f\x90\xa7", "\xc3\xa4\xe2\x9d\xaf \xf0\x9f\x90\xa7" },
		{ "colours stay", "\033[1;31mred\033[0m", "\033[1;31mred\033[0m" },
		{ "a title is dropped", "a\033]0;owned\007b", "ab" },
		{ "a title ended by ST is dropped", "a\033]0;owned\033\\b", "ab" },
		{ "an unfinished title takes the rest with it", "a\033]0;owned", "a" },
		{ "a clipboard write is dropped", "a\033]52;c;ZXZpbA==\007b", "ab" },
		{ "DCS, APC, PM and SOS are dropped", "a\033Pq\033\\b\033_x\033\\c\033^x\033\\d\033Xx\033\\e",
		  "abcde" },
		{ "other CSI are dropped", "a\033[2J\033[6n\033[c\033[?1049hb\033[10;10Hc", "abc" },
		{ "a private SGR is dropped", "a\033[>4;2mb\033[?1mc", "abc" },
		{ "SGR with an intermediate byte is dropped", "a\033[1 mb", "ab" },
		{ "two-byte escapes are dropped", "a\033cb\0337c\033(0d\033#8e", "abcde" },
		{ "a lone ESC at the end is dropped", "a\033", "a" },
		{ "C0 controls are dropped", "a\001b\002c\007d\010e\rf\016g\177h", "abcdefgh" },
		{ "a tab is a blank", "a\tb", "a b" },
		{ "C1 controls are dropped",
		  "a\xc2\x9b"
		  "31mb\xc2\x9d"
		  "0;x\xc2\x9c",
		  "a31mb0;x" },
		{ "raw C1 bytes are no UTF-8",
		  "a\x9b"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "overlong forms are replaced", "\xc0\xaf\xe0\x80\xaf",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "surrogates are replaced", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "bidirectional controls are dropped",
		  "a\xe2\x80\xae"
		  "b\xe2\x81\xa6"
		  "c\xd8\x9c"
		  "d",
		  "abcd" },
		{ "zero-width and tag characters are dropped",
		  "a\xe2\x80\x8b"
		  "b\xef\xbb\xbf"
		  "c\xf3\xa0\x81\x81"
		  "d",
		  "abcd" },
		{ "nothing is expanded", "$(touch x)`id`!!%n\\u${x@P}", "$(touch x)`id`!!%n\\u${x@P}" },
	};

	for (size_t i = 0; i < sizeof(canaries) / sizeof(canaries[0]); i++)
		check_text(clean(canaries[i].text, PSS_CLEAN_SGR), canaries[i].wanted, canaries[i].name);
	check_text(clean("a\033[1mb", PSS_CLEAN_PLAIN), "ab", "without PSS_CLEAN_SGR colours go too");
	check_text(clean("a\nb", PSS_CLEAN_LINES), "a\nb", "newlines stay when asked");
	check_text(clean("a\xc3\xa4"
			 "b\x80",
			 PSS_CLEAN_ASCII),
		   "a?b?", "a character set that is no UTF-8");
	check_text(pss_clean_text("a\0b", 3, PSS_CLEAN_PLAIN), "ab", "a NUL is dropped");
	check_text(pss_clean_text(NULL, 0, PSS_CLEAN_PLAIN), "", "nothing gives an empty text");
}

static void test_clean_is_bounded(void)
{
	size_t n = 1 << 20;
	char *flood = malloc(n), *got;

	memset(flood, 'x', n);
	got = pss_clean_text(flood, n, PSS_CLEAN_SGR);
	check(got && strlen(got) == PSS_CLEAN_MAX, "a prompt of a megabyte is cut");
	free(got);
	for (size_t i = 0; i + 4 <= n; i += 4)
		memcpy(flood + i, "\033[0m", 4);
	got = pss_clean_text(flood, n, PSS_CLEAN_SGR);
	check(got && strlen(got) <= PSS_CLEAN_MAX, "so is one of colours");
	free(got);
	free(flood);
}

static char *compose(const char *form, const char *remote)
{
	struct pss_prompt prompt = { .form = form,
				     .name = "web1",
				     .user = "ann",
				     .prompt_name = "ann@web1",
				     .remote = remote,
				     .n_remote = strlen(remote),
				     .directory = "/srv/\033[31mx",
				     .n_directory = 11,
				     .utf8 = true };

	return pss_prompt_compose(&prompt);
}

static void test_compose(void)
{
	check_text(compose(NULL, "~$ "), "[ann@web1]: ~$ ", "the default form");
	check_text(compose(NULL, ""), "[ann@web1]: ", "an empty remote prompt");
	check_text(compose("%u@%h(%w)%% %p%", "> "), "ann@web1(/srv/x)% > %", "every field of the form");
	check_text(compose("%q", "x"), "%q", "an unknown field stands for itself");
	check_text(compose(NULL, "one\ntwo\nthree> "), "one\ntwo\n[ann@web1]: three> ",
		   "the name starts the last of several lines");
	check_text(compose(NULL, "\033[7mone\ntwo> "), "\033[7mone\033[m\n[ann@web1]: two> ",
		   "attributes of an earlier line end before the name");
	check_text(compose(NULL, "\033[31mtwo> "), "[ann@web1]: \033[31mtwo> \033[m", "attributes end with the prompt");
	check_text(compose("%p%n: ", "\033[8mx"), "\033[8mx\033[mann@web1: ", "attributes end before what follows %p");
	check_text(compose(NULL, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk> "), "d\ne\nf\ng\nh\ni\nj\n[ann@web1]: k> ",
		   "only the last lines of many");
	check_text(compose("\033]0;x\007%n> ", "x"), "ann@web1> \033[m",
		   "the form holds no sequences but colours either");
}

static void test_leaving(void)
{
	static const struct {
		const char *line;
		enum pss_leaving leaving;
		int status;
	} rows[] = {
		{ "exit", PSS_LEAVING_EXIT, -1 },
		{ "  EXIT\t", PSS_LEAVING_EXIT, -1 },
		{ "exit 3", PSS_LEAVING_EXIT, 3 },
		{ "exit -1", PSS_LEAVING_EXIT, 255 },
		{ "exit 256", PSS_LEAVING_EXIT, 0 },
		{ "logout", PSS_LEAVING_EXIT, -1 },
		{ "logout 4", PSS_LEAVING_EXIT, 4 },
		{ "Exit-PSSession", PSS_LEAVING_PSSESSION, -1 },
		{ "exit-pssession 3", PSS_LEAVING_NOT, -1 },
		{ "exit $x", PSS_LEAVING_NOT, -1 },
		{ "exit 1 2", PSS_LEAVING_NOT, -1 },
		{ "exit;", PSS_LEAVING_NOT, -1 },
		{ "exit 99999999999", PSS_LEAVING_NOT, -1 },
		{ "", PSS_LEAVING_NOT, -1 },
		{ "exits", PSS_LEAVING_NOT, -1 },
		{ "cd /x && exit 4", PSS_LEAVING_NOT, -1 },
		{ "exit -", PSS_LEAVING_NOT, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[80];
		int status = -1;
		enum pss_leaving leaving = pss_line_leaves(rows[i].line, &status);

		snprintf(name, sizeof(name), "does \"%s\" leave", rows[i].line);
		check(leaving == rows[i].leaving && status == rows[i].status, name);
	}
}

/* A test that says which keys are left of some that came back and some that were read here, cut anywhere. */
static char *left_of(const char *came_back, const char *read_here, size_t step, bool position_asked)
{
	struct termios modes = { .c_cc = { [VINTR] = 3, [VQUIT] = 28, [VSUSP] = 26 } };
	struct pss_typed typed;
	size_t n = strlen(came_back), m = strlen(read_here);

	pss_typed_init(&typed, &modes);
	typed.position_asked = position_asked;
	for (size_t i = 0; i < n; i += step)
		pss_typed_came_back(&typed, came_back + i, i + step < n ? step : n - i);
	for (size_t i = 0; i < m; i += step)
		pss_typed_read(&typed, read_here + i, i + step < m ? step : m - i);

	char *left = calloc(1, n + m + 1), *to = left;
	for (unsigned char key; pss_typed_next(&typed, &key);)
		*to++ = (char)key;
	pss_typed_finish(&typed);
	return left;
}

static void test_typed(void)
{
	static const struct {
		const char *came_back, *read_here, *left;
	} rows[] = {
		{ "ls -l\rpwd\r", "", "ls -l\rpwd\r" },
		{ "ls\r", "pwd\r", "ls\rpwd\r" },
		{ "a\177\001\t\004\033[A\033OP\033[1;5C\033[15~\033b", "",
		  "a\177\001\t\004\033[A\033OP\033[1;5C\033[15~\033b" },
		{ "\303", "\244", "\303\244" },
		/* Ctrl-C, Ctrl-\ and Ctrl-Z forget */
		{ "a\rb\003c", "d", "cd" },
		{ "a\r", "b\003", "" },
		{ "a\034b\032c", "", "c" },
		/* answers, whole and behind one another */
		{ "a\033[?64;1;2cb", "", "ab" },
		{ "\033[>0;276;0c\033[=1c\033[?1;0c", "x", "x" },
		{ "\033[24;80R\033[0n\033[?2026;2$y\033[8;24;80t\033[?0u", "", "" },
		{ "\033]10;rgb:ffff/ffff/ffff\033\\\033]52;c;YWJj\007x", "", "x" },
		{ "\033P1$r0m\033\\\033P1+r544e=78\033\\\033P>|tmux 3.3a\033\\\033P!|00000000\033\\", "", "" },
		{ "\033_Gi=1;OK\033\\ls\r", "", "ls\r" },
		{ "\033[I\033[O\033[<0;1;2M\033[<0;1;2m\033[M !!\033[32;1;2M", "", "" },
		{ "\033[?997;1n\033[48;24;80;480;640t\033[>4;2m\033[2;1;1;128;128;1;0x\033[?1;0;256S", "", "" },
		/* keys that look like some */
		{ "\033[1;2R\033[1;5R\033[1;16R", "", "\033[1;2R\033[1;5R\033[1;16R" },
		{ "\033[1;17R\033[2;5R", "", "" },
		{ "\033[97;5u\033[27;5;9~\033[1;2P\033[M", "", "\033[97;5u\033[27;5;9~\033[1;2P\033[M" },
		{ "\033_", "\033]x\033P\033X\033^", "\033_\033]x\033P\033X\033^" },
		{ "\033", "\033\033[A", "\033\033\033[A" },
		{ "\033]0;no end\rls\r", "", "\033]0;no end\rls\r" },
		/* a part that does not become one is keys */
		{ "\033[24;", "", "\033[24;" },
		/* half of it here, half of it there */
		{ "ls\033[?6", "4;1c\r", "ls\r" },
		{ "\033]11;rgb:00", "00/0000/0000\033\\x", "x" },
		/* the text of a paste is text */
		{ "\033[200~a\033[0nb\033[201~\033[0n", "", "\033[200~a\033[0nb\033[201~" },
		{ "\033[200~a\033[0n", "b", "\033[200~a\033[0nb" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[80];

		snprintf(name, sizeof name, "typed ahead, row %zu, in one", i);
		check_text(left_of(rows[i].came_back, rows[i].read_here, 100, false), rows[i].left, name);
	}
	for (size_t step = 1; step < 5; step++) {
		check_text(left_of("a\033[?64;1;2cb\033]11;rgb:0/0/0\007", "\033P1$r0m\033\\c", step, false), "abc",
			   "typed ahead: answers in pieces");
		check_text(left_of("a\033[200~\033[0nb\033[201~", "c", step, false), "a\033[200~\033[0nb\033[201~c",
			   "typed ahead: a paste in pieces");
	}
	check_text(left_of("\033[1;5Rx", "", 100, true), "x", "typed ahead: a position that was asked for is no F3");
}

static void test_typed_passed(void)
{
	struct termios modes = { .c_cc = { [VINTR] = 3 } };
	struct pss_typed typed;
	unsigned char key;

	pss_typed_init(&typed, &modes);
	pss_typed_came_back(&typed, "a\033[0nb\r~", 8);
	check(typed.n_passed == 4, "typed ahead: an answer in them changes how many were passed on");
	pss_typed_read(&typed, "c\033[0", 4);
	check(typed.n_passed == 4 && typed.keys.length == 8, "typed ahead: what is read here was not");
	check(pss_typed_is_cut(&typed), "typed ahead: it ends within an answer");
	pss_typed_next(&typed, &key);
	check(key == 'a' && typed.n_passed == 3, "typed ahead: keys are taken from the front");
	pss_typed_take(&typed, 5);
	check(typed.n_passed == 0, "typed ahead: and what was passed on with them");
	pss_typed_finish(&typed);
}

static unsigned queries_in(const char *output, size_t step)
{
	struct pss_tty_modes modes;
	size_t n = strlen(output);

	pss_tty_modes_init(&modes);
	for (size_t i = 0; i < n; i += step)
		pss_tty_modes_feed(&modes, output + i, i + step < n ? step : n - i);
	return modes.n_queries;
}

static void test_queries(void)
{
	for (size_t step = 1; step < 4; step++) {
		check(queries_in("\033[c\033[0c\033[>c\033[=c\033[5n\033[6n\033[?6n\033[?u\033[18t\033[?2026$p\033[>q",
				 step) == 11,
		      "queries: control sequences");
		check(queries_in("\033]11;?\007\033]4;1;?\033\\\033P$qm\033\\\033P+q544e\033\\", step) == 4,
		      "queries: strings");
		check(queries_in("\033[31mx\033[2J\033[1;1H\033[?25h\033]0;what?x\007\033[22;0t\033[>4;2m\033[1 "
				 "q\033P0;0q#\033\\",
				 step) == 0,
		      "queries: other sequences are none");
	}
}

static char *reset_after(const char *output, bool all, size_t step)
{
	struct pss_tty_modes modes;
	char *reset = calloc(1, PSS_TTY_MODES_RESET_MAX + 1);
	size_t n = strlen(output);

	pss_tty_modes_init(&modes);
	for (size_t i = 0; i < n; i += step)
		pss_tty_modes_feed(&modes, output + i, i + step < n ? step : n - i);
	pss_tty_modes_reset(&modes, all, reset);
	return reset;
}

static void test_modes(void)
{
	check_text(reset_after("plain\r\n", true, 100), "\033[m", "modes: nothing but attributes after plain text");
	for (size_t step = 1; step < 4; step++)
		check_text(reset_after("\033[?1000;1006h\033[?25l\033=\033[?1h", false, step),
			   "\033[?1l\033[?1000l\033[?1006l\033[?25h\033>\033[m",
			   "modes: mouse, cursor and keys are switched back");
	check_text(reset_after("\033[?1000h\033[?1000l", false, 100), "\033[m",
		   "modes: what was switched off is forgotten");
	check_text(reset_after("\033[?1049h", false, 100), "\033[m", "modes: the alternate screen stays at a prompt");
	check_text(reset_after("\033[?1049h", true, 100), "\033[?1049l\033[m", "modes: and goes on leaving");
	check_text(reset_after("x\033]0;tit", false, 100), "\030\033\\\033[m", "modes: an unfinished string is ended");
	check_text(reset_after("x\033[12", false, 100), "\030\033\\\033[m", "modes: an unfinished sequence is ended");
	check_text(reset_after("\033]0;a\033[?1000h\007", false, 100), "\033[?1000l\033[m", "modes: ESC ends a string");
	check_text(reset_after("\033(0", false, 100), "\017\033(B\033[m", "modes: line drawing is switched back");
	check_text(reset_after("\016", false, 100), "\017\033(B\033[m", "modes: so is a shift");
	check_text(reset_after("\033[>4;2m\033[>1u", false, 100), "\033[>4m\033[<1u\033[m",
		   "modes: keyboard protocols");
	check_text(reset_after("\033[?1000h\033c", false, 100), "\033[m", "modes: a full reset resets");
}

#define ST "\033\\"

/* What programs leave on, and what puts it back at a prompt and on leaving. */
static const struct {
	const char *output, *at_prompt, *at_end;
} left_on[] = {
	{ "\033[4h", "\033[4l", NULL },   /* insert */
	{ "\033[2h", "\033[2l", NULL },   /* the keyboard is locked */
	{ "\033[12l", "\033[12h", NULL }, /* local echo */
	{ "\033[20h", "\033[20l", NULL }, /* Enter sends CR LF */
	{ "\033[4;20h", "\033[4l\033[20l", NULL },
	{ "\033[?2l", "\033<", NULL }, /* VT52 */
	{ "\033[?4h", "\033[?4l", NULL },
	{ "\033[?5h", "\033[?5l", NULL },
	{ "\033[?7l", "\033[?7h", NULL },
	{ "\033[?8l", "\033[?8h", NULL },
	{ "\033[?45h", "\033[?45l", NULL },
	{ "\033[?66h", "\033[?66l", NULL },
	{ "\033[?67h", "\033[?67l", NULL },
	{ "\033[?69h", "\033[?69l", NULL },
	{ "\033[?1004;2004h", "\033[?1004l\033[?2004l", NULL },
	{ "\033[?2031;2048;2026h", "\033[?2026l\033[?2031l\033[?2048l", NULL },
	{ "\033[?9001h", "\033[?9001l", NULL },
	{ "\033[?6h", "\033[r\033[?6l\033[999;1H\r\n", NULL }, /* origin */
	{ "\033[?1049h", "", "\033[?1049l" },
	{ "\033[?47h\033[?1047h", "", "\033[?47l\033[?1047l" },
	{ "\033[?3h", "", "\033[?3l" },
	{ "\033[5;10r", "\0337\033[r\0338", NULL },
	{ "\033[>1u", "\033[<1u", NULL }, /* kitty's keyboard protocol */
	{ "\033[>1u\033[>3u\033[>u", "\033[<3u", NULL },
	{ "\033[>1u\033[>3u\033[>1u\033[<2u", "\033[<1u", NULL },
	{ "\033[=5u", "\033[=0u", NULL },
	{ "\033[=5;1u\033[=1;2u\033[=1;3u", "\033[=0u", NULL },
	{ "\033[=1u\033[=1;3u", "", NULL },
	{ "\033[>1u\033[=5u\033[<u", "", NULL },
	{ "\033[>1u\033[<9u", "", NULL },
	{ "\033[?1049h\033[>1u", "\033[<1u", "\033[<1u\033[?1049l" }, /* of that screen */
	{ "\033[>1u\033[?1049h\033[>1u\033[>1u", "\033[<2u", "\033[<2u\033[?1049l\033[<1u" },
	{ "\033[>4;1m", "\033[>4m", NULL }, /* modifyOtherKeys and its like */
	{ "\033[>1;3m\033[>2;3m", "\033[>1m\033[>2m", NULL },
	{ "\033[>4;2m\033[>4;0m", "", NULL },
	{ "\033[>4;2m\033[>4m", "", NULL },
	{ "\033[>4;2m\033[>4n", "", NULL },
	{ "\033[>1n", "\033[>1m", NULL },
	{ "\033[>4;1f", "\033[>4f", NULL },
	{ "\033[5 q", "\033[0 q", NULL }, /* the cursor's shape */
	{ "\033[5 q\033[0 q", "", NULL },
	{ "\033[5 q\033[ q", "", NULL },
	{ "\033[1\"q", "\033[0\"q", NULL },
	{ "\033)0", "\033)B", NULL }, /* charsets */
	{ "\033*A\033+0", "\033*B\033+B", NULL },
	{ "\033-A", "\033)B", NULL },
	{ "\033n", "\017\033(B", NULL },
	{ "\033~", "\033}", NULL },
	{ "\033%@", "\033%G", NULL },
	{ "\033%@\033%G", "", NULL },
	{ "\033(0\033(B", "", NULL },
	{ "\033 G", "\033 F", NULL },
	{ "\033]8;;http://x\007", "\033]8;;" ST, NULL },
	{ "\033]8;id=1;http://x" ST "\033]8;;" ST, "", NULL },
	{ "\033]4;1;red\007", "", "\033]104;1" ST }, /* colours */
	{ "\033]4;1;red;200;#fff" ST, "", "\033]104;1" ST "\033]104;200" ST },
	{ "\033]4;1;?;2;red" ST, "", "\033]104;2" ST },
	{ "\033]4;1;red" ST "\033]104;1" ST, "", "" },
	{ "\033]4;1;red" ST "\033]104" ST, "", "" },
	{ "\033]5;0;red" ST, "", "\033]105" ST },
	{ "\033]10;red\007\033]11;#000\007\033]12;blue\007", "", "\033]110" ST "\033]111" ST "\033]112" ST },
	{ "\033]10;?;red;?;blue\007", "", "\033]111" ST "\033]113" ST },
	{ "\033]11;red" ST "\033]111" ST, "", "" },
	{ "\033]17;red" ST "\033]19;red" ST, "", "\033]117" ST "\033]119" ST },
	{ "\033]9;4;1;50" ST, "", "\033]9;4;0" ST },
	{ "\033]9;4;1;50" ST "\033]9;4;0" ST, "", "" },
	{ "\033]22;wait" ST, "", "\033]22;" ST },
	{ "\033]0;t\007\033[31;4m\033[2J\033[3;4H\033[?25h\033[s\033[20l", "", "" },
	/* A soft reset puts back less than all: no mouse, no other screen. */
	{ "\033[4h\033[?6h\033[?25l\033[5;10r\033(0\033=\033[!p", "", "" },
	{ "\033[?1000h\033[?1049h\033]11;red\007\033[!p", "\033[?1000l", "\033[?1049l\033[?1000l\033]111" ST },
	{ "\033[4h\033[?1000h\033[>1u\033]11;red\007\033[5 q\033c", "", "" },
	{ "\033(\033[4h", "\033[4l", NULL },
};

static void check_left_on(size_t row, bool all, size_t step)
{
	const char *wanted = all && left_on[row].at_end ? left_on[row].at_end : left_on[row].at_prompt;
	char name[80], text[200];

	snprintf(name, sizeof name, "modes: row %zu, %s, in pieces of %zu", row, all ? "on leaving" : "at a prompt",
		 step);
	snprintf(text, sizeof text, "%s\033[m", wanted);
	check_text(reset_after(left_on[row].output, all, step), text, name);
}

static void test_left_on(void)
{
	for (size_t row = 0; row < sizeof left_on / sizeof *left_on; row++)
		for (size_t step = 1; step < 9; step += 2) {
			check_left_on(row, false, step);
			check_left_on(row, true, step);
		}
}

static void test_palette(void)
{
	char output[2000] = "";

	for (unsigned i = 0; i < 100; i++)
		snprintf(output + strlen(output), sizeof output - strlen(output), "\033]4;%u;red\007", i);
	check_text(reset_after(output, true, 2000), "\033]104" ST "\033[m",
		   "modes: the whole palette is put back at once");
	snprintf(output, sizeof output, "\033]4");
	for (unsigned i = 0; i < 100; i++)
		snprintf(output + strlen(output), sizeof output - strlen(output), ";%u;red", i);
	strcat(output, "\007");
	check_text(reset_after(output, true, 2000), "\033]104" ST "\033[m",
		   "modes: also where it was set in one long string");
}

static bool at_line_start(const char *output)
{
	struct pss_tty_modes modes;

	pss_tty_modes_init(&modes);
	pss_tty_modes_feed(&modes, output, strlen(output));
	return modes.at_line_start;
}

static void test_line_start(void)
{
	check(at_line_start(""), "line start: at first");
	check(at_line_start("x\r\n"), "line start: after CR LF");
	check(at_line_start("x\r"), "line start: after CR");
	check(!at_line_start("x"), "line start: not after text");
	check(!at_line_start("\n"), "line start: unknown after a bare LF");
	check(!at_line_start("x\r\n\033[5C"), "line start: not after a cursor movement");
	check(at_line_start("x\r\n\033[m\033]0;t\007"), "line start: attributes and titles do not move it");
	check(!at_line_start("x\033[m"), "line start: nor back");
	check(!at_line_start("x\r\n\033[3"), "line start: unknown in a sequence");
}

static char directory[] = "/tmp/pss-entered-XXXXXX";

static int load(struct pss_history *history, size_t limit)
{
	return pss_history_load(directory, "/nonexistent", "ann@web1:22", limit, history);
}

static char *history_path(void)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/pssession/history/ann@web1%%3A22", directory);
	return path;
}

static void test_history_round_trip(void)
{
	static const char *const entries[] = { "ls",
					       "for i in 1 2; do\n  echo $i\ndone",
					       "echo \\\\",
					       "tail \\",
					       "a \\\nb \\\\\nc\\\\\\",
					       "\n",
					       "x\n\ny",
					       "  blanks  ",
					       "\xff\xfe\x01",
					       "#1690000000",
					       "a\n" };
	size_t n = sizeof(entries) / sizeof(entries[0]);
	struct pss_history history;
	struct stat status;
	bool good = true;

	check(load(&history, 100) == 0 && history.n_entries == 0, "history: none at first");
	for (size_t i = 0; i < n; i++)
		good = good && pss_history_append(&history, entries[i]) == 0;
	check(good, "history: entries are appended");
	pss_history_finish(&history);
	check(load(&history, 100) == 0 && history.n_entries == n, "history: all are read back");
	for (size_t i = 0; i < n && i < history.n_entries; i++)
		check(strcmp(history.entries[i], entries[i]) == 0, "history: an entry reads back as it was");
	pss_history_finish(&history);
	check(stat(history_path(), &status) == 0 && (status.st_mode & 0777) == 0600, "history: the file is ours alone");
}

static void test_history_bounds(void)
{
	struct pss_history history;
	char line[32];

	load(&history, 10);
	for (int i = 0; i < 50; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		pss_history_append(&history, line);
	}
	pss_history_finish(&history);
	check(load(&history, 10) == 0 && history.n_entries == 10 && strcmp(history.entries[9], "line 49") == 0 &&
		      strcmp(history.entries[0], "line 40") == 0,
	      "history: the last ten of many");
	pss_history_finish(&history);
	check(load(&history, 1000) == 0 && history.n_entries == 10, "history: the file was shortened");
	pss_history_finish(&history);
	check(load(&history, 0) == 0 && history.n_entries == 0 && pss_history_append(&history, "secret") == 0,
	      "history: a limit of 0 reads nothing");
	pss_history_finish(&history);
	load(&history, 1000);
	check(history.n_entries == 10, "history: and writes nothing");
	pss_history_finish(&history);
	check(pss_history_limit(NULL, 7) == 7 && pss_history_limit("12", 7) == 12 &&
		      pss_history_limit("-1", 7) == PSS_HISTORY_UNLIMITED &&
		      pss_history_limit("x", 7) == PSS_HISTORY_UNLIMITED && pss_history_limit("0", 7) == 0,
	      "history: limits as bash takes them");
}

static void test_history_is_careful(void)
{
	struct pss_history history;
	char *path = history_path();
	struct stat status;
	int fd;

	fd = open(path, O_WRONLY | O_TRUNC);
	check(write(fd, "whole\ncut off", 13) == 13, "history: half a line");
	close(fd);
	chmod(path, 0644);
	load(&history, 10);
	check(history.n_entries == 2, "history: half a line at the end is read");
	pss_history_append(&history, "next");
	pss_history_finish(&history);
	load(&history, 10);
	check(history.n_entries == 3 && strcmp(history.entries[2], "next") == 0,
	      "history: the next entry begins a line");
	pss_history_finish(&history);
	check(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "history: an open file is closed to others");
	unlink(path);
	check(symlink("/etc/passwd", path) == 0, "history: a planted symlink");
	check(load(&history, 10) == -EPERM && history.n_entries == 0, "history: is not read");
	check(pss_history_append(&history, "x") == 0 && lstat(path, &status) == 0 && S_ISLNK(status.st_mode),
	      "history: nor written to");
	pss_history_finish(&history);
	unlink(path);
	check(mkfifo(path, 0600) == 0 && load(&history, 10) < 0, "history: a FIFO does not hang it");
	pss_history_finish(&history);
	unlink(path);
}

static void test_history_names(void)
{
	char key[600];
	char *name, *other;

	check_text(pss_history_file_name("ann@web1.example:22"), "ann@web1.example%3A22", "history: the file's name");
	check_text(pss_history_file_name("../../etc/x"), "%2E.%2F..%2Fetc%2Fx", "history: a name cannot climb");
	memset(key, 'h', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	name = pss_history_file_name(key);
	key[sizeof(key) - 2] = 'i';
	other = pss_history_file_name(key);
	check(strlen(name) < 255 && strlen(other) < 255 && strcmp(name, other) != 0, "history: long names stay apart");
	free(name);
	free(other);
}

static void remove_files(void)
{
	char path[200];
	static const char *const names[] = { "pssession/history", "pssession", "" };

	unlink(history_path());
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		rmdir(path);
	}
}

int main(void)
{
	if (!mkdtemp(directory))
		return 99;
	test_clean();
	test_clean_is_bounded();
	test_compose();
	test_leaving();
	test_typed();
	test_typed_passed();
	test_queries();
	test_modes();
	test_left_on();
	test_palette();
	test_line_start();
	test_history_round_trip();
	test_history_bounds();
	test_history_is_careful();
	test_history_names();
	remove_files();
	printf("1..%d\n", n_tests);
	return n_failed > 0;
}
