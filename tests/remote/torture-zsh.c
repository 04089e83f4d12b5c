/* SPDX-License-Identifier: MIT */
/* Torture rows: lines that zsh's own loop runs, and what it does around them. What is expected is what the same zsh
 * gives on a terminal of its own (tests/shell/ecosystems.bats runs both). */
#include "torture.h"

#include <stdio.h>
#include <string.h>

#define ZSH_ONLY ZSH, "zsh's own loop and editor"
#define N_TICKS 300

/* The ticks in what has come since the last line; each counts once. */
static guint count_ticks(Drive *drive)
{
	gsize n;
	const char *output = drive_output(drive, &n);
	guint found = 0;

	for (const char *at = output; (at = memmem(at, n - (gsize)(at - output), "tick.", 5)); at += 5)
		found++;
	return found;
}

/* What a job writes while lines begin is not taken for what the editor paints. */
static void count_all_ticks(Drive *drive)
{
	static const Step line[] = { LINE(":"), PROMPT(0), DONE };
	static const Step last[] = { LINE("wait"), PROMPT(0), DONE };
	guint found = count_ticks(drive);

	for (guint i = 0; i < 40; i++) {
		drive_steps(drive, "a line", line);
		found += count_ticks(drive);
	}
	drive_steps(drive, "the end of the job", last);
	found += count_ticks(drive);
	if (found != N_TICKS) {
		g_autofree char *message = g_strdup_printf("%u ticks of %d", found, N_TICKS);
		drive_fail(drive, message);
	}
}

/* Where it hits what is ours, nothing is lost either: the line ends, and the next one runs. */
static void interrupt_everywhere(Drive *drive)
{
	static const Step interrupted[] = { KEYS("\003"), PROMPT(ANY), LACKS("__pss"), DONE };
	static const Step next[] = { LINE("echo o''k"), PROMPT(0), OUTPUT("ok\n"), DONE };

	for (guint i = 0; i < 40; i++) {
		g_autofree char *line = g_strdup_printf("repeat %u; do :; done", i * i * 20);
		drive_line(drive, line, strlen(line));
		drive_steps(drive, line, interrupted);
		drive_steps(drive, "the next line", next);
	}
}

