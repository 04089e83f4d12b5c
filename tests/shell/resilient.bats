#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# new-pssession -Resilient: the link is cut, and nothing is lost, and nothing is done twice.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	proxy_stop
	place_end
}

far_session() {
	proxy_start 0
	local_bash_start
	run_line "s=\$(new-pssession -Resilient -ConfigFile $FAR_CONFIG $* far)" 30 && status_is 0
}

state_of() {
	local_bash "get-pssession -Property State"
}

is_state() {
	[ "$(state_of)" = "$1" ]
}

@test "resilient: a session says that it is, and runs commands" {
	local_bash_start
	keep_session -Resilient box
	run_line 'get-pssession -Property Resilient'
	output_is True
	enter_kept
	run_line 'x=5; echo $x'
	output_is 5
	run_line 'exit'
	run_line 'invoke-command -Session "$s" "echo \$x"'
	output_is 5
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

@test "resilient: a cut link is Disconnected, and comes back with its state" {
	far_session
	run_line 'invoke-command -Session "$s" "x=7"'
	proxy cut
	wait_until 5 is_state Disconnected
	proxy resume
	wait_until 10 is_state Opened
	run_line 'invoke-command -Session "$s" "echo \$x"'
	output_is 7
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}
