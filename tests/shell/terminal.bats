#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# While a command runs, the terminal is the remote's.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; local_bash_start; enter; }
teardown() { place_end; }

@test "terminal: vim edits and writes a file" {
	term_type "vim.tiny -u NONE -i NONE -c \"set showmode\" $WORLD/remote-run/edited"
	term_keys Enter
	wait_screen $'\n~'
	term_keys i
	wait_screen 'INSERT'
	term_send 'written in vim'
	wait_screen 'written in vim'
	term_keys Escape
	wait_until 10 not screen_matches INSERT
	term_send ':wq'
	term_keys Enter
	wait_remote
	run_line "cat $WORLD/remote-run/edited; rm $WORLD/remote-run/edited"
	output_is 'written in vim'
}

@test "terminal: top runs until q" {
	term_type top
	term_keys Enter
	wait_screen 'PID USER'
	term_keys q
	wait_remote
	run_line 'echo $?'
	output_is 0
}

@test "terminal: less pages and gives the screen back" {
	term_type 'seq 1000 | less -X'
	term_keys Enter
	wait_screen $'\n23\n:'
	term_keys Space
	wait_screen $'\n46\n:'
	term_keys q
	wait_remote
}

@test "terminal: a secret that is read without echo is nowhere afterwards" {
	term_type 'read -rsp "secret: " secret; echo'
	term_keys Enter
	wait_line 'secret: $'
	term_send 'canary-7Fq2'
	term_keys Enter
	wait_remote
	run_line 'echo ${#secret}'
	output_is 11
	scrollback | not grep -q canary
	leave_by exit
	not grep -rq canary-7Fq2 "$HERE/home" "$HERE/state"
}

@test "terminal: Ctrl-C interrupts what runs, status 130" {
	start_running
	term_keys C-c
	wait_remote
	run_line 'echo $?'
	output_is 130
}

@test "terminal: Ctrl-C ends a loop of the shell itself" {
	start_running 'echo running; while :; do :; done'
	term_keys C-c
	wait_remote
	run_line 'echo $?'
	output_is 130
}

proxy_is_used() {
	grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$PROXY_PORT") [0-9A-F:]* 01" /proc/net/tcp
}

# interrupted_while_connecting COMMAND: what is said behind it, in lists, loops and files that the shell goes on with or not.
interrupted_while_connecting() {
	local line
	echo "$1; echo after in the file" >"$HERE/file"
	for line in "$1; echo after" "$1 && echo after" "$1 || echo after" "for i in 1 2; do $1; echo after; done" \
		"f() { $1; echo after; }; f; echo after it" '. $HERE/file; echo after it' 'armed=". $HERE/file"' "while ! $1; do echo after; done"; do
		wait_until 10 not proxy_is_used
		run_line clear
		term_type "$line" && term_keys Enter
		wait_until 10 proxy_is_used
		term_keys C-c
		wait_local
		run_line 'echo "status $?"'
		printf '%s:%s\n' "${line//"$1"/COMMAND}" "$(screen | grep -E '^(after|status [0-9])' | tr '\n' ' ')"
	done
}

@test "terminal: Ctrl-C while it connects ends what the shell runs, as with ssh" {
	write_hooks_in_front
	proxy_start 0
	proxy silent
	echo "F=$FAR_CONFIG" >>"$HERE/rc"
	local_shell_start
	interrupted_while_connecting 'ssh -F $F far' >"$HERE/native"
	interrupted_while_connecting 'enter-pssession -ConfigFile $F far' >"$HERE/entered"
	interrupted_while_connecting 'invoke-command -ConfigFile $F far true' >"$HERE/invoked"
	diff "$HERE/native" "$HERE/entered"
	diff "$HERE/native" "$HERE/invoked"
	proxy_stop
}

@test "terminal: Ctrl-Z stops it, status 148, fg and Ctrl-C end it" {
	start_running
	term_keys C-z
	wait_screen 'Stopped'
	wait_remote
	run_line 'echo $?'
	output_is 148
	run_line 'jobs'
	output_like "Stopped.*$FOREVER"
	term_type fg
	term_keys Enter
	wait_screen $'fg\n.*'"$FOREVER"
	term_keys C-c
	wait_remote
	run_line 'jobs'
	output_is ''
}

@test "terminal: Ctrl-D is the end of a program's input" {
	term_type cat
	term_keys Enter
	term_send abc
	term_keys Enter
	wait_screen $'cat\nabc\nabc'
	term_keys C-d
	wait_remote
	run_line 'echo $?'
	output_is 0
}

@test "terminal: read takes a line from the keyboard" {
	term_type 'read -r -p "name? " name'
	term_keys Enter
	wait_line 'name\? $'
	term_send 'a  b\c'
	term_keys Enter
	wait_remote
	run_line 'printf "<%s>\n" "$name"'
	output_is '<a  b\c>'
}

