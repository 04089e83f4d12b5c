#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Escape keys: ~. ~d ~? and ~~ from every state but the editor's, with the network alive, slow or dead.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() {
	rm -f "$WORLD/remote-run/hold"
	place_end
}

# The state that the name says has been reached, and its keys are looked at.
answers_help() {
	term_send '~?'
	wait_screen 'Escape keys.*~\..*~d.*~~'
}

leaves_at_once() {
	local started
	started=$(now_ms)
	term_send '~.'
	wait_local 5
	[ $(($(now_ms) - started)) -lt 3000 ]
}

# Connecting through a proxy that says nothing.
connecting() {
	proxy_start 0
	proxy silent
	echo "C=$FAR_CONFIG" >>"$HERE/rc"
	local_bash_start
	term_type "enter-pssession -ConfigFile \$C ${1-} far"
	term_keys Enter
}

@test "escape: ~. while it connects to a computer that says nothing" {
	connecting
	answers_help
	leaves_at_once
	status_is 130
	terminal_is_sane
	run_line 'get-pssession'
	output_is ''
	proxy_stop
}

@test "escape: what was typed while it connects is the remote's, ~~ one tilde, in the middle of a line no escape" {
	connecting
	answers_help
	term_send '~~.x~.'
	wait_screen 'x~\.'
	proxy resume
	wait_line '\[.*far\]: remote\$ ~\.x~\.$' 20
	term_keys C-u
	leave_by exit
	proxy_stop
}

@test "escape: what was typed for a computer that is not reached is run nowhere" {
	local_bash_start
	mkfifo "$HERE/never"
	term_type "enter-pssession -ConfigFile \$C -Options 'ProxyCommand=cat $HERE/never' -ConnectingTimeout 3000 box"
	term_keys Enter
	answers_help
	term_send 'touch $HERE/ran'
	term_keys Enter
	wait_local 10
	status_is 255
	[ ! -e "$HERE/ran" ]
	terminal_is_sane
	rm "$HERE/never"
}

@test "escape: ~d while it connects: the session goes on opening, kept" {
	connecting
	answers_help
	term_send '~d'
	wait_local 5
	wait_screen 'detached; Session1 on far goes on connecting'
	status_is 0
	run_line 'get-pssession -Property State,Name'
	output_like 'Opening.*Session1'
	run_line 'enter-pssession -Id 1'
	output_like 'still connecting'
	proxy resume
	wait_until 20 eval 'run_line "get-pssession -Property State" && [ "$OUT" = Opened ]'
	term_type 'enter-pssession -Id 1'
	term_keys Enter
	wait_line '\[.*far\]: remote\$ $'
	leave_by exit
	run_line 'get-pssession -Property State'
	output_is Opened
	proxy_stop
}

@test "escape: ~d while it connects, and then it fails: the list says why" {
	connecting '-ConnectingTimeout 3000'
	answers_help
	term_send '~d'
	wait_local 5
	wait_until 10 eval 'run_line "get-pssession -Property State" && [ "$OUT" = Broken ]'
	run_line 'get-pssession -Property Cause'
	output_like '3 s'
	proxy_stop
}

@test "escape: -EscapeChar none and another one, while it connects" {
	connecting '-EscapeChar %'
	term_send '%?'
	wait_screen 'Escape keys.*%\.'
	term_send '%.'
	wait_local 5
	term_type 'enter-pssession -ConfigFile $C -EscapeChar none far'
	term_keys Enter
	term_send '~.'
	wait_screen $'far\n~\\.'
	term_keys C-c
	wait_local
	proxy_stop
}

@test "escape: Ctrl-C while it connects works as before" {
	connecting
	answers_help
	term_keys C-c
	wait_local 5
	status_is 130
	terminal_is_sane
	proxy_stop
}

@test "escape: stopped while it connects and taken up again, the keys are ours again" {
	only bash 'in zsh a builtin cannot be a job'
	connecting
	answers_help
	term_keys C-z
	wait_local 5
	terminal_is_sane
	run_line clear
	term_type fg
	term_keys Enter
	answers_help
	leaves_at_once
	proxy_stop
}

