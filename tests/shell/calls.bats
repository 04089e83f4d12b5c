#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a command in a session costs, in what can be counted on any machine: turns between the shell and the host process, and
# system calls of the shell, of the host process and of the remote shell. The bounds are a tenth above what they are.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	requires_counts
	place_start
}
teardown() { place_end; }

CALLS='s=$1 n=$2; while [ $n -gt 0 ]; do invoke-command -Session $s true || exit; n=$((n - 1)); done </dev/null'

calls() {
	local_bash "$CALLS" "$SESSION" "$1"
}

session_of() {
	SESSION=$(local_bash 'new-pssession -ConfigFile $C -ConfigurationName $1 box' "$1")
	calls 3
}

# counts PID: the system calls of a process while 50 commands are called: $HERE/counted.
counts() {
	system_calls "$1" "$HERE/counted" calls 50
}

# The same of a local shell, from its start on: of N commands, in FILE.
counts_own() {
	local words=(bash --norc -c "enable -f $PSS_LOADABLE enter-pssession; $CALLS" bash)
	[ "$PSS_SHELL" = bash ] || words=(zsh -f -c "module_path=(${PSS_LOADABLE%/*}); zmodload pssession; $CALLS" zsh)
	clean_env strace -qq -c -o "$2" "${words[@]}" "$SESSION" "$1"
}

# at_most BOUND COUNT WHAT: of 50 commands.
at_most() {
	local each
	each=$(awk "BEGIN { print $2 / 50 }")
	echo "$3: $each for each command, $1 at most"
	awk "BEGIN { exit !($each <= $1) }"
}

@test "calls: a command in a session is one turn between the shell and the host process" {
	session_of bash
	local name
	counts_own 10 "$HERE/few"
	counts_own 60 "$HERE/many"
	for name in sendto connect; do
		at_most 1 $(($(count_of $name "$HERE/many") - $(count_of $name "$HERE/few"))) "$name of the shell"
	done
	at_most 90 $(($(count_of total "$HERE/many") - $(count_of total "$HERE/few"))) 'system calls of the shell'
}

@test "calls: the host process answers in two pieces" {
	session_of bash
	counts "$(host_pids)"
	at_most 2.5 "$(count_of sendmsg "$HERE/counted")" 'answers'
	at_most 2.5 "$(count_of sendto "$HERE/counted")" 'packets to the server'
	at_most 70 "$(count_of total "$HERE/counted")" 'system calls of the host process'
}

# bats test_tags=once
@test "calls: the system calls of a remote shell for a command that does nothing" {
	local shell bound pid
	while read -r shell bound; do
		command -v "$shell" >/dev/null || continue
		session_of "$shell"
		pid=$(local_bash 'invoke-command -Session $1 "echo \$\$" </dev/null' "$SESSION")
		counts "$pid"
		at_most "$bound" "$(count_of total "$HERE/counted")" "system calls of $shell"
		local_bash 'remove-pssession -Session $1' "$SESSION"
	done <<-'END'
		bash 116
		dash 225
		zsh 1060
		ksh93 360
		mksh 188
	END
}

# The page faults of children that a process has waited for: proc(5).
child_faults() {
	local fields
	fields=$(cat "/proc/$1/stat")
	# shellcheck disable=SC2086
	set -- ${fields##*) }
	echo "$9"
}

@test "calls: a command in a session of fish starts no process" {
	requires fish
	session_of fish
	local pid before
	pid=$(local_bash 'invoke-command -Session $1 "echo \$fish_pid" </dev/null' "$SESSION")
	[ -n "$pid" ]
	before=$(child_faults "$pid")
	calls 10
	[ "$(child_faults "$pid")" = "$before" ]
	local_bash 'invoke-command -Session $1 "command true" </dev/null' "$SESSION" # they are counted
	[ "$(child_faults "$pid")" != "$before" ]
}
