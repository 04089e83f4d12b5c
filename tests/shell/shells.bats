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

@test "shells: fish gets a plain terminal and one line that says so" {
	requires fish
	plain_terminal fish
	term_send 'echo (math 6 x 7)'
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
