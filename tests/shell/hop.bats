#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # what is in single quotes runs elsewhere
# The second hop without the plugin: enter-, new-pssession and invoke-command at the prompt of an entered session. The
# computers far and farther cannot be reached from here: their ProxyCommand fails.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	far_config
}
teardown() { place_end; }

far_config() {
	CONFIG=$WORLD/c$BATS_TEST_NUMBER
	{
		printf 'Host far farther\nProxyCommand false\n'
		sed 's/^Host box.*/Host box box2 far farther/' "$WORLD/ssh/ssh_config"
	} >"$CONFIG"
	sed -i "s|^C=.*|C=$CONFIG|" "$HERE/rc"
}

# What the prompt is after the name in brackets of each computer on the way.
wait_at() {
	local way='' name
	for name; do
		way+="\\[([^]@]+@)?$name\\]: "
	done
	wait_line "^${way}remote\\\$ \$"
}

go() {
	term_type "$1"
	term_keys Enter
}

enter_box() {
	local_shell_start
	enter box
}

@test "hop: enter-pssession in a session leads on, as deep as one likes, and exit comes back step by step" {
	requires_own_account
	enter_box
	run_line 'x=outer'
	go "enter-pssession -ConfigFile $CONFIG far"
	wait_at box far
	go 'x=inner'
	wait_at box far
	go "enter-pssession -ConfigFile $CONFIG farther"
	wait_at box far farther
	go 'echo "x is <$x>"; exit 3'
	wait_screen 'x is <>'
	wait_at box far
	go 'echo "x is <$x>"'
	wait_screen 'x is <inner>'
	go exit-pssession
	wait_at box
	run_line 'echo "x is <$x>"'
	output_is 'x is <outer>'
	leave_by exit
	terminal_is_sane
}

# Keys that were typed while a command ran, and come home behind the line that leads on.
@test "hop: what is typed behind such a line is for the session that it enters, or for this one" {
	requires_own_account
	enter_box
	local command
	for command in "enter-pssession -ConfigFile $CONFIG far" "invoke-command -ConfigFile $CONFIG far 'echo in far'"; do
		go "x=outer; sh -c 'touch here; until [ -e go ]; do :; done'; rm -f here go"
		wait_until 10 test -e "$REMOTE_HOME/here"
		go "$command"
		go 'echo "first <${x-inner}>"'
		touch "$REMOTE_HOME/go"
		case $command in
		enter*)
			wait_screen '<inner>'
			wait_at box far
			go exit-pssession
			;;
		*) wait_screen '<outer>' ;;
		esac
		wait_at box
	done
}

@test "hop: invoke-command and new-pssession in a session go through it" {
	requires_own_account
	enter_box
	run_line "invoke-command -ConfigFile $CONFIG far 'echo in far; exit 4'"
	output_is 'in far'
	run_line "new-pssession -ConfigFile $CONFIG -Name kept far"
	output_like 'kept.*far.*Opened'
	leave_by 'exit 0'
	# It lives as long as the way to it.
	run_line 'get-pssession -Name kept -Property State'
	output_is Broken
}

# bats test_tags=once
@test "hop: from here these computers cannot be reached" {
	run local_shell 'invoke-command -ConfigFile $C far true'
	[ "$status" -eq 255 ]
}

# Of the connections that there are now, those of the first and of the second computer on the way are kept in `first` and
# `second`.
three_deep() {
	enter_box
	first=$(sshd_connections "$WORLD/ssh")
	go "enter-pssession -ConfigFile $CONFIG far"
	wait_at box far
	second=$(sshd_connections "$WORLD/ssh" | grep -vxF "$first")
	go "enter-pssession -ConfigFile $CONFIG farther"
	wait_at box far farther
}

@test "hop: the first link dies: each level is told, and what is typed there runs nowhere" {
	requires_own_account
	local first second
	three_deep
	term_type 'touch here-half'
	# shellcheck disable=SC2086
	kill -KILL $first
	wait_local
	[[ $(screen) == *'connection to farther lost'*'connection to far lost'*'connection to box lost'* ]]
	status_is 255
	[ ! -e here-half ] && [ ! -e "$REMOTE_HOME/here-half" ]
	terminal_is_sane
}

