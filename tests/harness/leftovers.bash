# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What must not be there when a test is over, on the local and on the remote side. Each function prints
# what it found and fails.

# Every process of the remote account that came in through our sshd, its servers aside.
remote_processes() {
	local pid
	if [ -n "$ACCOUNT_MADE" ]; then
		for pid in $(processes_of_uid "$REMOTE_UID"); do
			case $(cat "/proc/$pid/comm" 2>/dev/null) in
			sshd | sshd-session | sshd-auth | dropbear | tinysshd) ;;
			*) echo "$pid" ;;
			esac
		done
		return
	fi
	for pid in $(processes_of_uid "$REMOTE_UID"); do
		grep -qzxF "PSS_TEST_WORLD=$WORLD" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
	done
}

remote_directories() {
	local places=("$WORLD/remote-run")
	if [ -n "$ACCOUNT_MADE" ]; then
		places+=("$REMOTE_HOME" /dev/shm /tmp /var/tmp)
	fi
	find "${places[@]}" -maxdepth 1 -name '.pss-*' -user "$REMOTE_USER" 2>/dev/null
}

nothing_remote() {
	[ -z "$(remote_processes)" ] && [ -z "$(remote_directories)" ]
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

local_processes() {
	processes_with_argument "$HERE"
	host_pids
}

nothing_local() {
	[ -z "$(local_processes)" ]
}

# FIFOs and sockets anywhere in the test's place; what a host process leaves that was killed the next one removes.
local_files() {
	find "$HERE" \( -type p -o -type s ! -path "$HERE/run*" \) -print
	[ -n "${HOST_WAS_KILLED-}" ] || find "$HERE"/run* -type s -print
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
