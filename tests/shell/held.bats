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
teardown() {
	[ ! -d "$WORLD/ssh1" ] || sshd_stop "$WORLD/ssh1"
	proxy_stop
	place_end
}

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

# bats test_tags=once
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
	# The prompt comes behind that word, which would stand in a line's output else.
	scrollback | grep -q 'reconnected to box'
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

# bats test_tags=once
@test "held: after kill -9 of the host process a session is listed, and connects with its state" {
	script "$OPEN"'invoke-command -Session $s "x=7; f() { echo f-\$x; }; cd /usr"'
	kill_host
	script 's=$(cat $HERE/s)
		[ "$(get-pssession -Property InstanceId,Name,ComputerName,State,Availability | tr "\t" /)" = \
			"$s/kept/box/Disconnected/None" ] || exit 51
		connect-pssession -Name kept >/dev/null || exit 52
		case $(state) in Opened/Available | Opened/Busy) ;; *) exit 53 ;; esac
		[ "$(invoke-command -Wait -Session $s "f; pwd")" = "f-7
/usr" ] || exit 54
		remove-pssession -Session $s
		[ -z "$(get-pssession -Property Id)" ]'
	wait_until 10 nothing_remote
}

@test "held: what runs when the host process is killed goes on, and is entered in the middle" {
	script "$OPEN"
	local_shell_start
	run_line 's=$(cat $HERE/s)'
	enter_kept
	run_line 'z=4'
	term_type "echo begun; read -r _ <$WORLD/remote-run/gate; tr a-z A-Z; echo \"ended \$z\""
	term_keys Enter
	wait_screen $'\nbegun'
	kill_host
	wait_local
	open_gate
	term_type 'enter-pssession -Session $s'
	term_keys Enter
	wait_screen 'reconnected to box'
	term_send 'typed afterwards'
	term_keys Enter
	wait_screen 'TYPED AFTERWARDS'
	term_keys C-d
	wait_screen 'ended 4'
	wait_line '^\[.*box\]: remote\$ $'
	start_running 'echo running; read -r _'
	term_keys C-c
	wait_line '^\[.*box\]: remote\$ $'
	run_line 'echo $?'
	output_is 130
	run_line exit
	run_line 'remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: TERM leaves resilient sessions to the next host process, and interrupts work there" {
	script "$OPEN"'invoke-command -Session $s "x=8"'
	# shellcheck disable=SC2046
	kill -TERM $(host_pids)
	wait_until 10 eval '[ -z "$(host_pids)" ]'
	[ -n "$(remote_processes)" ]
	[ "$(find "$HERE/run/kept" -type f -perm 600 | wc -l)" -eq 1 ]
	! grep -rqi "pass\|secret\|SSH_AUTH" "$HERE/run/kept"
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s >/dev/null || exit 51
		[ "$(invoke-command -Wait -Session $s "echo \$x")" = 8 ] || exit 52
		remove-pssession -Session $s'
	wait_until 10 nothing_remote
	[ -z "$(find "$HERE/run/kept" -type f)" ]
}

# bats test_tags=once
@test "held: a holder that has ended meanwhile closes the session, and says so" {
	script "$OPEN"
	kill_host
	local pid
	for pid in $(remote_processes); do
		! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qx ./holder || kill -TERM "$pid"
	done
	wait_until 10 nothing_remote
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s 2>$HERE/err >/dev/null && exit 51
		grep -q "has exited" $HERE/err || exit 52
		[ "$(state)" = Closed/None ] || exit 53
		remove-pssession -Session $s'
	[ -z "$(find "$HERE/run/kept" -type f)" ]
}

