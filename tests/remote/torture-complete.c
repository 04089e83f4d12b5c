/* SPDX-License-Identifier: MIT */
/* Torture rows: what stands under the cursor is completed by the shell, which stays as it was. */
#include "torture.h"

#include <string.h>

#define FILES                                                                                                  \
	"mkdir -p \"$HOME/work/sub dir\" \"$HOME/wood\"; : >\"$HOME/work/one.txt\"; : >\"$HOME/work/a b'c\"; " \
	": >\"$HOME/wide\"; : >\"$HOME/.hid\"; printf '#!/bin/sh\\n' >\"$HOME/work/run\"; chmod 755 "          \
	"\"$HOME/work/run\"\n"
/* Tells what this session has started, and copies of its shell, from what others have. */
#define OURS_IS "export OURS=${OURS:-$$}\n"
/* compsys without its questions and files; a completion of the user's own */
#define COMPSYS                                                                                            \
	FILES OURS_IS "autoload -Uz compinit; compinit -u -D\n_own() { compadd alpha alpine beta }\n"      \
		      "_told() { local -a all; all=(up:'start it' down:'stop it'); _describe what all }\n" \
		      "_noise() { echo noise; echo noise >&2; read x; compadd got$x }\n"                   \
		      "_slow() { sleep 1000.$OURS; compadd late }\n"                                       \
		      "compdef _own own; compdef _told told; compdef _noise noise; compdef _slow slow\n"

static void expect_nothing_written(Drive *drive)
{
	gsize n;
	drive_output(drive, &n);
	if (n > 0)
		drive_fail(drive, "a completer wrote to the terminal");
}

