#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The shell is what it was: a fingerprint of it before and after each way out shows no difference.

load ../harness/harness

setup_file() { world_start bash; }
teardown_file() { world_end; }
setup() { place_start; with_fingerprint; local_bash_start; run_line 'fingerprint $HERE/before'; }
teardown() { place_end; }

with_fingerprint() {
	cat >>"$HERE/rc" <<-END
		. $HARNESS/fingerprint.$PSS_SHELL
		trap 'echo usr1' USR1
		trap 'echo int >/dev/null' INT
		exec 5</dev/null
		set -o ignoreeof
	END
	by_shell "shopt -s histverify; bind '\"\\C-xq\": \"typed by a macro\"'" \
		"setopt hist_verify inc_append_history; bindkey -s '^Xq' 'typed by a macro'; psvar=(mine)" >>"$HERE/rc"
}

# Lines that were typed into the local shell are new in its history, and nothing else is. The fingerprint's
# own file and process group show in it too.
same_shell() {
	run_line 'fingerprint $HERE/after'
	local difference
	difference=$(diff "$HERE/before" "$HERE/after" | grep '^[<>]' |
		grep -vE '^>( +[0-9]+)? +(enter-pssession|new-pssession|fingerprint|trap|kill|jobs|fg|set -o|bind|bindkey|unset|TMOUT)\b' |
		grep -vE "$HERE/(before|after)\$|^. declare -i BASHPID\$|^. +[0-9]+ +[0-9]+ +[0-9]+\$") || :
	[ -z "$difference" ] || { echo "$difference"; return 1; }
}

@test "citizen: the fingerprint sees a difference where there is one" {
	run_line 'trap "echo 2" USR2; exec 6</dev/null; stty -ixon; '"$(by_shell 'bind "set bell-style none"' 'bindkey "^Xr" beep')"
	run same_shell
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -ge 4 ]
}

@test "citizen: exit" {
	enter
	run_line 'echo x'
	leave_by exit
	same_shell
}

@test "citizen: exit N" {
	enter
	leave_by 'exit 3'
	same_shell
}

@test "citizen: exit-pssession" {
	enter
	leave_by exit-pssession
	same_shell
}

@test "citizen: Ctrl-D" {
	enter
	term_keys C-d
	wait_local
	same_shell
}

@test "citizen: Ctrl-C at the prompt and in a command, then exit" {
	enter
	term_type 'half a'
	term_keys C-c
	wait_remote
	start_running
	term_keys C-c
	wait_remote
	leave_by exit
	same_shell
}

@test "citizen: Ctrl-C while connecting" {
	proxy_start 0
	proxy silent
	term_type "enter-pssession -ConfigFile $FAR_CONFIG far"
	term_keys Enter
	wait_until 5 eval '[ -n "$(host_pids)" ]'
	term_keys C-c
	wait_local
	same_shell
	proxy_stop
}

@test "citizen: Ctrl-Z, fg and exit" {
	only bash 'a builtin of zsh is no job'
	enter
	term_keys C-z
	wait_local
	run_line fg
	leave_by exit
	run_line jobs
	same_shell
}

@test "citizen: Ctrl-Z and kill" {
	only bash 'a builtin of zsh is no job'
	enter
	term_keys C-z
	wait_local
	run_line 'kill %1; wait %1 2>/dev/null; jobs'
	run_line jobs
	same_shell
}

@test "citizen: the link is cut at the prompt" {
	enter
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	same_shell
}

@test "citizen: the link is cut in a full-screen program" {
	enter
	term_type "vim.tiny -u NONE -i NONE"
	term_keys Enter
	wait_screen $'\n~'
	# shellcheck disable=SC2046
	kill -KILL $(sshd_connections "$WORLD/ssh")
	wait_local
	same_shell
}

@test "citizen: the host process is killed" {
	enter
	HOST_WAS_KILLED=1
	# shellcheck disable=SC2046
	kill -KILL $(host_pids)
	wait_local
	same_shell
}

@test "citizen: errors of parameters and of connecting" {
	run_line 'enter-pssession -NoSuch; enter-pssession -Name x; enter-pssession -ConfigFile $C 127.0.0.1:1'
	same_shell
}

@test "citizen: new, get and remove" {
	run_line 'new-pssession -ConfigFile $C box; get-pssession; remove-pssession -Id 1' 30
	same_shell
}

@test "citizen: vi mode, a numeric argument, an incremental search" {
	run_line "$(by_shell 'set -o vi' 'bindkey -v'); fingerprint \$HERE/before"
	enter
	term_send 'echo a b c'
	term_keys Escape
	term_send '2b'
	term_keys C-c
	wait_remote
	run_line 'echo x'
	leave_by exit
	same_shell
	run_line "$(by_shell 'set -o emacs' 'bindkey -e'); fingerprint \$HERE/before"
	enter
	term_keys C-r
	term_send 'echo'
	term_keys C-c
	wait_remote
	leave_by exit
	same_shell
}

@test "citizen: exit inside bind -x leaves HISTFILE as it was" {
	only bash 'inside a widget zsh has no second line editor'
	run_line 'echo local-line; history -w; cp $HISTFILE $HERE/history.before'
	run_line "bind -x '\"\\C-xe\": enter-pssession -ConfigFile \$C box'; fingerprint \$HERE/before"
	term_keys C-x e
	wait_remote
	leave_by exit
	diff "$HERE/history.before" "$HERE/home/history"
	same_shell
}

@test "citizen: TMOUT does not log out while entered" {
	run_line 'TMOUT=1'
	enter
	pause 2
	run_line 'echo still'
	output_is still
	leave_by exit
	run_line 'unset TMOUT'
	same_shell
}

@test "citizen: the window title is what it was" {
	term_type 'printf "\e]2;mine\a"'
	term_keys Enter
	wait_until 5 eval '[ "$(tm display-message -p "#{pane_title}")" = mine ]'
	wait_local
	enter
	leave_by exit
	[ "$(tm display-message -p '#{pane_title}')" = mine ]
}
