#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Entering a computer and every way of leaving it.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

@test "enter: the prompt is [NAME]: and then the remote shell's own" {
	local_bash_start
	enter
	if [ "$REMOTE_USER" = "$(id -un)" ]; then
		[ "$(screen_line)" = '[box]: remote$ ' ]
	else
		[ "$(screen_line)" = "[$REMOTE_USER@box]: remote\$ " ]
	fi
}

@test "enter: the remote shell is the account's own, started as at a login" {
	requires_own_account
	local_bash_start
	enter
	run_line 'echo $USER $HOME'
	output_is "$REMOTE_USER $REMOTE_HOME"
	run_line 'echo $LOGIN_FILE_READ'
	output_is yes
	run_line 'hello'
	output_is 'hello from the alias'
	run_line 'greet you'
	output_is 'greetings, you'
	run_line 'shopt -q login_shell && echo login'
	output_is login
	leave_by exit
}

@test "enter: Enter-PSSession in capitals and the parameter's aliases do the same" {
	local_bash_start
	run_line 'Enter-PSSession -HostName box -configfile:$C'
	wait_line '\[.*box\]: '
	leave_by Exit-PSSession
}

@test "leave: exit gives the local prompt and the last remote status" {
	local_bash_start
	enter
	run_line '(exit 7)'
	leave_by exit
	status_is 7
}

@test "leave: exit N returns N" {
	local_bash_start
	enter
	leave_by 'exit 9'
	status_is 9
}

@test "leave: exit-pssession, in any case and with blanks around it" {
	local_bash_start
	enter
	leave_by exit-pssession
	status_is 0
	enter
	leave_by '  EXIT-PSSession  '
	status_is 0
}

@test "leave: logout" {
	local_bash_start
	enter
	leave_by logout
	status_is 0
}

@test "leave: Ctrl-D at the prompt" {
	local_bash_start
	enter
	run_line false
	term_keys C-d
	wait_local
	status_is 1
}

@test "leave: exit inside a compound line leaves with its status" {
	local_bash_start
	enter
	leave_by 'cd / && exit 4'
	status_is 4
}

@test "leave: the local shell goes on, with its directory and its variables" {
	local_bash_start
	run_line 'cd /usr; here=still'
	enter
	run_line 'cd /; here=gone'
	leave_by exit
	run_line 'echo $here $PWD'
	output_is 'still /usr'
}

@test "leave: exit traps of a temporary session run" {
	local_bash_start
	enter
	run_line "trap 'echo the trap ran' EXIT"
	term_type exit
	term_keys Enter
	wait_screen $'\nthe trap ran\n(.*\n)?local\\$'
}

@test "leave: stopped jobs are warned of once" {
	local_bash_start
	enter
	start_running
	term_keys C-z
	wait_remote
	term_type exit
	term_keys Enter
	wait_screen 'stopped jobs'
	wait_remote
	leave_by exit
}

@test "enter: ctrl-c at the remote prompt discards the line and stays" {
	local_bash_start
	enter
	term_type 'echo never to be run'
	term_keys C-c
	wait_remote
	run_line 'echo still here'
	output_is 'still here'
	leave_by exit
}

@test "enter: a line that runs nothing keeps the status" {
	local_bash_start
	enter
	run_line '(exit 5)'
	term_keys Enter
	wait_remote
	run_line 'echo $?'
	output_is 5
}

@test "enter: \$? and \$_ go from line to line as in any shell" {
	local_bash_start
	enter
	run_line 'false'
	run_line 'echo $?'
	output_is 1
	run_line 'echo $?'
	output_is 0
	run_line 'nosuchcommand_pss 2>/dev/null'
	run_line 'echo $?'
	output_is 127
}

@test "enter: variables, functions and the directory stay from line to line" {
	local_bash_start
	enter
	run_line 'x=5; f() { echo "f says $1"; }; cd /usr/lib'
	run_line 'f "$x $PWD"'
	output_is 'f says 5 /usr/lib'
}

@test "enter: the terminal is sane after leaving, and again after entering ten times" {
	local_bash_start
	for i in 1 2 3 4 5 6 7 8 9 10; do
		enter
		leave_by exit
	done
	terminal_is_sane
}

@test "enter: a script is refused with the name of invoke-command, status 1" {
	run local_bash 'enter-pssession -ConfigFile $C box'
	[ "$status" -eq 1 ]
	[[ $output == *enter-pssession*invoke-command* ]]
}

@test "enter: a pipeline, a subshell and the background are refused, and nothing hangs" {
	local_bash_start
	run_line 'enter-pssession -ConfigFile $C box | cat'
	output_like invoke-command
	run_line '(enter-pssession -ConfigFile $C box); echo "s=$?"'
	output_like 'invoke-command.*'$'\n''s=1$'
	run_line 'x=$(enter-pssession -ConfigFile $C box 2>&1); echo "$x"'
	output_like invoke-command
	term_type 'enter-pssession -ConfigFile $C box &'
	term_keys Enter
	wait_screen 'invoke-command.*'
}

