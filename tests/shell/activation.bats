#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The host process with a listening socket that was passed to it, as systemd's user manager does.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ ! -s "$HERE/activator.pid" ] || end_processes "$(cat "$HERE/activator.pid")"
	rm -f "$HERE/door"
	place_end
}

# activate [ARGUMENT…]: a socket at the host process's place, with arguments for that.
activate() {
	clean_env python3 "$HARNESS/activate.py" "$HERE/run/host" "$WORLD/pssession-host" "$@" >"$HERE/activator.pid" 2>"$HERE/activator.log" 3>&- &
	wait_until 10 test -s "$HERE/activator.pid"
	ACTIVATOR=$(cat "$HERE/activator.pid")
}

parent_of() {
	sed -n 's/^PPid:\t//p' "/proc/$1/status"
}

no_host() {
	[ -z "$(host_pids)" ]
}

@test "activation: the first command starts the host process, through the socket and once" {
	activate
	[ -z "$(host_pids)" ]
	run local_bash 's=$(new-pssession -ConfigFile $C box) && get-pssession -Session "$s" -Property State'
	[ "$status" -eq 0 ]
	[ "$output" = Opened ]
	[ "$(host_pids | wc -l)" -eq 1 ]
	[ "$(parent_of "$(host_pids)")" = "$ACTIVATOR" ]
	run local_bash 'remove-pssession -Name "*"; get-pssession'
	[ -z "$output" ]
}

@test "activation: it leaves when idle, the socket stays, and the next command gets another one" {
	local first
	activate --idle-seconds 1
	run local_bash 'get-pssession'
	[ "$status" -eq 0 ]
	first=$(host_pids)
	wait_until 10 no_host
	[ -S "$HERE/run/host" ]
	run local_bash 's=$(new-pssession -ConfigFile $C box) && remove-pssession -Session "$s"'
	[ "$status" -eq 0 ]
	[ "$(host_pids)" != "$first" ]
	wait_until 10 no_host
}

@test "activation: a socket that is removed under it is made anew" {
	activate
	run local_bash 's=$(new-pssession -ConfigFile $C box)'
	[ "$status" -eq 0 ]
	rm "$HERE/run/host"
	wait_until 10 test -S "$HERE/run/host"
	run local_bash 'get-pssession -Property State; remove-pssession -Name "*"'
	[ "$output" = Opened ]
}

@test "activation: a stopped host process is named by its own pid, not by that of whoever passed the socket" {
	local host
	activate
	run local_bash 'get-pssession'
	[ "$status" -eq 0 ]
	host=$(host_pids)
	kill -STOP "$host"
	run local_bash 'get-pssession'
	kill -CONT "$host"
	[ "$status" -ne 0 ]
	[[ $output == *"(pid $host) does not answer"* ]]
}

@test "activation: when nothing serves the socket nobody is told to kill what passed it" {
	clean_env python3 "$HARNESS/activate.py" "$HERE/run/host" "$(command -v tail)" -f /dev/null >"$HERE/activator.pid" 2>"$HERE/activator.log" 3>&- &
	wait_until 10 test -s "$HERE/activator.pid"
	run local_bash 'get-pssession'
	[ "$status" -ne 0 ]
	[[ $output == *'does not answer'*restart* ]]
	[[ $output != *kill* ]]
}

# Says HELLO at SOCKET as another user or as ourselves, and prints how many bytes came back.
hello() {
	# Not what root's PATH may have in root's own home.
	PATH=/usr/bin:/bin "$@" python3 -c '
import socket, struct, sys
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(10)
    s.connect(sys.argv[1])
    try:
        s.sendall(struct.pack("=IHHI", 0, 1, 0, 0))
        print(len(s.recv(4096)))
    except (BrokenPipeError, ConnectionResetError):
        print(0)' "$HERE/door"
}

@test "activation: whoever is somebody else is turned away" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be somebody else"
	activate
	# Another name of the same socket, that others can reach.
	ln "$HERE/run/host" "$HERE/door"
	chmod 666 "$HERE/door"
	run hello env
	[ "$output" -gt 0 ]
	run hello setpriv --reuid 65534 --regid 65534 --clear-groups
	[ "$output" = 0 ]
	[ -n "$(host_pids)" ]
}

@test "activation: a socket of another place is refused" {
	run clean_env python3 "$HARNESS/activate.py" "$HERE/other" --once "$WORLD/pssession-host"
	[ "$status" -eq 1 ]
	[[ $output == *"LISTEN_FDS must pass one socket, which listens at $HERE/run/host"* ]]
}

@test "activation: variables that are for another process are ignored" {
	clean_env LISTEN_PID=1 LISTEN_FDS=1 "$WORLD/pssession-host" 3>&- &
	wait_until 10 test -S "$HERE/run/host"
	run local_bash 's=$(new-pssession -ConfigFile $C box) && remove-pssession -Session "$s"'
	[ "$status" -eq 0 ]
}
