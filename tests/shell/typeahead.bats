#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is typed before it is read is what the user types next. The oracle is `ssh -tt` to the same account, in a
# terminal of its own, with the same keys: the lines that they are write the same files.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	local_shell_start
	SIDES=(a b)
}
teardown() {
	place_end
	rm -rf "$WORLD"/remote-run/[ab]
}

# A command that takes a while, and reads nothing.
SLOW='timeout 0.2 tail -f /dev/null'

# Each side's shell stands in a directory of its own, `a` ours and `b` ssh's.
stand_in_directory() {
	local side=$1
	mkdir -p "$WORLD/remote-run/$side"
	chown "$REMOTE_USER" "$WORLD/remote-run/$side"
	TERM_NAME=$side run_line "cd $WORLD/remote-run/$side"
}

# both_start [SHELL]: the remote shell is the account's own, or this one.
both_start() {
	requires_own_account
	[ -z "${1-}" ] || write_dotfiles "$1"
	enter box ${1:+-ConfigurationName "$1"}
	clean_env_words
	TERM_NAME=b term_start "${CLEAN_ENV[@]}" ssh -F "$WORLD/ssh/ssh_config" -tt box ${1:+"exec $1 -l"}
	TERM_NAME=b wait_line 'remote\$ $'
	stand_in_directory a
	REMOTE_PROMPT='^remote\$ $' stand_in_directory b
}

# The text is typed at once, newlines are Enter.
type_both() {
	local side
	for side in "${SIDES[@]}"; do
		TERM_NAME=$side term_paste "$1"
	done
}

has_file() {
	[ -e "$WORLD/remote-run/$1" ]
}

# Once the last line has run on both sides.
both_wait() {
	local side
	for side in "${SIDES[@]}"; do
		wait_until "${2:-$SCREEN_DEADLINE}" has_file "$side/${1:-done}" || { TERM_NAME=$side explain_screen; return 1; }
	done
}

both_are_equal() {
	diff -r "$WORLD/remote-run/a" "$WORLD/remote-run/b" >&2
}

# same_as_ssh TEXT: typed at once at a prompt, it does the same on both sides.
same_as_ssh() {
	type_both "$1"$'\ntouch done\n'
	both_wait 'done' 60
	both_are_equal
}

# The same, typed while a command runs. (What is typed while a shell's editor reads is not what a program reads then:
# Enter is no newline yet. Only for ssh's side that makes a difference.)
same_as_ssh_while_running() {
	local side
	type_both $'touch here; sh -c \'until [ -e go ]; do :; done\'\n'
	both_wait here
	type_both "$1"$'\ntouch done\n'
	for side in "${SIDES[@]}"; do
		TERM_NAME=$side wait_screen $'\ntouch done'
		touch "$WORLD/remote-run/$side/go"
	done
	both_wait 'done' 60
	both_are_equal
}

@test "typeahead: a block of lines runs line by line, each at its prompt, each in the history" {
	both_start
	same_as_ssh "$(printf 'echo line %d >>log\n' 1 2 3 4 5 6 7 8 9 10)"
	wait_remote
	for i in 1 5 10; do
		wait_screen "remote\\\$ echo line $i >>log"
	done
	[ "$(grep -c '^echo line' "$HERE"/state/pssession/history/*)" = 10 ]
}

# (A bash of ssh's loses what is typed behind the line that its `read` takes: its editor has left the terminal without
# ends of lines.)
@test "typeahead: what a program reads goes to it, what is left to the next line" {
	requires_own_account
	enter
	SIDES=(a)
	stand_in_directory a
	type_both "$SLOW"$'\necho a >>log\nread x\nfoo\necho "$x" >>log\nread x; read y\none\ntwo\necho $x $y >>log\ntouch done\n'
	both_wait
	[ "$(<"$WORLD/remote-run/a/log")" = $'a\nfoo\none two' ]
}

@test "typeahead: slow lines in a row" {
	both_start
	same_as_ssh "$(printf "$SLOW; echo %d >>log\\n" {1..8})"
}

@test "typeahead: unfinished lines go on at the second prompt" {
	both_start
	same_as_ssh_while_running $'for i in 1 2\ndo echo $i >>log\ndone\ncat >>log <<END\ntext $i\nEND\necho "a\nb" >>log'
}

