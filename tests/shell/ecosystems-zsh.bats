#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What frameworks and dotfiles do to a remote zsh: small models of them, each of one behaviour. Their hooks write down what
# they see; the oracle is `ssh -tt` to the same account, where the same lines are typed.

load ../harness/harness
load ../harness/dotfiles

setup() {
	world_start zsh
	requires_made_account
	place_start
}
teardown() { place_end; world_end; }

SIDES=(a b)

# Each side's shell stands in a directory of its own, `a` ours and `b` ssh's; what hooks see goes to `log` there.
both_start() {
	local side
	account_file .zshrc <<-END
		PS1='remote$ '
		zle -D zle-line-init zle-line-finish 2>/dev/null
		see() { print -r -- "\$@" >>log }
		$1
		precmd_at() { : >at }
		precmd_functions+=(precmd_at)
	END
	local_shell_start
	enter
	TERM_NAME=b term_start "${CLEAN_ENV[@]}" ssh -F "$WORLD/ssh/ssh_config" -tt box
	TERM_NAME=b wait_line 'remote\$ $'
	for side in "${SIDES[@]}"; do
		mkdir -p "$WORLD/remote-run/$side"
		chown "$REMOTE_USER" "$WORLD/remote-run/$side"
		TERM_NAME=$side type_line "cd $WORLD/remote-run/$side"
		wait_for_hooks "$side"
	done
	rm -f "$WORLD"/remote-run/*/log
}

type_line() {
	term_send "$1"
	term_keys Enter
}

has_file() {
	[ -e "$WORLD/remote-run/$1" ]
}

# The hooks of a prompt have run: the file `at` comes from the last of them.
wait_for_hooks() {
	wait_until "$SCREEN_DEADLINE" has_file "$1/at" || { TERM_NAME=$1 explain_screen; return 1; }
}

# Types lines, each once both sides are at their prompts.
both_type() {
	local line side
	for line; do
		for side in "${SIDES[@]}"; do
			rm -f "$WORLD/remote-run/$side/at"
			TERM_NAME=$side type_line "$line"
		done
		for side in "${SIDES[@]}"; do
			wait_for_hooks "$side"
		done
	done
}

# same RC LINE…: after these start-up files and lines both logs are the same, and nothing of ours is in them.
same() {
	both_start "$1"
	both_type "${@:2}"
	diff "$WORLD/remote-run/b/log" "$WORLD/remote-run/a/log" >&2
	not grep -F __pss "$WORLD/remote-run/a/log"
}

both_saw() {
	grep -qxF "$1" "$WORLD/remote-run/a/log" && grep -qxF "$1" "$WORLD/remote-run/b/log"
}

is_same_log() {
	diff "$WORLD/remote-run/a/log" "$WORLD/remote-run/b/log" && grep -q "^exit 7" "$WORLD/remote-run/a/log"
}

@test "zsh: preexec and precmd see each line once, as typed and as parsed, and its status" {
	same 'alias ll="ls -l"
preexec() { see "pre $? <$1> <$2> <$3> $pipestatus" }
precmd() { see "cmd $? $pipestatus" }' \
		'true x y' 'false' 'll /' '(exit 3) | (exit 4) | true' 'for i in 1 2; do echo $i; done' '' \
		'if true; then echo a; else echo b; fi' "echo 'a   b'  c" 'echo $(( 1 + 2 )) `echo a`' ' echo blank' 'nosuch' \
		'see $? $_ $pipestatus' 'true a b' 'see $? $_' '(exit 3) | false' 'see $? $_ $pipestatus'
}

@test "zsh: a TRAPDEBUG function sees the user's commands alone" {
	same 'TRAPDEBUG() { see "D $? <$ZSH_DEBUG_CMD>" }
f() { true in f; false }
precmd() { true in precmd }
preexec() { true in preexec }' \
		'true x' 'f' 'true | (exit 3)' 'for i in 1 2; do true $i; done' '' 'false && true' 'see "$(functions TRAPDEBUG)"' \
		'TRAPDEBUG() { see other }' 'true y' 'unset -f TRAPDEBUG' 'true z'
}

@test "zsh: a DEBUG trap that is a text, set and reset in a line" {
	same 'trap '\''see "D $? <$ZSH_DEBUG_CMD>"'\'' DEBUG' \
		'true x' 'false' 'true a && true b' 'see "$(trap)"' 'trap "see other" DEBUG' 'true y' 'trap - DEBUG' 'true z'
}

@test "zsh: ZERR traps see each failure once" {
	same 'TRAPZERR() { see "Z $?" }
f() { false; true }
precmd() { false }' \
		'true x' 'false' 'f' 'true | (exit 3)' 'false || true' 'nosuch' 'if false; then :; fi' \
		'unset -f TRAPZERR' 'trap "see text" ZERR' 'false' 'see "$(trap)"' 'trap - ERR' 'false'
}

@test "zsh: a DEBUG trap sees lines that name other traps as natively" {
	same 'TRAPDEBUG() { see "D $? <$ZSH_DEBUG_CMD>" }' \
		'TRAPZERR() { see "Z $?" }' 'false' 'trap "see text" ERR' 'false' 'trap - ZERR; true x' 'unset -f TRAPZERR' \
		'setopt err_return' 'trap "see usr" USR1' 'kill -USR1 $$; true trap x' 'unsetopt err_return' 'see "$(functions TRAPDEBUG)"'
	both_type 'unset -f TRAPDEBUG; trap "see \"T <\$ZSH_DEBUG_CMD>\"" DEBUG' 'trap "see z" ZERR' 'false' 'trap - ERR' 'true y'
	diff "$WORLD/remote-run/b/log" "$WORLD/remote-run/a/log" >&2
}

@test "zsh: periodic and the history, as hooks and lines see them" {
	same 'preexec() { [[ $1 == : ]] || see "pre $(fc -ln -1)" }
precmd() { see cmd }' \
		: 'PERIOD=100000; periodic() { see periodic }' 'true x' 'true y' ' true z' 'fc -ln -3 >>log' 'setopt hist_ignore_space' ' true hidden' 'fc -ln -3 >>log'
}

@test "zsh: jobs and lines have the numbers that they have natively" {
	same 'preexec() { see "pre ${(%):-%!} <$1> <$2>" }
precmd() { see "cmd $? ${(%):-%j %!}" }
alias two="true 1 2"' \
		': >file' \
		'tail -f /dev/null & tail -f log >/dev/null &' 'jobs >>log' 'kill %1; wait %1' 'tail -f file &' 'jobs >>log' 'kill %1 %2; wait' \
		'two' 'print -r "f() { true \$1; }; true &; wait" >file' '. ./file' 'f x' 'jobs >>log' 'see $HISTCMD'
}

@test "zsh: TMOUT with a trap, and scheduled commands, while the shell waits" {
	both_start 'TRAPALRM() { (( n++ )) || see "alarm $1" }'
	both_type 'zmodload zsh/sched; sched +1 "see scheduled"'
	wait_until "$SCREEN_DEADLINE" both_saw scheduled
	both_type 'TMOUT=1'
	wait_until "$SCREEN_DEADLINE" both_saw 'alarm 14'
	both_type 'TMOUT=0' 'see end'
	diff "$WORLD/remote-run/b/log" "$WORLD/remote-run/a/log" >&2
}

@test "zsh: an EXIT trap of the shell" {
	same 'TRAPEXIT() { see "exit $?" }
f() { trap "see f" EXIT }' 'f' '(exit 3)'
	type_line 'exit 7'
	wait_local
	TERM_NAME=b type_line 'exit 7'
	wait_until "$SCREEN_DEADLINE" is_same_log
}

# What waits at the fifo of the account's home goes on.
let_go() {
	timeout "$SCREEN_DEADLINE" sh -c 'echo x >"$1"' sh "$REMOTE_HOME/go"
}

# enter_with RC: one fifo to hold a prompt back by.
enter_with() {
	mkfifo "$REMOTE_HOME/go" && chown "$REMOTE_USER" "$REMOTE_HOME/go"
	account_file .zshrc <<<"PS1='remote\$ '"$'\n'"$1"
	local_shell_start
	enter
}

@test "zsh: a prompt made late by zle -F (oh-my-zsh's git prompt) is redrawn, with what has been typed" {
	enter_with 'got() { local b; read -r -u $1 b; zle -F $1; exec {1}<&-; PROMPT="$b remote$ "; zle && zle reset-prompt }
precmd() { local fd; PROMPT="remote$ "; exec {fd}< <(read x <~/go; print main); zle -F $fd got }'
	term_type 'echo ha'
	let_go
	wait_line '^\[.*box\]: main remote\$ echo ha$'
	term_send lf
	term_keys Enter
	wait_screen $'\nhalf\n'
	wait_remote
	let_go
	wait_line '^\[.*box\]: main remote\$ $'
	[ "$(screen | grep -c half)" = 2 ]
}

@test "zsh: a worker on a zpty whose callback resets the prompt (zsh-async: pure, spaceship)" {
	enter_with 'zmodload zsh/zpty
worker() { local l; stty -echo; while read -r l; do read x <~/go; print "done $l"; done }
got() { local o; zpty -rt w o; [[ $o == *done* ]] || return; PROMPT="async remote$ "; zle .reset-prompt }
precmd() {
	PROMPT="remote$ "
	if (( ! started )); then
		typeset -g started=1
		[[ -o zle ]] && zpty -b w worker && zle -F $REPLY got
	fi
	zpty -w w $PWD
}'
	let_go
	wait_line '^\[.*box\]: async remote\$ $'
	run_line 'echo a'
	output_is a
	term_type 'echo b'
	let_go
	wait_line '^\[.*box\]: async remote\$ echo b$'
	term_keys Enter
	wait_screen $'\nb\n'
	wait_remote
	run_line 'zpty -d w; precmd() { }'
}

@test "zsh: a prompt of two lines that sets promptsp and promptcr each time (powerlevel10k) is shown once" {
	enter_with 'precmd() { setopt prompt_sp prompt_cr; PS1=$'\''== %~ ==\nremote$ '\'' }'
	run_line clear
	run_line 'printf "abc\n"'
	run_line true
	[ "$(screen | grep -c '^== ~ ==$')" = 3 ]
}

@test "zsh: Debian's zsh-autosuggestions and zsh-syntax-highlighting, and a prompt of vcs_info" {
	needs_file /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh
	needs_file /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh
	same '. /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh
. /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh
autoload -Uz vcs_info add-zsh-hook compinit; compinit -D
setopt prompt_subst
PS1="\${vcs_info_msg_0_}remote$ "
seen() { vcs_info; see "cmd $? $pipestatus" }
typed() { see "pre <$1> <$2>" }
add-zsh-hook precmd seen
add-zsh-hook preexec typed' \
		'true x' 'false | true' 'ls /nosuch'
}
