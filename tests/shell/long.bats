#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What takes minutes: run by `tools/check --full` alone.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

peak_kib() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

n_descriptors() {
	find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}

@test "long: a gigabyte of output leaves the host process small" {
	local_bash_start
	keep_session
	local before
	before=$(peak_kib "$(host_pids)")
	enter_kept
	# In lines of 4 KB, or the terminal would be what is measured.
	term_type 'head -c 1000000000 /dev/zero | tr "\0" x | fold -w 4000; echo the end'
	term_keys Enter
	wait_screen $'\nthe end\n' 900
	wait_remote
	[ $(($(peak_kib "$(host_pids)") - before)) -lt 8192 ]
}

@test "long: two hundred cuts leave nothing behind" {
	local i before
	keep_and_cut
	before=$(n_descriptors "$(host_pids)")
	for ((i = 0; i < 200; i++)); do
		keep_and_cut
	done
	[ "$(n_descriptors "$(host_pids)")" -eq "$before" ]
	wait_until 10 nothing_remote
}

keep_and_cut() {
	local session
	session=$(local_bash 'new-pssession -ConfigFile $C box')
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_until 5 eval "[ \"\$(local_bash 'get-pssession -InstanceId $session -Property State')\" = Broken ]"
	local_bash "remove-pssession -InstanceId $session"
}

@test "long: a host process that ends and starts a hundred times loses no command" {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ $(local_bash 'new-pssession -ConfigFile $C box') =~ ^$UUID$ ]]
		# shellcheck disable=SC2046
		kill -TERM $(host_pids)
	done
	wait_until 10 nothing_remote
}

@test "long: a host process with a hundred idle sessions wakes up for their keep-alives alone" {
	local pid woken end
	run local_bash 'new-pssession -ConfigFile $C -ComputerName "$(yes box | head -n 100 | paste -sd,)" | wc -l'
	[ "$output" = 100 ]
	pid=$(host_pids)
	# What the logins left is done with when a second passes without a turn.
	wait_until 30 is_quiet "$pid"
	woken=$(wake_ups "$pid")
	end=$(($(now_ms) + 60000))
	wait_until 70 eval "[ \"\$(now_ms)\" -ge $end ]"
	woken=$(($(wake_ups "$pid") - woken))
	echo "wake-ups: $woken"
	# Each of them says so four times a minute, and is answered.
	[ "$woken" -le 850 ]
	run local_bash 'remove-pssession -Name "*"'
	[ "$status" -eq 0 ]
	wait_until 30 nothing_remote
}

wake_ups() {
	cat "/proc/$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

is_quiet() {
	local before end
	before=$(wake_ups "$1")
	end=$(($(now_ms) + 1000))
	wait_until 2 eval "[ \"\$(now_ms)\" -ge $end ]" && [ "$(wake_ups "$1")" = "$before" ]
}

@test "long: two hundred cuts of a resilient session lose no number and double no command" {
	PSS_CUTS=200 PSS_CUT_NUMBERS=20000 PSS_CUT_COMMANDS=2000 run bats -f 'every number|every command' "$BATS_TEST_DIRNAME/resilient.bats"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "long: a client that sleeps for two minutes finds all that was printed meanwhile" {
	PSS_SLEEP_MS=120000 run bats -f 'client that slept' "$BATS_TEST_DIRNAME/roaming.bats"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "long: a gigabyte of bytes comes through invoke-command as it is, down and up" {
	local bytes='openssl enc -aes-128-ctr -nosalt -pass pass:bytes -md sha256 </dev/zero 2>/dev/null | head -c 1000000000'
	local sum
	sum=$(eval "$bytes" | md5sum)
	run local_shell '
		s=$(new-pssession -ConfigFile $C box) || exit 51
		[ "$(invoke-command -Session $s "$1" </dev/null | md5sum)" = "$2" ] || exit 52
		[ "$(eval "$1" | invoke-command -Session $s md5sum)" = "$2" ] || exit 53
		[ "$(invoke-command -ConfigFile $C -ComputerName box "$1" </dev/null | md5sum)" = "$2" ] || exit 54' "$bytes" "$sum"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(peak_kib "$(host_pids)")" -lt 65536 ]
}

@test "long: a session whose shell has stopped ends, and says that it does not answer" {
	local session shell
	session=$(local_bash 'new-pssession -ConfigFile $C box')
	shell=$(local_bash "invoke-command -Session $session 'echo \$\$' </dev/null")
	kill -STOP "$shell"
	run local_bash "invoke-command -Session $session 'echo no' </dev/null"
	[ "$status" -eq 255 ]
	[[ $output == *'does not answer'* ]]
	[[ $(local_bash "get-pssession -Session $session -Property State") == Closed ]]
	local_bash "remove-pssession -Session $session"
	kill -CONT "$shell" 2>/dev/null || :
	wait_until 10 nothing_remote
}
