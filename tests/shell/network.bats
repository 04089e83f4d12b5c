#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The link and the computer at its other end, killed, stopped, cut or dead: as in faults.bats.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ ! -d "$WORLD/ssh1" ] || sshd_stop "$WORLD/ssh1"
	place_end
}

# within SECONDS COMMAND…
within() {
	local started limit=$1
	shift
	started=$(now_ms)
	"$@" || return
	[ $(($(now_ms) - started)) -le $((limit * 1000)) ] || { echo "took longer than $limit s: $*"; return 1; }
}

kill_connections() {
	# shellcheck disable=SC2046
	kill "-$1" $(sshd_connections "$WORLD/ssh")
}

kill_host() {
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill "-$1" $(host_pids)
}

lost_and_well() {
	wait_local "${1:-8}" && screen_matches 'connection to box lost' && status_is 255 && terminal_is_sane
}

@test "network: the server's process is killed at the prompt" {
	local_bash_start
	enter
	kill_connections KILL
	within 5 wait_local
	lost_and_well
}

@test "network: the server's process is killed while a command runs; a kept session is Broken" {
	local_bash_start
	keep_session
	enter_kept
	start_running
	kill_connections KILL
	within 5 wait_local
	lost_and_well
	run_line 'get-pssession -Property State'
	output_is Broken
}

@test "network: the server's process is stopped: the keepalive limit ends it, at the prompt and in a command" {
	local_bash_start
	local options='-Options ServerAliveInterval=1 -Options ServerAliveCountMax=2'
	enter $options box
	kill_connections STOP
	within 8 wait_local 10
	lost_and_well
	sshd_resume
	wait_until 5 nothing_remote
	enter $options box
	start_running
	kill_connections STOP
	within 8 wait_local 10
	lost_and_well
}

@test "network: the network is cut" {
	proxy_start 0
	local_bash_start
	term_type "enter-pssession -ConfigFile $FAR_CONFIG far"
	term_keys Enter
	wait_line '\[.*far\]: remote\$ $'
	proxy cut
	within 5 wait_local
	screen_matches 'connection to far lost'
	terminal_is_sane
	proxy_stop
}

@test "network: the network falls silent" {
	proxy_start 0
	local_bash_start
	term_type "enter-pssession -ConfigFile $FAR_CONFIG -Options ServerAliveInterval=1 -Options ServerAliveCountMax=2 far"
	term_keys Enter
	wait_line '\[.*far\]: remote\$ $'
	proxy silent
	within 8 wait_local 10
	screen_matches 'connection to far lost'
	terminal_is_sane
	proxy resume
	proxy_stop
}

@test "network: ports that ssh_config forwards are listed with their session, and end with it" {
	local port
	local_bash_start
	run_line 'new-pssession -ConfigFile $C -Options RemoteForward="127.0.0.1:0 [127.0.0.1]:9" box >/dev/null 2>$HERE/said; get-pssession -Property Forwards' 30
	port=$(sed -n 's/.*the server listens on port //p' "$HERE/said")
	output_is "R 127.0.0.1:$port -> [127.0.0.1]:9"
	run_line "get-pssession -Format json | grep -c '\"Forwards\":\[\"R 127.0.0.1:$port'"
	output_is 1
	listens "$port"
	run_line 'remove-pssession -Id 1'
	wait_until 10 not listens "$port"
}

listens() {
	(: </dev/tcp/127.0.0.1/"$1") 2>/dev/null
}

@test "network: a computer that accepts and says nothing ends at its ConnectTimeout" {
	proxy_start 0
	proxy silent
	local_bash_start
	run_line "new-pssession -ConfigFile $FAR_CONFIG -ConnectingTimeout 1000 far; echo \"s=\$?\"" 10
	output_like 's=255$'
	run_line "enter-pssession -ConfigFile $FAR_CONFIG -Options ConnectTimeout=1 far; echo \"s=\$?\"" 10
	output_like 's=255$'
	proxy_stop
}

@test "network: a closed port is an error at once that names the computer" {
	run local_bash 'enter-pssession -Verbose 127.0.0.1:1'
	[ "$status" -eq 1 ]
	local_bash_start
	run_line 'enter-pssession -ConfigFile $C 127.0.0.1:1; echo "s=$?"'
	output_like '127.0.0.1.*'
	output_like 's=255$'
}

@test "network: one deaf computer does not delay another" {
	proxy_start 0
	proxy silent
	local_bash_start
	local_bash "new-pssession -ConfigFile $FAR_CONFIG -ConnectingTimeout 4000 far" >/dev/null 2>&1 &
	local deaf=$!
	wait_until 5 eval '[ -n "$(host_pids)" ]'
	within 3 keep_session
	wait "$deaf" || :
	proxy_stop
}

world_without_channels() {
	second_server_with 'MaxSessions 1' "$(remote_environment)"
}

@test "network: a server that allows one channel gives a plain terminal and a line that says so" {
	world_without_channels
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen 'raw terminal' 30
	wait_line 'remote\$ $'
	term_send 'exit 5'
	term_keys Enter
	wait_local
	status_is 5
}
