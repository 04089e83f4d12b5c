# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What goes wrong. Each fault is a function, false where there is nothing that it could befall; what it stopped or took
# away is given back by faults_end.

# shellcheck disable=SC2034 # round.bash picks from them
FAULTS=(none host_killed host_ended host_stopped sshd_killed sshd_stopped none control_killed control_ended control_stopped
	shell_killed shell_hung_up shell_stopped ssh_killed none loop_killed loop_ended few_descriptors_host few_descriptors_shell none disk_full
	terminal_closed)

# signal NAME WHAT PID…
signal() {
	local name=$1 what=$2
	shift 2
	[ $# -gt 0 ] || return 1
	trace "-- SIG$name to $what: $*"
	kill "-$name" "$@" 2>/dev/null
	[ "$name" != STOP ] || STOPPED+=("$@")
	return 0
}

# Remote processes whose parent is sshd: the control scripts (`sh` with its script on a pipe) and the shells.
remote_children_of_sshd() {
	local pid parent words
	for pid in $(remote_processes); do
		parent=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f2)
		[[ $(cat "/proc/$parent/comm" 2>/dev/null) == sshd?(-session) ]] || continue
		words=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")
		case $1:$words in
		control:'sh ') echo "$pid" ;;
		shell:*'bash --posix'*) echo "$pid" ;;
		esac
	done
}

one_of() {
	# shellcheck disable=SC2206
	local all=($1)
	[ ${#all[@]} -eq 0 ] || echo "${all[DRAW_TARGET % ${#all[@]}]}"
}

# shellcheck disable=SC2046
fault_host_killed() {
	HOST_WAS_KILLED=1
	signal KILL 'the host process' $(host_pids)
}

# shellcheck disable=SC2046
fault_host_ended() { signal TERM 'the host process' $(host_pids); }

# shellcheck disable=SC2046
fault_host_stopped() { signal STOP 'the host process' $(host_pids); }

# shellcheck disable=SC2046
fault_sshd_killed() { signal KILL "a connection's sshd" $(one_of "$(sshd_connections "$WORLD/ssh")"); }

# shellcheck disable=SC2046
fault_sshd_stopped() { signal STOP "the connections' sshd" $(sshd_connections "$WORLD/ssh"); }

# shellcheck disable=SC2046
fault_control_killed() { signal KILL 'a control script' $(one_of "$(remote_children_of_sshd control)"); }

# shellcheck disable=SC2046
fault_control_ended() { signal TERM 'a control script' $(one_of "$(remote_children_of_sshd control)"); }

# shellcheck disable=SC2046
fault_control_stopped() { signal STOP 'a control script' $(one_of "$(remote_children_of_sshd control)"); }

# shellcheck disable=SC2046
fault_shell_killed() { signal KILL 'a remote shell' $(one_of "$(remote_children_of_sshd shell)"); }

# shellcheck disable=SC2046
fault_shell_hung_up() { signal HUP 'a remote shell' $(one_of "$(remote_children_of_sshd shell)"); }

# shellcheck disable=SC2046
fault_shell_stopped() { signal STOP 'a remote shell' $(one_of "$(remote_children_of_sshd shell)"); }

# The ssh programs of -Transport ssh.
ssh_programs() {
	local host pid
	for host in $(host_pids); do
		for pid in $(descendants "$host"); do
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != ssh ] || echo "$pid"
		done
	done
}

# shellcheck disable=SC2046
fault_ssh_killed() { signal KILL 'an ssh program' $(one_of "$(ssh_programs)"); }

# bash's child that has entered; zsh's loop is the shell itself, and is not killed here.
loop_pid() {
	[ "$TERM_NAME" = b ] || descendants "$(term_pid)" | head -n 1
}

# shellcheck disable=SC2046
fault_loop_killed() {
	LOOP_WAS_KILLED=1
	signal KILL "what runs in $TERM_NAME" $(loop_pid)
}

# shellcheck disable=SC2046
fault_loop_ended() { signal TERM "what runs in $TERM_NAME" $(loop_pid); }

fault_terminal_closed() { verb_close; }

fault_none() { :; }

# few_descriptors WHAT PID FREE: so many can be opened yet.
few_descriptors() {
	local n
	[ -n "$2" ] || return 1
	n=$(find "/proc/$2/fd" -mindepth 1 2>/dev/null | wc -l)
	trace "-- $1 may open $3 descriptors more"
	[ -n "${STARVED[$2]-}" ] || STARVED[$2]=$(prlimit --pid "$2" --nofile --noheadings --output SOFT | tr -d ' ')
	prlimit --pid "$2" --nofile="$((n + $3)):" 2>/dev/null
	return 0
}

fault_few_descriptors_host() { few_descriptors 'the host process' "$(host_pids | head -n 1)" $((DRAW_TARGET % 8)); }

# Enough for a pipeline with redirections: zsh loses its own standard input and output where they cannot be made.
fault_few_descriptors_shell() { few_descriptors "the shell in $TERM_NAME" "$(term_pid)" $((DRAW_TARGET % 8 + 12)); }

# A state directory of 128 KiB. Only where one can be mounted.
disk_make() {
	DISK=
	[ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=128k,mode=700 pss-chaos "$HERE/state" 2>/dev/null || DISK=1
}

fault_disk_full() {
	[ -n "$DISK" ] || return 1
	DISK_WAS_FULL=1
	trace '-- the state directory is full'
	head -c 1000000 /dev/zero >"$HERE/state/fill" 2>/dev/null
	return 0
}

faults_continue() {
	[ ${#STOPPED[@]} -gt 0 ] || return 0
	trace "-- SIGCONT to ${STOPPED[*]}"
	kill -CONT "${STOPPED[@]}" 2>/dev/null
	STOPPED=()
}

faults_end() {
	local pid
	faults_continue
	for pid in "${!STARVED[@]}"; do
		prlimit --pid "$pid" --nofile="${STARVED[$pid]}:" 2>/dev/null
	done
	rm -f "$HERE/state/fill"
}

disk_remove() {
	[ -z "${DISK-}" ] || umount "$HERE/state" 2>/dev/null || umount -l "$HERE/state"
	DISK=
}
