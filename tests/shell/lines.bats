#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Lines go over whole: whatever their length and bytes, over several prompts, and typed too early.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; local_bash_start; enter; }
teardown() { place_end; }

last_lines() {
	scrollback | tail -n "${1:-2}"
}

@test "lines: 100 KB in one line arrive whole" {
	local text
	text=$(printf '%0100000d' 0)
	# shellcheck disable=SC2046 # none or one
	term_paste "printf %s $text | wc -c" $(by_shell '' -p) # zsh takes minutes for so many keys, a paste is one
	wait_line 'wc -c *$' 60
	term_keys Enter
	wait_line 'box\]: remote\$ $' 60
	[ "$(last_lines | head -n 1)" = 100000 ]
}

@test "lines: past 4095 bytes nothing is cut off and run as a command" {
	local text
	text=$(printf '%05000d' 0)
	term_paste ": $text; touch \$XDG_RUNTIME_DIR/ran; echo end"
	wait_line 'echo end *$' 30
	term_keys Enter
	wait_remote 30
	[ -e "$WORLD/remote-run/ran" ]
	rm "$WORLD/remote-run/ran"
	[ "$(last_lines | head -n 1)" = end ]
}

@test "lines: unicode is typed, shown and printed" {
	run_line 'echo "käse 日本 🦀"'
	output_is 'käse 日本 🦀'
}

@test "lines: quotes, backslashes, dollars and semicolons arrive as they are" {
	run_line "printf '<%s>' 'a  b' \"c'd\" e\\\\f '\$x' '\`' '!'; echo"
	output_is "<a  b><c'd><e\\f><\$x><\`><!>"
}

@test "lines: a pasted text of several lines is one text" {
	term_paste $'for i in 1 2 3\ndo\n\techo "i=$i"\ndone' -p
	wait_screen 'done'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\ni=3\n'
	wait_remote
}

@test "lines: an unfinished for goes on at the second prompt" {
	term_type 'for i in 1 2'
	term_keys Enter
	wait_line '> $'
	term_type 'do echo "i=$i"'
	term_keys Enter
	wait_line '> $'
	term_type 'done'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\n'
	wait_remote
}

@test "lines: an unfinished quote goes on at the second prompt" {
	term_type "x='one"
	term_keys Enter
	wait_line '> $'
	term_type "two'"
	term_keys Enter
	wait_remote
	run_line 'echo "$x"'
	output_is $'one\ntwo'
}

@test "lines: a here-document goes on to its end" {
	term_type 'cat <<END'
	term_keys Enter
	wait_line '> $'
	term_type 'in the $((1 + 1)) document'
	term_keys Enter
	wait_line '> $'
	term_type 'END'
	term_keys Enter
	wait_screen $'\nin the 2 document\n'
	wait_remote
}

@test "lines: Ctrl-C at the second prompt forgets the unfinished lines" {
	term_type 'echo "never'
	term_keys Enter
	wait_line '> $'
	term_keys C-c
	wait_remote
	run_line 'echo clean'
	output_is clean
}

@test "lines: a syntax error is the remote shell's own, status 2, and the prompt is back" {
	run_line 'echo )'
	output_like 'syntax error'
	run_line 'echo $?'
	output_is 2
}

@test "lines: typed while a command runs and not ended: waits in the editor" {
	start_running 'echo running; until [ -e $XDG_RUNTIME_DIR/go ]; do :; done'
	term_send 'touch $XDG_RUNTIME_DIR/bad'
	wait_screen 'bad'
	touch "$WORLD/remote-run/go"
	wait_line 'remote\$ touch \$XDG_RUNTIME_DIR/bad$'
	rm "$WORLD/remote-run/go"
	term_keys C-c
	wait_remote
	[ ! -e "$WORLD/remote-run/bad" ]
}

@test "lines: the user's own key bindings and editing keys work while entered" {
	term_type 'echo wrong'
	term_keys C-w
	term_send 'right'
	term_keys C-a C-k C-y Enter
	wait_screen $'\nright\n'
	leave_by exit
	run_line "$(by_shell 'set -o vi' 'bindkey -v')"
	enter
	term_send 'echo vx'
	term_keys Escape
	term_keys x
	term_send 'ai'
	term_keys Enter
	wait_screen $'\nvi\n'
}

@test "lines: bind -x, and a widget, runs here, not there" {
	leave_by exit
	run_line "$(by_shell "bind -x '\"\\C-xl\": echo here >>\$HERE/bound'" \
		"w() { echo here >>\$HERE/bound; }; zle -N w; bindkey '^Xl' w")"
	enter
	term_keys C-x l
	wait_until 5 test -s "$HERE/bound"
	run_line 'echo after'
	output_is after
}

@test "lines: keys that act on the local machine are off" {
	mkdir "$HERE/home/local-only-directory"
	leave_by exit
	run_line 'cd'
	enter
	term_send 'echo local-on'
	term_keys Tab
	term_keys C-x '*'
	term_keys Enter
	wait_screen $'\nlocal-on\n'
	term_send 'echo $HERE'
	term_keys M-C-e
	term_send ' x'
	wait_line 'echo \$HERE x$'
	term_keys C-c
	wait_remote
	term_send 'echo edit'
	term_keys C-x C-e
	term_send 'ed'
	wait_line 'echo edited$'
	term_keys C-c
}

@test "lines: one that needs a file, which cannot be written, says that it has not run" {
	run_line 'ln -s /dev/full "$__pss_d/text"'
	run_line 'set -o vi; echo run'
	output_like 'this line has not run: .*/text cannot be written'
	run_line 'echo $?'
	output_is 1
	run_line 'rm "$__pss_d/text"'
	run_line 'set -o vi; echo run'
	output_is run
	leave_by exit
}
