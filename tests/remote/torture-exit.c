/* SPDX-License-Identifier: MIT */
/* Torture rows: the ways out, in temporary and in kept sessions. */
#include "torture.h"

static const Row rows[] = {
	{ "exit ends the shell", ALL, NULL, NULL, FALSE, { LINE("exit 3"), ENDS(3), DONE } },
	{ "exit in a compound line", ALL, NULL, NULL, FALSE, { LINE("cd /usr && exit 4; echo no"), ENDS(4), LACKS("no\n"), DONE } },
	{ "exit has the last status", ALL, NULL, NULL, FALSE, { LINE("(exit 6)"), PROMPT(6), LINE("exit"), ENDS(6), DONE } },
	{ "exit runs the EXIT trap", ALL, NULL, NULL, FALSE, { LINE("trap 'echo bye' EXIT"), PROMPT(0), LINE("exit 4"), ENDS(4), HAS("bye\n"), DONE } },
	{ "exit warns of stopped jobs, once", ALL, NULL, NULL, FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("\032"), PROMPT(ANY), LINE("exit"), PROMPT(ANY), LINE("exit"), ENDS(ANY), DONE } },
	{ "a killed shell", ALL, NULL, NULL, FALSE, { LINE("kill -9 $$"), ENDS(137), DONE } },
	{ "logout", BASH | ZSH, "the others have no such command", NULL, FALSE, { LINE("logout 5"), ENDS(5), DONE } },
	{ "kept: exit leaves and the shell lives", ALL, NULL, NULL, TRUE,
	  { LINE("x=5; cd /usr && exit 4; echo no"), PROMPT(4), KEPT_EXIT(4), DIRECTORY("/usr"), LACKS("no\n"), LACKS("__pss"), LINE("echo $x"), PROMPT(0), OUTPUT("5\n"),
	    LINE("exit"), PROMPT(0), KEPT_EXIT(0), LINE("(exit 7)"), PROMPT(7), LINE("exit"), PROMPT(7), KEPT_EXIT(7), DONE } },
	{ "kept: exit in a loop, a function, several lines", ALL, NULL, NULL, TRUE,
	  { LINE("for i in 1 2; do echo $i; exit 5; done; echo no"), PROMPT(5), KEPT_EXIT(5), LACKS("2\n"), LINE("f() { exit 8; }"), PROMPT(0), LINE("f; echo no"), PROMPT(8),
	    KEPT_EXIT(8), LACKS("no\n"), LINE("exit 9\necho no"), PROMPT(9), KEPT_EXIT(9), LACKS("no\n"), LINE("if true; then exit 300; fi"), PROMPT(44), KEPT_EXIT(44), LINE("echo ok"),
	    PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "kept: exit in a subshell is its own", ALL, NULL, NULL, TRUE,
	  { LINE("(exit 6); echo $?"), PROMPT(0), KEPT_EXIT(-1), OUTPUT("6\n"), LINE("x=$(exit 3); echo $?"), PROMPT(0), KEPT_EXIT(-1), OUTPUT("3\n"), LINE("sh -c 'exit 2'"), PROMPT(2),
	    KEPT_EXIT(-1), LINE("true | (exit 4)"), PROMPT(4), KEPT_EXIT(-1), DONE } },
	{ "kept: exit with traps in ksh", KSH | MKSH, "there the INT trap is lost", NULL, TRUE,
	  { LINE("trap 'echo int' INT; trap 'echo bye' EXIT"), PROMPT(0), LINE("exit 4"), PROMPT(4), KEPT_EXIT(4), LACKS("bye"), LACKS("int"), DONE } },
	{ "kept: exit with traps", BASH | ZSH | DASH | ASH, "mksh and ksh93 lose the INT trap", NULL, TRUE,
	  { LINE("trap 'echo int' INT; trap 'echo bye' EXIT"), PROMPT(0), LINE("exit 4"), PROMPT(4), KEPT_EXIT(4), LACKS("bye"), LACKS("int"), LINE("trap"), PROMPT(0), HAS("INT"), DONE } },
	{ "kept: exit under set -e", ALL, NULL, NULL, TRUE, { LINE("set -e"), PROMPT(0), LINE("exit 4"), PROMPT(4), KEPT_EXIT(4), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "kept: logout", BASH | ZSH, "the others have no such command", NULL, TRUE, { LINE("logout"), PROMPT(0), KEPT_EXIT(0), DONE } },
};

const Rows torture_exit = { rows, G_N_ELEMENTS(rows) };
