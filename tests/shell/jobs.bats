#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Work that outlives its terminal: disconnect, connect and receive, jobs, and sessions whose terminal has gone.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() {
	place_start
	[ -p "$WORLD/remote-run/gate" ] || mkfifo -m 666 "$WORLD/remote-run/gate"
}
teardown() { place_end; }

# A remote command that waits at the gate until it is opened. (Not by looking again and again: what that would start in
# the background is no part of these tests.)
# shellcheck disable=SC2016
UNTIL_GO='read -r _ <$XDG_RUNTIME_DIR/gate'
go() { timeout 20 sh -c 'echo >"$1"' sh "$WORLD/remote-run/gate"; }

# A script with a session s; $until_go and `go` are there as well.
in_session() {
	run local_shell '
		until_go='"'$UNTIL_GO'"'
		'"$(declare -f go)"'
		[ -z "${ZSH_VERSION-}" ] || zmodload zsh/system
		s=$(new-pssession -ConfigFile $C box) || exit 90
		state() { get-pssession -Session $s -Property State,Availability | tr "\t" /; }
		'"$1"
	echo "$output"
}

succeeds() {
	[ "$status" -eq 0 ] || { echo "status $status"; return 1; }
}

listed() {
	local_shell "get-pssession $*"
}

property_is() {
	[ "$(listed -Property "$1")" = "$2" ]
}

second_terminal() {
	TERM_NAME=b local_shell_start
}

@test "jobs: -AsJob prints the session at once; receive gives both streams and the status" {
	in_session '
		j=$(invoke-command -Session $s -AsJob "$until_go; echo out; echo err >&2; (exit 7)") || exit 51
		[ "$j" = "$s" ] || exit 52
		[ "$(state)" = Opened/Busy ] || exit 53
		[ -z "$(receive-pssession -Session $s)" ] || exit 54
		go
		receive-pssession -Session $s -Wait >$HERE/o 2>$HERE/e
		[ $? = 7 ] || exit 55
		[ "$(cat $HERE/o)" = out ] && [ "$(cat $HERE/e)" = err ] || exit 56
		[ "$(state)" = Opened/Available ] || exit 57
		[ -z "$(receive-pssession -Session $s 2>&1)" ] || exit 58
		[ "$(invoke-command -Session $s "echo alive" </dev/null)" = alive ]'
	succeeds
}

# received SHELL COMMAND: what a job of that prints and returns is what ssh shows of it, byte for byte.
received() {
	local theirs
	theirs=$(local_shell "ssh -F \$C box \"$1 -c '$2'\" >\$HERE/o 2>\$HERE/e </dev/null; echo s=\$?"; cat "$HERE/o" "$HERE/e" | od -c)
	run local_shell "j=\$(invoke-command -ConfigFile \$C -ComputerName box -ConfigurationName $1 -AsJob '$2') || exit 50
		receive-pssession -Session \$j -Wait >\$HERE/o 2>\$HERE/e; echo s=\$?
		remove-pssession -Session \$j"
	[ "$output"$'\n'"$(cat "$HERE/o" "$HERE/e" | od -c)" = "$theirs" ] ||
		{ echo "$1: $2: not <$theirs> but <$output>"; od -c "$HERE/o" "$HERE/e"; return 1; }
}

@test "jobs: what one prints is all that is received, however it ends" {
	local shell command
	for shell in bash zsh dash ksh mksh; do
		command -v $shell >/dev/null || continue
		for command in 'echo abc; exit 5' 'echo abc >&2; exit 3' 'printf no-newline; exit'; do
			received $shell "$command" || return
		done
	done
	received bash 'echo abc; f() { exit 4; }; f; echo no'
	received bash 'trap : INT; echo abc; exit 5'
}

# bats test_tags=once
@test "jobs: -Keep leaves the output; order and bytes are the command's" {
	in_session '
		invoke-command -Session $s -AsJob "head -c 300000 /dev/zero | tr \"\\0\" \"\\377\"; printf \"\\033[c\\0end\"" >/dev/null
		receive-pssession -Session $s -Wait -Keep >$HERE/one || exit 51
		receive-pssession -Session $s >$HERE/two || exit 52
		cmp $HERE/one $HERE/two || exit 53
		{ head -c 300000 /dev/zero | tr "\0" "\377"; printf "\033[c\0end"; } | cmp - $HERE/one || exit 54
		[ -z "$(receive-pssession -Session $s)" ]'
	succeeds
}

