/* SPDX-License-Identifier: MIT */
/* Torture rows: what a user may do to the shell itself, and prompts. */
#include "torture.h"

#include <string.h>

static void expect_old_history(Drive *drive)
{
	static const char *const names[] = { "history", ".bash_history", ".sh_history", ".zsh_history", ".history" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(drive_home(drive), names[i], NULL);
		g_autofree char *text = NULL;
		if (g_file_get_contents(path, &text, NULL, NULL) && strcmp(text, "old\n") != 0)
			drive_fail(drive, "a history file was touched");
	}
}

static const Row rows[] = {
	{ "state over lines", ALL, NULL, NULL, FALSE,
	  { LINE("x=5; cd /usr"), PROMPT(0), DIRECTORY("/usr"), LINE("echo $x; pwd"), PROMPT(0), OUTPUT("5\n/usr\n"), DONE } },
	{ "PS1 is the user's", BASH | ZSH, "the POSIX family shows a prefix in $PS1 while a line runs", NULL, FALSE,
	  { LINE("PS1=x"), PROMPT(0), PS("x"), LINE("echo \"$PS1\""), PROMPT(0), OUTPUT("x\n"), LINE("PS1=\"<$PS1>\""), PROMPT(0), PS("<x>"), DONE } },
	{ "PS1 can be changed", ALL, NULL, NULL, FALSE,
	  { LINE("PS1=x"), PROMPT(0), PS("x"), LINE("PS1=\"<$PS1>\""), PROMPT(0), PS("<x>"), LINE("PS1=''"), PROMPT(0), PS(""), LINE("unset PS1"), PROMPT(0),
	    PS(""), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "PS1 is expanded by the remote", ALL, NULL, "setopt promptsubst 2>/dev/null\n", FALSE,
	  { LINE("PS1='$(echo \"a b\")$x\"q\"> '; x=5"), PROMPT(0), PS("a b5\"q\"> "), LINE("PS1='$?> '"), PROMPT(0), LINE("(exit 7)"), PROMPT(7), PS("7> "), DONE } },
	{ "PS1 of bash", BASH, "its escapes", NULL, FALSE,
	  { LINE("PS1='\\[\\e[1m\\]\\w\\[\\e[0m\\] # '; cd /usr"), PROMPT(0), PS("\033[1m/usr\033[0m # "), DONE } },
	{ "PS1 of zsh", ZSH, "its escapes", NULL, FALSE, { LINE("PS1='%B%~%b # '; cd /usr"), PROMPT(0), PS("\033[1m/usr\033[0m # "), DONE } },
	{ "the second prompt", ALL, NULL, "PS2='more: '\n", FALSE, { LINE("echo 'a"), SECOND, PS("more: "), DISCARD, DONE } },
	{ "PROMPT_COMMAND is the user's", BASH, "bash only", "PROMPT_COMMAND='PS1=\"$?:\"'\n", FALSE,
	  { LINE("(exit 7)"), PROMPT(7), PS("7:"), LINE("PROMPT_COMMAND=\"echo pc;$PROMPT_COMMAND\""), PROMPT(0), HAS("pc\n"), LINE("false"), PROMPT(1),
	    HAS("pc\n"), PS("0:"), LINE("PROMPT_COMMAND='echo other'"), PROMPT(0), OUTPUT("other\n"), LINE("unset PROMPT_COMMAND"), PROMPT(0), OUTPUT(""),
	    LINE("PROMPT_COMMAND=('echo 1' 'echo 2')"), PROMPT(0), OUTPUT("1\n2\n"), LINE("echo x"), PROMPT(0), OUTPUT("x\n1\n2\n"), DONE } },
	{ "PROMPT_COMMAND after Ctrl-C", BASH, "bash only", "PROMPT_COMMAND='echo pc'\n", FALSE,
	  { LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), HAS("pc\n"), LACKS("b$"), LINE(":"), PROMPT(0), OUTPUT("pc\n"), DONE } },
	{ "PROMPT_COMMAND reads the terminal", BASH, "bash only", NULL, FALSE,
	  { LINE("PROMPT_COMMAND='read -n 1 -s x'"), UNTIL(""), KEYS("q"), PROMPT(0), LINE("PROMPT_COMMAND=; echo $x"), PROMPT(0), OUTPUT("q\n"), DONE } },
	{ "PS0 of bash", BASH, "bash only", "PS0='zero\\n'\n", FALSE, { LINE("echo a"), PROMPT(0), OUTPUT("zero\na\n"), DONE } },
	{ "precmd and preexec of zsh", ZSH, "zsh only", "precmd() { PS1=\"$?:\"; echo pre }\npreexec() { echo \"x $1\" }\n", FALSE,
	  { LINE("(exit 7)"), PROMPT(7), PS("7:"), OUTPUT("x (exit 7)\npre\n"), LINE("precmd_functions=(f); f() { echo f }"), PROMPT(0), HAS("pre\nf\n"),
	    LINE("unset -f precmd preexec"), PROMPT(0), HAS("f\n"), LACKS("pre\n"), LINE(":"), PROMPT(0), OUTPUT("f\n"), DONE } },
	{ "options of zsh", ZSH, "zsh only", "setopt ksharrays shwordsplit noglob extendedglob nullglob warncreateglobal\n", FALSE,
	  { LINE("echo a b"), PROMPT(0), OUTPUT("a b\n"), LINE("for i in 1"), SECOND, LINE("do echo $i; done"), PROMPT(0), OUTPUT("1\n"), DONE } },
	{ "options of bash", BASH, "bash only", "shopt -s nullglob failglob nocasematch extglob; set -f -C -o pipefail; IFS=x\n", FALSE,
	  { LINE("echo a b"), PROMPT(0), OUTPUT("a b\n"), LINE("for i in 1"), SECOND, LINE("do echo $i; done"), PROMPT(0), OUTPUT("1\n"), DONE } },
	{ "set -u", ALL, NULL, NULL, FALSE,
	  { LINE("set -u"), PROMPT(0), LINE("echo $nosuch; echo no"), PROMPT(ANY), LACKS("no\n"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), LINE("echo $nosuch"),
	    PROMPT(ANY), LINE("set +u; echo \"<$nosuch>\""), PROMPT(0), OUTPUT("<>\n"), DONE } },
	{ "set -e", ALL, NULL, NULL, FALSE,
	  { LINE("set -e"), PROMPT(0), LINE("! true"), PROMPT(1), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), LINE("false || echo or"), PROMPT(0), OUTPUT("or\n"),
	    LINE("false; echo no"), ENDS(1), LACKS("no"), DONE } },
	{ "set +e again", ALL, NULL, NULL, FALSE, { LINE("set -e"), PROMPT(0), LINE("set +e"), PROMPT(0), LINE("false"), PROMPT(1), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "set -x", ALL, NULL, NULL, FALSE,
	  { LINE("set -x"), PROMPT(0), LINE("echo hi"), PROMPT(0), HAS("echo hi\n"), HAS("hi\n"), LACKS("printf"), LACKS("PROMPT"), LINE("set +x"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "set -v", BASH | ZSH | DASH | ASH | MKSH, "ksh93 keeps it for files", NULL, FALSE,
	  { LINE("set -v"), PROMPT(0), LINE("echo hi"), PROMPT(0), HAS("hi\n"), LINE("set +v"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "a DEBUG trap", BASH | ZSH | KSH, "the others have none", NULL, FALSE,
	  { LINE("trap 'echo dbg' DEBUG"), PROMPT(ANY), LINE("echo hi"), PROMPT(0), HAS("dbg\n"), HAS("hi\n"), LINE("trap - DEBUG"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "an ERR trap", BASH | ZSH | KSH | MKSH, "the others have none", NULL, FALSE,
	  { LINE("trap 'echo err' ERR"), PROMPT(0), LINE("echo hi"), PROMPT(0), OUTPUT("hi\n"), LINE("false"), PROMPT(1), HAS("err\n"), LINE("echo $?"), PROMPT(0), OUTPUT("1\n"), DONE } },
	{ "an INT trap", BASH | ZSH | DASH | ASH | MKSH, "ksh93 runs it and ends the line natively too", NULL, FALSE,
	  { LINE("trap 'echo int' INT"), PROMPT(0), LINE("sh -c 'trap \"\" INT; echo on; read x'"), UNTIL("on\n"), KEYS("\003\r"), PROMPT(ANY), LINE("echo ok"), PROMPT(0), HAS("ok\n"), DONE } },
	{ "return, break and continue at the top", BASH | ZSH, "return ends the POSIX family's shells, as it does natively", NULL, FALSE,
	  { LINE("break"), PROMPT(ANY), LINE("continue 2"), PROMPT(ANY), LINE("return 3"), PROMPT(ANY), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "break and continue at the top", ALL, NULL, NULL, FALSE, { LINE("break"), PROMPT(ANY), LINE("continue"), PROMPT(ANY), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "exec to a file", ALL, NULL, NULL, FALSE,
	  { LINE("exec >\"$HOME/out\" 2>&1"), PROMPT(0), LINE("echo x"), PROMPT(0), OUTPUT(""), LINE("exec >/dev/tty 2>&1; cat \"$HOME/out\""), PROMPT(0), OUTPUT("x\n"), DONE } },
	{ "further descriptors stay", ALL, NULL, NULL, FALSE,
	  { LINE("exec 9>\"$HOME/out\""), PROMPT(0), LINE("echo x >&9"), PROMPT(0), LINE("cat \"$HOME/out\""), PROMPT(0), OUTPUT("x\n"), DONE } },
	{ "the directory is removed", ALL, NULL, NULL, FALSE,
	  { LINE("mkdir \"$HOME/d\"; cd \"$HOME/d\"; rmdir \"$HOME/d\""), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "PATH is emptied", ALL, NULL, NULL, FALSE,
	  { LINE("PATH="), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), LINE("for i in 1"), SECOND, LINE("do echo $i; done"), PROMPT(0), OUTPUT("1\n"), DONE } },
	{ "builtins are functions", ALL, NULL, NULL, FALSE,
	  { LINE("echo() { :; }; cd() { :; }; test() { return 1; }; true() { return 1; }; kill() { :; }; read() { :; }; alias ls=nosuch"), PROMPT(0), LINE("expr 1 + 1"), PROMPT(0), OUTPUT("2\n"),
	    LINE("for i in 1"), SECOND, LINE("do expr $i; done"), PROMPT(0), OUTPUT("1\n"), LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"), KEYS("\003"), PROMPT(130), DONE } },
	{ "printf and set are functions", BASH | ZSH, "a POSIX shell finds special builtins first", NULL, FALSE,
	  { LINE("printf() { echo bad; }; set() { echo bad; }; print() { echo bad; }; local() { echo bad; }"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "printf is a function", ALL, NULL, NULL, FALSE, { LINE("printf() { echo bad; }; print() { echo bad; }"), PROMPT(0), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), DONE } },
	{ "a readonly PS1 does not hang", BASH | ZSH, "a POSIX shell cannot be told apart from a failing one", NULL, FALSE,
	  { LINE("readonly PS1"), PROMPT(ANY), LINE("echo ok"), PROMPT(0), HAS("ok\n"), DONE } },
	{ "job control is on", ALL, NULL, NULL, FALSE, { LINE("echo $-"), PROMPT(0), HAS("m"), HAS("i"), DONE } },
	{ "it is a login shell", BASH | ZSH, "the others cannot be asked", NULL, FALSE,
	  { LINE("shopt -q login_shell 2>/dev/null && echo login; [[ -o login ]] 2>/dev/null && echo login"), PROMPT(ANY), HAS("login\n"), DONE } },
	{ "history stays as it was", ALL, NULL, "HISTFILE=$HOME/history; HISTSIZE=99; SAVEHIST=99; echo old >$HISTFILE; cp $HISTFILE $HOME/.bash_history; cp $HISTFILE $HOME/.sh_history\n", FALSE,
	  { LINE("echo canary"), PROMPT(0), CALL(expect_old_history), LINE("exit"), ENDS(0), CALL(expect_old_history), DONE } },
	{ "nothing of ours is exported", ALL, NULL, NULL, FALSE,
	  { LINE("env"), PROMPT(0), LACKS("__pss"), LACKS(".pss-"), LACKS("ZDOTDIR"), LACKS("POSIXLY"), DONE } },
	{ "a large environment and line", ALL, NULL, NULL, FALSE, { LINE("x=$(head -c 100000 /dev/zero | tr '\\0' x); env >/dev/null; echo ${#x}"), PROMPT(0), OUTPUT("100000\n"), LINE("ls / >/dev/null"), PROMPT(0), DONE } },
};

const Rows torture_state = { rows, G_N_ELEMENTS(rows) };
