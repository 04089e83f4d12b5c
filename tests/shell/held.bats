#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Resilient sessions that nobody is connected to: disconnected ones, and those whose host process has died.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	[ -p "$WORLD/remote-run/gate" ] || mkfifo -m 666 "$WORLD/remote-run/gate"
}
teardown() { place_end; }

# script TEXT: runs it in a local shell; it exits 0.
script() {
	run local_shell 'state() { get-pssession -Session ${s-$(cat $HERE/s)} -Property State,Availability | tr "\t" /; }
		'"$1"
	echo "$output"
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

OPEN='s=$(new-pssession -Resilient -Name kept -ConfigFile $C box) && echo $s >$HERE/s || exit 90; '
# A remote command waits at the gate until it is opened.
UNTIL_OPEN='read -r _ <$WORLD/remote-run/gate'

open_gate() {
	timeout 20 sh -c "echo >'$WORLD/remote-run/gate'"
}

is_unconnected() {
	[ -z "$(sshd_connections "$WORLD/ssh")" ]
}

@test "held: disconnect-pssession closes the connection, and connecting brings all back" {
	script "$OPEN"'invoke-command -Session $s "x=7" || exit 51
		invoke-command -Session $s -AsJob "'"$UNTIL_OPEN"'; echo late; (exit 6)" >/dev/null || exit 52
		disconnect-pssession -IdleTimeoutSec 900 -Session $s >/dev/null || exit 53
		[ "$(state)" = Disconnected/None ] || exit 54'
	wait_until 10 is_unconnected
	open_gate
	script 's=$(cat $HERE/s)
		[ "$(state)" = Disconnected/None ] || exit 55
		connect-pssession -Session $s >/dev/null || exit 56
		[ "$(receive-pssession -Wait -Session $s; echo $?)" = "late
6" ] || exit 57
		[ "$(state)" = Opened/Available ] || exit 58
		[ "$(invoke-command -Session $s "echo \$x")" = 7 ] || exit 59
		disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	script 'remove-pssession -Session $(cat $HERE/s)'
	wait_until 10 nothing_remote
}

@test "held: enter-pssession and receive-pssession connect a disconnected session" {
	script "$OPEN"'disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	local_shell_start
	run_line 's=$(cat $HERE/s)'
	enter_kept
	run_line 'y=3; echo $y'
	output_is 3
	run_line exit
	script 's=$(cat $HERE/s)
		invoke-command -Session $s -AsJob "'"$UNTIL_OPEN"'; echo job" >/dev/null
		disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	open_gate
	script 's=$(cat $HERE/s)
		[ "$(receive-pssession -Wait -Session $s)" = job ] && remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

kill_host() {
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_until 5 eval '[ -z "$(host_pids)" ]'
}

@test "held: after kill -9 of the host process a session is listed, and connects with its state" {
	script "$OPEN"'invoke-command -Session $s "x=7; f() { echo f-\$x; }; cd /usr"'
	kill_host
	script 's=$(cat $HERE/s)
		[ "$(get-pssession -Property InstanceId,Name,ComputerName,State,Availability | tr "\t" /)" = \
			"$s/kept/box/Disconnected/None" ] || exit 51
		connect-pssession -Name kept >/dev/null || exit 52
		[ "$(state)" = Opened/Available ] || [ "$(state)" = Opened/Busy ] || exit 53
		[ "$(invoke-command -Wait -Session $s "f; pwd")" = "f-7
/usr" ] || exit 54
		remove-pssession -Session $s
		[ -z "$(get-pssession -Property Id)" ]'
	wait_until 10 nothing_remote
}
