#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# dropbear as the other server: the way through, and the faults that depend on the server.

load ../harness/harness

setup_file() {
	PSS_SSH_SERVER=dropbear
	export PSS_SSH_SERVER
	# dropbear wants the keys in the home of the account, which must not be a person's.
	if [ "$(id -u)" -eq 0 ] || [ -n "${PSS_OWN_ACCOUNT-}" ]; then
		world_start bash
	else
		WORLD_SKIP='needs root, to make an account with authorized_keys of its own'
		export WORLD_SKIP
	fi
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

@test "dropbear: enter, work and leave" {
	local_bash_start
	enter
	run_line 'echo $((6 * 7)) $LOGIN_FILE_READ'
	output_is '42 yes'
	run_line 'stty size'
	output_is '24 80'
	start_running
	term_keys C-c
	wait_remote
	run_line 'echo $?'
	output_is 130
	leave_by 'exit 4'
	status_is 4
}

@test "dropbear: a kept session keeps its state" {
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=5'
	leave_by exit
	enter_kept
	run_line 'echo $x'
	output_is 5
}

@test "dropbear: the server's process is killed" {
	local_bash_start
	enter
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	screen_matches 'connection to box lost'
	status_is 255
}

@test "dropbear: 100 KB in one line" {
	local_bash_start
	enter
	term_paste "printf %s $(printf '%0100000d' 0) | wc -c"
	wait_line 'wc -c$' 60
	term_keys Enter
	wait_line 'box\]: remote\$ $' 60
	[ "$(scrollback | tail -n 2 | head -n 1)" = 100000 ]
}
