#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is killed, stopped, cut or dead: the terminal is sane, the message clear, the prompt back in time.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# within SECONDS COMMAND…
within() {
	local started limit=$1
	shift
	started=$(now_ms)
	"$@" || return
	[ $(($(now_ms) - started)) -le $((limit * 1000)) ] || { echo "took longer than $limit s: $*"; return 1; }
}

kill_connections() {
	# shellcheck disable=SC2046
	kill "-$1" $(sshd_connections "$WORLD/ssh")
}

kill_host() {
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill "-$1" $(host_pids)
}

lost_and_well() {
	wait_local "${1:-8}" && screen_matches 'connection to box lost' && status_is 255 && terminal_is_sane
}

@test "faults: the host process is killed while one sits at the prompt" {
	local_bash_start
	enter
	kill_host KILL
	within 5 wait_local
	lost_and_well
}

@test "faults: the host process is killed while a command runs" {
	local_bash_start
	enter
	start_running
	kill_host KILL
	within 5 wait_local
	lost_and_well
}

# Each is a line of its own that would leave a file, here alone.
paste_lines() {
	term_paste "$(printf '[ -z "$HERE" ] || : >"$HERE/ran-here"\n%.0s' 1 2 3 4 5)"
}

@test "faults: lines that are typed on while the connection is lost never run here" {
	local i
	local_bash_start
	for i in 1 2 3; do
		enter
		paste_lines
		kill_host KILL
		paste_lines
		wait_local
		run_line 'echo settled'
		[ ! -e "$HERE/ran-here" ]
		wait_until 10 nothing_remote
	done
}

@test "faults: after the host process was killed the next command starts a new one" {
	local_bash_start
	keep_session
	kill_host KILL
	wait_until 5 eval '[ -z "$(host_pids)" ]'
	run_line 'get-pssession; echo "s=$?"'
	output_is 's=0'
	wait_until 10 nothing_remote
	keep_session
	run_line 'get-pssession -Property Id'
	output_is 1
}

@test "faults: the host process is stopped while one sits at the prompt" {
	local_bash_start
	enter
	deadlines 30
	kill_host STOP
	term_type 'echo goes nowhere'
	term_keys Enter
	within 8 wait_local 10
	lost_and_well
	kill_host CONT
}

@test "faults: the host process is stopped while a command runs" {
	local_bash_start
	enter
	start_running
	deadlines 30
	kill_host STOP
	within 15 wait_local 20
	lost_and_well
	kill_host CONT
}

@test "faults: every command says within seconds that the host process is stopped" {
	local_bash_start
	keep_session
	deadlines 30
	kill_host STOP
	for line in get-pssession 'remove-pssession -Id 1' 'enter-pssession -Id 1' 'new-pssession -ConfigFile $C box'; do
		run_line "$line; echo \"s=\$?\"" 10
		output_like 's=(1|255)$'
		output_like "$(host_pids | sort -u)"
	done
	kill_host CONT
	run_line 'get-pssession -Property State'
	output_is Opened
}

@test "faults: the terminal is closed at the prompt and in a command; nothing is left" {
	local_bash_start
	enter
	term_close
	wait_until 5 nothing_remote
	TERM_NAME=b local_bash_start
	TERM_NAME=b
	enter
	start_running
	term_close
	wait_until 5 nothing_remote
}

@test "faults: the local shell is killed; the remote shell goes with it" {
	local_bash_start
	enter
	start_running
	local child
	child=$(descendants "$(term_pid)")
	# shellcheck disable=SC2086
	kill -KILL "$(term_pid)" $child
	wait_until 5 nothing_remote
}

@test "faults: the process that holds the entered loop crashes: the shell lives" {
	only bash 'in zsh it is the shell itself'
	local_bash_start
	enter
	run_line 'echo up'
	local child
	child=$(descendants "$(term_pid)" | head -n 1)
	[ -n "$child" ]
	kill -SEGV "$child"
	wait_local
	run_line 'stty sane; echo alive'
	output_like 'alive$'
}

@test "faults: the remote shell is killed: a temporary session is over, the prompt is back" {
	local_bash_start
	enter
	term_type 'kill -KILL $$'
	term_keys Enter
	wait_local
	status_is 137 || status_is 255
	terminal_is_sane
}

@test "faults: SIGTERM to the local shell's entered loop leaves and restores" {
	only bash 'in zsh it is the shell itself, which ignores SIGTERM'
	local_bash_start
	enter
	local child
	child=$(descendants "$(term_pid)" | head -n 1)
	kill -TERM "$child"
	wait_local
	terminal_is_sane
	wait_until 5 nothing_remote
}

@test "faults: the host process ends its sessions when it is told to end" {
	local_bash_start
	keep_session
	# shellcheck disable=SC2046
	end_processes $(host_pids)
	wait_until 5 nothing_remote
	[ -z "$(find "$HERE/run" -type s)" ]
}

# As it ends what the native shell waits for: at once, whatever the verb is at.
@test "faults: the terminal closes while a verb waits: the shell ends with it, and what the verb has started" {
	local line pid hangs='-Options "ProxyCommand=tail -f /dev/null"'
	local lines=(
		"tail -f /dev/null"
		"new-pssession -ConfigFile \$C $hangs box"
		"enter-pssession -ConfigFile \$C $hangs box"
		"get-pssession -ConfigFile \$C $hangs -ComputerName box"
		"test-pssession -ConfigFile \$C $hangs box"
		"invoke-command -ConfigFile \$C $hangs box :"
		"invoke-command -ConfigFile \$C box 'tail -f /dev/null'"
		"invoke-command -Session w 'tail -f /dev/null'"
		"invoke-command -ConfigFile \$C -ComputerName box,box 'tail -f /dev/null'"
		"receive-pssession -Wait -Session j"
		"connect-pssession -Wait -ConfigFile \$C $hangs -ComputerName box -Name nothing"
		"copy-item -ConfigFile \$C $hangs \$HERE/rc box:/tmp/pss-never"
		"copy-item -ConfigFile \$C \$HERE/big box:"
		"mkfifo \$HERE/list; new-pssession -ComputerName - <\$HERE/list"
	)
	head -c 400000000 /dev/zero >"$HERE/big"
	for line in "${lines[@]}"; do
		local_bash_start
		case $line in
		*'-Session w'*) run_line 'new-pssession -Name w -ConfigFile $C box >/dev/null' ;;
		*'-Session j'*) run_line 'invoke-command -AsJob -JobName j -ConfigFile $C box "tail -f /dev/null" >/dev/null' ;;
		esac
		run_line 'echo $$'
		pid=$OUT
		term_type "$line"
		term_keys Enter
		case $line in
		*/big*) wait_until 10 is_copied ;;
		*) pause 0.7 ;; # it waits, as the prompt that does not come tells
		esac
		not line_matches 'local\$ $' || { echo "$line: does not wait"; explain_screen; return 1; }
		term_close
		wait_until 10 not is_alive "$pid" || { echo "$line: the shell goes on"; end_processes "$pid"; return 1; }
		wait_until 10 no_copies || { echo "$line: pssession-copy goes on"; return 1; }
		local_bash 'remove-pssession -Name "*"' 2>/dev/null || :
	done
	wait_until 10 nothing_remote
	[ -z "$(find "$REMOTE_HOME" -name 'big' -o -name '*.pss-*')" ]
	rm "$HERE/big" "$HERE/list"
}

is_copied() { [ -n "$(find "$REMOTE_HOME" -name '.big.pss-*')" ]; }
no_copies() { [ -z "$(copies_here)" ]; }
