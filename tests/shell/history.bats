#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# History is per host: nothing typed there can be recalled here, nor the other way round.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; }
teardown() { place_end; }

state_file() {
	find "$HERE/state/pssession/history" -type f -name "*127.0.0.1*"
}

@test "history: a remote line cannot be recalled in the local shell" {
	local_bash_start
	enter
	run_line 'echo remote-only-one'
	leave_by exit
	term_keys Up
	wait_line 'enter-pssession -ConfigFile \$C box$'
	term_keys C-c
	wait_local
	run_line 'history'
	not grep -q remote-only <<<"$OUT"
	term_send '!echo rem'
	term_keys Enter
	wait_screen 'event not found'
	wait_local
}

@test "history: a local line cannot be recalled in the remote shell" {
	local_bash_start
	run_line 'echo local-only-one'
	enter
	term_keys Up
	term_keys Up
	run_line 'echo typed'
	not grep -q local-only <<<"$OUT"
	term_keys C-r
	term_send 'local-only'
	term_keys C-g
	wait_remote
	[ "$(screen | grep -c 'remote.*local-only')" = 0 ]
}

# In front of a prompt a line stands in zsh's list already, before it is typed (precmd, periodic, sched); in bash it does not.
@test "history: entered from what runs in front of a prompt, the shell's own list stays whole" {
	requires valgrind
	cat >"$HERE/valgrind-$PSS_SHELL" <<-END
		#!/bin/sh
		exec valgrind -q --log-file="$HERE/valgrind.%p" $PSS_SHELL "\$@"
	END
	chmod +x "$HERE/valgrind-$PSS_SHELL"
	echo 'enter-pssession -ConfigFile $C box' >"$HERE/enter"
	echo 'go() { enter-pssession -ConfigFile $C box; }' >>"$HERE/rc"
	write_hooks_in_front
	local arms=('armed=go' 'armed=". $HERE/enter"') arm
	[ "$PSS_SHELL" = bash ] || arms+=('timely=go PERIOD=1' 'sched +0 go')
	BASH_UNDER_TEST=$HERE/valgrind-bash ZSH_UNDER_TEST=$HERE/valgrind-zsh local_shell_start
	for arm in "${arms[@]}"; do
		run_line 'echo before'
		term_type "$arm" && term_keys Enter
		wait_remote
		run_line 'echo there-1'
		run_line 'echo there-2'
		term_keys Up Up
		wait_line 'echo there-1$'
		term_keys C-c
		wait_remote
		leave_by exit
		run_line 'echo behind'
		run_line "fc -l -n -3 | sed 's/^[ \t]*//'"
		[ "$OUT" = "echo before
$arm
echo behind" ]
	done
	term_type exit && term_keys Enter
	wait_until 20 term_has_ended
	cat "$HERE"/valgrind.*
	not grep -q 'Invalid ' "$HERE"/valgrind.*
	[ "$(grep -c 'echo behind' "$HERE/home/history")" -eq ${#arms[@]} ]
}

@test "history: HISTFILE holds the local lines and no remote one, after exit" {
	local_bash_start
	run_line 'echo local-marker'
	enter
	run_line 'echo remote-marker'
	leave_by 'exit'
	term_type exit
	term_keys Enter
	wait_until 10 term_has_ended
	grep -q 'echo local-marker' "$HERE/home/history"
	not grep -q 'remote-marker' "$HERE/home/history"
}

@test "history: HISTFILE is complete when the shell gets SIGHUP at the remote prompt" {
	local_bash_start
	run_line 'echo local-marker'
	enter
	run_line 'echo remote-marker'
	kill -HUP "$(term_pid)"
	wait_until 10 term_has_ended
	grep -q 'echo local-marker' "$HERE/home/history"
	not grep -q 'remote-marker' "$HERE/home/history"
}

@test "history: HISTFILE is complete when the terminal goes while a command runs" {
	local_bash_start
	run_line 'echo local-marker'
	enter
	start_running
	term_close
	wait_until 10 grep -q 'echo local-marker' "$HERE/home/history"
	not grep -q 'running' "$HERE/home/history"
}

@test "history: it is kept per host, in a file of mode 0600 in directories of mode 0700" {
	local_bash_start
	enter
	run_line 'echo kept-for-later'
	leave_by exit
	local file
	file=$(state_file)
	[ -f "$file" ]
	[ "$(stat -c %a "$file")" = 600 ]
	[ "$(stat -c %a "$(dirname "$file")")" = 700 ]
	grep -q 'echo kept-for-later' "$file"
	[[ $(basename "$file") == *"$SSHD_PORT"* ]]
	[[ $(basename "$file") == "$REMOTE_USER"* ]]
	enter
	term_keys Up Up
	wait_line 'remote\$ (exit|echo kept-for-later)$'
	term_keys C-c
	wait_remote
}

@test "history: Up brings the last line of the session back" {
	local_bash_start
	enter
	run_line 'echo first'
	run_line 'echo second'
	term_keys Up
	wait_line 'remote\$ echo second$'
	term_keys Up
	wait_line 'remote\$ echo first$'
	term_keys Enter
	wait_screen $'\nfirst\n[^\n]*remote\\$$|\nfirst\n'
	wait_remote
}

@test "history: !! is expanded from the host's history and shown before it is sent" {
	local_bash_start
	run_line 'echo the local one'
	enter
	run_line 'echo aa'
	term_type 'echo x !!'
	term_keys Enter
	wait_screen $'\necho x echo aa\nx echo aa\n'
	wait_remote
}

@test "history: an event that is not found is said, and nothing is sent" {
	local_bash_start
	enter
	term_type 'echo sent !nosuchevent'
	term_keys Enter
	wait_screen 'event not found'
	wait_remote
	run_line 'echo next'
	output_is next
	scrollback | not grep -qx sent.*
}

@test "history: HISTCONTROL and HISTIGNORE of the local shell are honoured" {
	local_bash_start
	run_line "$(by_shell 'HISTCONTROL=ignorespace:ignoredups HISTIGNORE="secret*"' \
		'setopt hist_ignore_space hist_ignore_dups; HISTORY_IGNORE="secret*"')"
	enter
	run_line ' echo blank-first'
	run_line 'secret-command-x 2>/dev/null'
	run_line 'echo twice'
	run_line 'echo twice'
	leave_by exit
	not grep -qE 'blank-first|secret-command' "$(state_file)"
	[ "$(grep -c 'echo twice' "$(state_file)")" -eq 1 ]
}

@test "history: a text of several lines comes back as one" {
	local_bash_start
	enter
	term_paste $'echo one\necho two' -p
	term_keys Enter
	wait_screen $'\none\ntwo\n'
	leave_by exit
	enter
	term_keys Up
	term_keys Up
	wait_screen $'remote\\$ echo one\necho two$'
	term_keys C-c
}

@test "history: the remote history file is not touched" {
	requires_made_account
	echo 'echo from before' | account_file .bash_history
	local before
	before=$(stat -c '%Y %Z %s %i' "$REMOTE_HOME/.bash_history")
	local_bash_start
	enter
	run_line 'echo never in the remote file'
	run_line 'history'
	not grep -q 'from before' <<<"$OUT"
	leave_by exit
	nothing_remote || wait_until 5 nothing_remote
	[ "$(stat -c '%Y %Z %s %i' "$REMOTE_HOME/.bash_history")" = "$before" ]
	rm "$REMOTE_HOME/.bash_history"
}

@test "history: a half-typed line is in it when the link dies" {
	local_bash_start
	enter
	term_type 'echo half a line'
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	grep -q 'echo half a line' "$(state_file)"
}

@test "history: a symbolic link in its place is not followed" {
	local_bash_start
	enter
	run_line 'echo one'
	leave_by exit
	local file
	file=$(state_file)
	rm "$file"
	ln -s "$HERE/elsewhere" "$file"
	enter
	run_line 'echo two'
	leave_by exit
	[ ! -e "$HERE/elsewhere" ]
}

@test "history: where files may not grow, what would be written fails and nothing ends" {
	local_shell_start
	run_line 'ulimit -Sf 0'
	run_line 'invoke-command -ConfigFile $C box "echo out" >$HERE/file; echo "s=$?"'
	output_like 'File too large.*s=1$'
	run_line 's=$(new-pssession -ConfigFile $C box -Resilient); echo "s=$?"'
	output_like 's=0$'
	enter_kept
	run_line 'echo one'
	output_is one
	run_line 'echo two'
	output_is two
	leave_by exit
	run_line 'ulimit -Sf unlimited; remove-pssession -Session "$s"; echo "s=$?"'
	output_is 's=0'
}
