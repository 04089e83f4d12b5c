#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Frameworks that hook into bash, as the remote's: what their hooks see and what the screen shows is what it is under
# `ssh -tt` (tests/oracle). They are small models, each of one behaviour of the framework that it names.

load ../harness/harness

setup_file() { world_start bash; }
setup() { requires python3 && requires_made_account && place_start; }
teardown() { place_end; }
teardown_file() { world_end; }

# alike START-UP LINE…: both logins give the same. $FORGET: what no two of them have in common.
alike() {
	printf '%s\n' "PS1='remote$ '" "$1" | account_file .bash_profile
	account_file .hushlogin </dev/null
	clean_env_words
	FORGET=${FORGET-} python3 "$PSS_SOURCE/tests/oracle/oracle.py" "$REMOTE_HOME/log" "${@:2}" -- \
		ssh -F "$WORLD/ssh/ssh_config" -tt box -- \
		"${CLEAN_ENV[@]}" TERM=xterm-256color bash --noprofile --rcfile "$HERE/rc" -i -- \
		"enter-pssession -ConfigFile \$C box" 3>&-
}

# What most lines are: a word, a failure, a pipeline, a status, a loop, nothing, several.
LINES_OF_ALL=('echo hi' false 'true | false' '(exit 7)' 'for i in 1 2; do echo $i; done' '' 'echo "a  b"; echo c')

# bash-preexec (also in bash-it, atuin, Ghostty, WezTerm and iTerm2's scripts): PROMPT_COMMAND installs it at the first prompt,
# from within; a DEBUG trap that a one-shot flag arms, which reads the line from `history 1`, and leaves out what stands
# in PROMPT_COMMAND, completers and what is written into a pipe or file.
PREEXEC_MODEL='
bp_armed() { bp_flag=on; }
bp_cmd() { bp_status=$?; local f; for f in precmd "${precmd_functions[@]}"; do (exit $bp_status); "$f"; done; }
bp_seen() {
	local it
	[ -n "$bp_flag" ] && [ -z "$COMP_LINE$COMP_POINT" ] && [ -t 1 ] || return 0
	[ $BASH_SUBSHELL -ne 0 ] || bp_flag=
	for it in "${PROMPT_COMMAND[@]}"; do [ "$BASH_COMMAND" != "$it" ] || { bp_flag=; return 0; }; done
	it=$(LC_ALL=C HISTTIMEFORMAT= history 1 | sed "s/^ *[0-9]*[* ] //")
	[ -n "$it" ] && preexec "$it"
	(exit ${bp_status:-0})
}
bp_install() {
	PROMPT_COMMAND=("bp_cmd" "${PROMPT_COMMAND[@]/bp_install/:}" "bp_armed")
	trap bp_seen DEBUG
	bp_cmd; bp_armed
}
HISTCONTROL=ignoredups
precmd() { echo "precmd $?" >>~/log; }
preexec() { echo "preexec $1" >>~/log; }
precmd_functions=()
'

@test "ecosystems: bash-preexec: installs itself by a hook, sees each line once with its text and status" {
	alike "$PREEXEC_MODEL PROMPT_COMMAND=(bp_install)" "${LINES_OF_ALL[@]}" 'trap -p DEBUG' 'declare -p PROMPT_COMMAND'
	alike "$PREEXEC_MODEL PROMPT_COMMAND=('echo a' bp_install 'echo b'); set -E; trap 'echo E >>~/log' ERR" 'echo hi' false
}

@test "ecosystems: bash-preexec, loaded by a line" {
	echo "$PREEXEC_MODEL PROMPT_COMMAND+=(bp_install)" | account_file model
	alike : 'echo hi' '. ~/model' 'echo hi' false 'source ~/model' 'true'
}

# bash-it and oh-my-bash: the prompt is a function of theirs that is appended to PROMPT_COMMAND as text, with what was there before, and
# that makes PS1 of the last status.
@test "ecosystems: bash-it: a prompt that a function makes, in a text with other hooks" {
	alike "prompt() { PS1=\"<\$?> \"; }
		safe_append() { case \$PROMPT_COMMAND in *\$1*) ;; *) PROMPT_COMMAND=\"\${PROMPT_COMMAND:+\$PROMPT_COMMAND;}\$1\" ;; esac; }
		PROMPT_COMMAND='history -a'
		safe_append prompt" "${LINES_OF_ALL[@]}" 'safe_append "echo second"' false 'echo "$PROMPT_COMMAND"'
}

