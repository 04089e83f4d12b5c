/* SPDX-License-Identifier: MIT */
/* The parts of the entered loop that need no terminal: prompts, lines that leave, keys that were pressed ahead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/tap.h"
#include "client/entered/entered-line.h"
#include "client/prompt/prompt.h"
#include "client/prompt/typed.h"

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

int main(void)
{
	test_compose();
	test_leaving();
	test_typed();
	test_typed_passed();
	return check_end();
}
