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
	kill -TERM "$@" 2>/dev/null
	kill -CONT "$@" 2>/dev/null
	for pid; do
		wait_until 2 not is_alive "$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
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

# Every process that has TEXT among its arguments, but ourselves.
processes_with_argument() {
	local file pid
	for file in /proc/[0-9]*/cmdline; do
		pid=${file#/proc/}
		pid=${pid%/cmdline}
		[ "$pid" != "$$" ] && [ "$pid" != "$BASHPID" ] || continue
		if tr '\0' '\n' 2>/dev/null <"$file" | grep -qF -- "$1"; then
			echo "$pid"
		fi
	done 2>/dev/null
}

# Every process of user UID that is no zombie.
processes_of_uid() {
	local directory
	for directory in /proc/[0-9]*; do
		if [ "$(stat -c %u "$directory" 2>/dev/null)" = "$1" ] && is_alive "${directory#/proc/}"; then
			echo "${directory#/proc/}"
		fi
	done
}

describe_processes() {
	local pid
	for pid; do
		printf '  %s %s\n' "$pid" "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
	done
}