@test "terminal: output without a final newline is not overwritten" {
	term_type 'printf abc'
	term_keys Enter
	wait_screen $'\nabc[^\n]*\n\\[.*box\\]: remote\\$'
}

@test "terminal: colours reach the screen as they are" {
	run_line 'printf "\e[32mgreen\e[0m plain\n"'
	output_is 'green plain'
	tm capture-pane -p -e | grep -q $'\e\\[32mgreen'
}

@test "terminal: the size follows while a command runs and while it does not" {
	run_line 'stty size'
	output_is '24 80'
	resize 100 30
	run_line 'stty size'
	output_is '30 100'
	term_type 'trap "stty size </dev/tty" WINCH; echo running; until [ -e $XDG_RUNTIME_DIR/go ]; do read -rt 0.1 <> <(:); done'
	term_keys Enter
	wait_screen $'\nrunning'
	resize 70 20
	wait_screen $'\n20 70'
	touch "$WORLD/remote-run/go"
	wait_remote
	rm "$WORLD/remote-run/go"
	run_line 'stty size'
	output_is '20 70'
	leave_by exit
	run_line 'stty size'
	output_is '20 70'
}

@test "terminal: a program that left it raw does no harm to the prompt" {
	run_line 'stty raw -echo'
	run_line 'echo fine'
	output_is fine
	leave_by exit
	terminal_is_sane
}

@test "terminal: a flood is ended by Ctrl-C, and the prompt comes soon" {
	term_type 'echo running; yes flood'
	term_keys Enter
	wait_screen $'flood\nflood\nflood'
	local started
	started=$(now_ms)
	term_keys C-c
	wait_remote
	[ $(($(now_ms) - started)) -lt 3000 ]
}

@test "terminal: background output at the prompt is shown above the line being typed" {
	run_line "(until [ -e \$XDG_RUNTIME_DIR/say ]; do read -rt 0.1 <> <(:); done; echo from behind) &"
	term_type 'echo half'
	touch "$WORLD/remote-run/say"
	wait_screen $'from behind\n'
	wait_line 'remote\$ echo half$'
	rm "$WORLD/remote-run/say"
	term_type ' and whole'
	term_keys Enter
	wait_screen $'\nhalf and whole\n'
}

@test "terminal: an unfinished escape sequence in the output does not swallow the prompt" {
	term_type "printf 'x\\e]0;never ended'"
	term_keys Enter
	wait_line 'box\]: remote\$ $'
	run_line 'echo visible'
	output_is visible
}

# What the terminal itself says of its modes.
modes_now() {
	tm display-message -p '#{alternate_on} #{cursor_flag} #{insert_flag} #{keypad_cursor_flag} #{keypad_flag} #{mouse_any_flag} #{mouse_sgr_flag} #{mouse_utf8_flag} #{origin_flag} #{wrap_flag} #{scroll_region_upper}-#{scroll_region_lower} #{pane_key_mode}'
}

LEFT_ON='\e[?1049h\e[?25l\e[4h\e[?1h\e=\e[?1002h\e[?1006h\e[?1005h\e[?6h\e[?7l\e[3;9r\e(0\e)0\e[>4;1m'

@test "terminal: what a program left on is off at the prompt, and all of it after leaving" {
	local there here way
	there=$(modes_now)
	leave_by exit
	wait_local
	here=$(modes_now)
	for way in exit '~.'; do
		enter
		term_type "printf '$LEFT_ON\nleft-on'"
		term_keys Enter
		wait_remote
		[ "$(modes_now)" = "1${there#?}" ] || { modes_now; echo "not 1${there#?}"; return 1; }
		term_type "printf '${LEFT_ON}waits'; cat"
		term_keys Enter
		wait_until 10 not eval '[ "$(modes_now)" = "1${there#?}" ]'
		case $way in
		exit) term_keys C-d && wait_remote && leave_by exit ;;
		*) term_keys Enter '~' . && wait_local ;;
		esac || return
		[ "$(modes_now)" = "$here" ] || { modes_now; echo "not $here"; return 1; }
		run_line 'echo of-letters'
		output_is of-letters
	done
}

@test "terminal: a forged mark in the output is plain output" {
	run_line "printf '\\e]7337;00112233445566778899aabbccddeeff;e;0\\a\\e]7337;00112233445566778899aabbccddeeff;q\\aafter\\n'; false"
	output_like 'after$'
	run_line 'echo $?'
	output_is 1
}

@test "terminal: nested shells run in it" {
	term_type 'PS1="inner> " bash --norc'
	term_keys Enter
	wait_line '^inner> $'
	term_send 'echo in $((6*7)); exit 3'
	term_keys Enter
	wait_screen $'\nin 42'
	wait_remote
	run_line 'echo $?'
	output_is 3
}
