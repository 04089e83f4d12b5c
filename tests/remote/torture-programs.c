/* SPDX-License-Identifier: MIT */
/* Torture rows: programs on the terminal, keys, signals. */
#include "torture.h"

static gint64 started;

static void start_clock(Drive *drive)
{
	started = g_get_monotonic_time();
}

static void expect_fast(Drive *drive)
{
	/* 150 ms is the aim; a loaded machine may take some times that. */
	if (g_get_monotonic_time() - started > 1500 * 1000)
		drive_fail(drive, "the prompt took too long");
}

static const Row rows[] = {
	{ "a program reads the terminal", ALL, NULL, NULL, FALSE,
	  { LINE("head -n 1"), KEYS("hello\r"), PROMPT(0), OUTPUT("hello\nhello\n"), DONE } },
	{ "cat and Ctrl-D", ALL, NULL, NULL, FALSE,
	  { LINE("cat"), KEYS("abc\r"), UNTIL("abc\nabc\n"), KEYS("\004"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "vim", ALL, NULL, NULL, FALSE,
	  { LINE("vim.tiny -u NONE -N"), UNTIL("~"), KEYS(":q!\r"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "top", ALL, NULL, NULL, FALSE,
	  { LINE("top"), UNTIL("PID"), KEYS("q"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "Ctrl-C ends a program", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'; echo no"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), LACKS("no"), LACKS("b$"),
	    LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "Ctrl-C from outside", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), INTERRUPT, PROMPT(130), INTERRUPT, LINE("echo ok"), PROMPT(0),
	    OUTPUT("ok\n"), DONE } },
	{ "Ctrl-C ends a busy program", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'echo on; while :; do :; done'"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), DONE } },
	{ "Ctrl-C ends a loop of the shell", ALL, NULL, NULL, FALSE,
	  { LINE("echo on; while :; do :; done"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), LACKS("b$"), LINE("echo ok"), PROMPT(0),
	    OUTPUT("ok\n"), DONE } },
	{ "Ctrl-C twice", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'trap \"echo one\" INT; echo on; while read x; do :; done; exit 3'"), UNTIL("on\n"), KEYS("\003"), UNTIL("one"),
	    KEYS("\003\003\003"), KEYS("\034"), PROMPT(ANY), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "Ctrl-C at the prompt is the editor's", ALL, NULL, NULL, FALSE,
	  { KEYS("\003"), TYPED("\003"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "a signal at the prompt", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'read x; kill -INT $1; echo late >/dev/tty' x $$ <\"$HOME/go\" &"), PROMPT(0), LINE("echo >\"$HOME/go\""), PROMPT(0),
	    UNTIL("late"), LINE("echo ok"), PROMPT(0), HAS("ok\n"), LINE("echo ok2"), PROMPT(0), HAS("ok2\n"), DONE } },
	{ "Ctrl-C in read", ALL, NULL, NULL, FALSE,
	  { LINE("echo on; read x; echo no"), UNTIL("on\n"), KEYS("\003"), PROMPT(ANY), LACKS("no"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "Ctrl-Z and fg in ksh", KSH | MKSH, "the others say 148", NULL, FALSE,
	  { LINE("sh -c 'echo on; read x; echo got $x'"), UNTIL("on\n"), KEYS("\032"), PROMPT(0), LINE("fg"), UNTIL("read x"), KEYS("q\r"), UNTIL("got q\n"),
	    PROMPT(0), DONE } },
	{ "Ctrl-Z and fg", BASH | ZSH | DASH | ASH, "mksh and ksh93 say 0, natively too", NULL, FALSE,
	  { LINE("sh -c 'echo on; read x; echo got $x'"), UNTIL("on\n"), KEYS("\032"), PROMPT(148), LINE("fg"), UNTIL("read x"), KEYS("q\r"), UNTIL("got q\n"),
	    PROMPT(0), DONE } },
	{ "output in the background", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'read x; echo late' <\"$HOME/go\" &"), PROMPT(0), LINE("echo >\"$HOME/go\""), PROMPT(0), UNTIL("late\n"), LINE("echo ok"),
	    PROMPT(0), HAS("ok\n"), DONE } },
	{ "read", ALL, NULL, NULL, FALSE,
	  { LINE("read x"), KEYS("v w\r"), PROMPT(0), LINE("echo \"<$x>\""), PROMPT(0), OUTPUT("<v w>\n"), DONE } },
	{ "a password is not echoed", ALL, NULL, NULL, FALSE,
	  { LINE("stty -echo; echo on; read x; stty echo; echo \"got $x\""), UNTIL("on\n"), KEYS("secret\r"), PROMPT(0), OUTPUT("on\ngot secret\n"), DONE } },
	{ "exec of another shell", ALL, NULL, NULL, FALSE,
	  { LINE("exec bash --norc --noprofile"), KEYS("echo x$((1+1))\r"), UNTIL("x2\n"), KEYS("exit 5\r"), ENDS(5), DONE } },
	{ "a shell in the shell", ALL, NULL, NULL, FALSE,
	  { LINE("bash --norc"), KEYS("echo x$((1+1))\r"), UNTIL("x2\n"), KEYS("exit 7\r"), PROMPT(7), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "su", ALL, NULL, NULL, FALSE,
	  { LINE("[ $(id -u) -ne 0 ] || su -s /bin/sh -c 'echo in su' nobody; echo end"), PROMPT(0), HAS("end\n"), DONE } },
	{ "a Python prompt", ALL, NULL, NULL, FALSE,
	  { LINE("command -v python3 >/dev/null || { printf '>>> '; read x; echo 42; printf '>>> '; }; python3 -q"), UNTIL(">>> "), KEYS("print(6*7)\r"), UNTIL("42\n>>> "), KEYS("\004"),
	    PROMPT(ANY), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "a terminal in the terminal", ALL, NULL, NULL, FALSE,
	  { LINE("SHELL=/bin/sh script -qec 'read x; echo got $x' /dev/null"), KEYS("q\r"), PROMPT(0), HAS("got q\n"), DONE } },
	{ "output without newline", ALL, NULL, NULL, FALSE,
	  { LINE("printf abc"), PROMPT(0), OUTPUT("abc"), FRESH(0), LINE("printf 'abc\\033[0m\\n\\033[0m'"), PROMPT(0), FRESH(1), DONE } },
	{ "forged marks are output", ALL, NULL, NULL, FALSE,
	  { LINE("printf '\\033]7337;0123456789abcdef0123456789abcdef;q;5\\007'; echo real"), PROMPT(0),
	    OUTPUT("\033]7337;0123456789abcdef0123456789abcdef;q;5\007real\n"), DONE } },
	{ "a terminal left raw", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'stty raw -echo; kill -9 $$'"), PROMPT(137), LINE("stty -a"), PROMPT(0), HAS("\nisig icanon"), HAS(" echo "), DONE } },
	{ "stty -echo on purpose stays", ALL, NULL, NULL, FALSE, { LINE("stty -echo"), PROMPT(0), LINE("stty -a"), PROMPT(0), HAS(" -echo "), DONE } },
	{ "a flood and Ctrl-C", ALL, NULL, NULL, FALSE,
	  { LINE("yes"), UNTIL("y\ny\ny\n"), CALL(start_clock), KEYS("\003"), PROMPT(ANY), CALL(expect_fast), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "typeahead comes back", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'read x; echo got $x; exec sleep 0.3'"), KEYS("first\r"), UNTIL("got first\n"), KEYS("echo evil\rpart"), PROMPT(0),
	    TYPED("echo evil\npart"), LACKS("evil\nevil"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "keys before a line begins", ALL, NULL, NULL, FALSE,
	  { LINE("head -n 1"), KEYS("a\rb"), PROMPT(0), TYPED("b"), DONE } },
	{ "resize", ALL, NULL, NULL, FALSE,
	  { RESIZE(100), LINE("stty size"), PROMPT(0), OUTPUT("24 100\n"), LINE("bash -c 'trap \"stty size; exit 0\" WINCH; echo on; while :; do read -t 9 x; done'"),
	    UNTIL("on\n"), RESIZE(90), PROMPT(0), HAS("24 90\n"), DONE } },
	{ "pkill cat", ALL, NULL, NULL, FALSE,
	  { LINE("ps -o pid=,comm= -g $(ps -o sid= -p $(cat \"${__pss_d}/pid\")) | sed -n 's/ cat$//p' | { read a; read b; kill $a $b; "
	         "while kill -0 $a $b 2>/dev/null; do :; done; }"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
};

const Rows torture_programs = { rows, G_N_ELEMENTS(rows) };
