#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Kept sessions: made, listed, entered from any terminal, removed.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

second_terminal() {
	TERM_NAME=b local_bash_start
}

listed() {
	local_bash "get-pssession $*"
}

@test "sessions: new prints a table on a terminal and InstanceIds elsewhere" {
	COLUMNS_WANTED=100 local_bash_start
	run_line 'new-pssession -ConfigFile $C box' 30
	output_like '^Id Name            ComputerName    State         ConfigurationName     Availability'
	output_like $'\n-- ----            ------------    -----         -----------------     ------------'
	output_like $'\n 1 Session1        box             Opened        bash                     Available'
	run local_bash 'new-pssession -ConfigFile $C box'
	[ "$status" -eq 0 ]
	[[ $output =~ ^$UUID$ ]]
}

# `late` logs in when it is let.
write_late_host() {
	mkfifo -m 600 "$HERE/gate"
	{
		cat <<-END
			Host late
				ProxyCommand sh -c 'read x <$HERE/gate; exec ssh -F $WORLD/ssh/ssh_config -W %h:%p box'
		END
		sed 's/^Host box/Host late box/' "$WORLD/ssh/ssh_config"
	} >"$HERE/config"
}

# The arguments open sessions on late, then box.
opens_in_order() {
	write_late_host
	local_shell "$*" >"$HERE/ids" &
	local opener=$!
	wait_until 20 eval '[ "$(listed -Property ComputerName,State)" = "box	Opened" ]'
	timeout 20 sh -c 'echo >"$1"' sh "$HERE/gate"
	wait "$opener"
	rm "$HERE/gate"
	[ "$(listed -Property Id,Name,ComputerName | tr '\t\n' '/ ')" = '1/Session1/late 2/Session2/box ' ]
	[ "$(listed -Property InstanceId)" = "$(cat "$HERE/ids")" ]
}

# bats test_tags=once
@test "sessions: Ids, names and what is printed follow the order of the computers, whatever opens first" {
	opens_in_order "new-pssession -ConfigFile $HERE/config -ComputerName late,box -OutVariable o"
}

# bats test_tags=once
@test "sessions: Ids of jobs follow the order of the computers; an Id that nobody has seen is given out again" {
	local_shell "new-pssession -ConfigFile \$C -Options Port=1 box" 2>/dev/null || true
	opens_in_order "invoke-command -ConfigFile $HERE/config -ComputerName late,box -AsJob true"
}

# bats test_tags=once
@test "sessions: JSON has numbers, booleans and lists as such" {
	run local_shell 'new-pssession -ConfigFile $C -Options "RemoteForward=127.0.0.1:0 [127.0.0.1]:9" -Options "RemoteForward=127.0.0.1:0 [127.0.0.1]:8" box >/dev/null
		new-pssession -ConfigFile $C -Resilient box >/dev/null
		get-pssession -Format json >$HERE/o
		remove-pssession -Id 1,2'
	cat "$HERE/o"
	python3 - "$HERE/o" <<-'END'
		import json, sys
		plain, resilient = json.load(open(sys.argv[1]))
		assert plain["Id"] == 1 and resilient["Id"] == 2
		assert plain["Resilient"] is False and resilient["Resilient"] is True
		assert len(plain["Forwards"]) == 2 and all(text[:2] == "R " for text in plain["Forwards"])
		assert resilient["Forwards"] == [] and resilient["Cause"] == ""
	END
}

@test "sessions: get prints nothing, and starts no host process, when there is none" {
	run listed
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ -z "$(host_pids)" ]
}

@test "sessions: what was set and where one was stays, and the status is known on return" {
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=5; cd /usr/lib; f() { echo f$x; }'
	leave_by exit
	enter_kept
	run_line 'echo $x $PWD; f'
	output_is $'5 /usr/lib\nf5'
	run_line '(exit 8)'
	leave_by exit-pssession
	status_is 8
	run listed
	[[ $output == *' Opened '*Available* ]]
}

@test "sessions: a line with exit in it leaves a kept session open, with its status" {
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=5'
	leave_by 'cd /usr && exit 4'
	status_is 4
	enter_kept
	run_line 'echo $x $PWD'
	output_is '5 /usr'
}

