#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a session consists of on the remote computer is killed with SIGKILL, piece by piece; and its shell ends in the
# middle of a command. tests/host/test-killed.c and test-invoke.c have every process and every shell; here are the server, the
# holder, and what a person sees.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

SESSION='s=$(cat $HERE/s); '

# open_session OPTION…: its InstanceId is in $HERE/s.
open_session() {
	local_shell 'new-pssession "$@" -ConfigFile $C box >$HERE/s' "$@"
}

state() {
	local_shell "$SESSION"'get-pssession -Session $s -Property State'
}

# The process that each name stands for.
victim() {
	local directory
	directory=$(remote_directories | while read -r directory; do [ ! -p "$directory/q" ] || echo "$directory"; done)
	[ "$1" != relay ] || wait_until 10 eval '[ -s "$(echo "$directory"/r[0-9]*)" ]'
	case $1 in
	control) cat "$directory/pid" ;;
	relay) cat "$directory"/r[0-9]* ;;
	shell) local_shell "$SESSION"'invoke-command -Session $s "echo \$\$" </dev/null' ;;
	server) sshd_connections "$WORLD/ssh" ;;
	holder) processes_with_argument ./holder ;;
	esac
}

kill_it() {
	# shellcheck disable=SC2046
	kill -KILL $(victim "$1")
}

# it_ends TEXT: the session is no more, and its cause holds the text.
it_ends() {
	wait_until 10 eval '[[ $(state) == @(Closed|Broken) ]]'
	[[ $(local_shell "$SESSION"'get-pssession -Session $s -Property Cause') == *$1* ]]
}

it_answers() {
	wait_until 10 eval '[ "$(local_shell "$SESSION"'\''invoke-command -Wait -Session $s "echo alive" </dev/null'\'')" = alive ]'
}

it_goes() {
	local_shell "$SESSION"'remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

@test "killed: an idle session goes on, or ends with its cause, and nothing is left" {
	requires_made_account # its victims are found by their account and in its directories
	local kind name
	for kind in '' -Resilient; do
		for name in control relay shell server holder; do
			[ -n "$kind" ] || [ "$name" != holder ] || continue
			# shellcheck disable=SC2086
			open_session $kind
			local_shell "$SESSION"'echo x | invoke-command -Session $s cat'
			kill_it "$name"
			case $name$kind in
			relay*) it_answers ;;
			server) it_ends '' ;;
			server-Resilient) it_answers ;;
			control*) it_ends 'has ended' ;;
			shell*) it_ends 137 ;;
			holder*) it_ends 'ended' ;;
			esac
			it_goes
		done
	done
}

@test "killed: the control script, while one sits at the prompt and while a command runs" {
	local_shell_start
	enter
	kill_it control
	wait_local
	screen_matches 'connection to box lost: the process there .* has ended'
	status_is 255
	terminal_is_sane
	term_keys C-l
	enter
	start_running 'echo running; read -r x; echo "got $x"'
	kill_it control
	term_send word
	term_keys Enter
	wait_screen 'got word'
	wait_local
	terminal_is_sane
	wait_until 10 nothing_remote
}

@test "killed: what a command prints before it ends the session's shell arrives, then the reason" {
	local kind end text
	for kind in '' -Resilient; do
		for end in 'kill -9 $$' 'exec true' 'set -e; false' 'builtin exit 3'; do
			# shellcheck disable=SC2086
			open_session $kind
			local_shell "$SESSION"'invoke-command -Session $s "echo in; head -c 200000 /dev/zero; echo err >&2; '"${end//\$/\\\$}"'" </dev/null >$HERE/o 2>$HERE/e; [ $? = 1 ]'
			[ "$(wc -c <"$HERE/o")" -eq 200003 ]
			[ "$(head -n 1 "$HERE/e")" = err ]
			grep -q 'the remote shell exited with status' "$HERE/e"
			it_goes
		done
	done
	open_session
	local_shell "$SESSION"'invoke-command -Session $s "echo in; read -rt 0.5 <> <(:); kill -9 \$PPID; tail -f /dev/null" </dev/null >$HERE/o 2>$HERE/e; [ $? = 255 ]' || [ -n "$REMOTE_OWNED" ]
	[ "$(cat "$HERE/o")" = in ]
	it_goes
}