@test "exit-pssession: outside a session does nothing, says nothing, reads nothing, succeeds" {
	run local_bash 'echo kept | { exit-pssession; echo "s=$?"; cat; }'
	[ "$output" = $'s=0\nkept' ]
	run local_bash 'Exit-PSSession'
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "enter: from inside a function" {
	local_bash_start
	run_line 'go() { enter-pssession -ConfigFile $C box; echo "back with $?"; }'
	run_line go
	wait_remote
	term_type 'exit 3'
	term_keys Enter
	wait_screen $'\nback with 3\nlocal\\$'
	wait_local
}

@test "enter: from inside bind -x" {
	only bash 'inside a widget zsh has no second line editor, and says so'
	local_bash_start
	run_line "bind -x '\"\\C-xe\": enter-pssession -ConfigFile \$C box'"
	term_keys C-x e
	wait_remote
	run_line 'echo by a key'
	output_is 'by a key'
	leave_by exit
	run_line 'echo local again'
	output_is 'local again'
}

@test "enter: Ctrl-Z at the remote prompt makes a job of it, fg brings it back" {
	only bash 'a builtin of zsh is no job'
	local_bash_start
	enter
	run_line 'x=kept'
	term_keys C-z
	wait_local
	run_line 'jobs'
	output_like 'Stopped.*enter-pssession'
	term_type fg
	term_keys Enter
	wait_line '\[.*box\]: remote\$ $'
	run_line 'echo $x'
	output_is kept
	leave_by exit
	run_line 'jobs'
	output_is ''
}

@test "enter: Ctrl-Z at the remote prompt says in one line that zsh cannot do that" {
	only zsh 'bash makes a job of it'
	local_bash_start
	enter
	term_type 'echo still'
	term_keys C-z
	wait_screen 'remote\$ echo still'$'\n''zsh: .*cannot be a job'
	term_keys Enter
	wait_screen $'\nstill\n.*remote\\$'
	leave_by exit
}

@test "enter: a suspended session that is killed leaves a good shell" {
	only bash 'a builtin of zsh is no job'
	local_bash_start
	enter
	term_keys C-z
	wait_local
	run_line 'kill %1; while kill -0 %1; do wait %1; done 2>/dev/null; echo done'
	output_like 'done'
	run_line : # bash tells of the job's end before a prompt
	terminal_is_sane
}

@test "enter: set -e in the local shell is the local shell's business" {
	local_bash_start
	enter
	run_line 'set -e'
	run_line 'echo alive'
	output_is alive
	leave_by 'exit 0'
	run_line 'echo local'
	output_is local
}

# The lines that enter box, each from another place in the shell.
contexts() {
	printf '%s\n' '. $HERE/enter' 'eval go' 'for i in 1; do go; done' 'if go; then :; fi' 'go && :' '{ go; }' 'time go' 'armed=go' \
		'armed=". $HERE/enter"' 'trap go USR1; kill -USR1 $$'
	by_shell 'command eval go' 'timely=go PERIOD=1'
	by_shell 'builtin eval go' 'sched +0 go'
	echo go
}

# in_session: what a person does there.
in_session() {
	term_send 'not run'
	term_keys C-c
	wait_remote
	run_line 'echo one'
	output_is one
	term_type 'echo !!' && term_keys Enter
	wait_screen $'\necho one\n'
	wait_remote
	term_type 'sleep infinity' && term_keys Enter
	wait_until 10 remote_runs 'sleep infinity'
	term_keys C-c
	wait_remote
	status_is 130
	term_send 'echo $PSS_TEST_W'
	term_keys Tab
	wait_line 'PSS_TEST_WORLD'
	term_keys C-u
	wait_remote
	leave_by 'exit 3'
}

remote_runs() {
	pgrep -u "$REMOTE_USER" -f "$1" >/dev/null
}

@test "enter: it is the same session from wherever the shell calls it" {
	local line state first
	echo 'go() { enter-pssession -ConfigFile $C box; left=$?; }' >>"$HERE/rc"
	write_hooks_in_front
	echo 'enter-pssession -ConfigFile $C box; left=$?' >"$HERE/enter"
	local_shell_start
	while IFS= read -r line; do
		echo "# $line"
		run_line 'left=; echo local'
		term_type "$line" && term_keys Enter
		wait_remote
		in_session
		run_line 'echo $left; trap - USR1'
		output_is 3
		term_send 'not run here'
		term_keys C-c
		wait_local
		run_line "$(by_shell 'trap -p; set +o; shopt; jobs -l' 'trap; setopt; jobs -l')"
		state=$OUT
		[ -n "${first-}" ] || first=$state
		output_is "$first"
	done < <(contexts)
}

@test "enter: it is the same session from a start-up file, which goes on behind it" {
	echo 'enter-pssession -ConfigFile $C box; echo "left with $?"' >>"$HERE/rc"
	local_shell_start & # waits for the local prompt
	local waiting=$!
	wait_until 20 tm has-session
	wait_remote
	in_session
	wait "$waiting"
	wait_screen 'left with 3'
	term_send 'not run here'
	term_keys C-c
	wait_local
	run_line 'echo local'
	output_is local
}
