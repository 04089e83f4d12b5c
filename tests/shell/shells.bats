#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The other remote shells: each test makes an account with that login shell. tests/remote has the long table
# of cases; here it is the whole way through.

load ../harness/harness

setup() { :; }
teardown() { place_end; world_end; }

through() {
	world_start "$1"
	place_start
	local_bash_start
	enter
}

the_usual() {
	run_line 'echo $((6 * 7))'
	output_is 42
	run_line 'hello'
	output_is 'hello from the alias'
	run_line 'greet you'
	output_is 'greetings, you'
	run_line 'echo $LOGIN_FILE_READ'
	output_is yes
	run_line 'x=5; cd /usr/lib'
	run_line 'echo $x $PWD'
	output_is '5 /usr/lib'
	run_line 'false'
	run_line 'echo $?'
	output_is 1
	term_type 'for i in 1 2'
	term_keys Enter
	wait_line '> $'
	term_type 'do echo "i=$i"; done'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\n'
	wait_remote
	run_line 'echo )'
	output_like '[a-z]'
	run_line 'echo after'
	output_is after
	start_running
	term_keys C-c
	wait_remote
	run_line 'echo $?'
	output_is 130
	term_type 'read -r name'
	term_keys Enter
	term_send 'a name'
	term_keys Enter
	wait_remote
	run_line 'echo "<$name>"'
	output_is '<a name>'
	leave_by 'exit 6'
	status_is 6
}

kept_exit() {
	keep_session
	enter_kept
	run_line 'x=kept'
	leave_by 'cd / && exit 4'
	status_is 4
	enter_kept
	run_line 'echo $x $PWD'
	output_is 'kept /'
	leave_by exit
	run_line 'get-pssession -Property ConfigurationName'
}

@test "shells: zsh" {
	requires zsh
	through zsh
	the_usual
	kept_exit
	output_is zsh
}

@test "shells: dash" {
	requires dash
	through dash
	the_usual
}

@test "shells: busybox ash" {
	requires busybox
	through ash
	the_usual
}

@test "shells: mksh" {
	requires mksh
	through mksh
	the_usual
}

@test "shells: fish, in its own words" {
	requires fish
	through fish
	run_line 'echo (math 6 x 7)'
	output_is 42
	run_line 'hello'
	output_is 'hello from the alias'
	run_line 'greet you'
	output_is 'greetings, you'
	run_line 'echo $LOGIN_FILE_READ'
	output_is yes
	run_line 'set x 5; cd /usr/lib'
	run_line 'echo $x $PWD'
	output_is '5 /usr/lib'
	run_line 'false'
	run_line 'echo $status'
	output_is 1
	term_type 'for i in 1 2'
	term_keys Enter
	wait_line '> $'
	term_type 'echo "i=$i"; end'
	term_keys Enter
	wait_screen $'\ni=1\ni=2\n'
	wait_remote
	run_line 'end'
	output_like 'outside of a block'
	run_line 'echo after'
	output_is after
	start_running
	term_keys C-c
	wait_remote
	run_line 'echo $status'
	output_is 130
	term_type 'read -P "" name'
	term_keys Enter
	term_send 'a name'
	term_keys Enter
	wait_remote
	run_line 'echo "<$name>"'
	output_is '<a name>'
	term_type 'greeter swi'
	term_keys Tab
	wait_line 'greeter switch $'
	term_keys C-u
	leave_by 'exit 6'
	status_is 6
	[ ! -e "$REMOTE_HOME/.local/share/fish/fish_history" ]
}

@test "shells: fish's right prompt stands at the right margin, while there is room" {
	requires fish
	through fish
	run_line 'function fish_right_prompt; echo "<$status>"; end'
	wait_screen 'remote\$ +<0>'
	term_type 'sh -c "exit 7"'
	wait_screen 'exit 7" +<0>'
	term_keys Enter
	wait_screen 'remote\$ +<7>'
	run_line 'function fish_right_prompt; string repeat -n 70 x; end'
	run_line 'echo narrow'
	wait_screen $'\nnarrow\n'
	[[ $(screen) != *xxxx* ]]
	run_line 'functions -e fish_right_prompt'
	run_line 'echo as before'
	output_is 'as before'
}