# bats test_tags=once
@test "jobs: they share the session's shell, one after another with -Wait, and its variables" {
	in_session '
		x=local
		invoke-command -Session $s -AsJob "x=\$using:x; cd /usr; f() { echo f; }" >/dev/null || exit 51
		invoke-command -Session $s -AsJob -Wait "echo \$x \$PWD \$1; f" -ArgumentList arg >/dev/null || exit 52
		[ "$(receive-pssession -Session $s -Wait | paste -sd " ")" = "local /usr arg f" ] || exit 53
		invoke-command -Session $s -AsJob "$until_go" >/dev/null || exit 54
		invoke-command -Session $s -AsJob "echo no" 2>$HERE/e
		[ $? = 1 ] && grep -q busy $HERE/e || exit 55
		go
		receive-pssession -Session $s -Wait'
	succeeds
}

# bats test_tags=once
@test "jobs: on computers each gets a session, whose name can be given" {
	run local_shell '
		invoke-command -ConfigFile $C -ComputerName box,box2,nosuch.invalid -AsJob -JobName a,b "echo from \$0; exit 3" >$HERE/ids 2>$HERE/e
		[ $? = 255 ] || exit 51
		grep -q nosuch.invalid $HERE/e || exit 52
		[ "$(get-pssession -Property InstanceId | sort)" = "$(sort $HERE/ids)" ] || exit 53
		[ "$(get-pssession -Property Name | sort | tr "\n" " ")" = "a b " ] || exit 54
		[ "$(get-pssession -Session $(head -n 1 $HERE/ids) -Property Name)" = a ] || exit 57
		receive-pssession -Session - -Wait <$HERE/ids >$HERE/o
		[ $? = 1 ] || exit 55
		grep -q "^box: from " $HERE/o && grep -q "^box2: from " $HERE/o || exit 56
		receive-pssession -Name "*" -Json | grep -c "\"status\":3" | grep -qx 2'
	echo "$output"
	succeeds
}

# bats test_tags=once
@test "jobs: -InDisconnectedSession leaves it Disconnected, and receive takes it back with the output" {
	in_session '
		s=$(invoke-command -ConfigFile $C -ComputerName box -InDisconnectedSession -SessionName night "$until_go; echo done") || exit 51
		[ "$(get-pssession -Name night -Property State,Availability | tr "\t" /)" = Disconnected/None ] || exit 52
		invoke-command -Session $s "echo no" </dev/null 2>$HERE/e
		[ $? = 1 ] && grep -q "The session state is Disconnected" $HERE/e || exit 53
		go
		[ "$(receive-pssession -Session $s -Wait)" = "done" ] || exit 54
		[ "$(get-pssession -Name night -Property State,Availability | tr "\t" /)" = Opened/Available ] || exit 55
		remove-pssession -Session $s' # it is resilient
	echo "$output"
	succeeds
}

# bats test_tags=once
@test "jobs: parameters that contradict each other are refused, and nothing happens" {
	in_session '
		for wrong in "-InDisconnectedSession" "-Json" "-Timeout 5" "-JobName x" "-AllocateTty" "-OutputBufferSize 10"; do
			eval "invoke-command -Session \$s -AsJob $wrong \"echo no\"" >/dev/null 2>&1
			[ $? = 2 ] || { echo "$wrong"; exit 51; }
		done
		invoke-command -Session $s -SessionName x "echo no" 2>/dev/null
		[ $? = 2 ] || exit 52
		for verb in disconnect connect receive; do
			$verb-pssession 2>/dev/null
			[ $? = 2 ] || exit 53
			$verb-pssession -Name nosuch 2>$HERE/e
			[ $? = 1 ] && grep -q "with the name nosuch is not available" $HERE/e || exit 54
		done
		[ "$(state)" = Opened/Available ] || exit 55
		[ -z "$(receive-pssession -Session $s)" ]'
	succeeds
}

