#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A shell with the new loadable and a host process of the protocol version before, which holds sessions.
# tests/host has the other way round: an older client of the new host process.

load ../harness/harness

setup_file() {
	world_start bash
	ln -sf "$PSS_BUILD/tests/host/pssession-host-before" "$WORLD/pssession-host"
}
teardown_file() { world_end; }
setup() { place_start; local_bash_start; }
teardown() { place_end; }

@test "versions: sessions of an older host process stay usable" {
	keep_session
	enter_kept
	run_line 'x=5'
	run_line 'echo $x'
	output_is 5
	leave_by exit-pssession
	run_line 'get-pssession -Property State'
	output_is Opened
	enter_kept
	run_line 'echo $x'
	output_is 5
	leave_by 'exit 3'
	status_is 3
	run_line 'remove-pssession -Session "$s"; get-pssession'
	output_is ''
}

@test "versions: what an older host process cannot do is said, and nothing is sent to it" {
	keep_session
	for line in 'disconnect-pssession -Session "$s"' 'connect-pssession -Session "$s"' 'receive-pssession -Session "$s"' \
		'invoke-command -Session "$s" -AsJob "echo no"' 'invoke-command -Session "$s" "echo no" </dev/null'; do
		run_line "$line"
		output_like 'is older than this command'
		status_is 1
	done
	run_line 'get-pssession -Property State'
	output_is Opened
}

@test "versions: with an older host process Tab completes nothing and says nothing" {
	enter
	term_type 'echo /et'
	term_keys Tab Tab
	term_send 'x'
	wait_line 'remote\$ echo /etx$'
	term_keys Enter
	wait_remote
	[[ $(screen) == *$'echo /etx\n/etx\n'* ]]
}