# finds_again SHELL SET GET: what SET did there is there when another host process has taken over, at rest and behind a
# command that ran meanwhile.
finds_again() {
	command -v "$1" >/dev/null || skip "no $1"
	script "${OPEN/-Resilient/-Resilient -ConfigurationName $1}"'invoke-command -Session $s "'"$2"'"'
	kill_host
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s >/dev/null || exit 51
		[ "$(invoke-command -Wait -Session $s "'"$3"'")" = 7 ] || exit 52
		invoke-command -Session $s -AsJob "head -n 1 <$WORLD/remote-run/gate" >/dev/null'
	kill_host
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s >/dev/null || exit 53
		[ "$(state)" = Opened/Busy ] || exit 54'
	open_gate
	script 's=$(cat $HERE/s)
		[ "$(invoke-command -Wait -Session $s "'"$3"'")" = 7 ] || exit 55
		remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: a job goes on without its host process, and the next one receives what it prints, and its status" {
	script "$OPEN"'invoke-command -Session $s -AsJob "'"$UNTIL_OPEN"'; seq 5000; echo err >&2; (exit 6)" >/dev/null'
	kill_host
	open_gate
	script 's=$(cat $HERE/s)
		receive-pssession -Wait -Session $s >$HERE/o 2>$HERE/e
		[ $? = 6 ] || exit 51
		seq 5000 | diff - $HERE/o || exit 52
		[ "$(cat $HERE/e)" = err ] || exit 53
		[ "$(state)" = Opened/Available ] || exit 54
		remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

# The job prints more than a holder keeps.
FLOOD='seq 600000; touch $WORLD/remote-run/through; echo last >&2; (exit 6)'

# floods_away: a job and a terminal that nobody watches are not held up by that.
floods_away() {
	script "$1$OPEN"'invoke-command -Session $s -AsJob "read -r _ <$WORLD/remote-run/gate; '"$FLOOD"'" >/dev/null
		disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	open_gate
	wait_until 30 test -e "$WORLD/remote-run/through"
	rm "$WORLD/remote-run/through"
	script 's=$(cat $HERE/s)
		receive-pssession -Wait -Session $s >$HERE/o 2>$HERE/e
		[ $? = 6 ] || exit 51
		[ "$(tail -n 1 $HERE/o)" = 600000 ] || exit 52
		[ $(wc -c <$HERE/o) -gt 500000 ] || exit 53
		grep -q "bytes dropped" $HERE/e || exit 54
		grep -qx last $HERE/e || exit 55
		dropped=$(sed -n "s/.*[^0-9]\([0-9]*\) bytes dropped.*/\1/p" $HERE/e)
		[ $((dropped + $(wc -c <$HERE/o))) = 4088895 ] || { cat $HERE/e; wc -c $HERE/o; exit 56; }
		[ "$(state)" = Opened/Available ] || exit 57
		[ "$(invoke-command -Session $s "echo fine")" = fine ] || exit 58
		remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: a job runs although the host process is killed as soon as it has been taken" {
	proxy_start 200
	script 's=$(new-pssession -Resilient -Name kept -ConfigFile '"$FAR_CONFIG"' far) && echo $s >$HERE/s || exit 90
		invoke-command -Session $s -InDisconnectedSession ": >$WORLD/remote-run/taken" >/dev/null || exit 51'
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_until 10 test -e "$WORLD/remote-run/taken"
	rm "$WORLD/remote-run/taken"
	script 'remove-pssession -Name kept || exit 52'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: a job that prints more than is kept goes on, and how much was dropped is said" {
	floods_away
}

# bats test_tags=once
@test "held: the same with Python's holder" {
	server_with_keepers python3
	floods_away 'C=$WORLD/ssh1/ssh_config; '
	sshd_stop "$WORLD/ssh1"
}

# bats test_tags=once
@test "held: with -OutputBufferingMode Block it waits, and nothing is lost" {
	script "${OPEN/-Resilient/-Resilient -OutputBufferingMode Block -OutputBufferSize 4096}"'
		invoke-command -Session $s -AsJob "read -r _ <$WORLD/remote-run/gate; echo >$WORLD/remote-run/begun; '"$FLOOD"'" >/dev/null
		disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	open_gate
	wait_until 10 test -e "$WORLD/remote-run/begun"
	[ ! -e "$WORLD/remote-run/through" ]
	script 's=$(cat $HERE/s)
		receive-pssession -Wait -Session $s 2>$HERE/e | cmp - <(seq 600000) || exit 51
		[ "$(cat $HERE/e)" = last ] || exit 52
		remove-pssession -Session $s'
	rm "$WORLD/remote-run/through"
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: what a terminal prints that was disconnected is dropped from the oldest on" {
	script "$OPEN"
	local_shell_start
	run_line 's=$(cat $HERE/s)'
	enter_kept
	term_type "read -r _ <$WORLD/remote-run/gate; seq 600000; touch $WORLD/remote-run/through"
	term_keys Enter
	script 'until [ "$(state)" = Opened/Busy ]; do :; done; disconnect-pssession -Session $(cat $HERE/s) >/dev/null'
	wait_local
	wait_until 10 is_unconnected
	open_gate
	wait_until 30 test -e "$WORLD/remote-run/through"
	rm "$WORLD/remote-run/through"
	term_type 'enter-pssession -Session $s'
	term_keys Enter
	wait_screen $'\n600000\n'
	wait_line '^\[.*box\]: remote\$ $'
	run_line 'echo still here'
	output_is 'still here'
	leave_by exit
	script 'remove-pssession -Session $(cat $HERE/s)'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: zsh is found again" {
	finds_again zsh 'x=7' 'echo \$x'
}

# bats test_tags=once
@test "held: fish is found again" {
	requires_made_account
	write_dotfiles fish
	finds_again fish 'set -g x 7' 'echo \$x'
}

# bats test_tags=once
@test "held: dash is found again" {
	finds_again dash 'x=7' 'echo \$x'
}

# bats test_tags=once
@test "held: where the computer cannot be reached connecting says so, and the session stays" {
	proxy_start 0
	script "${OPEN/\$C box/$FAR_CONFIG far}"'disconnect-pssession -Session $s >/dev/null'
	wait_until 10 is_unconnected
	proxy cut
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s 2>$HERE/err >/dev/null && exit 51
		grep -q "stays Disconnected" $HERE/err || exit 52
		[ "$(state)" = Disconnected/None ]'
	proxy resume
	script 's=$(cat $HERE/s)
		connect-pssession -Session $s >/dev/null && remove-pssession -Session $s'
	wait_until 10 nothing_remote
}

# bats test_tags=once
@test "held: what is connected by the next host process is Available at once, whatever was done in it" {
	local before
	for before in true 'invoke-command -Session $s "echo a"' 'echo x | invoke-command -Session $s cat' \
		'invoke-command -Session $s -AsJob "echo a"; receive-pssession -Wait -Session $s' \
		'invoke-command -Session $s "tail -f /dev/null & true"'; do
		script "$OPEN{ $before; } >/dev/null </dev/null"
		# shellcheck disable=SC2046
		kill -TERM $(host_pids)
		wait_until 10 eval '[ -z "$(host_pids)" ]'
		script 's=$(cat $HERE/s)
			connect-pssession -Session $s >/dev/null || exit 51
			[ "$(state)" = Opened/Available ] || { state; exit 52; }
			[ "$(invoke-command -Session $s "echo fine" </dev/null)" = fine ] || exit 53
			[ "$(echo x | invoke-command -Session $s cat)" = x ] || exit 54
			remove-pssession -Session $s'
		wait_until 10 nothing_remote
	done
}

# Neither the holder nor what it holds; the script that watched over the shell may be about to go.
no_holder() {
	local pid
	for pid in $(remote_processes); do
		! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ' holder \|^-bash\|tail' || return 1
	done
	[ -z "$(remote_directories)" ]
}

# bats test_tags=once
@test "held: when remove-pssession has ended nothing is left there, whatever the session was in" {
	local before
	for before in true 'disconnect-pssession -Session $s' 'invoke-command -Session $s -AsJob "tail -f /dev/null"' \
		'true # and enter it' 'true # and kill the host process' \
		'disconnect-pssession -Session $s # and kill the host process'; do
		script "$OPEN{ ${before%%#*}; } >/dev/null"
		case $before in
		*kill*) kill_host ;;
		*enter*)
			local_shell_start
			run_line 's=$(cat $HERE/s)'
			enter_kept
			;;
		esac
		script 'remove-pssession -Session $(cat $HERE/s)'
		no_holder || { echo "after $before:"; ps -o pid,ppid,stat,args $(remote_processes); remote_directories; return 1; }
		wait_until 10 nothing_remote
	done
}

# bats test_tags=once
@test "held: remove-pssession that cannot reach the computer says what is left there, and goes on trying" {
	local before
	for before in true 'disconnect-pssession -Session $s >/dev/null'; do
		proxy_start 0
		script "${OPEN/\$C box/$FAR_CONFIG far}$before"
		proxy cut
		deadlines 20
		script 'remove-pssession -Session $(cat $HERE/s) 2>$HERE/err
			[ $? -eq 255 ] || exit 51
			grep -q "removed here, but its keeper on far could not be reached (.*): there it ends by itself in 7200 s" $HERE/err || exit 52
			[ -z "$(get-pssession)" ]'
		deadlines 100
		[ -n "$(remote_processes)" ]
		proxy resume
		wait_until 20 nothing_remote
		proxy_stop
	done
}
