# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Finding and ending processes, by their ids alone: other tests run the same programs at the same time.

is_alive() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	stat=${stat##*) }
	[ "${stat%% *}" != Z ]
}

# The children of PID, and theirs, a line each.
descendants() {
	local child
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		echo "$child"
		descendants "$child"
	done
}

# end_processes PID…: TERM (and CONT, for the stopped ones), then KILL what is left after two seconds.
end_processes() {
	local pid
	[ $# -gt 0 ] || return 0
	kill -TERM "$@" 2>/dev/null || :
	kill -CONT "$@" 2>/dev/null || :
	for pid; do
		wait_until 2 not is_alive "$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || :
	done
	for pid; do
		wait_until 5 not is_alive "$pid" || return 1
	done
}

end_tree() {
	is_alive "$1" || return 0
	# shellcheck disable=SC2046
	end_processes "$1" $(descendants "$1")
}

# Every process that has TEXT in its arguments, but ourselves.
processes_with_argument() {
	local file pid
	# One process for all of /proc: this is called often.
	for file in $(grep -lsaF -- "$1" /proc/[0-9]*/cmdline); do
		pid=${file#/proc/}
		pid=${pid%/cmdline}
		[ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ] || ! is_alive "$pid" || is_this_grep "$pid" || echo "$pid"
	done
}

is_this_grep() {
	[[ $(cat "/proc/$1/comm" 2>/dev/null) == grep ]]
}

# Every process of user UID that is no zombie.
processes_of_uid() {
	local directory
	# shellcheck disable=SC2044
	for directory in $(find /proc -maxdepth 1 -name '[0-9]*' -user "$1" 2>/dev/null); do
		! is_alive "${directory#/proc/}" || echo "${directory#/proc/}"
	done
}

describe_processes() {
	local pid
	for pid; do
		printf '  %s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
	done
}

# The programs that copy for the shells of this place.
copies_here() {
	local pid
	for pid in $(pgrep -f "^$PSS_BUILD.*/pssession-copy$"); do
		! grep -qszxF "HERE=$HERE" "/proc/$pid/environ" || echo "$pid"
	done
}