static const Row rows[] = {
	{ "files",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("cat wo^"), GIVES("4: wood/|work/"), COMPLETE("cat woo^"), GIVES("4!: wood/"), COMPLETE("cat wi^"),
	    GIVES("4: wide"), COMPLETE("cat work/on^"), GIVES("4: work/one.txt"), COMPLETE("cat wi^ tail"),
	    GIVES("4: wide"), COMPLETE("cat nosuch^"), GIVES("4: "), COMPLETE("cat .hi^"), GIVES("4: .hid"),
	    COMPLETE("cat <wi^"), GIVES("5: wide"), COMPLETE("cat 2>wi^"), GIVES("6: wide"), DONE } },
	{ "quoted files",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("cat work/su^"), GIVES("4!: work/sub\\ dir/"), COMPLETE("cat 'work/su^"),
	    GIVES("4!: 'work/sub dir/"), COMPLETE("cat \"work/su^"), GIVES("4!: \"work/sub dir/"),
	    COMPLETE("cat work/a^"), GIVES("4: work/a\\ b\\'c"), COMPLETE("cat 'work/a^"), GIVES("4: 'work/a b'\\''c'"),
	    COMPLETE("cat \"work/a^"), GIVES("4: \"work/a b'c\""), COMPLETE("cat work/sub\\ d^"),
	    GIVES("4!: work/sub\\ dir/"), DONE } },
	{ "home, variables and directories in them",
	  ALL,
	  NULL,
	  FILES "PSSVAR=$HOME/work; PSS_OTHER=1\n",
	  FALSE,
	  { COMPLETE("cat ~/wi^"), GIVES("4: ~/wide"), COMPLETE("echo $PSS_O^"), GIVES("5: $PSS_OTHER"),
	    COMPLETE("cat $PSSVAR/on^"), GIVES("4: $PSSVAR/one.txt"), COMPLETE("cat \"$PSSVAR/on^"),
	    GIVES("4: \"$PSSVAR/one.txt\""), COMPLETE("x=~/wi^"), GIVES("2: ~/wide"), DONE } },
	{ "commands",
	  ALL,
	  NULL,
	  FILES "pssown() { :; }\nalias pssali=ls\nPATH=$PATH:$HOME/work\n",
	  FALSE,
	  { COMPLETE("pssal^"), GIVES("0: pssali"), COMPLETE("echo $(pssal^"), GIVES("7: pssali"),
	    COMPLETE("true; pssal^"), GIVES("6: pssali"), COMPLETE("if pssal^"), GIVES("3: pssali"),
	    COMPLETE("work/ru^"), GIVES("0: work/run"), DONE } },
	{ "functions",
	  BASH | ZSH | KSH | MKSH,
	  "dash and ash cannot list theirs",
	  "pssown() { :; }\n",
	  FALSE,
	  { COMPLETE("psso^"), GIVES("0: pssown"), LINE("pssother() { :; }"), PROMPT(0), COMPLETE("psso^"),
	    GIVES("0: pssother|pssown"), DONE } },
	{ "completion changes nothing",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { LINE("x=5; set -u; (exit 3)"), PROMPT(3), COMPLETE("cat wi^"), GIVES("4: wide"), LINE("echo \"$? $! $x\""),
	    PROMPT(ANY), LINE("set +u"), PROMPT(0), LINE("(exit 3)"), PROMPT(3), COMPLETE("cat wi^"), GIVES("4: wide"),
	    LINE("echo $?; jobs; pwd | grep -c pss-home"), PROMPT(0), OUTPUT("3\n1\n"), DONE } },
	{ "one request",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { CALL(expect_one_request), COMPLETE("cat wi^"), GIVES("4: wide"), CALL(expect_one_request), DONE } },
	{ "second prompts",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { LINE("for i in 1"), SECOND, COMPLETE("do cat wi^"), GIVES("7: wide"), LINE("do echo $i; done"), PROMPT(0),
	    OUTPUT("1\n"), DONE } },
	{ "many candidates",
	  ALL,
	  NULL,
	  /* Not files: making so many takes seconds on some file systems. */
	  "i=10000; while [ $i -lt 14100 ]; do eval pssm$i=; i=$((i+1)); done\n",
	  FALSE,
	  { COMPLETE("echo $pssm^"), GIVES("* and 100 more"), COMPLETE("echo $pssm1409^"),
	    GIVES("5: "
		  "$pssm14090|$pssm14091|$pssm14092|$pssm14093|$pssm14094|$pssm14095|$pssm14096|$pssm14097|$pssm14098|$"
		  "pssm14099"),
	    DONE } },
	{ "a line in the middle of it",
	  ALL,
	  NULL,
	  FILES,
	  FALSE,
	  { COMPLETE("^"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), COMPLETE("cat wi^"), GIVES("4: wide"), DONE } },
	{ "programmable completion of bash",
	  BASH,
	  "bash's own",
	  FILES
	  "_own() { COMPREPLY=($(compgen -W 'alpha alpine beta' -- \"$2\")); }\ncomplete -F _own own\n"
	  "_lazy() { complete -F _own lazy; return 124; }\ncomplete -D -F _lazy -o bashdefault -o default\n"
	  "_opt() { compopt -o nospace; COMPREPLY=(--long= --lone); }\ncomplete -F _opt opt\n"
	  "complete -o filenames -F _fil fil; _fil() { COMPREPLY=('work/a b'\"'c\" 'work/sub dir'); }\n"
	  "complete -W 'x1 x2' words; complete -d dirs; complete -o plusdirs -W 'x1' plus\n"
	  "_eq() { echo \"<${COMP_WORDS[*]}> $COMP_CWORD $2 $3 $COMP_LINE $COMP_POINT\" >$HOME/eq; COMPREPLY=(val); }\n"
	  "complete -F _eq eq; complete -o default -F _nothing nothing; _nothing() { COMPREPLY=(); }\n"
	  "complete -F _noise noise; _noise() { echo noise; echo noise >&2; read x; COMPREPLY=(got$x); }\n",
	  FALSE,
	  { COMPLETE("own al^"),
	    GIVES("4: alpha|alpine"),
	    COMPLETE("lazy al^"),
	    GIVES("5: alpha|alpine"),
	    COMPLETE("/some/own al^"),
	    GIVES("10: alpha|alpine"),
	    COMPLETE("opt --lo^"),
	    GIVES("4!: --lone|--long="),
	    COMPLETE("fil w^"),
	    GIVES("4: work/a\\ b\\'c|work/sub\\ dir/"),
	    COMPLETE("fil \"w^"),
	    GIVES("4: \"work/a b'c\"|\"work/sub dir/"),
	    COMPLETE("words x^"),
	    GIVES("6: x1|x2"),
	    COMPLETE("dirs wo^"),
	    GIVES("5: wood/|work/"),
	    COMPLETE("plus ^"),
	    GIVES("5: wood/|work/|x1"),
	    COMPLETE("unknown wi^"),
	    GIVES("8: wide"),
	    COMPLETE("nothing wi^"),
	    GIVES("8: wide"),
	    COMPLETE("nothing --file=wi^"),
	    GIVES("15: wide"),
	    COMPLETE("a | eq --file=v^"),
	    GIVES("14: val"),
	    LINE("cat eq"),
	    PROMPT(0),
	    OUTPUT("<eq --file = v> 3 v = eq --file=v 11\n"),
	    LINE(":"),
	    PROMPT(0),
	    COMPLETE("noise ^"),
	    GIVES("6: got"),
	    CALL(expect_nothing_written),
	    LINE("complete -p lazy"),
	    PROMPT(1),
	    DONE } },
	{ "compgen in a function of bash, with names that are quoted",
	  BASH,
	  "bash's own",
	  "mkdir -p 'far dir/inner' \"fi'x/in\"; complete -o filenames -F _deep deep\n"
	  "_deep() { mapfile -t COMPREPLY < <(compgen -f -- \"$2\"); }\n",
	  FALSE,
	  { COMPLETE("deep far\\ d^"), GIVES("5!: far\\ dir/"), COMPLETE("deep far\\ dir/in^"),
	    GIVES("5!: far\\ dir/inner/"), COMPLETE("deep 'far dir/in^"), GIVES("5!: 'far dir/inner/"),
	    COMPLETE("deep fi\\'x/i^"), GIVES("5!: fi\\'x/in/"), DONE } },
	{ "a completer that hangs",
	  BASH,
	  "bash's own",
	  OURS_IS "complete -F _slow slow; _slow() { sleep 1000.$OURS; COMPREPLY=(late); }\ncomplete -F _spin spin; "
		  "_spin() { while "
		  ":; do :; done; }\n",
	  FALSE,
	  { COMPLETE("slow ^"), GIVES("given up"), COMPLETE("spin ^"), GIVES("given up"),
	    LINE("pgrep -f \"sleep [1]000[.]$OURS\\$\""), PROMPT(1), COMPLETE("slow ^"), LINE("echo ok"), PROMPT(0),
	    OUTPUT("ok\n"), DONE } },
	{ "compsys of zsh",
	  ZSH,
	  "zsh's own",
	  COMPSYS,
	  FALSE,
	  { COMPLETE("own al^"),
	    GIVES("4: alpha|alpine"),
	    COMPLETE("told ^"),
	    GIVES("5: down (stop it)|up (start it)"),
	    COMPLETE("noise ^"),
	    GIVES("6: got"),
	    CALL(expect_nothing_written),
	    COMPLETE("cat wo^"),
	    GIVES("4: wood/|work/"),
	    COMPLETE("cat work/su^"),
	    GIVES("4!: work/sub\\ dir/"),
	    COMPLETE("cat 'work/su^"),
	    GIVES("4!: 'work/sub dir/"),
	    COMPLETE("cat ~/wi^"),
	    GIVES("4: ~/wide"),
	    COMPLETE("cat wi^ tail"),
	    GIVES("4: wide"),
	    LINE("echo $?; jobs; print -l ${(k)functions} | grep -c '^compadd$'"),
	    PROMPT(ANY),
	    OUTPUT("0\n0\n"),
	    DONE } },
	{ "a completer of compsys that hangs",
	  ZSH,
	  "zsh's own",
	  COMPSYS,
	  FALSE,
	  { COMPLETE("slow ^"), GIVES("given up"), LINE("echo ok"), PROMPT(0), OUTPUT("ok\n"), COMPLETE("own al^"),
	    GIVES("4: alpha|alpine"), LINE("pgrep -f \"sleep [1]000[.]$OURS\\$\""), PROMPT(1), DONE } },
};

const Rows torture_complete = { rows, G_N_ELEMENTS(rows) };
