# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Finding and ending processes, by their ids alone: other tests run the same programs at the same time. Each test looks many
# times, and each fork costs as much as all of a look, so that functions named find_… leave processes in FOUND, and those
# that print them are for others.

is_alive() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	stat=${stat##*) }
	[ "${stat%% *}" != Z ]
}

print_found() {
	[ ${#FOUND[@]} -eq 0 ] || printf '%s\n' "${FOUND[@]}"
}

# Adds the children of PID, and theirs.
find_descendants() {
	local file child children
	for file in /proc/"$1"/task/*/children; do
		children=
		{ read -r children <"$file"; } 2>/dev/null || :
		for child in $children; do
			FOUND+=("$child")
			find_descendants "$child"
		done
	done
}

descendants() {
	local FOUND=()
	find_descendants "$1"
	print_found
}

# program_of PID: PROGRAM is its name; none: it has ended.
program_of() {
	PROGRAM=
	{ read -r PROGRAM <"/proc/$1/comm"; } 2>/dev/null || :
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

# find_with_argument TEXT…: every process that has one of them in its arguments, but ourselves.
find_with_argument() {
	local file pid text texts=() files
	for text; do
		texts+=(-e "$text")
	done
	FOUND=()
	mapfile -t files < <(exec grep -lsaF "${texts[@]}" /proc/[0-9]*/cmdline)
	for file in "${files[@]}"; do
		pid=${file#/proc/}
		pid=${pid%/cmdline}
		# That grep may end at any moment, so whether a process lives is asked last.
		[ "$pid" = "$$" ] || [ "$pid" = "$BASHPID" ] || is_this_grep "$pid" || ! is_alive "$pid" || FOUND+=("$pid")
	done
}

processes_with_argument() {
	local FOUND
	find_with_argument "$@"
	print_found
}

is_this_grep() {
	program_of "$1"
	[ "$PROGRAM" = grep ]
}

# Every process of user UID that is no zombie.
find_of_uid() {
	local directory directories
	FOUND=()
	mapfile -t directories < <(exec find /proc -maxdepth 1 -name '[0-9]*' -user "$1" 2>/dev/null)
	for directory in "${directories[@]}"; do
		! is_alive "${directory#/proc/}" || FOUND+=("${directory#/proc/}")
	done
}

processes_of_uid() {
	local FOUND
	find_of_uid "$1"
	print_found
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
