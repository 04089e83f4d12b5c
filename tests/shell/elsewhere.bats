#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Resilient sessions of another computer: found, taken over, and their output received there. The other computer is a
# second host process with a runtime directory of its own.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	mkdir -m 700 "$HERE/run.b"
	[ -p "$WORLD/remote-run/gate" ] || mkfifo -m 666 "$WORLD/remote-run/gate"
}
teardown() {
	[ ! -d "$WORLD/ssh1" ] || sshd_stop "$WORLD/ssh1"
	place_end
}

# script TEXT: runs it in a local shell; it exits 0. here: on the first computer; there: on the second.
script() {
	run local_shell 'state() { get-pssession -Session $(cat $HERE/s) -Property State,Availability | tr "\t" /; }
		found() { get-pssession -ConfigFile $C -ComputerName box -Property "$1" | tr "\t" /; }
		'"$1"
	echo "$output"
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}
here() { CLIENT= script "$1"; }
there() { CLIENT=.b script "$1"; }

OPEN='s=$(new-pssession -Resilient -Name kept -ConfigFile $C box) && echo $s >$HERE/s || exit 90; '
UNTIL_OPEN='read -r _ <$WORLD/remote-run/gate'

open_gate() {
	timeout 20 sh -c "echo >'$WORLD/remote-run/gate'"
}

is_unconnected() {
	[ -z "$(sshd_connections "$WORLD/ssh")" ]
}

# A listing and a connecting are one login.
logins() {
	grep -c '^Accepted publickey' "$WORLD/ssh/sshd.log" || true
}

kill_hosts() {
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_until 5 eval '[ -z "$(host_pids)" ]'
	HOST_WAS_KILLED=yes
}

# bats test_tags=once
@test "elsewhere: get-pssession -ComputerName lists what holders keep there, and who has it" {
	there '[ -z "$(found Name)" ] || exit 50'
	here "$OPEN"'new-pssession -Name plain -ConfigFile $C box >/dev/null'
	there '[ "$(found Name,State,Availability,ComputerName,ConfigurationName,Resilient)" = \
			kept/Disconnected/Busy/box/bash/True ] || exit 51
		[ "$(found InstanceId)" = "$(cat $HERE/s)" ] || exit 52
		case $(found OpenedOn) in "$(date -u +%Y-%m-%d)"T*Z) ;; *) exit 53 ;; esac
		[ "$(found From)" = "$(id -un)@$(uname -n)" ] || exit 54
		[ -z "$(found Id)" ] || exit 55
		get-pssession -ConfigFile $C -ComputerName box -Format json | grep -q "\"Id\":null,\"Name\":\"kept\"" || exit 56
		[ -z "$(get-pssession -ConfigFile $C -ComputerName box -ConfigurationName zsh)" ] || exit 57
		[ -z "$(get-pssession -Property Name)" ] || exit 58
		said=$(get-pssession -Verbose -ConfigFile $C -ComputerName box 2>&1 >/dev/null)
		case $said in *"listing the sessions kept on box"*"listed the sessions kept on box"*) ;; *) exit 59 ;; esac'
	here 'disconnect-pssession -Name kept >/dev/null; remove-pssession -Name plain'
	wait_until 10 is_unconnected
	there '[ "$(found State,Availability,From)" = "Disconnected/None/$(id -un)@$(uname -n)" ]'
	here 'remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "elsewhere: a computer that a session here is on is not asked, nor one behind a wildcard" {
	local before
	before=$(logins)
	here "$OPEN"'[ "$(get-pssession -ComputerName box -Property Name)" = kept ] || exit 51
		[ -z "$(get-pssession -ComputerName "b?z*")" ] || exit 52
		get-pssession -ComputerName nosuch.invalid 2>$HERE/err && exit 53
		grep -q "nosuch.invalid" $HERE/err || exit 54
		get-pssession -ComputerName "a;b" 2>$HERE/err; [ $? = 2 ] || exit 55
		remove-pssession -Name kept'
	[ "$(logins)" = $((before + 1)) ]
}

