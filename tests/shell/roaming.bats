#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Resilient sessions of a computer that moves or sleeps: its connections die without a word, and new ones can be made.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	[ -z "${ADDED-}" ] || python3 "$HARNESS/address.py" remove
	proxy_stop
	place_end
}

# Silence is noticed after this long.
ALIVE='-Options ServerAliveInterval=1 -Options ServerAliveCountMax=2'

far_session() {
	proxy_start 0
	local_bash_start
	run_line "s=\$(new-pssession -Resilient -ConfigFile $FAR_CONFIG $* far)" 30 && status_is 0
}

n_lines() {
	wc -l 2>/dev/null <"$1" || echo 0
}

has_lines() {
	[ "$(n_lines "$1")" -ge "$2" ]
}

# Numbers to $HERE/numbers here, and how far the remote is to $WORLD/remote-run/far.
count_in_background() {
	local_bash "invoke-command -Session \"\$(get-pssession -Property InstanceId)\" \
		'for ((i = 1; i <= $1; i++)); do echo \$i; echo >>$WORLD/remote-run/far; read -t 0.002 <>/dev/tty; done; exit 3'" \
		>"$HERE/numbers" 3>&- &
	COUNTER=$!
}

# They came once each, and so did the status.
count_is_whole() {
	local status=0
	wait "$COUNTER" || status=$?
	[ "$status" -eq 3 ]
	diff <(seq "$1") "$HERE/numbers"
	rm -f "$WORLD/remote-run/far"
	run_line 'remove-pssession -Session "$s"' 20
	wait_until 20 nothing_remote
}

@test "roaming: a stream goes on at another address, whole" {
	far_session "$ALIVE"
	count_in_background 3000
	wait_until 20 has_lines "$HERE/numbers" 500
	proxy move
	wait_until 30 has_lines "$HERE/numbers" 1500
	proxy move
	count_is_whole 3000
}

@test "roaming: news of the network find a dead link at once" {
	python3 "$HARNESS/address.py" add 2>/dev/null || skip "this computer's network cannot be changed"
	ADDED=yes
	# Silence alone would take five minutes.
	far_session '-Options ServerAliveInterval=100'
	run_line 'invoke-command -Session "$s" "x=7"'
	proxy move
	python3 "$HARNESS/address.py" remove
	run_line 'invoke-command -Session "$s" "echo \$x"' 20
	output_is 7
	# A link that lives stays.
	local pid
	pid=$(sshd_connections "$WORLD/ssh" | tail -n 1)
	python3 "$HARNESS/address.py" add
	run_line 'invoke-command -Session "$s" "echo \$((x + 1))"' 20
	output_is 8
	is_alive "$pid"
	# And a wait for the next try has an end.
	proxy cut
	wait_until 5 eval '[ "$(local_bash "get-pssession -Property State")" = Disconnected ]'
	proxy resume
	python3 "$HARNESS/address.py" remove
	wait_until 10 eval '[ "$(local_bash "get-pssession -Property State")" = Opened ]'
	run_line 'remove-pssession -Session "$s"'
	wait_until 20 nothing_remote
}

# sleeps UNTIL…: the client's computer sleeps until then, and its address is another one's when it wakes up.
sleeps() {
	local pids
	pids=$(host_pids)
	[ -z "${COUNTER-}" ] || pids+=" $COUNTER $(descendants "$COUNTER")"
	# shellcheck disable=SC2086
	kill -STOP $pids
	proxy move
	"$@"
	# shellcheck disable=SC2086
	kill -CONT $pids
}

@test "roaming: a client that slept finds all that was printed meanwhile" {
	far_session "$ALIVE"
	count_in_background 3000
	wait_until 20 has_lines "$HERE/numbers" 300
	local end=$(($(now_ms) + ${PSS_SLEEP_MS:-0}))
	sleeps wait_until 180 eval "has_lines $WORLD/remote-run/far 3000 && [ \$(now_ms) -ge $end ]"
	count_is_whole 3000
}

@test "roaming: a terminal that has entered goes on after a sleep, with what was typed before it" {
	far_session "$ALIVE"
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	wait_line '^\[.*far\]: remote\$ $'
	term_type "tr a-z A-Z; touch $WORLD/remote-run/done"
	term_keys Enter
	term_send 'good night'
	term_keys Enter
	wait_screen 'GOOD NIGHT'
	term_send 'good '
	sleeps true
	term_send 'morning'
	term_keys Enter
	wait_screen 'GOOD MORNING' 20
	term_keys C-d
	wait_line '^\[.*far\]: remote\$ $'
	leave_by exit
	run_line 'remove-pssession -Session "$s"'
	wait_until 20 nothing_remote
}