static const Row rows[] = {
	{ "loop: an interrupt at any moment", ZSH_ONLY, NULL, FALSE, { CALL(interrupt_everywhere), DONE } },
	{ "loop: a copy of the shell has an editor",
	  ZSH_ONLY,
	  "zmodload zsh/zpty\ncopy() { x=in; vared x }\nprecmd() { [[ -z $start ]] || { start=; zpty w copy } }\n",
	  FALSE,
	  { LINE("start=1"), PROMPT(0), OUTPUT(""), LINE("zpty -r w y '*in*'"), PROMPT(0), LINE("zpty -t w"), PROMPT(0),
	    LINE("zpty -d w; echo a"), PROMPT(0), OUTPUT("a\n"), DONE } },
	{ "loop: a job writes while lines begin",
	  ZSH_ONLY,
	  NULL,
	  FALSE,
	  { LINE("{ for i in {1..300}; do echo t''ick.; zselect -t 0; done } &"), PROMPT(0), CALL(count_all_ticks),
	    DONE } },
	{ "loop: status, pipestatus and the last word of the line before",
	  ZSH_ONLY,
	  "precmd() { print -r \"pre $? $pipestatus\" }\n",
	  FALSE,
	  { LINE("true | false"), PROMPT(1), OUTPUT("pre 1 0 1\n"), LINE("echo $pipestatus $? $_"), PROMPT(0),
	    OUTPUT("0 1 1 false\npre 0 0\n"), LINE("(exit 7)"), PROMPT(7), OUTPUT("pre 7 7\n"), LINE("echo $? a"),
	    PROMPT(0), OUTPUT("7 a\npre 0 0\n"), LINE("echo $_"), PROMPT(0), OUTPUT("a\npre 0 0\n"), DONE } },
	{ "loop: the history, its numbers and preexec's three texts",
	  ZSH_ONLY,
	  "preexec() { print -r \"<$1><$2><$3>\" }\nPS1='%!> '\nalias two='echo 2'\n",
	  FALSE,
	  { LINE("two"), PROMPT(0), PS("2> "), OUTPUT("<two><echo 2><echo 2>\n2\n"), LINE("for i in a b\ndo\n:\ndone"),
	    PROMPT(0), PS("3> "),
	    OUTPUT("<for i in a b\ndo\n:\ndone><for i in a b; do; :; done><for i in a b\ndo\n\t:\ndone>\n"),
	    LINE("fc -ln 1"), PROMPT(0), HAS("\ntwo\n"), LACKS("__pss"), DONE } },
	{ "loop: a hook of the prompt fails",
	  ZSH_ONLY,
	  "precmd() { : ${nosuch:?fails} }\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), HAS("a\n"), LACKS("__pss"), LINE("(exit 3)"), PROMPT(3), LINE("echo b $?"),
	    PROMPT(0), HAS("b 3\n"), LINE("unset -f precmd"), PROMPT(0), LINE("echo c"), PROMPT(0), OUTPUT("c\n"),
	    DONE } },
	{ "loop: Ctrl-C in a hook of the prompt",
	  ZSH_ONLY,
	  "precmd() { [[ -z $slow ]] || { slow=; sh -c 'echo on; exec sleep 100'; } }\n",
	  FALSE,
	  { LINE("slow=1; (exit 4)"), UNTIL("on\n"), KEYS("\003"), PROMPT(ANY), LINE("echo a"), PROMPT(0),
	    OUTPUT("a\n"), DONE } },
	{ "loop: a line that has an editor of its own",
	  ZSH_ONLY,
	  "v() { x=in; vared x; print -r \"<$x>\" }\n",
	  FALSE,
	  { LINE("v"), UNTIL("in"), KEYS("side"), UNTIL("side"), KEYS("\r"), PROMPT(0), HAS("<inside>\n"),
	    LINE("echo a"), PROMPT(0), OUTPUT("a\n"), LINE("vared x"), UNTIL("inside"), KEYS("\003"), PROMPT(ANY),
	    LINE("echo b"), PROMPT(0), OUTPUT("b\n"), DONE } },
	{ "loop: what is put into the next line (print -z) is not shown as output",
	  ZSH_ONLY,
	  "precmd() { [[ -z $z ]] || print -z by-hook }\n",
	  FALSE,
	  { LINE("print -z by-hand; print -z twice"), PROMPT(0), OUTPUT(""), LINE("echo a"), PROMPT(0), OUTPUT("a\n"),
	    LINE("z=1"), PROMPT(0), LINE("echo b"), PROMPT(0), OUTPUT("b\n"), LINE("z="), PROMPT(0), LINE("echo c"),
	    PROMPT(0), OUTPUT("c\n"), DONE } },
	{ "loop: zshaddhistory gets the user's lines alone",
	  ZSH_ONLY,
	  "zshaddhistory() { print -rn -- \"1 $1\" >>~/log }\nadded() { print -rn -- \"2 $1\" >>~/log }\n"
	  "zshaddhistory_functions=(added)\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), OUTPUT("a\n"), COMPLETE("cat ~/lo^"), GIVES("4: ~/log"), LINE("echo b"),
	    PROMPT(0), LINE("cat ~/log"), PROMPT(0),
	    OUTPUT("1 echo a\n2 echo a\n1 echo b\n2 echo b\n1 cat ~/log\n2 cat ~/log\n"), DONE } },
	{ "loop: TMOUT calls TRAPALRM at rest, and a prompt that it resets is redrawn",
	  ZSH_ONLY,
	  "n=0\nTRAPALRM() { PS1=\"$((++n)) \"; zle && zle reset-prompt; return 0 }\nTMOUT=1\n",
	  FALSE,
	  { PS("b$ "), REPAINT("1 "), REPAINT("2 "), LINE("unset TMOUT"), PROMPT(0), DONE } },
	{ "loop: TMOUT ends the shell where there is no trap",
	  ZSH_ONLY,
	  NULL,
	  FALSE,
	  { LINE("TMOUT=1"), PROMPT(0), UNTIL("timeout"), ENDS(ANY), DONE } },
	{ "loop: scheduled commands run at rest, and behind a line",
	  ZSH_ONLY,
	  NULL,
	  FALSE,
	  { LINE("zmodload zsh/sched; sched +1 'PS1=due:; print -r due-$((1 + 1)); zle reset-prompt'"), PROMPT(0),
	    UNTIL("due-2\n"), REPAINT("due:"), LINE("sched +0 'print now'"), PROMPT(0), HAS("now\n"), LINE("sched"),
	    PROMPT(0), OUTPUT(""), DONE } },
	{ "loop: hooks of the editor are the user's",
	  ZSH_ONLY,
	  "zle-line-init() { print -n X }\nzle-line-finish() { print -n Y }\nzle -N zle-line-init\nzle -N "
	  "zle-line-finish\n"
	  "RPROMPT=right\n",
	  FALSE,
	  { RIGHT("right"), LINE("echo a $RPROMPT"), PROMPT(0), OUTPUT("a right\n"), RIGHT("right"), LINE("zle -lL"),
	    PROMPT(0), OUTPUT("zle -N zle-line-finish\nzle -N zle-line-init\n"), DONE } },
	{ "loop: a start-up file is read again",
	  ZSH_ONLY,
	  NULL,
	  FALSE,
	  { LINE("echo 'precmd_functions=(); preexec_functions=(); zle-line-init() { }; zle -N zle-line-init; bindkey "
		 "-e; "
		 "unset RPS1' >~/again"),
	    PROMPT(0), LINE(". ~/again"), PROMPT(0), OUTPUT(""), LINE("echo a"), PROMPT(0), OUTPUT("a\n"), DONE } },
	{ "loop: an alias that is unfinished",
	  ZSH_ONLY,
	  "alias open=\"echo 'a\"\n",
	  FALSE,
	  { LINE("open"), PROMPT(1), LINE("echo b"), PROMPT(0), OUTPUT("b\n"), DONE } },
	{ "loop: without the editor",
	  ZSH_ONLY,
	  "unsetopt zle\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), OUTPUT("a\n"), LINE("sh -c 'echo on; exec sleep 100'"), UNTIL("on\n"),
	    KEYS("\003"), PROMPT(130), LINE("true | false"), PROMPT(1), LINE("echo $pipestatus"), PROMPT(0),
	    OUTPUT("0 1\n"), DONE } },
	{ "loop: on a terminal that no editor takes",
	  ZSH_ONLY,
	  "TERM=dumb\n",
	  FALSE,
	  { LINE("echo a"), PROMPT(0), OUTPUT("a\n"), LINE("TERM=xterm"), PROMPT(0), LINE("sleep 100 & jobs; kill %1"),
	    PROMPT(0), HAS("[1]"), DONE } },
	{ "loop: standard input is the terminal, and no descriptor is left",
	  ZSH_ONLY,
	  NULL,
	  FALSE,
	  { LINE("[[ -t 0 ]] && readlink /proc/self/fd/0"), PROMPT(0), HAS("/dev/pts/"), LINE("ls -l /proc/self/fd"),
	    PROMPT(0), LACKS(".pss-"), LINE("exec 0</dev/null"), PROMPT(0), LINE("echo a"), PROMPT(0), OUTPUT("a\n"),
	    DONE } },
	{ "loop: options that a function sets",
	  ZSH_ONLY,
	  "f() { setopt $1 }\ng() { unsetopt $1 }\necho 'setopt xtrace printexitvalue' >~/on\n",
	  FALSE,
	  { LINE(". ~/on"),
	    PROMPT(0),
	    LACKS("__pss"),
	    LINE("echo a"),
	    PROMPT(0),
	    HAS("echo a\na\n"),
	    LACKS("__pss"),
	    LINE("sh -c 'exit 3'"),
	    PROMPT(3),
	    HAS("zsh: exit 3"),
	    LACKS("__pss"),
	    LINE("unsetopt xtrace printexitvalue"),
	    PROMPT(0),
	    LINE("f nounset"),
	    PROMPT(0),
	    OUTPUT(""),
	    LINE("echo $nosuch"),
	    PROMPT(1),
	    LACKS("__pss"),
	    LINE("g nounset; f errreturn"),
	    PROMPT(0),
	    LINE("false; echo b"),
	    PROMPT(1),
	    OUTPUT(""),
	    LINE("g errreturn"),
	    PROMPT(0),
	    LINE("echo c"),
	    PROMPT(0),
	    OUTPUT("c\n"),
	    DONE } },
};

const Rows torture_zsh = { rows, G_N_ELEMENTS(rows) };
