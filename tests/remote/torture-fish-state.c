/* SPDX-License-Identifier: MIT */
/* The second half of fish's torture table (torture-fish.c): the shell itself, its prompts, the ways out, completion. */
#include "torture.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define FILES                                                                                                 \
	"mkdir -p $HOME/work/'sub dir' $HOME/wood; touch $HOME/work/one.txt $HOME/work/\"a b'c\" $HOME/wide " \
	"$HOME/.hid; printf '#!/bin/sh\\n' >$HOME/work/run; chmod 755 $HOME/work/run\n"

/* Private mode writes none; where a session has one, it is $XDG_DATA_HOME/fish/fish_history. */
static void expect_no_history(Drive *drive)
{
	g_autofree char *path = g_build_filename(drive_home(drive), ".local/share/fish/fish_history", NULL);
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		drive_fail(drive, "the history file is gone");
	if (strcmp(text, "- cmd: old\n  when: 1\n") != 0)
		drive_fail(drive, "the history file was touched");
}

static void expect_nothing_written(Drive *drive)
{
	gsize n;
	const char *output = drive_output(drive, &n);
	if (memmem(output, n, "noise", 5))
		drive_fail(drive, "a completer wrote to the terminal");
}

/* It is beside the terminal, which shows nothing of it. */
static void run_beside(Drive *drive)
{
	gsize before, after;
	int status;

	drive_output(drive, &before);
	g_autofree char *output = drive_invoke(drive, 1, "echo abc; sh -c 'exit 5'", &status);
	g_assert_cmpstr(output, ==, "abc\n");
	g_assert_cmpint(status, ==, 5);
	const char *all = drive_output(drive, &after);
	g_assert_cmpstr(all + before, ==, "");
}

static gboolean is_calm(gpointer fifo)
{
	struct pollfd pipe = { .fd = GPOINTER_TO_INT(fifo), .events = POLLIN };

	return poll(&pipe, 1, 0) == 0;
}

static gboolean on_tick(gpointer user)
{
	(void)user;
	return G_SOURCE_CONTINUE;
}

/* By fish 3's named pipe one fish tells all of the user that a universal variable has changed. It stays readable for
 * half a second, and a change that comes then is lost, in a terminal too. fish 4 has no such pipe. */
static void let_go_when_calm(Drive *drive)
{
	g_autofree char *own = g_strconcat("/tmp/fish.", g_get_user_name(), NULL);
	const char *runtime = g_getenv("XDG_RUNTIME_DIR");
	g_autofree char *path =
		g_build_filename(runtime && *runtime ? runtime : own, "fish_universal_variables.notifier", NULL);
	int fifo = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fifo >= 0) {
		guint tick = g_timeout_add(10, on_tick, NULL);
		if (!drive_await(drive, is_calm, GINT_TO_POINTER(fifo)))
			drive_fail(drive, "fish never reads what tells of universal variables");
		g_source_remove(tick);
		close(fifo);
	}
	let_go(drive);
}

/* Longer than what is executed as it is. */
static void run_long(Drive *drive)
{
	g_autofree char *blanks = g_strnfill(600, ' ');
	g_autofree char *line = g_strconcat("true", blanks, "long", NULL);
	drive_line(drive, line, strlen(line));
}

static void change_handlers(Drive *drive)
{
	int status;
	g_free(drive_invoke(
		drive, 1, "functions -e on_both; function on_prompt --on-event fish_prompt; echo new >>$HOME/log; end",
		&status));
	g_assert_cmpint(status, ==, 0);
}

#define LOG_EVENTS                                                                                          \
	"function on_prompt --on-event fish_prompt; echo \"prompt $status\" >>$HOME/log; end\n"             \
	"function on_both --on-event fish_preexec --on-event fish_postexec -d '--on-event fish_prompt'\n"   \
	"set -l s $status; echo \"both $s <\"(string replace -r ' +' ' ' -- $argv)\">\" >>$HOME/log\nend\n" \
	"function on_error --on-event fish_posterror; echo \"error $status <$argv>\" >>$HOME/log; end\n"    \
	"function fish_command_not_found; echo \"not found: $argv\" >>$HOME/log; end\n"