@test "typeahead: keys are keys: they erase, move, complete" {
	both_start
	same_as_ssh_while_running $'mkdir only-one\necho wrong\025echo right >>log\necho b >>log\001 : ; \necho in >>only\t/x'
}

@test "typeahead: Ctrl-D ends a program's input; a terminal in line mode makes nothing of it that a shell would take" {
	both_start
	type_both $'touch here; cat >log\n'
	both_wait here
	same_as_ssh $'one\ntwo\n\004'"$SLOW"$'\n\004echo three >>log'
	[ "$(<"$WORLD/remote-run/a/log")" = $'one\ntwo\nthree' ]
}

@test "typeahead: Ctrl-C drops what was typed before it" {
	local side
	both_start
	type_both $'touch here; '"$FOREVER"$'\necho lost >>log\ntouch lost\n'
	both_wait here
	for side in a b; do
		TERM_NAME=$side term_keys C-c
		TERM_NAME=$side wait_line 'remote\$ $'
	done
	same_as_ssh 'echo kept >>log'
	[ "$(<"$WORLD/remote-run/a/log")" = kept ]
}

@test "typeahead: 100 KB while a command runs" {
	local line
	printf -v line '%0150d' 0
	both_start
	same_as_ssh "$SLOW"$'\n'"$(for i in {1..600}; do echo "echo $i >>log; : $line"; done)"
	[ "$(wc -l <"$WORLD/remote-run/a/log")" = 600 ]
}

# More than the queues on the way hold at once. A terminal in line mode takes lines of 4095 bytes.
@test "typeahead: 1 MB while a command runs" {
	local line side
	printf -v line '%03400d' 0
	both_start
	type_both $'touch here; sh -c \'until [ -e go ]; do :; done\'\n'
	both_wait here
	type_both "$(for i in {1..300}; do echo "echo $i >>log; : $line"; done)"$'\ntouch done\n'
	for side in "${SIDES[@]}"; do
		TERM_NAME=$side wait_screen 'echo 2 >>log'
		touch "$WORLD/remote-run/$side/go"
	done
	both_wait 'done' 60
	both_are_equal
	[ "$(<"$WORLD/remote-run/a/log")" = "$(seq 300)" ]
}

# What every remote shell does alike.
in_another_shell() {
	command -v "$1" >/dev/null || skip "there is no $1 here"
	both_start "$1"
	same_as_ssh_while_running $'echo a >>log\nread x\nfoo\necho "$x" >>log\necho wrong\025echo right >>log\n'"$SLOW"$'\necho b >>log'
	[ "$(<"$WORLD/remote-run/a/log")" = $'a\nfoo\nright\nb' ]
}

@test "typeahead: the same in a remote zsh" {
	in_another_shell zsh
}

@test "typeahead: the same in a remote dash" {
	in_another_shell dash
}

@test "typeahead: the same in a remote fish" {
	in_another_shell fish
}

@test "typeahead: behind a line that leaves it is lost, as with ssh, and does not run here" {
	local how
	keep_session
	for how in 'exit 3' exit-pssession 'true && exit 3' "$SLOW"$'\nexit 3'; do
		enter_kept
		term_paste "$how"$'\ntouch '"$HERE"$'/wrong; echo wrong\n'
		wait_local
		run_line 'echo here'
		[ ! -e "$HERE/wrong" ]
	done
	for how in 'exit 3' logout "$SLOW"$'\nexit 3'; do
		enter
		term_paste "$how"$'\ntouch '"$HERE"$'/wrong; echo wrong\n'
		wait_local
		run_line 'echo here'
		[ ! -e "$HERE/wrong" ]
	done
}

# entering TEXT [ARGUMENTS…]: enter-pssession and the text, typed at once.
entering() {
	SIDES=(a)
	mkdir -p "$WORLD/remote-run/a"
	chown "$REMOTE_USER" "$WORLD/remote-run/a"
	term_paste "enter-pssession ${*:2}"$'\n'"$1"
}

