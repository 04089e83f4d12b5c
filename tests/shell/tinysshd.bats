#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tinysshd as the other server: one channel on a connection, few ways to agree, and none of OpenSSH's habits.

load ../harness/harness

setup_file() {
	TINYSSHD=$(find_sbin tinysshd) || TINYSSHD=
	PSS_SSH_SERVER=tinysshd
	export PSS_SSH_SERVER TINYSSHD
	# It serves other users as root only, with the keys in their homes.
	if [ "$(id -u)" -ne 0 ]; then
		WORLD_SKIP='needs root, to make an account with authorized_keys of its own'
	elif [ -z "$TINYSSHD" ]; then
		[ -z "${PSS_REQUIRE_ALL-}" ] || { echo 'tinysshd is missing' >&2; return 1; }
		WORLD_SKIP='tinysshd is missing'
	else
		# Nor in homes that others could put something into, as in /tmp.
		TMPDIR=/run world_start bash
	fi
	export WORLD_SKIP
}
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

# It allows one channel on a connection.
enter_plainly() {
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen 'raw terminal' 30
	wait_line 'remote\$ $'
}

@test "tinysshd: one channel is all there is: a plain terminal, which works, is resized and left" {
	local_bash_start
	enter_plainly
	resize 100 30
	term_type 'stty size; echo $((6 * 7)) $LOGIN_FILE_READ; tail -f /dev/null'
	term_keys Enter
	wait_screen $'\n30 100\n42 yes'
	term_keys C-c
	term_type 'echo "status=$?"'
	term_keys Enter
	wait_screen $'\nstatus=130'
	term_type 'exit 4'
	term_keys Enter
	wait_local
	status_is 4
}

@test "tinysshd: commands on the computer, with their streams apart, and in a resilient session, whose one channel is enough" {
	run local_bash 'invoke-command -ConfigFile $C box "echo out; echo err >&2; exit 3" 2>$HERE/e; echo $? $(<$HERE/e)'
	[ "$output" = $'out\n3 err' ]
	local_bash_start
	keep_session -Resilient box
	run_line 'invoke-command -Session "$s" "x=5"; invoke-command -Session "$s" "echo \$x; echo err >&2; exit 3" 2>$HERE/e; echo $? $(<$HERE/e)'
	output_is $'5\n3 err'
	enter_kept
	run_line 'echo $x'
	output_is 5
	leave_by exit
	run_line 'remove-pssession -Session "$s"'
	wait_until 10 nothing_remote
}

@test "tinysshd: a megabyte each way" {
	head -c 1000000 /dev/urandom >"$HERE/bytes"
	run local_bash "invoke-command -ConfigFile \$C box cat <$HERE/bytes | cmp - $HERE/bytes"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "tinysshd: the server's process is killed" {
	local_bash_start
	enter_plainly
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	screen_matches 'connection to box lost'
	status_is 255
}

@test "tinysshd: a resilient session is found and taken over from another computer" {
	run local_bash 'new-pssession -Resilient -Name kept -ConfigFile $C box >/dev/null && invoke-command -Session kept "x=7" &&
		disconnect-pssession -Name kept >/dev/null'
	[ "$status" -eq 0 ]
	mkdir -m 700 "$HERE/run.b"
	export CLIENT=.b
	run local_bash 'get-pssession -ConfigFile $C -ComputerName box -Property Name &&
		connect-pssession -ConfigFile $C -ComputerName box -Name kept >/dev/null &&
		invoke-command -Wait -Session kept "echo \$x" && remove-pssession -Name kept'
	unset CLIENT
	[ "$output" = $'kept\n7' ]
	run local_bash 'remove-pssession -Name kept'
	wait_until 10 nothing_remote
}

# It passes no signal on.
@test "tinysshd: Ctrl-C leaves a command on the computer, as it leaves that of ssh" {
	local_bash_start
	local command status=()
	for command in 'ssh -F $C' 'invoke-command -ConfigFile $C'; do
		interrupt_running "$command box 'echo running; exec tail -f /dev/null'"
		status+=("$OUT")
	done
	[[ ${status[*]} == '255 130' ]]
}