static const Row rows[] = {
	{ "events see the user's lines alone, with text and status",
	  FISH,
	  NULL,
	  LOG_EVENTS,
	  FALSE,
	  { LINE("echo a"),
	    PROMPT(0),
	    LINE("false"),
	    PROMPT(1),
	    CALL(run_beside),
	    LINE("cat $HOME/log; rm $HOME/log"),
	    PROMPT(0),
	    SHOWS("prompt 0\nboth 0 <echo a>\nboth 0 <echo a>\nprompt 0\nboth 0 <false>\nboth 1 <false>\n"
		  "prompt 1\nboth 5 <cat $HOME/log; rm $HOME/log>\n"),
	    CALL(run_long),
	    PROMPT(0),
	    LINE("set PATH"),
	    PROMPT(0),
	    LINE("end"),
	    PROMPT(ANY),
	    LINE("nosuch x"),
	    PROMPT(127),
	    LINE(""),
	    PROMPT(127),
	    LINE("set PATH /usr/bin /bin; functions on_both | cat"),
	    PROMPT(0),
	    HAS("--on-event fish_postexec"),
	    LACKS("__pss"),
	    LINE("cat $HOME/log"),
	    PROMPT(0),
	    SHOWS("both 0 <cat $HOME/log; rm $HOME/log>\nprompt 0\nboth 0 <true long>\nboth 0 <true long>\nprompt 0\n"
		  "both 0 <set PATH>\nboth 0 <set PATH>\nprompt 0\nerror 0 <end>\nboth 123 <nosuch x>\n"
		  "not found: nosuch x\nboth 127 <nosuch x>\nprompt 127\nprompt 127\n"
		  "both 127 <set PATH /usr/bin /bin; functions on_both | cat>\n"
		  "both 0 <set PATH /usr/bin /bin; functions on_both | cat>\nprompt 0\nboth 0 <cat $HOME/log>\n"),
	    DONE } },
	{ "handlers that an invocation changes",
	  FISH,
	  NULL,
	  LOG_EVENTS,
	  FALSE,
	  { LINE("true"), PROMPT(0), CALL(change_handlers), LINE("rm $HOME/log; functions -q on_both; and echo both"),
	    PROMPT(1), SHOWS(""), LINE("cat $HOME/log"), PROMPT(0), SHOWS("new\n"), DONE } },
	{ "prompts made late: a universal variable that another process sets (Tide, Hydro)",
	  FISH,
	  NULL,
	  "set -qU pss_late; or set -U pss_late none\nfunction fish_prompt; echo -n \"$status $pss_late> \"; end\n"
	  "function fish_right_prompt; echo right $pss_late; end\n"
	  "function late --on-variable pss_late; commandline -f repaint; end\n"
	  "function work; fish -c 'read x <$HOME/go; set -U pss_late '$argv </dev/null & disown; end\n",
	  FALSE,
	  { LINE("work main"),
	    PROMPT(0),
	    PS("0 none> "),
	    RIGHT("right none"),
	    CALL(let_go_when_calm),
	    REPAINT("0 main> "),
	    RIGHT("right main"),
	    LINE("work other"),
	    PROMPT(0),
	    LINE("sh -c 'exit 3'"),
	    PROMPT(3),
	    PS("3 main> "),
	    CALL(let_go_when_calm),
	    REPAINT("3 other> "),
	    LINE("work last"),
	    PROMPT(0),
	    LINE("head -n 1"),
	    KEYS("a\rb"),
	    PROMPT(0),
	    TYPED("b"),
	    COMPLETE("echo ~/g^"),
	    GIVES("5: ~/go"),
	    CALL(let_go_when_calm),
	    REPAINT("0 last> "),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    PS("0 last> "),
	    DONE } },
	{ "prompts made late: a signal's handler (fish-async-prompt)",
	  FISH,
	  NULL,
	  "function fish_prompt; echo -n \"$late> \"; end\n"
	  "function late --on-signal USR1; set -g late main; commandline -f repaint; end\n",
	  FALSE,
	  { LINE("sh -c 'read x <$HOME/go; kill -USR1 $1' x $fish_pid & disown"), PROMPT(0), PS("> "), CALL(let_go),
	    REPAINT("main> "), LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), DONE } },
	{ "state over lines",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("set x 5; cd /usr"), PROMPT(0), DIRECTORY("/usr"), LINE("echo $x; pwd"), PROMPT(0), SHOWS("5\n/usr\n"),
	    LINE("set -U pss_u 7; set -gx PSS_E 8; set -l y 9; echo $y"), PROMPT(0), SHOWS("9\n"),
	    LINE("echo $pss_u $PSS_E; env | grep PSS_E"), PROMPT(0), SHOWS("7 8\nPSS_E=8\n"), DONE } },
	{ "fish_prompt can be changed",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("function fish_prompt; echo -n 'x '; end"), PROMPT(0), PS("x "), LINE("functions fish_prompt | cat"),
	    PROMPT(0), HAS("echo -n 'x '"), LINE("function fish_prompt; end"), PROMPT(0), PS(""),
	    LINE("functions -e fish_prompt"), PROMPT(0), LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), DONE } },
	{ "fish_prompt is data, and has the status",
	  FISH,
	  NULL,
	  "function fish_prompt; set -l s $pipestatus; echo -n \"$s:$PWD:\"(set_color red)'$(touch hacked)`x`> '; "
	  "end\n",
	  FALSE,
	  { LINE("sh -c 'exit 7'; cd /usr"), PROMPT(0), PS("0:/usr:\033[31m$(touch hacked)`x`> "),
	    LINE("sh -c 'exit 7'"), PROMPT(7), PS("7:/usr:\033[31m$(touch hacked)`x`> "),
	    LINE("sh -c 'exit 3' | sh -c 'exit 4'"), PROMPT(4), PS("3 4:/usr:\033[31m$(touch hacked)`x`> "), DONE } },
	{ "a prompt of two lines",
	  FISH,
	  NULL,
	  "function fish_prompt; echo one; echo -n 'two> '; end\n",
	  FALSE,
	  { LINE("true"), PROMPT(0), PS("one\ntwo> "), DONE } },
	{ "a prompt of vi mode",
	  FISH,
	  NULL,
	  "fish_vi_key_bindings; function fish_mode_prompt; echo \"[$fish_bind_mode]\"; end\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), PS("[insert]b$ "), SHOWS("a\n"), LINE("echo $fish_bind_mode"), PROMPT(0),
	    SHOWS("insert\n"), DONE } },
	{ "the right prompt",
	  FISH,
	  NULL,
	  "function fish_right_prompt; echo \"$status in\"; echo $PWD; end\n",
	  FALSE,
	  { LINE("cd /usr"), PROMPT(0), RIGHT("0 in/usr"), LINE("sh -c 'exit 4'"), PROMPT(4), RIGHT("4 in/usr"),
	    LINE("function fish_right_prompt; echo other; end"), PROMPT(0), RIGHT("other"), LINE("true"), PROMPT(0),
	    RIGHT("other"), LINE("functions -e fish_right_prompt"), PROMPT(0), RIGHT(""), LINE("true"), PROMPT(0),
	    RIGHT(""), DONE } },
	{ "events of the prompt and of commands are the user's",
	  FISH,
	  NULL,
	  "function on_prompt --on-event fish_prompt; echo ev-prompt; end\n"
	  "function on_pre --on-event fish_preexec; echo \"pre <$argv>\"; end\n"
	  "function on_post --on-event fish_postexec; echo post; end\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), SHOWS("pre <echo a>\na\npost\nev-prompt\n"),
	    LINE("function late --on-event fish_prompt; echo late; end"), PROMPT(0), HAS("ev-prompt\nlate\n"),
	    LINE("true"), PROMPT(0), SHOWS("pre <true>\npost\nev-prompt\nlate\n"),
	    LINE("functions -e late on_prompt on_pre on_post"), PROMPT(0), LINE("echo b"), PROMPT(0), SHOWS("b\n"),
	    DONE } },
	{ "titles are the user's",
	  FISH,
	  NULL,
	  "function fish_title; echo \"T <$argv>\"; end\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), HAS("\033]0;T <echo a>"), LINE("end"), PROMPT(ANY), LACKS("__pss"), DONE } },
	{ "an invocation has no title, and no reader's painting",
	  FISH,
	  NULL,
	  "function fish_title; echo \"T <$argv>\"; end\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), CALL(run_beside), LINE("echo b"), PROMPT(0), HAS("\033]0;T <echo b>"),
	    HAS("b\n"), DONE } },
	{ "a variable's and a signal's handler",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("function v --on-variable vv; echo \"vv is $vv\"; end; function u --on-signal USR1; echo usr1; end"),
	    PROMPT(0), LINE("set -g vv 3"), PROMPT(0), SHOWS("vv is 3\n"), LINE("kill -USR1 $fish_pid; sleep 0.1"),
	    PROMPT(0), HAS("usr1\n"), LINE("echo ok"), PROMPT(0), HAS("ok\n"), DONE } },
	{ "an INT handler",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("function i --on-signal INT; echo int; end"), PROMPT(0),
	    LINE("sh -c 'trap \"\" INT; echo on; read x'"), UNTIL("on\n"), KEYS("\003\r"), PROMPT(ANY), LINE("echo ok"),
	    PROMPT(0), HAS("ok\n"), LINE("functions -q i"), PROMPT(0), DONE } },
	{ "set -u, -e, -x, -v and traps",
	  0,
	  "fish has none; trap is a function over its own events",
	  NULL,
	  FALSE,
	  { DONE } },
	{ "fish_trace",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("set fish_trace 1"), PROMPT(0), LINE("echo hi"), PROMPT(0), HAS("hi\n"), LINE("set -e fish_trace"),
	    PROMPT(0), LINE("echo ok"), PROMPT(0), HAS("ok\n"), DONE } },
	{ "return, break and continue at the top",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("break"), PROMPT(ANY), LINE("continue"), PROMPT(ANY), LINE("return 3"), PROMPT(3), LINE("echo ok"),
	    PROMPT(0), SHOWS("ok\n"), DONE } },
	{ "exec to a file", 0, "fish's exec takes no redirection alone", NULL, FALSE, { DONE } },
	{ "the directory is removed",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("mkdir \"$HOME/d\"; cd \"$HOME/d\"; rmdir \"$HOME/d\""), PROMPT(0), LINE("echo ok"), PROMPT(0),
	    SHOWS("ok\n"), DONE } },
	{ "PATH is emptied",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("set PATH"), PROMPT(0), LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), LINE("for i in 1"), SECOND,
	    LINE("echo $i; end"), PROMPT(0), SHOWS("1\n"), LINE("/bin/sh -c '/bin/sleep 0.2'"), KEYS("abc"), PROMPT(0),
	    TYPED("abc"), DONE } },
	{ "builtins are functions",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("for f in echo cd test true kill printf string set_color contains count commandline functions bind "
		 "status math; "
		 "eval \"function $f; false; end\"; end; alias ls=nosuch"),
	    PROMPT(ANY), LINE("expr 1 + 1"), PROMPT(0), HAS("2\n"), LINE("for i in 1"), SECOND, LINE("expr $i; end"),
	    PROMPT(0), HAS("1\n"), LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("\003"), PROMPT(130),
	    DONE } },
	{ "a readonly prompt", 0, "fish has no readonly functions", NULL, FALSE, { DONE } },
	{ "bindings are erased",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("bind -e -a"), PROMPT(0), LINE("echo a"), PROMPT(0), SHOWS("a\n"), LINE("bind -e --all -M __pss"),
	    PROMPT(0), LINE("echo b"), PROMPT(0), SHOWS("b\n"), LINE("fish_default_key_bindings"), PROMPT(ANY),
	    LINE("echo c"), PROMPT(0), SHOWS("c\n"), DONE } },
	{ "job control and login",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("status is-login; and status is-interactive; and status is-interactive-job-control; and echo all"),
	    PROMPT(0), SHOWS("all\n"), LINE("sleep 100 &"), PROMPT(0), LINE("jobs -c"), PROMPT(0), HAS("sleep"),
	    LINE("kill %1"), PROMPT(0), LINE("jobs"), PROMPT(ANY), LACKS("__pss"), DONE } },
	{ "news of a job counts the lines of the prompt",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("functions -c fish_job_summary sum; function fish_job_summary; sum $argv; echo summed; end"),
	    PROMPT(0), LINE("sleep 100 &"), PROMPT(0), LINE("kill %1"), PROMPT(ANY), UNTIL("summed"),
	    LACKS("string repeat"), DONE } },
	{ "history stays as it was",
	  FISH,
	  NULL,
	  "mkdir -p $HOME/.local/share/fish; printf '%s\\n' '- cmd: old' '  when: 1' "
	  ">$HOME/.local/share/fish/fish_history\n",
	  FALSE,
	  { LINE("echo canary"), PROMPT(0), CALL(expect_no_history), LINE("exit"), ENDS(0), CALL(expect_no_history),
	    DONE } },
	{ "nothing of ours is exported",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("env"), PROMPT(0), LACKS("__pss"), LACKS(".pss-"), DONE } },
	{ "a large environment and line",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("set x (head -c 100000 /dev/zero | tr '\\0' x); env >/dev/null; string length $x"), PROMPT(0),
	    SHOWS("100000\n"), LINE("ls / >/dev/null"), PROMPT(0), DONE } },

	/* ---- exit */
	{ "exit ends the shell", FISH, NULL, NULL, FALSE, { LINE("exit 3"), ENDS(3), DONE } },
	{ "exit in a compound line",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("cd /usr && exit 4; echo no"), ENDS(4), LACKS("no\n"), DONE } },
	{ "exit has the last status",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("sh -c 'exit 6'"), PROMPT(6), LINE("exit"), ENDS(6), DONE } },
	{ "exit runs the exit handler",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("function bye --on-event fish_exit; echo bye; end"), PROMPT(0), LINE("exit 4"), ENDS(4), HAS("bye\n"),
	    DONE } },
	{ "exit warns of stopped jobs, once",
	  FISH,
	  NULL,
	  NULL,
	  FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), PRESS("\032"), PROMPT(ANY), LINE("exit"),
	    PROMPT(ANY), HAS("sleep"), LINE("exit"), ENDS(ANY), DONE } },
	{ "a killed shell", FISH, NULL, NULL, FALSE, { LINE("kill -9 $fish_pid"), ENDS(137), DONE } },
	{ "logout", 0, "fish has no such command", NULL, FALSE, { DONE } },
	{ "kept: exit leaves and the shell lives",
	  FISH,
	  NULL,
	  NULL,
	  TRUE,
	  { LINE("set x 5; cd /usr && exit 4; echo no"), PROMPT(4), KEPT_EXIT(4), DIRECTORY("/usr"), LACKS("no\n"),
	    LACKS("__pss"), LINE("echo $x"), PROMPT(0), SHOWS("5\n"), LINE("exit"), PROMPT(0), KEPT_EXIT(0),
	    LINE("sh -c 'exit 7'"), PROMPT(7), LINE("exit"), PROMPT(7), KEPT_EXIT(7), DONE } },
	{ "kept: exit in a loop, a function, several lines",
	  FISH,
	  NULL,
	  NULL,
	  TRUE,
	  { LINE("for i in 1 2; echo $i; exit 5; end; echo no"),
	    PROMPT(5),
	    KEPT_EXIT(5),
	    LACKS("2\n"),
	    LINE("function f; exit 8; end"),
	    PROMPT(0),
	    LINE("f; echo no"),
	    PROMPT(8),
	    KEPT_EXIT(8),
	    LACKS("no\n"),
	    LINE("exit 9\necho no"),
	    PROMPT(9),
	    KEPT_EXIT(9),
	    LACKS("no\n"),
	    LINE("if true; exit 300; end"),
	    PROMPT(44),
	    KEPT_EXIT(44),
	    LINE("exit -1"),
	    PROMPT(255),
	    KEPT_EXIT(255),
	    LINE("exit nonsense"),
	    PROMPT(ANY),
	    LINE("echo ok"),
	    PROMPT(0),
	    SHOWS("ok\n"),
	    DONE } },
	{ "kept: exit in another shell is its own",
	  FISH,
	  NULL,
	  NULL,
	  TRUE,
	  { LINE("sh -c 'exit 2'"), PROMPT(2), KEPT_EXIT(-1), LINE("fish -c 'exit 4'"), PROMPT(4), KEPT_EXIT(-1),
	    DONE } },
	{ "kept: exit in a command substitution is the shell's, natively too",
	  FISH,
	  NULL,
	  NULL,
	  TRUE,
	  { LINE("echo (exit 3); echo no"), PROMPT(3), KEPT_EXIT(3), LACKS("no\n"), LINE("echo ok"), PROMPT(0),
	    SHOWS("ok\n"), DONE } },

	/* ---- completion */
	{ "files",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("cat wo^"),
	    GIVES("4: wood/|work/"),
	    COMPLETE("cat woo^"),
	    GIVES("4!: wood/"),
	    COMPLETE("cat wi^"),
	    GIVES("4: wide"),
	    COMPLETE("cat work/on^"),
	    GIVES("4: work/one.txt"),
	    COMPLETE("cat wi^ tail"),
	    GIVES("4: wide"),
	    COMPLETE("cat nosuch^"),
	    GIVES("4: "),
	    COMPLETE("cat .hi^"),
	    GIVES("4: .hid"),
	    COMPLETE("cat <wi^"),
	    GIVES("5: wide"),
	    COMPLETE("cat 2>wi^"),
	    GIVES("6: wide"),
	    COMPLETE("echo 'ä'; cat wi^"),
	    GIVES("15: wide"),
	    DONE } },
	{ "quoted files",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("cat work/su^"), GIVES("4!: work/sub\\ dir/"), COMPLETE("cat 'work/su^"),
	    GIVES("4!: 'work/sub dir/"), COMPLETE("cat \"work/su^"), GIVES("4!: \"work/sub dir/"),
	    COMPLETE("cat work/a^"), GIVES("4: work/a\\ b\\'c"), COMPLETE("cat \"work/a^"), GIVES("4: \"work/a b'c\""),
	    COMPLETE("cat work/sub\\ d^"), GIVES("4!: work/sub\\ dir/"), DONE } },
	{ "home, variables and directories in them",
	  FISH,
	  NULL,
	  FILES "set -g PSSVAR $HOME/work; set -g PSS_OTHER 1\n",
	  FALSE,
	  { COMPLETE("cat ~/wi^"), GIVES("4: ~/wide"), COMPLETE("echo $PSS_O^"), GIVES("5: $PSS_OTHER*"),
	    COMPLETE("cat $PSSVAR/on^"), GIVES("4: $PSSVAR/one.txt"), COMPLETE("cat \"$PSSVAR/on^"),
	    GIVES("4: \"$PSSVAR/one.txt\""), DONE } },
	{ "commands and functions",
	  FISH,
	  NULL,
	  FILES "alias pssali=ls; function pssown; end; set -a PATH $HOME/work\n",
	  FALSE,
	  { COMPLETE("pssal^"), GIVES("0: pssali (alias pssali=ls)"), COMPLETE("echo (pssal^"),
	    GIVES("6: pssali (alias pssali=ls)"), COMPLETE("true; pssal^"), GIVES("6: pssali (alias pssali=ls)"),
	    COMPLETE("work/ru^"), GIVES("0: work/run (command)"), COMPLETE("psso^"), GIVES("0: pssown"), DONE } },
	{ "completions of the user's own",
	  FISH,
	  NULL,
	  FILES "complete -c own -f -a 'alpha alpine\\t\"an alp\" beta'; complete -c opt -l long= -l lone -d 'a lone'\n"
		"complete -c noise -f -a '(echo noise >&2; echo got)'\n",
	  FALSE,
	  { COMPLETE("own al^"), GIVES("4: alpha|alpine (an alp)"), COMPLETE("opt --lo^"),
	    GIVES("4: --lone (a lone)|--long= (a lone)"), COMPLETE("opt --lon^"),
	    GIVES("4: --lone (a lone)|--long= (a lone)"), COMPLETE("noise ^"), GIVES("6: got"),
	    CALL(expect_nothing_written), DONE } },
	{ "completion changes nothing",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { LINE("set x 5; sh -c 'exit 3'"), PROMPT(3), COMPLETE("cat wi^"), GIVES("4: wide"), LINE("echo $status $x"),
	    PROMPT(0), SHOWS("3 5\n"), LINE("jobs; pwd | grep -c pss-home"), PROMPT(0), HAS("1\n"), DONE } },
	{ "one request",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { CALL(expect_one_request), COMPLETE("cat wi^"), GIVES("4: wide"), CALL(expect_one_request), DONE } },
	{ "completion at second prompts",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { LINE("for i in 1"), SECOND, COMPLETE("cat wi^"), GIVES("4: wide"), LINE("echo $i; end"), PROMPT(0),
	    SHOWS("1\n"), DONE } },
	{ "many candidates",
	  FISH,
	  NULL,
	  "mkdir $HOME/many; cd $HOME/many; seq -f f%.0f 10000 14099 | xargs touch; cd\n",
	  FALSE,
	  { COMPLETE("cat many/f^"), GIVES("* and 100 more"), COMPLETE("cat many/f1409^"),
	    GIVES("4: many/f14090|many/f14091|many/f14092|many/f14093|many/f14094|many/f14095|many/f14096|many/f14097|"
		  "many/f14098|many/f14099"),
	    DONE } },
	{ "a line in the middle of it",
	  FISH,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("^"), LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), COMPLETE("cat wi^"), GIVES("4: wide"), DONE } },
	{ "a completer that hangs",
	  FISH,
	  NULL,
	  "set -q OURS; or set -gx OURS $fish_pid\n"
	  "complete -c slow -f -a '(sleep 1000.$OURS; echo late)'; complete -c spin -f -a '(while true; end)'\n",
	  FALSE,
	  { COMPLETE("slow ^"), GIVES("given up"), LINE("pgrep -f \"sleep [1]000[.]$OURS\\$\""), PROMPT(1),
	    COMPLETE("spin ^"), GIVES("given up"), LINE("echo mid"), PROMPT(0), SHOWS("mid\n"), COMPLETE("slow ^"),
	    LINE("echo ok"), PROMPT(0), SHOWS("ok\n"), DONE } },
};

const Rows torture_fish_state = { rows, G_N_ELEMENTS(rows) };
