#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Two commands at once on one session, in real terminals and over each kind of connection. The whole table is
# tests/host/pairs.c; here is what a person sees of it.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	[ -p "$WORLD/remote-run/gate" ] || mkfifo -m 666 "$WORLD/remote-run/gate"
}
teardown() { place_end; }

# shellcheck disable=SC2016
COMMAND='echo begun; read -r _ <$XDG_RUNTIME_DIR/gate; echo more'
open_gate() { timeout 20 sh -c 'echo >"$1"' sh "$WORLD/remote-run/gate"; }

state_is() {
	[ "$(local_shell 'get-pssession -Property State,Availability | tr "\t" /')" = "$1" ]
}

# runs LINE: types it, and waits until its command has begun.
runs() {
	term_type "$1"
	term_keys Enter
	wait_screen $'\nbegun'
}

# A session of this kind, and the command in it by invoke-command.
invoking() {
	local_shell_start
	keep_session "$@"
	runs "invoke-command -Session \$s '$COMMAND'"
}

disconnects() {
	invoking "$@"
	local_shell 'disconnect-pssession -Id 1' >/dev/null
	wait_local
	[[ $(screen) == *'WARNING: disconnected; receive-pssession -Id 1 shows the rest'* ]]
	status_is 0
	terminal_is_sane
	state_is Disconnected/None
	open_gate
	run_line 'receive-pssession -Id 1 -Wait; echo "s=$?"'
	output_is $'more\ns=0'
	run_line 'receive-pssession -Id 1'
	output_is ''
	state_is Opened/Available
	local_shell 'remove-pssession -Id 1'
}

@test "pairs: invoke-command whose session is disconnected ends with a line, and the rest is received" {
	disconnects box
}

# bats test_tags=once
@test "pairs: the same in a resilient session" {
	requires perl
	disconnects -Resilient box
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "pairs: the same over a shared connection" {
	disconnects -ShareConnection box
}

# bats test_tags=once
@test "pairs: the same over the ssh program" {
	requires ssh
	disconnects -Transport ssh box
}

@test "pairs: receive -Wait ends when another terminal's invoke-command does" {
	invoking box
	TERM_NAME=b local_shell_start
	TERM_NAME=b term_type 'receive-pssession -Id 1 -Wait; echo "s=$?"'
	TERM_NAME=b term_keys Enter
	open_gate
	wait_screen $'\nmore'
	TERM_NAME=b wait_screen $'\ns=0'
	state_is Opened/Available
}

# bats test_tags=once
@test "pairs: disconnect, remove, the end of the host process and a lost link end receive -Wait" {
	local_shell_start
	local verb
	for verb in disconnect remove; do
		keep_session
		local_shell "invoke-command -Session \$(get-pssession -Property InstanceId) -AsJob '$COMMAND' >/dev/null"
		runs 'receive-pssession -Session $s -Wait'
		local_shell "$verb-pssession -Name '*'" >/dev/null
		wait_local
		run_line 'echo "s=$?"'
		case $verb in
		disconnect) output_is s=0 ;;
		remove) output_is s=255 ;;
		esac
		run_line clear
		local_shell "remove-pssession -Name '*'"
	done
	keep_session
	local_shell "invoke-command -Name '*' -AsJob '$COMMAND' >/dev/null"
	runs 'receive-pssession -Session $s -Wait'
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	status_is 255
}

# bats test_tags=once
@test "pairs: a command that waits for its turn goes on when its session is disconnected" {
	invoking box
	TERM_NAME=b local_shell_start
	TERM_NAME=b term_type 'invoke-command -Id 1 -Wait "echo second; (exit 4)"; echo "s=$?"'
	TERM_NAME=b term_keys Enter
	wait_until 5 state_is Opened/Busy
	local_shell 'disconnect-pssession -Id 1' >/dev/null
	TERM_NAME=b wait_screen $'\ns=0'
	wait_local
	open_gate
	run local_shell 'receive-pssession -Id 1 -Wait'
	echo "$output"
	[ "$status" -eq 4 ]
	[ "$output" = $'more\nsecond' ]
}