@test "typeahead: while it connects and boots, the first prompt reads it" {
	requires_own_account
	account_file .bashrc <<-'END'
		case $- in *i*) until [ -e "$XDG_RUNTIME_DIR/go" ]; do :; done ;; esac
		PS1='remote$ '
	END
	entering $'cd "$XDG_RUNTIME_DIR/a"\necho one >>log\n' '-ConfigFile $C box'
	wait_screen 'echo one >>log'
	term_paste $'read x\ntwo\necho "$x" >>log\ntouch done\n'
	wait_screen 'touch done'
	touch "$WORLD/remote-run/go"
	both_wait
	rm "$WORLD/remote-run/go"
	write_dotfiles bash
	[ "$(<"$WORLD/remote-run/a/log")" = $'one\ntwo' ]
}

@test "typeahead: a start-up file that asks gets what is typed, the first prompt the rest" {
	requires_own_account
	account_file .bashrc <<-'END'
		case $- in *i*) read -r -p 'name? ' name ;; esac
		PS1='remote$ '
	END
	entering $'me\necho "$name" >"$XDG_RUNTIME_DIR/log"\n' '-ConfigFile $C box'
	wait_remote
	wait_until 15 has_file log
	write_dotfiles bash
	[ "$(<"$WORLD/remote-run/log")" = me ]
	rm "$WORLD/remote-run/log"
}

@test "typeahead: at once to a kept session, at its prompt and busy" {
	keep_session
	entering $'cd "$XDG_RUNTIME_DIR/a"\necho one >>log\ntouch here; until [ -e go ]; do :; done\n' '-Session $s'
	both_wait here
	term_keys Enter
	term_send '~.'
	wait_local
	entering $'echo two >>log\ntouch done\n' '-Session $s'
	wait_screen 'touch done'
	touch "$WORLD/remote-run/a/go"
	both_wait
	[ "$(<"$WORLD/remote-run/a/log")" = $'one\ntwo' ]
}

@test "typeahead: over other links: resilient, the ssh program" {
	local line
	printf -v line '%0150d' 0
	requires_own_account
	SIDES=(a)
	for how in '-Resilient' '-Transport ssh'; do
		keep_session box "$how"
		enter_kept
		stand_in_directory a
		type_both "$SLOW"$'\n'"$(for i in {1..200}; do echo "echo $i >>log; : $line"; done)"$'\nread x\nfoo\necho "$x" >>log\ntouch done\n'
		both_wait 'done' 60
		[ "$(<"$WORLD/remote-run/a/log")" = "$(seq 200; echo foo)" ]
		rm -r "$WORLD/remote-run/a"
		wait_remote
		leave_by exit
	done
}

@test "typeahead: where nothing is entered, what was typed for it does not run here" {
	sed "s/^Port .*/Port 9/" "$WORLD/ssh/ssh_config" >"$HERE/nowhere"
	run_line 'C=$HERE/nowhere'
	local how
	for how in '' ' -EscapeChar none' ' -EscapeChar %'; do
		term_paste "enter-pssession -ConfigFile \$C box$how"$'\ntouch '"$HERE"$'/wrong\n'
		wait_screen 'refused'
		wait_local
		run_line 'echo here; clear'
		[ ! -e "$HERE/wrong" ]
	done
}

@test "typeahead: what the terminal answers is no line's text, the lines around it run" {
	local ask='import select,sys,termios,tty; before = termios.tcgetattr(0); tty.setraw(0, termios.TCSANOW)'
	ask+='; print("\033[c\033[6n\033]11;?\007", end="", flush=True); select.select([0], [], []); termios.tcsetattr(0, termios.TCSANOW, before)'
	requires_own_account
	enter
	# shellcheck disable=SC2016
	printf '%s\n' "$ask" >"$WORLD/remote-run/ask.py"
	term_paste $'cd $XDG_RUNTIME_DIR; python3 ask.py\nmkdir -p a; echo one >>a/log\n'
	term_paste $'python3 ask.py\n'
	SIDES=(a)
	both_wait log
	wait_remote
	run_line 'python3 ask.py; echo asked'
	output_is asked
	[ "$(<"$WORLD/remote-run/a/log")" = one ]
	# (A terminal in line mode echoes what is typed, answers too.)
	screen | grep 'remote\$ ' | not grep -q -e '[0-9]c' -e '[0-9]R' -e 'rgb:'
	rm "$WORLD/remote-run/ask.py"
}