# liquidprompt: the DEBUG handler measures until the last element of PROMPT_COMMAND runs, which it reads as an array.
@test "ecosystems: liquidprompt: a stopwatch between the line and PROMPT_COMMAND's last element" {
	alike "before() { [ \"\$BASH_COMMAND\" = \"\${PROMPT_COMMAND[-1]}\" ] || echo \"runs \$BASH_COMMAND\" >>~/log; }
		after() { local s=\$?; echo \"after \$s\" >>~/log; PS1=\"\$s> \"; return \$s; }
		PROMPT_COMMAND=('true a' after); trap before DEBUG" "${LINES_OF_ALL[@]}" 'PROMPT_COMMAND=(after)' 'echo x'
}

# starship without bash-preexec, and zoxide, direnv: a DEBUG trap with a flag, `$_` handed through, PIPESTATUS and `jobs` read first.
@test "ecosystems: starship: PIPESTATUS, last word and duration" {
	alike "ready=; pre() { local prev=\$1; if [ -n \"\$ready\" ]; then ready=; echo \"start \$prev\" >>~/log; fi; : \"\$prev\"; }
		cmd() { local s=\$? p=(\"\${PIPESTATUS[@]}\"); echo \"status \$s pipe \${p[*]}\" >>~/log; PS1=\"\$s \${p[*]}> \"; ready=1; }
		trap 'pre \"\$_\"' DEBUG; PROMPT_COMMAND=cmd" "${LINES_OF_ALL[@]}" 'echo $_' 'false | true | true' 'echo ${PIPESTATUS[*]}'
}

# VS Code's: OSC 633 around prompt and output; PS0 by a DEBUG trap, the line from BASH_COMMAND or `history 1`, the trap and
# PROMPT_COMMAND of before inside its own.
@test "ecosystems: VS Code: marks around each line, with its text and status" {
	alike "in_command=1; PROMPT_COMMAND='echo of before >>~/log'
		mark() { builtin printf '\e]633;%s\a' \"\$1\"; }
		pre() { if [ \"\$in_command\" = 0 ]; then in_command=1; current=\$(history 1 | sed 's/ *[0-9]* *//'); mark \"E;\$current\"; mark C; fi; }
		old=\$PROMPT_COMMAND
		cmd() { local s=\$?; [ \"\$in_command\" = 0 ] || [ -z \"\$current\" ] || mark \"D;\$s\"; current= in_command=0; eval \"\$old\"; }
		trap 'pre \"\$_\"' DEBUG; PROMPT_COMMAND=cmd" "${LINES_OF_ALL[@]}" 'trap -p DEBUG'
}

# WezTerm's, VTE's, kitty's and iTerm2's: OSC 7 with the directory at each prompt, OSC 133 in PS0 and PROMPT_COMMAND.
@test "ecosystems: WezTerm, VTE and kitty: OSC 7 and 133 from PS0 and PROMPT_COMMAND" {
	alike "osc7() { printf '\e]7;file://%s%s\e\\\\' host \"\$PWD\"; }
		done_mark() { printf '\e]133;D;%s\a' \"\$?\"; }
		PS0='\e]133;C\a'; PROMPT_COMMAND=(done_mark osc7)" "${LINES_OF_ALL[@]}" 'cd /usr' 'PS0='
}

# bash-timer, undistract-me, and the title of many an /etc/bash.bashrc.
@test "ecosystems: a stopwatch and a title made of BASH_COMMAND" {
	alike "start() { t=\${t:-began}; }; stop() { echo \"\$t\" >>~/log; unset t; }
		trap 'start; printf \"\\e]0;%s\\a\" \"\$BASH_COMMAND\"' DEBUG; PROMPT_COMMAND=stop" "${LINES_OF_ALL[@]}"
}

@test "ecosystems: errtrace, functrace, RETURN, EXIT and what is left of them" {
	alike "set -E; trap 'echo \"E \$?\" >>~/log' ERR; trap 'echo bye >>~/log' EXIT" "${LINES_OF_ALL[@]}" 'f() { false; }; f' 'trap -p' \
		'set -o | grep trace'
	alike "trap 'echo \"D \$BASH_COMMAND\" >>~/log' DEBUG; f() { echo in; }" 'set -T' 'f' 'trap "echo R" RETURN' f 'set +T' \
		'trap - RETURN DEBUG' 'f' 'trap' 'f() { trap "echo R" RETURN; }' f 'trap -p'
}
