#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2119 # what is in single quotes runs in the local shell
# Computers that restart: invoke-command -WaitForRestart, connect-pssession -Wait.

load ../harness/harness
# shellcheck source=tests/harness/restart.bash
. "$PSS_SOURCE/tests/harness/restart.bash"

setup_file() {
	world_start bash
	! can_be_computer || computer_start
}
teardown_file() { world_end; }
setup() {
	place_start
	requires_computer
	[ -s "$WORLD/boot_id" ] || power_cycle
}
teardown() { place_end; }

# shellcheck disable=SC2016
RESET='echo now >$XDG_RUNTIME_DIR/reset'

in_world() {
	run local_shell "reset='$RESET'
		there() { invoke-command -ConfigFile \$C box 'cat /proc/sys/kernel/random/boot_id'; }
		same() { [ \"\$(there)\" = \"\$(cat $WORLD/boot_id)\" ]; }
		$1"
	echo "$output"
	cat "$HERE/reset.log" 2>/dev/null || :
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

# The link is lost, the computer is the same: somebody has to look at it. Then it restarts.
lose_link_then_restart() {
	computer_down
	computer_up same
	wait_until 20 has_logins 1
	power_cycle
	echo restarted >"$HERE/restarted"
}

@test "restart: invoke-command -WaitForRestart returns when the computer has another boot id" {
	local before
	before=$(cat "$WORLD/boot_id")
	mkfifo -m 666 "$WORLD/remote-run/never"
	on_reset power_cycle
	in_world '
		out=$(invoke-command -ConfigFile $C box -WaitForRestart "$reset; echo going; read -r _ <\$XDG_RUNTIME_DIR/never") || exit 51
		[ "$out" = going ] || exit 52
		same || exit 53'
	[ "$(cat "$WORLD/boot_id")" != "$before" ]
}

@test "restart: a lost link alone is none" {
	local before
	before=$(cat "$WORLD/boot_id")
	on_reset lose_link_then_restart
	in_world '
		invoke-command -ConfigFile $C box -WaitForRestart "$reset" || exit 51
		[ "$(cat '"$WORLD"'/boot_id)" != '"$before"' ] || exit 52
		same'
	wait_until 5 test -e "$HERE/restarted"
}

@test "restart: kept sessions are opened again under their Ids, Names and InstanceIds" {
	on_reset power_cycle
	in_world '
		s=$(new-pssession -ConfigFile $C -Name plain box) || exit 51
		r=$(new-pssession -ConfigFile $C -Name held -Resilient box) || exit 52
		invoke-command -Session $s "x=old" && invoke-command -Session $r "x=old" || exit 53
		get-pssession -Property Id,Name,InstanceId,Resilient >$HERE/before
		invoke-command -Session $s -WaitForRestart "$reset" || exit 54
		get-pssession -Property Id,Name,InstanceId,Resilient >$HERE/after
		cmp $HERE/before $HERE/after || exit 55
		[ "$(get-pssession -Property State,Availability | sort -u)" = "Opened	Available" ] || exit 56
		[ "$(invoke-command -Session $s "echo \${x-new}")" = new ] || exit 57
		[ "$(invoke-command -Session $r "echo \${x-new}")" = new ] || exit 58
		remove-pssession -Session $s,$r'
}

@test "restart: -Json says that the computer has restarted" {
	on_reset power_cycle
	in_world '
		out=$(invoke-command -ConfigFile $C box -WaitForRestart -Json "$reset") || exit 51
		case $out in *"{\"host\":\"box\",\"restarted\":true}") ;; *) exit 52 ;; esac'
}

@test "restart: a command that fails is not waited for" {
	in_world '
		invoke-command -ConfigFile $C box -WaitForRestart "exit 7"
		[ $? = 7 ]'
}

@test "restart: a computer without a boot id is refused before anything runs" {
	: >"$WORLD/boot_id"
	in_world '
		invoke-command -ConfigFile $C box -WaitForRestart "touch \$XDG_RUNTIME_DIR/ran" 2>$HERE/e
		[ $? = 1 ] || exit 51
		grep -q "box does not give its boot id.*nothing was run: run the command without -WaitForRestart" $HERE/e || exit 52'
	[ ! -e "$WORLD/remote-run/ran" ]
}

@test "restart: Ctrl-C stops the waiting with status 130, whatever the status before was" {
	local before
	local_shell_start
	for before in 0 1 255; do
		run_line "(exit $before)"
		term_type 'invoke-command -ConfigFile $C box -WaitForRestart true'
		term_keys Enter
		wait_screen 'waiting until it has restarted.*'
		term_keys C-c
		wait_local
		status_is 130
		tm clear-history
		term_keys C-l
		wait_local
	done
}

@test "restart: -Timeout is for the restart too" {
	in_world '
		invoke-command -ConfigFile $C box -WaitForRestart -Timeout 1 true 2>$HERE/e
		[ $? = 124 ] || exit 51
		grep -q "box has not restarted within the time that -Timeout allows" $HERE/e'
}

@test "restart: what cannot be is refused in words" {
	in_world '
		invoke-command -ConfigFile $C box -WaitForRestart -AsJob true 2>$HERE/e
		[ $? = 2 ] && grep -q "WaitForRestart does not go with -AsJob" $HERE/e || exit 51
		connect-pssession -Timeout 3 -Id 1 2>$HERE/e
		[ $? = 2 ] && grep -q "Timeout goes with -Wait" $HERE/e'
}

@test "restart: connect-pssession -Wait waits for the computer and opens again what has ended" {
	in_world '
		s=$(new-pssession -ConfigFile $C -Name plain box) || exit 51
		r=$(new-pssession -ConfigFile $C -Name held -Resilient box) || exit 52
		invoke-command -Session $s,$r "x=old" || exit 53
		disconnect-pssession -Session $r >/dev/null || exit 54
		get-pssession -Property Id,Name,InstanceId >$HERE/before'
	computer_down
	{ wait_until 20 test -e "$HERE/waits"; computer_up; } >"$HERE/reset.log" 2>&1 3>&- &
	in_world '
		state() { get-pssession -Name $1 -Property State; }
		n=0
		until [ "$(state plain)" = Broken ] || [ "$(state plain)" = Closed ]; do :; done
		: >$HERE/waits
		connect-pssession -Wait -Name "*" >$HERE/o 2>$HERE/e
		rc=$?
		cat $HERE/e
		[ $rc = 0 ] || exit 51
		[ $(grep -c "it has restarted: .* is opened again" $HERE/e) = 2 ] || exit 52
		get-pssession -Property Id,Name,InstanceId >$HERE/after
		cmp $HERE/before $HERE/after || exit 53
		[ "$(invoke-command -Name plain "echo \${x-new}")" = new ] || exit 54
		[ "$(invoke-command -Name held "echo \${x-new}")" = new ] || exit 55
		remove-pssession -Name "*"'
}

@test "restart: connect-pssession -Wait tells a lost link from a restart" {
	in_world '
		s=$(new-pssession -ConfigFile $C -Name plain box) || exit 51
		r=$(new-pssession -ConfigFile $C -Name held -Resilient box) || exit 52
		invoke-command -Session $s,$r "x=old" || exit 53'
	network_down
	computer_up same
	in_world '
		state() { get-pssession -Name $1 -Property State; }
		until [ "$(state plain)" = Broken ] || [ "$(state plain)" = Closed ]; do :; done
		connect-pssession -Wait -Name "*" >$HERE/o 2>$HERE/e
		rc=$?
		cat $HERE/e
		[ $rc = 0 ] || exit 51
		grep -q "it has not restarted, but the session had ended: plain is opened again" $HERE/e || exit 52
		[ "$(invoke-command -Name plain "echo \${x-new}")" = new ] || exit 53
		[ "$(invoke-command -Name held "echo \${x-new}")" = old ] || exit 54
		remove-pssession -Name "*"'
}
