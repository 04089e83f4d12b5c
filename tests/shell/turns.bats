#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A server that takes three connections at a time that have not logged in yet, and hangs up on all others: whatever is
# asked for at once, each gets its turn.

load ../harness/harness

setup_file() { world_start bash 'MaxStartups 3:100:3'; }
teardown_file() { world_end; }

setup() {
	place_start
	write_hosts
}

teardown() {
	[ -z "${CROWD-}" ] || end_processes "$CROWD"
	place_end
}

# n… are the server; j… are behind it, as are p… and s…, by a command.
write_hosts() {
	local options
	options=$(grep -vE '^[[:blank:]]*(Host|ConnectTimeout) ' "$WORLD/ssh/ssh_config")
	cat >"$HERE/config" <<-END
		Host j*
			ProxyJump box
		Host p*
			ProxyCommand ssh -F $WORLD/ssh/ssh_config -W %h:%p box
		Host s*
			ProxyCommand sh -c 'ssh -F $WORLD/ssh/ssh_config -W %h:%p box; exit'
		Host *
			ConnectTimeout ${TIMEOUT:-30}
			HostKeyAlias [127.0.0.1]:$SSHD_PORT
			$options
	END
	# What ProxyJump reads by itself.
	sed "s/^Host box.*/&/" "$WORLD/ssh/ssh_config" >>"$HERE/config"
}

# The server has three that say nothing.
crowd() {
	python3 -u -c '
import signal, socket, sys
held = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for n in range(3)]
print([s.recv(4) for s in held])
signal.pause()' "$SSHD_PORT" >"$HERE/crowd" 3>&- &
	CROWD=$!
	wait_until 10 test -s "$HERE/crowd"
}

leave_crowd() {
	end_processes "$CROWD"
	CROWD=
}

answers() {
	run local_shell "invoke-command -ConfigFile \$HERE/config -ComputerName '$1' -ThrottleLimit 99 ${2-} 'echo here' </dev/null"
	[ "$status" -eq 0 ]
	[ "$(sort -u <<<"$output" | grep -c ': here$')" -eq "$3" ]
}

@test "turns: twenty commands at once" {
	answers 'n[1-20]' '' 20
}

@test "turns: twenty sessions at once are open, all of them, each with its editor" {
	run local_shell 'new-pssession -ConfigFile $HERE/config -ThrottleLimit 20 "n[1-20]" | wc -l
		get-pssession -Property State,ConfigurationName,Availability | sort | uniq -c
		remove-pssession -Name \*'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" -eq 20 ]
	[[ ${lines[1]} =~ ^\ *20\ Opened.*bash.*Available ]]
}

@test "turns: the jump host is the server with turns, named or by a command" {
	answers 'j[1-8]' '' 8
	answers 'p[1-8]' '' 8
}

@test "turns: the same with -Transport ssh" {
	answers 'n[1-8]' '-Transport ssh' 8
}

@test "turns: a server that is full for a while is waited for" {
	crowd
	local_shell 'invoke-command -Verbose -ConfigFile $HERE/config -ComputerName n1 "echo here" </dev/null' >"$HERE/o" 2>"$HERE/e" &
	local asked=$!
	wait_until 20 grep -q 'WARNING: .*127.0.0.1.* hangs up on each connection' "$HERE/e"
	wait_until 10 grep -q 'refused for now; trying again' "$HERE/e"
	leave_crowd
	wait "$asked"
	[ "$(cat "$HERE/o")" = here ]
}

@test "turns: a server that stays full is told in one sentence, with the ways out, when the time is over" {
	TIMEOUT=2 write_hosts
	crowd
	run local_shell 'new-pssession -ConfigFile $HERE/config n1 2>&1; invoke-command -ConfigFile $HERE/config -ComputerName j1 true </dev/null 2>&1
		for name in n1 j1 p1 s1; do
			invoke-command -Transport ssh -ConfigFile $HERE/config -ComputerName $name true </dev/null 2>&1
		done'
	echo "$output"
	[ "$status" -eq 255 ]
	[ "${#lines[@]}" -eq 6 ]
	local line
	for line in "${lines[@]}"; do
		[[ $line =~ hung\ up.*2\ s.*MaxStartups.*PerSourcePenalties.*ThrottleLimit ]]
	done
}

