# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Counting the system calls of a process by strace: they are the same on a busy machine, times are not. Needs wait.bash.
#
#   requires_counts                        where they can be counted
#   system_calls PID FILE COMMAND…         runs COMMAND, and leaves in FILE what PID called meanwhile
#   count_of NAME FILE                     how often NAME was called (total: any)

requires_counts() {
	requires strace
	! ldd "$PSS_BUILD/plugin/host/pssession-host" | grep -q asan || skip 'a sanitizer makes system calls of its own'
}

is_traced() {
	grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$1/status"
}

count_of() {
	awk -v name="$1" '$4 ~ /^[0-9]+$/ && $NF != "total" && (name == "total" || $NF == name) { n += $4 } END { print n + 0 }' "$2"
}

system_calls() {
	local pid=$1 file=$2 tracer
	shift 2
	strace -qq -c -p "$pid" -o "$file" 2>"$HERE/strace" 3>&- &
	tracer=$!
	if ! wait_until 10 is_traced "$pid" 2>/dev/null; then
		kill "$tracer" 2>/dev/null
		skip "strace cannot attach to a process: $(cat "$HERE/strace")"
	fi
	"$@"
	kill -INT "$tracer"
	wait "$tracer" || :
}