@test "shells: a kept session of fish" {
	requires fish
	through fish
	leave_by exit
	keep_session
	enter_kept
	run_line 'set x kept'
	leave_by 'cd / && exit 4'
	status_is 4
	enter_kept
	run_line 'echo $x $PWD'
	output_is 'kept /'
	leave_by exit
	run_line 'get-pssession -Property ConfigurationName'
	output_is fish
}

@test "shells: a session of fish that becomes a kept one" {
	requires fish
	through fish
	run_line 'set x kept'
	start_running
	term_keys Enter
	term_send '~d'
	wait_local
	run_line 's=$(get-pssession -Property InstanceId)'
	term_type 'enter-pssession -Session "$s"'
	term_keys Enter
	wait_screen 'enter-pssession.*'
	term_keys C-c
	wait_remote
	leave_by 'exit 4'
	status_is 4
	enter_kept
	run_line 'echo $x'
	output_is kept
}

@test "shells: invoke-command in a session of fish" {
	requires fish
	world_start fish
	place_start
	run local_bash '
		s=$(new-pssession -ConfigFile $C box) || exit 90
		i() { invoke-command -Session $s "$@"; }
		i "set x 5; cd /usr; function f; echo f\$x; end; set -gx E 6" </dev/null || exit 51
		[ "$(i "f; pwd; sh -c \"echo \\\$E\"" </dev/null)" = $'"'f5\n/usr\n6'"' ] || exit 52
		i "sh -c \"exit 7\"" </dev/null
		[ $? = 7 ] || exit 53
		i "exit 3" </dev/null
		[ $? = 3 ] || exit 54
		head -c 1000000 /dev/urandom >$HERE/bytes
		printf "\0\377\036\033]7337;\nno newline" >>$HERE/bytes
		i cat <$HERE/bytes 2>$HERE/none | cmp - $HERE/bytes || exit 55
		[ ! -s $HERE/none ] || exit 56
		i "echo out; echo err >&2" </dev/null >$HERE/o 2>$HERE/e
		[ "$(cat $HERE/o $HERE/e)" = $'"'out\nerr'"' ] || exit 57
		mine="a  b \$x '"'"'q \\ *"
		[ "$(i "echo \$using:mine; echo \"<\$using:mine>\"; echo \"\${using:mine}s\"; set -q __pss_using_mine; and echo set" </dev/null)" = \
			"$mine"$'"'\n'"'"<$mine>"$'"'\n'"'"${mine}s"$'"'\n'"'set ] || exit 58
		i "set -q __pss_using_mine" </dev/null && exit 59
		[ "$(i "printf \"<%s>\" \$argv" -ArgumentList "one two" -ArgumentList "" -ArgumentList "t'"'"'x\\" </dev/null)" = \
			"<one two><><t'"'"'x\\>" ] || exit 60
		[ "$(i -- printf "%s|" a "b  c" "\$x" </dev/null)" = "a|b  c|\$x|" ] || exit 61
		i "end" </dev/null 2>$HERE/e && exit 62
		grep -q "outside of a block" $HERE/e || exit 63
		i "if true" </dev/null 2>$HERE/e && exit 69
		grep -q "not complete" $HERE/e || exit 70
		[ "$(yes | i "head -n 1")" = y ] || exit 64
		for n in 1 2 3; do
			[ "$(i "yes" </dev/null | head -n 1)" = y ] || exit 65
		done
		[ "$(i "echo \$x" </dev/null)" = 5 ] || exit 66
		mkfifo $HERE/later
		i "sh -c \"read x <$HERE/later; echo late\" &" </dev/null >/dev/null || exit 67
		echo >$HERE/later
		[ "$(i "echo \$x" </dev/null)" = 5 ] || exit 68
		[ "$(get-pssession -Property State)" = Opened ]'
	echo "status $status: $output"
	[ "$status" -eq 0 ]
}

plain_terminal() {
	world_start "$1"
	place_start
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen "local editing unavailable for $1"
	wait_line '> $'
}

leave_plain_terminal() {
	term_send 'exit 5'
	term_keys Enter
	wait_local
	status_is 5
	terminal_is_sane
}

@test "shells: tcsh gets a plain terminal and one line that says so" {
	requires tcsh
	plain_terminal tcsh
	term_send '@ x = 6 * 7; echo $x'
	term_keys Enter
	wait_screen $'\n42'
	leave_plain_terminal
}

@test "shells: start-up files that replace the shell end in a plain terminal" {
	requires zsh
	world_start bash
	place_start
	requires_made_account
	echo 'exec zsh -f' >>"$REMOTE_HOME/.bashrc"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen 'replaced the shell|raw terminal' 25
	term_send 'echo z-$ZSH_VERSION'
	term_keys Enter
	wait_screen $'\nz-5'
	term_send exit
	term_keys Enter
	wait_local
}

@test "shells: start-up files that ask something are answered in the raw terminal" {
	world_start bash
	place_start
	requires_made_account
	# Guarded, as whatever reads in a .bashrc must be: bash sources it for commands that sshd runs, too.
	echo '[[ $- != *i* ]] || read -rp "which project? " project' >>"$REMOTE_HOME/.bashrc"
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_line 'which project\? $'
	term_send 'mine'
	term_keys Enter
	wait_remote
	run_line 'echo $project'
	output_is mine
}

@test "shells: -ConfigurationName picks one that is not the login shell" {
	requires zsh
	world_start bash
	place_start
	requires_made_account
	write_dotfiles zsh
	local_bash_start
	enter -ConfigurationName zsh box
	run_line 'echo ${ZSH_VERSION%%.*}'
	output_is 5
}

@test "shells: ForceCommand means a plain terminal" {
	world_start bash 'ForceCommand echo forced; read x; echo "got $x"; exit 3'
	place_start
	local_bash_start
	term_type 'enter-pssession -ConfigFile $C box'
	term_keys Enter
	wait_screen 'forced'
	term_send ok
	term_keys Enter
	wait_screen 'got ok'
	wait_local
	status_is 3
	terminal_is_sane
}

@test "shells: dash as the login shell is listed as dash, by the next host process too" {
	world_start dash
	requires_own_account
	place_start
	run local_bash 's=$(new-pssession -ConfigFile $C -Resilient -Name r box) &&
		new-pssession -ConfigFile $C box >/dev/null && get-pssession -Property ConfigurationName'
	[ "$output" = $'dash\ndash' ] || { echo "$output"; return 1; }
	# shellcheck disable=SC2046 # words
	end_processes $(host_pids)
	run local_bash 'connect-pssession -Name r >/dev/null && get-pssession -Property ConfigurationName &&
		remove-pssession -Name r'
	[ "$output" = dash ] || { echo "$output"; return 1; }
}

# A server hands at most 128 KiB to a login shell as a command, and sshd ends the connection over 256 KiB.
long_commands() {
	world_start "$1"
	place_start
	run local_shell '
		i() { invoke-command -ConfigFile $C "$@" </dev/null; }
		for n in 140000 1000000; do
			long=$(head -c $n /dev/zero | tr "\0" x)
			[ "$(i box "echo \"$long\" | wc -c")" -eq $((n + 1)) ] || exit 51
		done
		[ "$(i box -- echo "${long:0:140000}" | wc -c)" -eq 140001 ] || exit 52
		# PowerShell sets modes of a terminal in front of it and behind, not always.
		[ "$(i -AllocateTty box "echo \"$long\" | wc -c" | grep -ao "[0-9]\{4,\}")" = 1000001 ] || exit 53
		s=$(new-pssession -ConfigFile $C box) || exit 55
		[ "$(invoke-command -Session $s "echo \"$long\" | wc -c" </dev/null)" -eq 1000001 ] || exit 56'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "shells: a command of any length, with bash" { long_commands bash; }

@test "shells: a command of any length, with zsh" {
	requires zsh
	long_commands zsh
}

@test "shells: a command of any length, with dash" {
	requires dash
	long_commands dash
}

@test "shells: a command of any length, with fish" {
	requires fish
	long_commands fish
}

@test "shells: a command of any length, with pwsh" {
	[ -n "${PSS_PWSH-}" ] || skip "PSS_PWSH names no PowerShell"
	long_commands pwsh
}