@test "turns: a proxy that fails without a word is no server that is full, to ssh nor to us" {
	local command transport
	for command in "sh -c 'exit 1'" true "sh -c 'read x'" "printf SSH" "sh -c 'kill -9 \$\$'"; do
		printf 'Host *\nProxyCommand %s\n' "$command" >"$HERE/config"
		run ssh -F "$HERE/config" n1 true </dev/null
		[ "$status" -eq 255 ]
		for transport in libssh ssh; do
			run local_shell "invoke-command -Verbose -Transport $transport -ConfigFile \$HERE/config -ComputerName n1 true </dev/null 2>&1"
			echo "$command, $transport: $output"
			[ "$status" -eq 255 ]
			[[ $output != *'trying again'* && $output != *MaxStartups* ]]
			[[ $output == *"ProxyCommand '$command' "* ]]
			[[ $command == printf* && $transport = libssh || $output == *"' has ended before a server sent anything"* ]]
		done
	done
}

# As nc or socat say it on.
@test "turns: a proxy that says what a server which is full says is waited for as that server is" {
	local command
	for command in 'echo Exceeded MaxStartups' 'echo Not allowed at this time' "printf 'Exceeded MaxStartups\r\n'"; do
		printf 'Host *\nConnectTimeout 1\nProxyCommand %s\n' "$command" >"$HERE/config"
		run local_shell 'invoke-command -Verbose -ConfigFile $HERE/config -ComputerName n1 true </dev/null 2>&1'
		echo "$command: $output"
		[ "$status" -eq 255 ]
		[[ $output == *'refused for now; trying again'* && $output =~ hung\ up.*1\ s.*MaxStartups.*PerSourcePenalties ]]
	done
}

@test "turns: a server that was full, and then says nothing until the time is over, was full" {
	printf '%s\n' "mkdir $HERE/tried 2>/dev/null && { echo Exceeded MaxStartups; exit; }" 'exec tail -f /dev/null' >"$HERE/proxy"
	printf 'Host *\nConnectTimeout 1\nProxyCommand sh %s/proxy\n' "$HERE" >"$HERE/config"
	run local_shell 'new-pssession -ConfigFile $HERE/config n1 </dev/null 2>&1'
	echo "$output"
	[ "$status" -eq 255 ]
	[[ $output =~ hung\ up.*1\ s.*MaxStartups.*PerSourcePenalties ]]
}

@test "turns: Ctrl-C ends the wait" {
	crowd
	local_shell_start
	term_type 'new-pssession -Verbose -ConfigFile $HERE/config n1'
	term_keys Enter
	wait_screen 'trying again'
	term_keys C-c
	wait_local
	status_is 130
}

# From eight at once to one.
learn_of_refusals() {
	crowd
	local_shell 'invoke-command -Verbose -ConfigFile $HERE/config -ComputerName n1 true </dev/null' >"$HERE/o" 2>"$HERE/e" &
	local asked=$!
	wait_until 20 eval '[ "$(grep -c "refused for now" "$HERE/e")" -ge 3 ]'
	kill "$asked"
	wait "$asked" || true
	leave_crowd
}

# holds_nobody_up PARAMETER…: one that opens so has been asked, and is not answered.
holds_nobody_up() {
	learn_of_refusals
	local_shell_start
	term_type "enter-pssession -ConfigFile \$HERE/config $* n1"
	term_keys Enter
	wait_screen 'Are you sure'
	answers 'n[1-2]' '' 2
	answers 'n[1-2]' '-Transport ssh' 2
	answers 'j[1-2]' '' 2
	term_keys C-c
	wait_local
	status_is 130
}

@test "turns: a question that nobody answers holds nobody up" {
	holds_nobody_up '-Options StrictHostKeyChecking=ask -Options UserKnownHostsFile=$HERE/none'
}

@test "turns: nor does one of the ssh program" {
	holds_nobody_up '-Transport ssh -Options StrictHostKeyChecking=ask -Options UserKnownHostsFile=$HERE/none'
}

@test "turns: -ThrottleLimit is how many are opened, connected and asked at a time" {
	run local_shell 'new-pssession -Verbose -ThrottleLimit 1 -ConfigFile $HERE/config n1 n2 n3 2>&1 >/dev/null |
			grep -oE "opening a session on n[0-9]|connecting to"
		disconnect-pssession -ThrottleLimit 2 -Name \* >/dev/null
		connect-pssession -ThrottleLimit 2 -Name \* | wc -l
		remove-pssession -ThrottleLimit 2 -Name \*
		new-pssession -ThrottleLimit 0 n1 2>&1'
	echo "$output"
	[ "$status" -eq 2 ]
	[ "${lines[0]}" = 'opening a session on n1' ]
	[ "${lines[1]}" = 'connecting to' ]
	[ "${lines[2]}" = 'opening a session on n2' ]
	[ "${lines[3]}" = 'connecting to' ]
	[ "${lines[4]}" = 'opening a session on n3' ]
	[ "${lines[6]}" -eq 3 ]
	[[ ${lines[7]} =~ ThrottleLimit ]]
}