# bats test_tags=once
@test "hop: a link on the way dies while a command runs: the session in front of it goes on" {
	requires_own_account
	local first second
	three_deep
	go 'touch here-runs; sleep infinity'
	wait_until 10 test -e "$REMOTE_HOME/here-runs"
	# shellcheck disable=SC2086
	kill -KILL $second
	wait_at box
	[[ $(screen) == *'connection to farther lost'*'connection to far lost'* ]]
	run_line 'echo alive'
	output_is alive
	leave_by exit
}

@test "hop: what is typed there is in the history, there and, afterwards, here" {
	requires_own_account
	local line
	enter_box
	go 'true one'
	wait_at box
	go "enter-pssession -ConfigFile $CONFIG far"
	wait_at box far
	go 'true two'
	wait_at box far
	term_keys Up
	wait_line 'remote\$ true two$'
	term_keys C-u
	go exit-pssession
	wait_at box
	go 'true three'
	wait_at box
	term_keys Up
	wait_line 'remote\$ true three$'
	term_keys C-u
	leave_by exit
	for line in one two three; do
		grep -qx "true $line" "$HERE/state/pssession/history"/*
	done
}

@test "hop: a remote that has such a command keeps its own" {
	requires_own_account
	enter_box
	run_line 'enter-pssession() { echo "mine: $*"; }'
	run_line 'enter-pssession far'
	output_is 'mine: far'
	run_line 'unset -f enter-pssession; alias new-pssession="echo aliased"'
	run_line 'new-pssession far'
	output_is 'aliased far'
	run_line 'icm() { echo "mine: $*"; }; alias nsn="echo aliased"'
	run_line 'icm far true'
	output_is 'mine: far true'
	run_line 'nsn far'
	output_is 'aliased far'
	leave_by exit
}

@test "hop: the short names lead on as well, where the remote has none of that name" {
	requires_own_account
	enter_box
	run_line "icm -ConfigFile $CONFIG far 'echo in far'"
	output_is 'in far'
	run_line "NSN -ConfigFile $CONFIG -Name kept far"
	output_like 'kept.*far.*Opened'
	go "etsn -ConfigFile $CONFIG far"
	wait_at box far
	go exit
	wait_at box
	run_line 'etsn'
	output_like 'etsn: command not found'
	leave_by exit
}

@test "hop: a line that a shell would expand or combine is the remote's, as it was typed" {
	requires_own_account
	local line
	enter_box
	for line in 'true && enter-pssession far' 'enter-pssession far; true' 'enter-pssession $HOME' 'enter-pssession fa*' \
		'x=1 enter-pssession far' 'enter-pssession ~' 'enter-pssession "$x"' 'enter-pssession far | cat' enter-pssession; do
		run_line "$line"
		output_like 'enter-pssession: command not found'
	done
	leave_by exit
}

@test "hop: what cannot be reached, or is none of a hop's, is told, and the session goes on" {
	requires_own_account
	enter_box
	run_line "enter-pssession -ConfigFile $CONFIG -Port 1 far"
	output_like 'box does not connect to 127.0.0.1 port 1: .*AllowTcpForwarding'
	wait_at box
	local verb
	for verb in enter-pssession new-pssession 'invoke-command -ArgumentList x'; do
		run_line "$verb -ConfigFile $CONFIG -Port 1 far"
		output_like "${verb%% *}: "
	done
	run_line 'enter-pssession -Id 1'
	output_like 'through box only computers are reached: -ComputerName is needed'
	run_line "new-pssession -ConfigFile $CONFIG -Resilient far"
	output_like 'Resilient does not go with a computer that is reached through a session'
	run_line "invoke-command -ConfigFile $CONFIG -Transport ssh far true"
	output_like 'Transport ssh does not go with a computer that is reached through a session'
	leave_by exit
}

# bats test_tags=once
@test "hop: a way that is lost ends what it leads to, and a session is never opened anew another way" {
	requires_own_account
	enter_box
	run_line "new-pssession -ConfigFile $CONFIG -Name kept far"
	leave_by exit
	run local_shell 'connect-pssession -Wait -Name kept'
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"was reached through a session on box, and that way is used up: enter box and go on from there"* ]]
}