@test "escape: ~. as the answer to a question while it logs in" {
	local_bash_start
	term_type "enter-pssession -ConfigFile \$C -Options StrictHostKeyChecking=ask -Options UserKnownHostsFile=$HERE/none box"
	term_keys Enter
	wait_line '\? $'
	term_send '~?'
	term_keys Enter
	wait_screen 'Escape keys.*\n.*\? *$'
	term_send '~.'
	term_keys Enter
	wait_local 5
	status_is 130
	terminal_is_sane
	[ ! -s "$HERE/none" ]
}

@test "escape: ~. while an agent says nothing" {
	local agent
	ssh-agent -D -a "$HERE/agent" >/dev/null 3>&- &
	agent=$!
	wait_until 5 test -S "$HERE/agent"
	kill -STOP "$agent"
	sed -e /IdentitiesOnly/d -e /IdentityAgent/d "$WORLD/ssh/ssh_config" >"$HERE/config"
	echo "C=$HERE/config" >>"$HERE/rc"
	local_bash_start
	run_line "export SSH_AUTH_SOCK=$HERE/agent"
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	answers_help
	leaves_at_once
	kill -CONT "$agent"
	end_processes "$agent"
	rm -f "$HERE/agent"
}

# Start-up files that wait for something.
booting() {
	requires_made_account
	mkfifo "$WORLD/remote-run/hold"
	chmod 666 "$WORLD/remote-run/hold"
	cp -p "$REMOTE_HOME/.bash_profile" "$HERE/profile"
	echo 'if [ -p $XDG_RUNTIME_DIR/hold ]; then echo holding; read x <$XDG_RUNTIME_DIR/hold; fi' >>"$REMOTE_HOME/.bash_profile"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen 'holding'
}

booted() {
	cp -p "$HERE/profile" "$REMOTE_HOME/.bash_profile"
	rm "$HERE/profile"
}

@test "escape: ~. while the remote's start-up files run" {
	booting
	answers_help
	leaves_at_once
	terminal_is_sane
	booted
	wait_until 5 nothing_remote
}

@test "escape: ~d while the remote's start-up files run" {
	booting
	term_send '~d'
	wait_local 5
	wait_screen 'detached; Session1 on box goes on'
	booted
	echo >"$WORLD/remote-run/hold"
	run_line 'enter-pssession -Id 1'
	wait_remote
	leave_by exit
}

@test "escape: ~. while a command runs, the network is dead, and a prompt is waited for" {
	proxy_start 0
	local_bash_start
	term_type "enter-pssession -ConfigFile $FAR_CONFIG far"
	term_keys Enter
	wait_line '\[.*far\]: remote\$ $'
	proxy silent
	term_type 'echo goes nowhere'
	term_keys Enter
	answers_help
	leaves_at_once
	terminal_is_sane
	proxy resume
	proxy_stop
}

@test "escape: ~d while a command runs: it goes on, and is there when one comes back" {
	local_bash_start
	enter
	start_running 'mkfifo $XDG_RUNTIME_DIR/hold; echo running; read x <$XDG_RUNTIME_DIR/hold; echo was here'
	term_send '~d'
	wait_local 5
	wait_screen 'detached; Session1 on box goes on'
	echo >"$WORLD/remote-run/hold"
	run_line 'enter-pssession -Id 1'
	wait_screen 'was here'
	wait_remote
	leave_by exit
}

@test "escape: ~. while a busy session is entered" {
	local_bash_start
	keep_session
	enter_kept
	start_running
	leaves_at_once
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	answers_help
	leaves_at_once
	run_line 'get-pssession -Property Availability'
	output_is Busy
}

@test "escape: ~. while the host process is stopped, at each of its steps" {
	local_bash_start
	keep_session
	# shellcheck disable=SC2046
	kill -STOP $(host_pids)
	for line in 'enter-pssession -Id 1' 'enter-pssession -ConfigFile $C box'; do
		term_type "$line"
		term_keys Enter
		answers_help
		leaves_at_once
		status_is 130
		run_line clear
	done
	# shellcheck disable=SC2046
	kill -CONT $(host_pids)
	terminal_is_sane
}
