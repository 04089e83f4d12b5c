# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Whose a test's directory is, and what runs that were killed have left: directories `pss-*` below TMPDIR, the accounts whose
# homes are in them, and the processes of both. Needs process.bash.

# Where a process id means something: this start of this computer, in this namespace.
ids_of_here() {
	printf '%s %s' "$(cat /proc/sys/kernel/random/boot_id)" "$(readlink /proc/self/ns/pid)"
}

# When PID began, in the kernel's ticks: another process of the same number began later.
begun() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# shellcheck disable=SC2086
	set -- ${stat##*) }
	echo "${20}"
}

# own_directory DIRECTORY: it is this shell's.
own_directory() {
	printf '%s\n' "$(ids_of_here)" "$$" "$(begun $$)" >"$1/owner"
}

LEFT_ALONE_MINUTES=240

# Has nothing in it, or in its first level, changed for so long, and does nobody use it?
is_left_alone() {
	[ -z "$(find "$1" -maxdepth 1 -mmin "-$LEFT_ALONE_MINUTES" -print -quit)" ] && [ -z "$(processes_with_argument "$1")" ]
}

# is_abandoned DIRECTORY: its owner has ended. Where that cannot be known, it has been left alone for hours.
is_abandoned() {
	local here pid since
	if [ -f "$1/owner" ] && { read -r here && read -r pid && read -r since; } <"$1/owner" && [ "$here" = "$(ids_of_here)" ]; then
		[ "$(begun "$pid")" != "$since" ]
	else
		is_left_alone "$1"
	fi
}

# The accounts of tests whose home is below DIRECTORY.
accounts_below() {
	local name home
	while IFS=: read -r name _ _ _ _ home _; do
		[[ $name == pss-* && $home == "$1"/* ]] && echo "$name"
	done < <(getent passwd)
}

# remove_account NAME: with its processes. Only root can.
remove_account() {
	# shellcheck disable=SC2046
	end_processes $(processes_of_uid "$(id -u "$1")")
	flock /tmp "$(find_sbin userdel)" "$1" 2>/dev/null
}

# What killed runs have left below TMPDIR. Prints what it removes.
clear_abandoned() {
	local directory name
	for directory in "${TMPDIR:-/tmp}"/pss-*; do
		[ -d "$directory" ] && [ ! -h "$directory" ] || continue
		{ [ -O "$directory" ] || [ "$(id -u)" -eq 0 ]; } && is_abandoned "$directory" || continue
		echo "$directory"
		# shellcheck disable=SC2046
		end_processes $(processes_with_argument "$directory/")
		[ "$(id -u)" -ne 0 ] || for name in $(accounts_below "$directory"); do
			echo "$name"
			remove_account "$name"
		done
		rm -rf "$directory"
	done
	# The home went, and the account stayed.
	[ "$(id -u)" -ne 0 ] || for name in $(accounts_below "${TMPDIR:-/tmp}"); do
		directory=$(getent passwd "$name" | cut -d: -f6)
		[[ $directory == "${TMPDIR:-/tmp}"/pss-* && ! -e ${directory%/*} ]] || continue
		echo "$name"
		remove_account "$name"
	done
}