# bats test_tags=once
@test "jobs: the buffer is bounded: Drop keeps the last and says how much went, Block stops the command" {
	in_session '
		invoke-command -Session $s -AsJob -OutputBufferSize 8192 "i=0; while ((i < 20000)); do echo \$((i++)); done" >/dev/null
		wait_done() { until [ "$(state)" = Opened/Available ]; do :; done; }
		wait_done
		receive-pssession -Session $s >$HERE/o 2>$HERE/e || exit 51
		grep -q "bytes dropped" $HERE/e || exit 52
		[ "$(tail -n 1 $HERE/o)" = 19999 ] && [ "$(wc -c <$HERE/o)" -le 8192 ] || exit 53
		invoke-command -Session $s -AsJob -OutputBufferingMode Block "i=0; while ((i < 1000000)); do echo \$((i++)); done" >/dev/null
		receive-pssession -Session $s -Wait >$HERE/o 2>$HERE/e || exit 54
		[ ! -s $HERE/e ] || exit 55
		seq 0 999999 | cmp - $HERE/o'
	succeeds
}

# bats test_tags=once
@test "jobs: disconnect and connect, by name and wildcard, with what runs going on" {
	in_session '
		t=$(new-pssession -ConfigFile $C box -Name work) || exit 50
		invoke-command -Session $t "x=5" </dev/null || exit 51
		invoke-command -Session $t -AsJob "$until_go; echo \$x" >/dev/null
		[ "$(disconnect-pssession -Name "wor*")" = "$t" ] || exit 52
		[ "$(disconnect-pssession -Name work)" = "$t" ] || exit 53
		[ "$(get-pssession -State Disconnected -Property InstanceId)" = "$t" ] || exit 54
		[ "$(connect-pssession -Session $t)" = "$t" ] || exit 55
		[ "$(connect-pssession -Session $t)" = "$t" ] || exit 56
		[ "$(get-pssession -Name work -Property Availability)" = Busy ] || exit 57
		disconnect-pssession -Session $t,$s >/dev/null || exit 58
		connect-pssession -Name "work","Session*" >/dev/null || exit 59
		[ "$(get-pssession -Property State | sort -u)" = Opened ] || exit 60
		disconnect-pssession -Name work -WhatIf | grep -q "What if: .*Disconnect.* on target .box" || exit 61
		go
		[ "$(receive-pssession -Name work -Wait)" = 5 ] || exit 62
		remove-pssession -Name work
		disconnect-pssession -Session $t 2>$HERE/e
		[ $? = 1 ] && grep -q "is not available" $HERE/e'
	succeeds
}

# bats test_tags=once
@test "jobs: what cannot be disconnected or connected says so" {
	local_shell_start
	keep_session
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_until 5 property_is State Broken
	run local_shell 'disconnect-pssession -Id 1'
	[ "$status" -eq 1 ]
	[[ $output == *'Cannot disconnect PSSession "Session1" because it is not in the Opened state.'* ]]
	run local_shell 'connect-pssession -Id 1'
	[ "$status" -eq 1 ]
	[[ $output == *'Cannot connect PSSession "Session1", either because it is not in the Disconnected state'* ]]
}

# bats test_tags=once
@test "jobs: a job whose session breaks gives what it printed, and no good status" {
	in_session '
		invoke-command -Session $s -AsJob "echo begun; '"$FOREVER"'" >/dev/null
		until [ "$(receive-pssession -Session $s -Keep)" = begun ]; do :; done'
	succeeds
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_until 5 property_is State Broken
	run local_shell 'receive-pssession -Id 1 -Wait'
	[ "$status" -eq 255 ]
	[[ $output == begun* ]]
}

@test "jobs: an entered session that is disconnected elsewhere gives the terminal back; entering connects it" {
	local_shell_start
	keep_session
	enter_kept
	run_line 'x=mine'
	local_shell 'disconnect-pssession -Id 1' >/dev/null
	wait_local
	[[ $(screen) == *'the session was disconnected; what runs in it goes on'* ]]
	terminal_is_sane
	property_is State Disconnected
	enter_kept
	run_line 'echo $x'
	output_is mine
	leave_by exit
	property_is State Opened
}