@test "sessions: Ctrl-D, logout and exit N leave it open too" {
	local_bash_start
	keep_session
	for way in logout 'exit 3' exit; do
		enter_kept
		leave_by "$way"
	done
	enter_kept
	term_keys C-d
	wait_local
	run listed -Format json
	[[ $output == *Opened* ]]
}

@test "sessions: one entered by computer name is never listed and is gone afterwards" {
	local_bash_start
	enter
	run listed
	[ -z "$output" ]
	leave_by exit
	wait_until 5 nothing_remote
	run listed
	[ -z "$output" ]
}

# bats test_tags=once
@test "sessions: by Id, Name, InstanceId, and each by -Session" {
	local_bash_start
	keep_session -Name work box
	run_line 'id=$(get-pssession -Name work -Property Id); echo $id'
	output_is 1
	for way in '-Id 1' '-Name work' '-Name WORK' '-InstanceId $s' '-Session 1' '-Session work' '-Session $s'; do
		run_line "enter-pssession $way"
		wait_remote || [ -z "$REMOTE_OWNED" ]
		leave_by exit
	done
}

# bats test_tags=once
@test "sessions: one that is not there is named in PowerShell's words" {
	local_bash_start
	keep_session
	run_line 'enter-pssession -Name nosuch; echo $?'
	output_like 'The remote session with the name nosuch is not available.'
	output_like $'\n1$'
	run_line 'enter-pssession -Id 77; echo $?'
	output_like 'The remote session with the session ID 77 is not available.'
	output_like $'\n1$'
	run listed -Name nosuch
	[ "$status" -eq 1 ]
	run listed "-Name 'nosuch*'"
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

# bats test_tags=once
@test "sessions: two of one name are ambiguous for enter" {
	local_bash_start
	keep_session -Name twin box
	keep_session -Name twin box
	run_line 'enter-pssession -Name twin; echo $?'
	output_like 'Multiple matches found for name twin.'
	output_like $'\n1$'
}

# bats test_tags=once
@test "sessions: seen and entered from another terminal" {
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=from-a'
	leave_by exit
	second_terminal
	TERM_NAME=b
	run_line 'get-pssession'
	output_like 'Session1 +box +Opened'
	run_line 'enter-pssession -Id 1'
	wait_line 'box\]: remote\$ $'
	run_line 'echo $x'
	output_is from-a
	leave_by exit
}

@test "sessions: one that another terminal has entered is refused, -Force takes it" {
	local_bash_start
	keep_session
	enter_kept
	run_line 'x=mine'
	second_terminal
	TERM_NAME=b
	run_line 'enter-pssession -Id 1; echo "s=$?"'
	output_like 's=1$'
	run_line 'enter-pssession -Id 1 -Force'
	wait_line 'box\]: remote\$ $'
	run_line 'echo $x'
	output_is mine
	TERM_NAME=a wait_local
	TERM_NAME=a
	status_is 1 || status_is 255
	terminal_is_sane
}

# until_there NAME: a remote command that waits for a file in the remote runtime directory and takes it away.
until_there() {
	echo "until [ -e \$XDG_RUNTIME_DIR/$1 ]; do read -rt 0.1 <> <(:); done; rm -f \$XDG_RUNTIME_DIR/$1"
}

@test "sessions: entering a busy one shows its output and waits for its prompt" {
	local_bash_start
	keep_session
	enter_kept
	start_running "echo running; $(until_there more); echo unwatched; $(until_there go); echo finished"
	# The terminal goes; the command goes on.
	term_close
	wait_until 5 eval '[[ $(local_bash "get-pssession -Property Availability") == Busy ]]'
	touch "$WORLD/remote-run/more"
	wait_until 5 not test -e "$WORLD/remote-run/more"
	second_terminal
	TERM_NAME=b
	term_type 'enter-pssession -Id 1'
	term_keys Enter
	wait_screen $'\nunwatched'
	touch "$WORLD/remote-run/go"
	wait_screen $'\nfinished'
	wait_remote
}

@test "sessions: a closed terminal leaves a kept one Opened and closes a temporary one" {
	local_bash_start
	keep_session
	enter
	term_close
	wait_until 5 eval '[ "$(remote_processes | wc -l)" -gt 0 ]'
	run listed -Property State
	[ "$output" = Opened ]
}

@test "sessions: unwatched output is kept and shown on return" {
	local_bash_start
	keep_session
	enter_kept
	run_line "($(until_there go); echo unwatched) &"
	leave_by exit
	touch "$WORLD/remote-run/go"
	wait_until 5 not test -e "$WORLD/remote-run/go"
	run_line 'enter-pssession -Session "$s"'
	wait_screen $'\nunwatched'
}

# bats test_tags=once
@test "sessions: a dead link makes it Broken, listed with its cause until removed" {
	local_bash_start
	keep_session
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_until 5 eval '[[ $(local_bash "get-pssession -Property State") == Broken ]]'
	run listed -Format json
	[[ $output == *'"State":'*Broken* ]]
	run_line 'enter-pssession -Session "$s"; echo "s=$?"'
	output_like 's=(1|255)$'
	run_line 'remove-pssession -Session "$s"; echo "s=$?"'
	output_is 's=0'
	run listed
	[ -z "$output" ]
}

# bats test_tags=once
@test "sessions: remove closes it, on the remote too; a second removal is silent" {
	local_bash_start
	keep_session
	run_line 'remove-pssession -Session $s; echo "s=$?"'
	output_is 's=0'
	wait_until 5 nothing_remote
	run_line 'remove-pssession -Session $s; echo "s=$?"'
	output_like 's=0$'
	run_line 'remove-pssession; echo "s=$?"'
	output_like 's=2$'
}

# bats test_tags=once
@test "sessions: -WhatIf says what would be removed and removes nothing" {
	local_bash_start
	keep_session
	run_line 'remove-pssession -Id 1 -WhatIf'
	output_is 'What if: Performing the operation "Remove" on target "Session1".' ||
		output_is 'What if: Performing the operation "Remove" on target "box".'
	run listed -Property State
	[ "$output" = Opened ]
}

@test "sessions: removing the entered one elsewhere gives the local prompt back" {
	local_bash_start
	keep_session
	enter_kept
	local_bash 'remove-pssession -Id 1'
	wait_local
	terminal_is_sane
}

# bats test_tags=once
@test "sessions: Ids are never used twice, names pair with computers in order" {
	local_bash_start
	run_line 'new-pssession -ConfigFile $C -ComputerName box,box2 -Name first,second' 30
	run_line 'get-pssession -Name first -Property ComputerName; get-pssession -Name second -Property ComputerName'
	output_is $'box\nbox2'
	run_line 'remove-pssession -Id 1,2; new-pssession -ConfigFile $C box' 30
	output_like $'\n 3 Session3 '
}

# bats test_tags=once
@test "sessions: wildcards, -State and several properties" {
	local_bash_start
	run_line 'new-pssession -ConfigFile $C -ComputerName box,box -Name web1,db1' 30
	run listed "-Name 'web*' -Property Name"
	[ "$output" = web1 ]
	run listed '-State Broken'
	[ -z "$output" ]
	run listed "-ComputerName 'b*' -Property Id,State"
	[ "$status" -eq 0 ]
	[[ $output == *1*Opened*2*Opened* ]]
	run_line "remove-pssession -Name 'web*'"
	run listed -Property Name
	[ "$output" = db1 ]
}

# bats test_tags=once
@test "sessions: there is one host process, whoever asks" {
	local_bash_start
	keep_session
	second_terminal
	local_bash 'new-pssession -ConfigFile $C box' >/dev/null
	[ "$(host_pids | sort -u | wc -l)" -eq 1 ]
}

# bats test_tags=once
@test "sessions: ten commands that start at once share one host process" {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		local_bash 'new-pssession -ConfigFile $C box' >"$HERE/out.$i" 2>&1 &
	done
	wait
	[ "$(cat "$HERE"/out.* | grep -cE "^$UUID$")" -eq 10 ]
	[ "$(host_pids | sort -u | wc -l)" -eq 1 ]
}

# bats test_tags=once
@test "sessions: an idle one is its shell and four small processes on the remote computer, when it has settled" {
	local_bash 'new-pssession -ConfigFile $C -ComputerName box,box,box' >/dev/null
	wait_until 20 eval '[ "$(remote_processes | wc -l)" -le 15 ]'
	# shellcheck disable=SC2046
	describe_processes $(remote_processes)
	[ "$(remote_processes | wc -l)" -eq 15 ]
	local_bash 'remove-pssession -Name \*'
	wait_until 10 nothing_remote
}
