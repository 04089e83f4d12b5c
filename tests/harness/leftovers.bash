# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What must not be there when a test is over, on the local and on the remote side. Each function prints
# what it found and fails.

# Every process of the remote account that came in through our sshd, its servers aside.
find_remote_processes() {
	local pid all
	find_of_uid "$REMOTE_UID"
	all=("${FOUND[@]}")
	FOUND=()
	for pid in "${all[@]}"; do
		if [ -n "$ACCOUNT_MADE" ]; then
			program_of "$pid"
			case $PROGRAM in
			sshd | sshd-session | sshd-auth | dropbear | tinysshd) ;;
			*) FOUND+=("$pid") ;;
			esac
		elif grep -qzxF "PSS_TEST_WORLD=$WORLD" "/proc/$pid/environ" 2>/dev/null; then
			FOUND+=("$pid")
		fi
	done
}

remote_processes() {
	local FOUND
	find_remote_processes
	print_found
}

# Their paths, in FOUND too.
find_remote_directories() {
	local place path paths=() places=("$WORLD/remote-run")
	if [ -n "$ACCOUNT_MADE" ]; then
		places+=("$REMOTE_HOME" /dev/shm /tmp /var/tmp)
	fi
	for place in "${places[@]}"; do
		for path in "$place"/.pss-*; do
			[ ! -e "$path" ] && [ ! -h "$path" ] || paths+=("$path")
		done
	done
	FOUND=()
	[ ${#paths[@]} -eq 0 ] || mapfile -t FOUND < <(find "${paths[@]}" -maxdepth 0 -user "$REMOTE_USER" 2>/dev/null)
}

remote_directories() {
	local FOUND
	find_remote_directories
	print_found
}

nothing_remote() {
	local FOUND
	find_remote_processes
	[ ${#FOUND[@]} -eq 0 ] || return
	find_remote_directories
	[ ${#FOUND[@]} -eq 0 ]
}

leftovers_remote() {
	wait_until 5 nothing_remote 2>/dev/null && return
	{
		echo "left on the remote side:"
		# shellcheck disable=SC2046
		describe_processes $(remote_processes)
		remote_directories
	} >&2
	# shellcheck disable=SC2046
	end_processes $(remote_processes)
	# shellcheck disable=SC2046
	rm -rf $(remote_directories)
	return 1
}

# What has the place in its arguments, and host processes.
find_local_processes() {
	local pid arguments all
	find_with_argument "$HERE" "$WORLD/pssession-host"
	all=("${FOUND[@]}")
	FOUND=()
	for pid in "${all[@]}"; do
		arguments=()
		{ mapfile -d '' -t arguments <"/proc/$pid/cmdline"; } 2>/dev/null || :
		[[ ${arguments[*]} != *"$HERE"* && ${arguments[0]-} != "$WORLD/pssession-host" ]] || FOUND+=("$pid")
	done
}

local_processes() {
	local FOUND
	find_local_processes
	print_found
}

nothing_local() {
	local FOUND
	find_local_processes
	[ ${#FOUND[@]} -eq 0 ]
}

# FIFOs and sockets anywhere in the test's place; what a host process leaves that was killed the next one removes.
local_files() {
	local sockets=(-type s)
	[ -z "${HOST_WAS_KILLED-}" ] || sockets+=(! -path "$HERE/run*")
	find "$HERE" \( -type p -o "${sockets[@]}" \) -print
}

leftovers_local() {
	local files
	files=$(local_files)
	wait_until 5 nothing_local 2>/dev/null && [ -z "$files" ] && return
	{
		echo "left on the local side:"
		# shellcheck disable=SC2046
		describe_processes $(local_processes)
		echo "$files"
	} >&2
	# shellcheck disable=SC2046
	end_processes $(local_processes)
	return 1
}