@test "jobs: connect -Force takes a session from the terminal that has it, which is told" {
	local_shell_start
	keep_session
	enter_kept
	start_running "echo running; $UNTIL_GO; echo unwatched"
	run local_shell 'connect-pssession -Id 1'
	[ "$status" -eq 0 ]
	run local_shell 'connect-pssession -Id 1 -Force'
	[ "$status" -eq 0 ]
	wait_local
	[[ $(screen) == *'another terminal has taken the session over'* ]]
	terminal_is_sane
	go
	run local_shell 'receive-pssession -Id 1 -Wait'
	[ "$status" -eq 0 ]
	[[ $output == *unwatched* ]]
}

@test "jobs: what a command printed after ~d, or after its terminal was closed, is received, with its status" {
	local_shell_start
	keep_session
	enter_kept
	start_running "echo running; $UNTIL_GO; echo after; (exit 9)"
	term_keys '~'
	term_keys d
	wait_local
	property_is State,Availability $'Opened\tBusy'
	go
	run local_shell 'receive-pssession -Id 1 -Wait'
	[ "$status" -eq 9 ]
	[[ $output == *after* ]]
	[[ $output != *running* ]]
	run local_shell 'receive-pssession -Id 1'
	[ -z "$output" ]
	enter_kept
	start_running "echo running; $UNTIL_GO; echo gone"
	term_close
	wait_until 5 eval '[ "$(listed -Format json | grep -c Busy)" = 1 ]'
	go
	run local_shell 'receive-pssession -Id 1 -Wait'
	[[ $output == *gone* ]]
}

# bats test_tags=once
@test "jobs: a shell that is killed leaves what runs, and Block keeps all that it prints" {
	local_shell_start
	run_line 's=$(new-pssession -ConfigFile $C box -OutputBufferingMode Block -OutputBufferSize 4096)' 30
	property_is OutputBufferingMode Block
	enter_kept
	start_running "echo running; $UNTIL_GO; seq 100000"
	kill -KILL "$(term_pid)"
	wait_until 5 term_has_ended
	property_is State,Availability $'Opened\tBusy'
	go
	run local_shell 'receive-pssession -Id 1 -Wait'
	[ "$status" -eq 0 ]
	[ "${lines[0]%$'\r'}" = 1 ] && [ "${lines[99999]%$'\r'}" = 100000 ]
	[ "${#lines[@]}" -eq 100000 ]
}

@test "jobs: on a terminal nothing that is received makes it answer, and pieces of a sequence are no way around" {
	local_shell_start
	keep_session
	run_line 'invoke-command -Session $s -AsJob "printf \"a\033[c\033[6nb\033\"; printf \"[5n\"; printf \"c\\033]0;bad\\007\033P+q544e\033\\\\d\\n\"; printf \"\033[c\" >&2" >/dev/null'
	run_line 'receive-pssession -Session $s -Wait'
	output_is abcd
	run_line 'echo clean'
	output_is clean
	[ "$(tm display-message -p '#{pane_title}')" != bad ]
}

@test "jobs: Ctrl-C ends the receiving and not the command" {
	local_shell_start
	keep_session
	run_line "invoke-command -Session \$s -AsJob 'echo begun; $UNTIL_GO; echo ended' >/dev/null"
	term_type 'receive-pssession -Session $s -Wait'
	term_keys Enter
	wait_screen $'\nbegun'
	term_keys C-c
	wait_local
	status_is 130
	go
	run_line 'receive-pssession -Session $s -Wait; echo "s=$?"'
	output_is $'ended\ns=0'
}

@test "jobs: an interrupted invoke-command leaves nothing that is received" {
	local_shell_start
	keep_session
	start_running "invoke-command -Session \$s 'echo running; $FOREVER'"
	term_keys C-c
	wait_local
	run_line 'receive-pssession -Session $s -Wait | od -c'
	output_is 0000000
	enter_kept
	run_line 'echo clean'
	output_is clean
	leave_by exit
}

