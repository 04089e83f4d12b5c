#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a stream costs, in what can be counted on any machine: system calls for each MiB, of the host process and of what keeps
# a resilient session. What goes through is the same at the other end.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	requires_counts
	place_start
	head -c "$((MIB * 1048576))" /dev/urandom >"$WORLD/bytes"
	chmod a+r "$WORLD/bytes"
}
teardown() { place_end; }

MIB=16

session() {
	SESSION=$(local_bash 'new-pssession "${@:2}" -ConfigFile $1 box' "$WORLD/ssh/ssh_config" "$@")
}

down() {
	local_bash 'invoke-command -Session $1 "cat $2" </dev/null' "$SESSION" "$WORLD/bytes" | cmp - "$WORLD/bytes"
}

up() {
	local_bash 'invoke-command -Session $1 "cmp - $2" <$2' "$SESSION" "$WORLD/bytes"
}

# at_most BOUND NAME FILE WHAT: for each MiB.
at_most() {
	local each
	each=$(($(count_of "$2" "$3") / MIB))
	echo "$4: $each for each MiB, $1 at most"
	[ "$each" -le "$1" ]
}

# The one of this world: not those that wait for it, nor other tests'.
holder_pid() {
	local pid
	for pid in $(processes_of_uid "$REMOTE_UID"); do
		case $(ps -o sid=,comm= -p "$pid") in *"$pid "perl | *"$pid "python*) echo "$pid" ;; esac
	done
}

@test "streams: output costs the host process few system calls" {
	session
	system_calls "$(host_pids)" "$HERE/counted" down
	at_most 400 total "$HERE/counted" 'system calls of the host process' # libssh alone would make 512
	local_bash 'remove-pssession -Session $1' "$SESSION"
}

@test "streams: input reaches the server in large pieces" {
	session
	system_calls "$(host_pids)" "$HERE/counted" up
	at_most 30 write "$HERE/counted" "writes to the loop's own descriptor"
	at_most 450 total "$HERE/counted" 'system calls of the host process'
	local_bash 'remove-pssession -Session $1' "$SESSION"
}

@test "streams: what keeps a session moves them in large pieces" {
	session -Resilient
	local holder
	holder=$(holder_pid)
	system_calls "$holder" "$HERE/counted" down
	at_most 90 total "$HERE/counted" 'system calls of the holder for output'
	system_calls "$holder" "$HERE/counted" up
	at_most 100 total "$HERE/counted" 'system calls of the holder for input'
	local_bash 'remove-pssession -Session $1' "$SESSION"
}