# bats test_tags=once
@test "elsewhere: a free session is taken over in one login, with its state, name and instance" {
	here "$OPEN"'invoke-command -Session $s "x=7; cd /usr"; disconnect-pssession -IdleTimeoutSec 900 -Session $s >/dev/null'
	wait_until 10 is_unconnected
	local before
	before=$(logins)
	there '[ "$(connect-pssession -ConfigFile $C -ComputerName box -Name kept)" = "$(cat $HERE/s)" ] || exit 51
		[ "$(get-pssession -Property InstanceId,Name,State,Id | tr "\t" /)" = "$(cat $HERE/s)/kept/Opened/1" ] || exit 52
		[ "$(invoke-command -Wait -Session kept "echo \$x \$PWD")" = "7 /usr" ] || exit 53
		connect-pssession -ConfigFile $C -ComputerName box -Name nosuch 2>$HERE/err && exit 54
		grep -q "name nosuch is not available" $HERE/err'
	[ "$(logins)" = $((before + 1)) ]
	# Where it comes from notices when it wants it back, and can take it.
	here '[ "$(state)" = Disconnected/None ] || exit 55
		connect-pssession -Name kept 2>$HERE/err && exit 56
		grep -q "another client has gone on" $HERE/err || exit 57
		[ "$(state)" = Closed/None ] || exit 58
		[ "$(found Name,State,Availability)" = kept/Disconnected/Busy ] || exit 59
		connect-pssession -ConfigFile $C -ComputerName box -Name kept 2>$HERE/err && exit 60
		grep -q "the session is in use by $(id -un)@$(uname -n); -Force takes it over" $HERE/err || exit 61
		[ "$(state)" = Closed/None ] || exit 62
		connect-pssession -Force -ConfigFile $C -ComputerName box -Name kept >/dev/null || exit 63
		[ "$(get-pssession -Property InstanceId,State | tr "\t" /)" = "$(cat $HERE/s)/Opened" ] || exit 64
		[ "$(invoke-command -Wait -Session kept "echo \$x")" = 7 ] || exit 65'
	there 'connect-pssession -Name kept 2>/dev/null; [ "$(state)" = Closed/None ] && remove-pssession -Name kept'
	here 'remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

@test "elsewhere: a terminal that has entered is told that another computer has taken the session" {
	here "$OPEN"
	local_shell_start
	run_line 's=$(cat $HERE/s)'
	enter_kept
	term_type "echo begun; read -r _ <$WORLD/remote-run/gate; echo ended"
	term_keys Enter
	wait_screen $'\nbegun'
	there 'connect-pssession -Force -ConfigFile $C -ComputerName box -InstanceId $(cat $HERE/s) >/dev/null || exit 51
		[ "$(state)" = Opened/Busy ] || exit 52'
	wait_screen 'another client has gone on with the session'
	wait_local
	status_is 255
	open_gate
	there 'invoke-command -Wait -Session kept : && [ "$(receive-pssession -Session kept | grep -c ended)" = 1 ] || exit 53
		remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "elsewhere: a job goes on when its computer dies, and receive-pssession -ComputerName fetches what it printed" {
	here "$OPEN"'invoke-command -Session $s -InDisconnectedSession "'"$UNTIL_OPEN"'; seq 5000; echo err >&2; (exit 6)" >/dev/null'
	kill_hosts
	open_gate
	there 'receive-pssession -Wait -ConfigFile $C -ComputerName box -Name kept >$HERE/o 2>$HERE/e
		[ $? = 6 ] || exit 51
		seq 5000 | diff - $HERE/o || exit 52
		[ "$(cat $HERE/e)" = err ] || exit 53
		[ "$(state)" = Opened/Available ] || exit 54
		remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

# one_keeper KEEPER: where there is only that.
one_keeper() {
	server_with_keepers "$1"
	here 'C=$WORLD/ssh1/ssh_config; '"$OPEN"'invoke-command -Session $s "x=7"'
	there 'C=$WORLD/ssh1/ssh_config
		[ "$(found Name,Availability)" = kept/Busy ] || exit 51
		connect-pssession -ConfigFile $C -ComputerName box 2>$HERE/err && exit 52
		grep -q "the session is in use by .*; -Force" $HERE/err || exit 53
		connect-pssession -Force -ConfigFile $C -ComputerName box >/dev/null || exit 54
		[ "$(invoke-command -Wait -Session kept "echo \$x")" = 7 ] || exit 55
		disconnect-pssession -IdleTimeoutSec 800 -Name kept >/dev/null'
	wait_until 10 eval '[ -z "$(sshd_connections "$WORLD/ssh1")" ]'
	grep -qsx 800 "$WORLD"/remote-run/.pss-*/idle /tmp/.pss-*/idle /var/tmp/.pss-*/idle
	there 'remove-pssession -Name kept'
	here 'remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "elsewhere: Perl's holder is found and taken over" {
	one_keeper perl
}

# bats test_tags=once
@test "elsewhere: Python's holder is found and taken over" {
	one_keeper python3
}

# bats test_tags=once
@test "elsewhere: -OutTarget Job takes one over under a name of its own, which outlives the host process" {
	here "$OPEN"'invoke-command -Name kept -AsJob "echo out" >/dev/null && disconnect-pssession -Name kept >/dev/null || exit 51'
	wait_until 10 is_unconnected
	there 'receive-pssession -ConfigFile $C -ComputerName box -Name kept -OutTarget Job -JobName mine >$HERE/ids || exit 52
		[ "$(cat $HERE/ids)" = "$(cat $HERE/s)" ] || exit 53
		[ "$(get-pssession -Property Name,State | tr "\t" /)" = mine/Opened ] || exit 54'
	kill_hosts
	there '[ "$(get-pssession -Property Name)" = mine ] || exit 55
		[ "$(receive-pssession -Name mine -Wait)" = out ] || exit 56
		remove-pssession -Name mine'
	wait_until 10 nothing_remote
}
