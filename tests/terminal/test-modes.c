/* SPDX-License-Identifier: MIT */
/* What the remote's output has switched on, and what puts it back at a prompt and on leaving; which output asks the
 * terminal something; whether the cursor stands at the start of a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/tap.h"
#include "terminal/modes.h"

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

int main(void)
{
	test_queries();
	test_modes();
	test_left_on();
	test_palette();
	test_line_start();
	return check_end();
}