# bats test_tags=once
@test "jobs: -Timeout ends the waiting with 124, and a second receiver is refused" {
	in_session '
		invoke-command -Session $s -AsJob "'"$FOREVER"'" >/dev/null
		receive-pssession -Session $s -Wait -Timeout 1 2>/dev/null
		[ $? = 124 ] || exit 51
		[ "$(state)" = Opened/Busy ]'
	succeeds
}

@test "jobs: entering a session whose job runs shows its output, and its prompt comes when the job is over" {
	local_shell_start
	keep_session
	run_line "invoke-command -Session \$s -AsJob 'echo begun; $UNTIL_GO; echo ended; x=5' >/dev/null"
	term_type 'enter-pssession -Session $s'
	term_keys Enter
	wait_screen $'\nbegun'
	go
	wait_screen $'\nended'
	wait_remote
	run_line 'echo $x'
	output_is 5
	leave_by exit
	# What was shown once is not shown again.
	run_line 'receive-pssession -Session $s'
	output_is ''
	enter_kept
	[[ $(screen) != *$'\nbegun'*$'\nbegun'* ]]
	leave_by exit
}

@test "jobs: a terminal that is at the session's prompt notices nothing of a job" {
	local_shell_start
	keep_session
	enter_kept
	run local_shell 'invoke-command -Id 1 -AsJob "echo not here; x=5" >/dev/null; receive-pssession -Id 1 -Wait'
	[ "$status" -eq 0 ]
	[ "$output" = 'not here' ]
	run_line 'echo $x'
	output_is 5
	[[ $(screen) != *'not here'* ]]
	leave_by exit
}

@test "jobs: a reader that goes, and a receiver that is killed, leave the session as it is" {
	in_session '
		invoke-command -Session $s -AsJob "seq 200000" >/dev/null
		[ "$(receive-pssession -Session $s -Wait -Keep | head -n 1)" = 1 ] || exit 51
		{ receive-pssession -Session $s -Wait; echo "s=$?" >$HERE/s; } | head -n 1 >/dev/null
		grep -qx s=141 $HERE/s || exit 52
		invoke-command -Session $s -AsJob -Wait -OutputBufferingMode Block "seq 1000000" >/dev/null
		{ echo "${BASHPID-${sysparams[pid]}}" >$HERE/pid; exec 2>/dev/null; receive-pssession -Session $s -Wait; } | { read -r one; kill -KILL $(cat $HERE/pid); }
		[ "$(receive-pssession -Session $s -Wait | tail -n 1)" = 1000000 ] || exit 53
		[ "$(state)" = Opened/Available ]'
	succeeds
}

# One that is none of these.
has_other_connection() {
	sshd_connections "$WORLD/ssh" | grep -qvxF "$1"
}

# bats test_tags=once
@test "jobs: in a resilient session a job and its output outlive the link" {
	requires perl
	local_shell_start
	keep_session -Resilient box
	local_shell "invoke-command -Id 1 -AsJob 'seq 100000; $UNTIL_GO; echo end'" >/dev/null
	local before
	for n in 1 2 3; do
		before=$(sshd_connections "$WORLD/ssh")
		# shellcheck disable=SC2086
		kill -KILL $before
		wait_until 10 has_other_connection "$before"
		wait_until 10 property_is State,Availability $'Opened\tBusy'
	done
	go
	run local_shell 'receive-pssession -Id 1 -Wait | cmp - <(seq 100000; echo end)'
	[ "$status" -eq 0 ]
	run local_shell 'remove-pssession -Id 1'
	[ "$status" -eq 0 ]
}

@test "jobs: an editor that was detached from is drawn anew for the terminal that takes it over" {
	requires vim.tiny
	requires_own_account
	account_file seen <<<'text to be seen'
	local_shell_start
	keep_session
	enter_kept
	term_type 'vim.tiny -u NONE seen'
	term_keys Enter
	wait_screen 'text to be seen'
	term_close
	wait_until 5 property_is Availability Busy
	second_terminal
	TERM_NAME=b
	term_type 'enter-pssession -Id 1'
	term_keys Enter
	wait_screen $'^text to be seen\n~'
	term_send ':q!'
	term_keys Enter
	wait_remote
}
